"""Cases drawn from a Hypothesis strategy: the same ones in every process, and smaller ones of a failing case.

Hypothesis is built to surprise: it mixes in constants from whatever modules of the project are loaded at
that moment, and follows the settings of the active profile. Cases must be the same whichever tests were
selected, so that a baseline and ``--modelcheck-case`` can name them. Here all of that is fixed.

Values are drawn in rounds of :data:`ROUND`, each with its own seed, so that asking for more values keeps
those that there were.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import copy_context
from dataclasses import replace
from pathlib import PurePath
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pytest_modelcheck.canonical import NotCanonical, digest, excerpt
from pytest_modelcheck.cases.rows import FIELDS, Layout, Row, to_case
from pytest_modelcheck.cases.sources import Source
from pytest_modelcheck.errors import CaseError
from pytest_modelcheck.numeric import is_whole
from pytest_modelcheck.phrases import plural
from pytest_modelcheck.records import Case, Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Hashable

    from hypothesis.strategies import SearchStrategy


# The default number of cases, which is also that of Hypothesis.
DEFAULT_N: Final = 100
_NAME_WIDTH: Final = 60


def is_strategy(source: Any) -> bool:
    """Return whether this is a Hypothesis strategy, decided without importing Hypothesis."""
    # Whoever has made a strategy has imported Hypothesis; nobody else should pay for it.
    strategies = sys.modules.get("hypothesis.strategies")
    return strategies is not None and isinstance(source, strategies.SearchStrategy)


class StrategySource(Source):
    """Different values drawn from a strategy: inputs, or whole cases."""

    def __init__(self, strategy: Any, n: int | None, seed: int) -> None:
        self.name = f"strategy {excerpt(repr(strategy), _NAME_WIDTH)}"
        self.strategy = strategy
        self._n = n
        self._seed = seed

    def check(self) -> None:
        """Check the strategy, for contradicting bounds for example."""
        if self._n is not None and not is_whole(self._n, least=1):
            raise CaseError(f"n={self._n!r}: n is the number of cases to draw, at least 1")
        try:
            self.strategy.validate()
        except Exception as error:
            raise self._broken(error) from error

    def cases(self, layout: Layout) -> Iterator[Case]:
        """The cases, in the order in which they were drawn."""
        self.check()
        wanted = self._n or DEFAULT_N
        try:
            found = list(different(self.strategy, wanted, self._seed, self._identified(layout)))
        except CaseError:
            raise
        except Exception as error:
            raise self._broken(error) from error
        if self._n is not None and len(found) < wanted:
            gave = f"{self.name} drew {plural(len(found), 'different case')} instead of {wanted}"
            self.notes = (f"{gave}: there are no more, or they are hard to find",)
        return iter(found)

    def smaller(self, case: Case, layout: Layout) -> Generator[Case, bool, None]:
        """Yield cases that may be smaller than a failing one; send back whether each fails, too."""
        identify = self._identified(layout)
        return smaller(self.strategy, self._n or DEFAULT_N, self._seed, identify, self._content(case))

    def _identified(self, layout: Layout) -> Callable[[Any], tuple[bytes, Case]]:
        """A function that makes a case of a drawn value, and a key from its content."""

        def identify(value: Any) -> tuple[bytes, Case]:
            row = Row(value, Origin(self.name))
            if value is None:
                raise row.error("it draws None, but a case needs an input")
            # A mapping is a whole case only if it says which of its values is the input.
            is_row = (
                isinstance(value, Case)
                or layout.names
                or (isinstance(value, Mapping) and "input" in value and value.keys() <= set(FIELDS))
            )
            case = to_case(row if is_row else Row(Case(value), row.origin), layout)
            case = replace(case, origin=None) if case.origin is row.origin else case
            return self._content(case), case

        return identify

    def _content(self, case: Case) -> bytes:
        try:
            return digest([case.input, *case.variant_inputs] if case.variants else case.input)
        except NotCanonical as error:
            raise CaseError(
                f"{self.name}: it draws inputs without a canonical form, so answers to them cannot be "
                f"cached ({error}). Draw plain values, dataclasses or pydantic models, and convert them "
                "to what the model takes in the body of the test"
            ) from error

    def _broken(self, error: Exception) -> CaseError:
        """An error that names the problem of the strategy, and its place."""
        from hypothesis.errors import FailedHealthCheck, Unsatisfiable

        filtering = isinstance(error, FailedHealthCheck) and "filter" in str(error)
        if filtering or isinstance(error, Unsatisfiable):
            return CaseError(
                f"{self.name}: it discards almost everything that it draws, by .filter() or assume(), so "
                "there are no cases. Construct the wanted values (st.builds, .map, bounds) instead of "
                "filtering"
            )
        notes = [note for note in getattr(error, "__notes__", ()) if note.startswith("while generating")]
        text = "; ".join([f"{type(error).__name__}: {error}", *notes])
        traceback = error.__traceback__
        while traceback is not None and traceback.tb_next is not None:
            traceback = traceback.tb_next
        place = ""
        if traceback is not None:
            module = traceback.tb_frame.f_globals.get("__name__", "").partition(".")[0]
            # Where Hypothesis itself raises, its place would help nobody.
            if module not in ("hypothesis", "pytest_modelcheck"):
                name = PurePath(traceback.tb_frame.f_code.co_filename).name
                place = f" (raised at {name}:{traceback.tb_lineno})"
        return CaseError(f"{self.name}: {text}{place}")


T = TypeVar("T")
# The number of values in a round. Drawing ends after a round without new values.
ROUND: Final = 100
_SPARE_ROUNDS: Final = 20


def different(
    strategy: SearchStrategy[Any], n: int, seed: int, identify: Callable[[Any], tuple[Hashable, T]]
) -> Iterator[T]:
    """Draw up to ``n`` different values; fewer if a whole round brings nothing new.

    >>> from hypothesis import strategies
    >>> def itself(value):
    ...     return value, value
    >>> sorted(different(strategies.sampled_from("abc"), 10, 0, itself))
    ['a', 'b', 'c']
    >>> few, many = (list(different(strategies.integers(), n, 0, itself)) for n in (5, 150))
    >>> many[:5] == few
    True
    """
    seen: set[Hashable] = set()
    for number in range(n // ROUND + _SPARE_ROUNDS):
        drawn: list[Any] = []
        draw_round(strategy, seed, number, drawn.append)
        before = len(seen)
        for value in drawn:
            content, made = identify(value)
            if content not in seen:
                seen.add(content)
                yield made
                if len(seen) == n:
                    return
        if len(seen) == before:
            return


def draw_round(
    strategy: SearchStrategy[Any],
    seed: int,
    number: int,
    take: Callable[[Any], None],
    *,
    shrink: bool = False,
) -> None:
    """Draw one round and pass each value to ``take``, which raises for failures if these are to shrink."""
    import hypothesis
    from hypothesis.errors import Unsatisfiable

    # The first round tells whether there is enough to draw; later ones may well find nothing.
    first = number == 0 and not shrink
    watched = {hypothesis.HealthCheck.filter_too_much} if first else set()
    phases = [hypothesis.Phase.generate, *([hypothesis.Phase.shrink] if shrink else [])]
    # Hypothesis's own engine, whatever the active profile says.
    engine: dict[str, Any] = {"backend": "hypothesis"} if hasattr(hypothesis.settings, "backend") else {}

    @hypothesis.seed(int.from_bytes(digest([seed, number]), "big"))
    @hypothesis.settings(
        max_examples=ROUND,
        phases=phases,
        database=None,  # examples of earlier runs would change which cases there are
        deadline=None,  # a slow strategy is not a wrong one
        report_multiple_bugs=False,  # the first failure is the one that is shrunk
        verbosity=hypothesis.Verbosity.quiet,
        suppress_health_check=[each for each in hypothesis.HealthCheck if each not in watched],
        **engine,
    )
    @hypothesis.given(strategy)
    def draw(value: Any) -> None:
        take(value)

    with _without_local_constants(), suppress(*[] if first else [Unsatisfiable]):
        draw()


@contextmanager
def _without_local_constants() -> Iterator[None]:
    """Keep Hypothesis from mixing in constants of the modules that happen to be loaded (since 6.131).

    Hypothesis caches the constants by type of value, for all tests of the process, so the cache is replaced
    meanwhile, too.
    """
    from hypothesis.internal.conjecture import providers

    module = vars(providers)
    if not {"_get_local_constants", "CONSTANTS_CACHE", "Constants"} <= module.keys():
        yield
        return
    none = module["Constants"]()
    saved = {name: module[name] for name in ("_get_local_constants", "CONSTANTS_CACHE")}
    module.update(_get_local_constants=lambda: none, CONSTANTS_CACHE={})
    try:
        yield
    finally:
        module.update(saved)


class StillFailsError(Exception):
    """Tells Hypothesis that a value fails."""


class AbandonedError(BaseException):
    """Ends the search when its caller wants no more candidates. Hypothesis does not catch it."""


def smaller(
    strategy: SearchStrategy[Any],
    n: int,
    seed: int,
    identify: Callable[[Any], tuple[Hashable, T]],
    start: Hashable,
) -> Generator[T, bool, None]:
    """Yield candidates that may be smaller than a failing value; send back whether each fails, too.

    The last candidate that fails is the smallest one. The drawing is repeated, round by round, until the
    failing value comes along; everything before it is skipped, so that nothing is tried twice.
    """
    # Hypothesis calls a test and needs its result at once, while the caller of this generator has to compute
    # the result first. So Hypothesis runs in a thread of its own; only one of the two runs at any time.
    candidates: SimpleQueue[tuple[T] | BaseException | None] = SimpleQueue()
    replies: SimpleQueue[bool | None] = SimpleQueue()

    known: dict[Hashable, bool] = {}

    def take(value: Any) -> None:
        content, made = identify(value)
        if content == start:
            known[content] = True
        # Hypothesis must reach the failing value by the same draws; what comes before is not of interest.
        if start in known and content not in known:
            candidates.put((made,))
            reply = replies.get()
            if reply is None:
                raise AbandonedError
            known[content] = reply
        if known.get(content):
            raise StillFailsError

    def work() -> None:
        end: BaseException | None = None
        try:
            for number in range(n // ROUND + _SPARE_ROUNDS):
                draw_round(strategy, seed, number, take, shrink=True)
        except StillFailsError:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            end = error
        candidates.put(end)

    worker = Thread(target=copy_context().run, args=(work,), name="modelcheck-shrinker", daemon=True)
    worker.start()
    try:
        while isinstance(candidate := candidates.get(), tuple):
            replies.put((yield candidate[0]))
    finally:
        # Ends a search that the caller has abandoned: the thread waits for a reply.
        replies.put(None)
        worker.join()
    if candidate is not None:
        raise candidate
