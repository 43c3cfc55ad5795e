"""Access to the case of the running body, for fixtures that are set up once per test.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_modelcheck.engine.view import give_score

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_modelcheck.engine.router import Router
    from pytest_modelcheck.engine.view import CaseView

_MARKERS = ("golden", "invariance", "directional", "drift")


def refuse_unmarked(request: pytest.FixtureRequest, name: str) -> None:
    """Fail a test that uses ``case`` or ``score`` but declares no cases."""
    if not any(request.node.get_closest_marker(marker) for marker in _MARKERS):
        pytest.fail(
            f"the fixture {name!r} needs to know the cases: mark the test with @pytest.mark.golden(...), "
            "invariance, directional or drift",
            pytrace=False,
        )


class CurrentCase:
    """A proxy for the case whose body is running.

    Args:
        router: Knows the running body.
    """

    def __init__(self, router: Router) -> None:
        # Two underscores: any public name may be a key of the case's metadata.
        self.__router = router

    def __getattr__(self, name: str) -> Any:
        return getattr(view_of(self.__router), name)

    def __getitem__(self, key: str) -> Any:
        return view_of(self.__router)[key]

    def __repr__(self) -> str:
        view = self.__router.view
        return "<case: none runs now>" if view is None else repr(view)


def view_of(router: Router) -> CaseView:
    """The case whose body is running."""
    view = router.view
    if view is None:
        pytest.fail(
            "the case is known only while the test's body runs, once for each case; a fixture is set up once "
            "for all of them. Use it in the body, or in a function that the body calls",
            pytrace=False,
        )
    return view


def current_score(router: Router) -> Callable[[float], None]:
    """Grades the case whose body is running."""
    return lambda value: give_score(view_of(router), value)
