"""Runs checks: the tests that are marked, and what tests call through the fixture ``modelcheck``."""

from __future__ import annotations

import inspect
import unittest
from contextlib import contextmanager, suppress
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

import pytest
from _pytest.outcomes import Failed

from pytest_modelcheck.checks.limits import yes_or_no
from pytest_modelcheck.engine.view import give_score
from pytest_modelcheck.errors import ModelcheckError, UsageError
from pytest_modelcheck.models.calling import wraps_async
from pytest_modelcheck.plugin.collecting import MARKED, check_id
from pytest_modelcheck.plugin.commands import warn
from pytest_modelcheck.plugin.exceptions import misused, own_part_removed, with_hint
from pytest_modelcheck.plugin.interface import InconclusiveWarning
from pytest_modelcheck.plugin.markers import KINDS, request_of
from pytest_modelcheck.plugin.neighbours import disk_in_view, guarded, read_ahead
from pytest_modelcheck.plugin.ours import definitions_of, fixture_value, is_ours
from pytest_modelcheck.plugin.specs import asserting, marked_spec, spec_of
from pytest_modelcheck.plugin.state import STATE, state_of, warn_at
from pytest_modelcheck.plugin.terminal import PROGRESS
from pytest_modelcheck.records import Status
from pytest_modelcheck.reports.outputs import PREFIX
from pytest_modelcheck.reports.terminal import failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pytest_modelcheck.cases import Cases
    from pytest_modelcheck.engine.router import Router
    from pytest_modelcheck.engine.view import CaseView
    from pytest_modelcheck.models.model import Model
    from pytest_modelcheck.plugin.collecting import MarkedTest
    from pytest_modelcheck.records import CheckKind, Verdict
    from pytest_modelcheck.session import Conclusion


class CheckFailed(Failed):
    """A check failed: its message is the report, and its traceback that of the first body that failed."""


VERDICTS = pytest.StashKey[list["Conclusion"]]()
"""On a test that uses a model or a case of ours, once it is set up: its verdicts."""

ATTACHED = pytest.StashKey[int]()
"""On an item: the number of verdicts that are attached to its reports."""

ATTEMPTS = pytest.StashKey[int]()
"""On an item: the number of its set-ups."""

DECORATED = pytest.StashKey[bool]()
"""On an item: whether a plain decorator wraps its ``async def``, so that no other plugin awaits it."""

FATAL = pytest.StashKey[list["Conclusion"]]()
"""On an item: the verdicts that fail it."""


@contextmanager
def prepared(item: pytest.Item) -> Iterator[None]:
    """Prepare a check before its fixtures are set up, some of which may run checks themselves."""
    if is_ours(item):
        item.stash[VERDICTS], item.stash[FATAL], item.stash[ATTACHED] = [], [], 0
        item.stash[ATTEMPTS] = item.stash.get(ATTEMPTS, 0) + 1
        read_ahead(item)
        # Of a run before this one, where somebody runs tests again.
        set_properties(item, [])
    try:
        yield
    except pytest.FixtureLookupError as error:
        advice = misused(error)
        if advice is None:
            raise
        raise pytest.fail.Exception(advice, pytrace=False) from None


def set_properties(item: pytest.Item, found: Sequence[tuple[str, str]]) -> None:
    """Set the JUnit properties of a test to the results of its checks."""
    others = [each for each in item.user_properties if not each[0].startswith(PREFIX)]
    item.user_properties[:] = [*others, *found]


@contextmanager
def staged(item: pytest.Item) -> Iterator[None]:
    """The context in which the body of a check runs."""
    state = item.config.stash.get(STATE, None)
    if state is None or not isinstance(item, pytest.Function):
        yield
        return
    marked, own = item.stash.get(MARKED, None), item.obj
    if marked is not None:
        warn(item, marked, state.settings.lint_ignore)
    router = state.session.router
    item.stash[DECORATED] = wraps_async(item.obj)
    # In a synchronous test, an `async` model is awaited for the body; in an `async` test, by the body.
    router.awaited = inspect.iscoroutinefunction(item.obj) or item.stash[DECORATED]
    if marked is not None and router.awaited and not item.stash[DECORATED]:
        # A plugin such as pytest-asyncio awaits the test function. It gets one that runs all cases, on its
        # loop.
        item.obj = _all_cases(item, marked)
    try:
        try:
            yield
        except (pytest.skip.Exception, unittest.SkipTest):
            fail_if_any(item)  # a failed check fails its test, even if the test is skipped afterwards
            raise
        fail_if_any(item)
    except (AttributeError, ValueError, RuntimeError) as error:
        with_hint(error)
        raise
    finally:
        if PROGRESS in item.stash:
            item.stash[PROGRESS].clear()
        router.awaited = False
        if item.obj is not own:
            item.obj = own
        with disk_in_view():
            state.session.switchboard.save()


@contextmanager
def cleared(item: pytest.Item) -> Iterator[None]:
    """Let a check that a fixture runs during teardown fail its test; emit the warnings of the run.

    They come last: as errors, which a filter may make of them, they would hide how the test itself failed.
    """
    before = len(item.stash.get(FATAL, []))
    try:
        yield
        fail_if_any(item, before)
    except BaseException:
        with suppress(pytest.fail.Exception):
            _warn(item)
        raise
    _warn(item)


def _warn(item: pytest.Item) -> None:
    if STATE in item.config.stash and isinstance(item, pytest.Function):
        item.config.stash[STATE].warn(item)


def run_check(item: pytest.Function) -> bool | None:
    """Run a check; returns whether it ran: not for ordinary tests, or if another plugin runs ``async`` tests.

    An ``async`` test has been replaced by a function that runs all its cases (see :func:`staged`).
    pytest-asyncio or anyio call that function on their loop; without them, we do.
    """
    marked = item.stash.get(MARKED, None)
    if marked is None:
        return None
    session = state_of(item.session).session
    if not session.router.awaited or item.stash[DECORATED]:
        with guarded(CheckFailed):
            conclude(item, session.run(marked_spec(item, marked)))
        return True
    # anyio's plugin, or another one, has the next turn.
    if not inspect.iscoroutinefunction(item.obj) or item.get_closest_marker("anyio") is not None:
        return None
    import asyncio

    # No plugin for `async` tests is installed, or none has taken this one.
    asyncio.run(item.obj())
    return True


def _all_cases(item: pytest.Function, marked: MarkedTest) -> Any:
    one_case = item.obj

    @wraps(one_case)
    async def all_cases(**_arguments: Any) -> None:
        item.obj = one_case
        with guarded(CheckFailed):
            session = state_of(item.session).session
            conclude(item, await session.run_async(marked_spec(item, marked)))

    return all_cases


def conclude(item: pytest.Function, conclusion: Conclusion, *, fatal: bool = True) -> None:
    """Store a verdict with its test, which it fails if it is ``fatal``; warn if it is inconclusive."""
    if state_of(item.session).session.mutated is not None:
        return  # it says how the answers do as they are stored, which the run before has said
    item.stash[VERDICTS].append(conclusion)
    if fatal and conclusion.verdict.failed:
        item.stash[FATAL].append(conclusion)
    if conclusion.verdict.status is Status.INCONCLUSIVE:
        reveals = "" if conclusion.verdict.reveals is None else f" ({conclusion.verdict.reveals})"
        text = f"{item.nodeid}: {conclusion.verdict.headline}{reveals}"
        warn_at(item, InconclusiveWarning(text))


def fail_if_any(item: pytest.Item, after: int = 0) -> None:
    """Fail a test if one of its verdicts failed it, after that many which have done so already."""
    failed = item.stash.get(FATAL, [])[after:]
    if not failed:
        return
    text = "\n\n".join(failure(conclusion.verdict) for conclusion in failed)
    first = failed[0].first_failure
    traceback = None if first is None else own_part_removed(first.__traceback__)
    # With the traceback of the first failing body, so that `--pdb` stops there.
    raise CheckFailed(text, pytrace=False).with_traceback(traceback)


def refuse_unmarked(request: pytest.FixtureRequest, name: str) -> None:
    """Fail a test that uses ``case`` or ``score`` but declares no cases."""
    if not any(request.node.get_closest_marker(marker) for marker in KINDS):
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
                conclusion = state.session.run(spec)
                conclude(self._item, conclusion, fatal=fail)
        except ModelcheckError as error:
            raise CheckFailed(f"modelcheck.{kind}(): {error}", pytrace=False) from None
        return conclusion.verdict

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
