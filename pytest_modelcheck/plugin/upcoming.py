"""Which checks are certain to run next, and what they are certain to ask.

A question may be asked before its check begins only where nothing could keep the check from asking it, and
where nothing that is set up now, or will be by then, could make its model answer otherwise. So this walks
along the tests that come next, and stops at the first of which that is not known.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import inspect
import os
from contextlib import contextmanager
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final, TypeGuard

import pytest

from pytest_modelcheck.engine.ahead import Prospect, may_be_asked_ahead
from pytest_modelcheck.engine.certain import certain_asks
from pytest_modelcheck.engine.trials import Plan
from pytest_modelcheck.models.model import Model
from pytest_modelcheck.plugin.items import MARKED
from pytest_modelcheck.plugin.ours import own_fixtures

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_modelcheck.plugin.items import Marked
    from pytest_modelcheck.plugin.state import State

NEXT: Final = pytest.StashKey[pytest.Item | None]()
"""On the configuration: the test that pytest runs after the one that runs now."""

_MAY_SKIP: Final = ("skip", "skipif", "xfail")
_HOOKS: Final = (
    "pytest_runtest_protocol",
    "pytest_runtest_setup",
    "pytest_runtest_call",
    "pytest_pyfunc_call",
    "pytest_runtest_teardown",
    "pytest_fixture_setup",
)
_KNOWN: Final = frozenset(
    {
        "_hypothesis_pytestplugin",
        "_pytest",
        "anyio",
        "pytest_asyncio",
        "pytest_cov",
        "pytest_html",
        "pytest_metadata",
        "pytest_mock",
        "pytest_modelcheck",
        "pytest_randomly",
        "pytest_sugar",
        "pytest_timeout",
        "xdist",
    }
)
"""Whose hooks around a test neither skip it nor change what its model answers."""


class Upcoming:
    """Walks along the tests that come next.

    Args:
        session: The session of pytest.
        state: Settings and models of the run.
    """

    def __init__(self, session: pytest.Session, state: State) -> None:
        self._session = session
        self._state = state
        self._places = {item: place for place, item in enumerate(session.items)}
        self._known: dict[Any, bool] = {}
        self._allowed = _is_allowed(session.config, state)
        self._process = os.getpid()
        self._at = self._stopped = 0
        self._now: pytest.Item | None = None
        self._shared: set[Any] = set()

    @contextmanager
    def during(self, item: pytest.Function) -> Iterator[None]:
        """Ask ahead for the tests after this one while it runs, if nothing speaks against it."""
        ahead = self._state.session.dispatcher.ahead
        if not (self._allowed and os.getpid() == self._process and self._begin(item)):
            yield
            return
        ahead.more, ahead.held = self.next, False
        try:
            yield
        finally:
            ahead.held = True

    def next(self) -> Prospect | None:
        """The next check that is certain to run, or ``None`` where none is known yet."""
        queue = self._queue()
        while self._at < len(queue):
            item = queue[self._at]
            if self._session.shouldstop or self._session.shouldfail or not self._is_certain(item):
                return None
            self._at += 1
            prospect = self._prospect(item)
            if prospect is not None:
                return prospect
        return None

    def _begin(self, item: pytest.Function) -> bool:
        """Start from a test that runs now; give back whether anything may be asked beside it."""
        place = self._places.get(item)
        if place is None:
            return False
        self._now, self._shared = item, set(item.listchain())
        self._at = max(self._at, place + 1)
        return self._is_plain(item) and any(map(self._may_be_asked, self._models(item).values()))

    def _queue(self) -> Sequence[pytest.Item]:
        """The tests in their order, as far as it is known.

        A worker of pytest-xdist knows but the next, and so do we where somebody else has changed the order.
        """
        items = self._session.items
        following = self._session.config.stash.get(NEXT, None)
        now = -1 if self._now is None else self._places[self._now]
        place = -1 if following is None else self._places.get(following, -1)
        if place < 0:
            return ()
        if place != now + 1 or hasattr(self._session.config, "workerinput"):
            self._at = max(self._at, place)  # what lies between is somebody else's
            return items[: place + 1]
        return items

    def _is_certain(self, item: pytest.Item) -> TypeGuard[pytest.Function]:
        """Whether a test will run, as things are, and what leaves the stage before it changes nothing."""
        if not isinstance(item, pytest.Function) or not self._is_plain(item):
            return False
        chain = set(item.listchain())
        self._shared &= chain
        return self._leaves_nothing(chain)

    def _is_plain(self, item: pytest.Function) -> bool:
        """Whether a test is a check that will not be skipped, and nothing that it uses patches anything."""
        function = item.function
        code = getattr(function, "__code__", None)
        return (
            MARKED in item.stash
            and code is not None
            and not (hasattr(function, "__wrapped__") or inspect.iscoroutinefunction(function))
            and not code.co_exceptiontable  # a `with` block, where something may be patched
            and not any(item.get_closest_marker(name) for name in _MAY_SKIP)
            and all(self._is_there(item, name) for name in item.fixturenames)
            and self._hooks_are_known(item)
        )

    def _is_there(self, item: pytest.Function, name: str) -> bool:
        """Whether a fixture is set up, and stays so until this test; or is our own."""
        if name == "request" or name in own_fixtures(item):
            return True
        definitions = item._fixtureinfo.name2fixturedefs.get(name)  # noqa: SLF001 - by definition
        if not definitions:
            return False
        definition, params = definitions[-1], _params(item)
        if name in params and definition.argname == name and _is_direct(definition):
            return True
        made = definition.cached_result
        if made is None or made[2] is not None or (name in params and made[1] is not params[name]):
            return False
        node = _SCOPES.get(definition.scope)
        return node is not None and item.getparent(node) in self._shared

    def _leaves_nothing(self, chain: set[Any]) -> bool:
        """Whether nothing lasts in what is left on the way: a patch of a whole module, say."""
        now = self._now
        stack = getattr(getattr(self._session, "_setupstate", None), "stack", None)
        if now is None or stack is None:
            return False
        left = [node for node in now.listchain() if node is not now and node not in chain]
        return all(node in stack and len(stack[node][0]) <= 1 for node in left)

    def _hooks_are_known(self, item: pytest.Item) -> bool:
        folder = item.path.parent
        if folder not in self._known:
            self._known[folder] = all(
                implementation.function.__module__.partition(".")[0] in _KNOWN
                for name in _HOOKS
                for implementation in getattr(item.ihook, name).get_hookimpls()
            )
        return self._known[folder]

    def _models(self, item: pytest.Function) -> dict[str, Model]:
        """The models that a test takes, as far as they are there."""
        definitions = item._fixtureinfo.name2fixturedefs  # noqa: SLF001
        there = {
            name: made[0]
            for name in item._fixtureinfo.argnames  # noqa: SLF001
            if name in definitions and (made := definitions[name][-1].cached_result) is not None
        }
        return {name: value for name, value in there.items() if isinstance(value, Model)}

    def _may_be_asked(self, model: Model) -> bool:
        return may_be_asked_ahead(model, self._state.session.dispatcher.line(model))

    def _prospect(self, item: pytest.Function) -> Prospect | None:
        """What a check is certain to ask; ``None`` where nothing is."""
        marked, state = item.stash[MARKED], self._state
        request, models = marked.request, self._models(item)
        subject = self._subject(item, marked)
        stops = request.limits.early_stop and not state.settings.places.every_case
        if request.cases is None or request.levels is not None or stops or subject is None:
            return None
        asks = certain_asks(item.function, "case", models) if "case" in marked.arguments else ()
        asks = tuple(takewhile(lambda ask: self._may_be_asked(ask[0]), asks))
        if not asks:
            return None
        if request.limits.on_costs:
            state.session.dispatcher.line(subject).measure_all()
        plan = Plan(request.cases, request.perturbations, repeats=request.repeats, seed=request.seed)
        plan.foresees = True
        return Prospect(item.nodeid, plan, asks, subject, repeated=request.repeats > 1)

    def _subject(self, item: pytest.Function, marked: Marked) -> Model | None:
        made = item._fixtureinfo.name2fixturedefs[marked.subject][-1].cached_result  # noqa: SLF001
        return made[0] if made is not None and isinstance(made[0], Model) else None


_SCOPES: Final[dict[str, type[pytest.Collector]]] = {
    "session": pytest.Session,
    "package": pytest.Module,  # where tests share their module, they share its package
    "module": pytest.Module,
    "class": pytest.Class,
}
"""By the scope of a fixture: what two tests share that share the fixture."""


def _params(item: pytest.Function) -> dict[str, Any]:
    callspec = getattr(item, "callspec", None)
    return {} if callspec is None else callspec.params


def _is_direct(definition: Any) -> bool:
    """Whether a fixture only hands on what ``parametrize`` says."""
    return getattr(definition.func, "__name__", "") == "get_direct_param_fixture_func"


def _is_allowed(config: pytest.Config, state: State) -> bool:
    """Whether anything may be asked ahead in this run: whatever could end or narrow it speaks against it."""
    settings = state.settings
    ends = ("maxfail", "usepdb", "trace", "stepwise", "setupplan", "setuponly")
    return (
        settings.lookahead
        and not any(config.getoption(name, default=False) for name in ends)
        and not (settings.selective or settings.against)
        and not settings.places.offline
        and settings.places.max_calls is None
    )
