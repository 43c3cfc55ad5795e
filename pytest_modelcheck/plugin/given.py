"""The values of the fixtures ``case``, ``score`` and ``modelcheck``.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, cast

import pytest

from pytest_modelcheck.checks.limits import yes_or_no
from pytest_modelcheck.engine.view import give_score
from pytest_modelcheck.errors import ModelcheckError, UsageError
from pytest_modelcheck.plugin.collecting import check_id
from pytest_modelcheck.plugin.markers import request_of
from pytest_modelcheck.plugin.neighbours import disk_in_view
from pytest_modelcheck.plugin.ours import definitions_of, fixture_value
from pytest_modelcheck.plugin.running import CheckFailed, conclude
from pytest_modelcheck.plugin.specs import asserting, spec_of
from pytest_modelcheck.plugin.state import state_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pytest_modelcheck.cases import Cases
    from pytest_modelcheck.engine.router import Router
    from pytest_modelcheck.engine.view import CaseView
    from pytest_modelcheck.models.model import Model
    from pytest_modelcheck.records import CheckKind, Verdict


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
    """A proxy for the case whose body is running."""

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


class Modelcheck:
    """Runs checks from within a test.

    Each method takes a body, which is called for one case at a time, and the cases; the keywords are those
    of the marker of the same name. A verdict is returned in any case. **A failed verdict fails the test when
    its body ends**; with ``fail=False`` you decide yourself.

    ``name=`` distinguishes several checks of one test in baselines and reports; it defaults to the name of
    the body.
    """

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._item: pytest.Function = request.node
        self._names: set[str] = set()

    def golden(self, body: Callable[[Any], Any], cases: Iterable[Any] | str, /, **options: Any) -> Verdict:
        """Run ``body`` for each known case, and judge the pass rate."""
        return self._check("golden", body, cases, options)

    def invariance(
        self, body: Callable[[Any], Any], cases: Iterable[Any] | str, /, **options: Any
    ) -> Verdict:
        """Run ``body`` for each perturbed case: the answer must not change."""
        return self._check("invariance", body, cases, options)

    def directional(
        self, body: Callable[[Any], Any], cases: Iterable[Any] | str, /, **options: Any
    ) -> Verdict:
        """Run ``body`` for each perturbed case: the answer must move the right way."""
        return self._check("directional", body, cases, options)

    def drift(self, body: Callable[[Any], Any], cases: Iterable[Any] | str, /, **options: Any) -> Verdict:
        """Run ``body`` for each case; compare the distribution of recorded values with the approved one."""
        return self._check("drift", body, cases, options)

    def _check(
        self, kind: CheckKind, body: Callable[[Any], Any], cases: Any, options: dict[str, Any]
    ) -> Verdict:
        try:
            with disk_in_view():
                state = state_of(self._item.session)
                if not callable(body):
                    raise UsageError(
                        f"takes a function of a case as its body, then the cases, not {body!r:.60}"
                    )
                if inspect.iscoroutinefunction(body):
                    raise UsageError(
                        "takes an ordinary function as its body; mark an `async` test with the marker instead"
                    )
                # Calls are attributed to one running body. A check inside a body would take over its calls.
                if state.session.router.bodies is not None:
                    raise UsageError("cannot be called from the body of another check")
                fail, name = yes_or_no("fail", options.pop("fail", True)), self._name(body, options)
                request = request_of(kind, (cases,), options, state.settings.limits, self._item.path.parent)
                subject, others = self._models(request.model)
                spec = spec_of(
                    self._item,
                    request,
                    subject=subject,
                    others=others,
                    body=asserting(body),
                    cases=cast("Cases", request.cases),
                    name=name,
                    gather=bool(request.gather),
                )
                judged = state.session.run(spec)
                conclude(self._item, judged, fatal=fail)
        except ModelcheckError as error:
            raise CheckFailed(f"modelcheck.{kind}(): {error}", pytrace=False) from None
        return judged.verdict

    def _name(self, body: Callable[[Any], Any], options: dict[str, Any]) -> str:
        given = options.pop("name", None) or getattr(body, "__name__", "check")
        if not isinstance(given, str):
            raise UsageError(f"name={given!r:.60}: write a text")
        if given in self._names:
            raise UsageError(
                f'this test already has a check called {given!r}: tell them apart with name="..."'
            )
        self._names.add(given)
        return f"{check_id(self._item)}::{given}"

    def _models(self, wanted: str | None) -> tuple[Model, list[Model]]:
        """The judged model, and the others."""
        definitions = definitions_of(self._item)
        judged = [one.name for one in definitions.values() if not one.supports]
        if wanted is None and len(judged) == 1:
            wanted = judged[0]
        models = {one.name: fixture for fixture, one in definitions.items()}
        if wanted not in models:
            listed = ", ".join(sorted(models)) or "none"
            raise UsageError(f"say which model is judged: model=... (the test uses: {listed})")
        subject = fixture_value(self._item, models.pop(wanted))
        return subject, [fixture_value(self._item, fixture) for fixture in models.values()]
