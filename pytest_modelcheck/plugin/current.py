"""The case of the body that runs now, for fixtures that are set up once per test.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_modelcheck.engine.work import current_view

if TYPE_CHECKING:
    from pytest_modelcheck.engine.view import CaseView

_MARKERS = ("golden", "invariance", "directional", "drift")


def refuse_unmarked(request: pytest.FixtureRequest, name: str) -> None:
    """Fail a test that asks for ``case`` or ``score`` but says nothing of cases."""
    if not any(request.node.get_closest_marker(marker) for marker in _MARKERS):
        pytest.fail(
            f"the fixture {name!r} needs to know the cases: mark the test with @pytest.mark.golden(...), "
            "invariance, directional or drift",
            pytrace=False,
        )


def _view() -> CaseView:
    try:
        return current_view.get()
    except LookupError:
        pytest.fail(
            "the case is known only while the test's body runs, once for each case; a fixture is set up once "
            "for all of them. Use it in the body, or in a function that the body calls",
            pytrace=False,
        )


def current_score(value: float) -> None:
    """Grade the case whose body runs now."""
    _view()._set_score(value)  # noqa: SLF001


class CurrentCase:
    """Stands for the case whose body runs now."""

    def __getattr__(self, name: str) -> Any:
        return getattr(_view(), name)

    def __getitem__(self, key: str) -> Any:
        return _view()[key]

    def __repr__(self) -> str:
        view = current_view.get(None)
        return "<case: none runs now>" if view is None else repr(view)
