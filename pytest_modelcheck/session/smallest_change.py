"""The smallest change that still fails, for the worst perturbed cases of a failing check.

The perturbation is split into edits, and the test runs with subsets of them, in rounds of candidates from all
these cases. Its outcome decides whether a candidate fails; none of them affects the verdict.

A search yields candidates, and its caller sends back whether each fails. All candidates of a round are
independent, so that a slow model can be called for them at once. The idea is that of Zeller and Hildebrandt,
IEEE Trans. Software Eng. 28 (2002) 183 (ddmin). It is adapted to few rounds: changes are divided into
:data:`PARTS` parts rather than two, and all parts that can be left out one by one are then left out together.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pytest_modelcheck.calls.meter import Clock
from pytest_modelcheck.canonical import digest, excerpt
from pytest_modelcheck.models.model import plain
from pytest_modelcheck.perturb.edits import edited, edits_between, finer, simpler
from pytest_modelcheck.phrases import plural
from pytest_modelcheck.records import GIVEN_INPUT, MISSING, Outcome, Smallest, Trial
from pytest_modelcheck.reports.selection import shown_answer
from pytest_modelcheck.reports.words import changes
from pytest_modelcheck.session.causes import one_line
from pytest_modelcheck.session.check import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from pytest_modelcheck.engine.work import Result
    from pytest_modelcheck.perturb.edits import Edit
    from pytest_modelcheck.records import Case
    from pytest_modelcheck.session.check import Check, Steps
    from pytest_modelcheck.session.explain import Explained
    from pytest_modelcheck.session.found import Assessment

    Key = tuple[int, bytes]
    Edits = tuple[Edit, ...]
    Search = Generator[list[Edits], Sequence[bool], Edits]


MOST_CASES: Final = 3
"""The largest number of cases of a check to search."""

MOST_SECONDS: Final = 60.0
"""The time in seconds after which no further round begins."""


def shrink(check: Check, assessment: Assessment, explained: Explained) -> Steps[Explained]:
    """Search for the smallest change of the worst shown cases, within the budget of calls."""
    searches = []
    if may_shrink(check, assessment):
        perturbed = (
            CaseSearch(place, result)
            for place, result in enumerate(explained.read)
            if result is not None
            and result.trial.perturbed is not MISSING
            and result.trial.perturbation != GIVEN_INPUT  # a variant with a right answer of its own
        )
        searches = list(islice(perturbed, MOST_CASES))
    if not searches:
        return explained
    rounds = Searches(check, assessment, searches)
    yield from rounds.steps()
    found = {search.place: rounds.found(search) for search in searches}
    shown = tuple(replace(case, smallest=found.get(place)) for place, case in enumerate(explained.shown))
    return replace(explained, shown=shown, remarks=(*explained.remarks, *rounds.remarks()))


def may_shrink(check: Check, assessment: Assessment) -> bool:
    """Return whether to search for smaller failures of this check.

    Only if the model does not vary: otherwise the smallest failure would be a random one. Not with a budget
    of calls, which is for verdicts. Not if a model only replays recorded answers: half a perturbation was
    never recorded.
    """
    options = check.options
    return not (
        not check.spec.shrink_calls
        # Recorded answers know no other inputs. Without noise is required, too: a candidate is run once.
        or any(model.definition.recorded for model in (check.spec.subject, *check.spec.others))
        or options.offline
        or options.max_calls is not None
        or assessment.run.stopped is not None
        or assessment.noise.variation.varies is not False
        or assessment.run.results.reads_approved
        or assessment.passes
    )


def _why_broken(result: Result) -> str:
    """Explain why a search stops at a candidate on which the test broke."""
    if isinstance(result.error, LookupError):
        return f"because the model cannot answer other inputs ({one_line(result)})"
    return f"because the test raised an error ({one_line(result)})"


class CaseSearch:
    """The search in one case.

    Attributes:
        place: Where it is among the cases that are shown.
        result: The result of the trial that failed.
        wanted: The candidates to run next; none once the search has ended.
        best: The fewest edits that are known to fail.
    """

    def __init__(self, place: int, result: Result) -> None:
        self.place = place
        self.result = result
        trial = result.trial
        # Half of another category would be one that nobody wrote.
        whole = (trial.perturbation or "").startswith("swap_category(")
        self.best: Edits = tuple(edits_between(trial.case.input, trial.perturbed, whole=whole))
        self._search = _search(trial.case.input, self.best)
        self.wanted: list[Edits] = next(self._search)
        self.ended = False

    def candidates(self) -> list[tuple[Key, Any]]:
        """The inputs of the wanted candidates."""
        found = [edited(self.result.trial.case.input, edits) for edits in self.wanted]
        return [(self.key(candidate), candidate) for candidate in found]

    def key(self, candidate: Any) -> Key:
        """The identity of an input in this search."""
        return self.place, digest(candidate)

    def go_on(self, fails: Sequence[bool]) -> None:
        """Continue, knowing which of the candidates fail."""
        failing = [edits for edits, failed in zip(self.wanted, fails, strict=True) if failed]
        self.best = min([self.best, *failing], key=len)
        try:
            self.wanted = self._search.send(fails)
        except StopIteration as end:
            self.best, self.wanted, self.ended = end.value, [], True


def _search(before: Any, edits: Edits) -> Search:
    """Nothing at all first; then words and fields, then characters, and at last the simplest characters."""
    (bare,) = yield [()]
    if bare:
        return ()
    kept = yield from smallest(edits)
    kept = yield from smallest([part for edit in kept for part in finer(before, edit)])
    return (yield from simplified(kept, lambda edit: simpler(before, edit)))


class Searches:
    """All searches of a check, round by round: the candidates of one round are run together."""

    def __init__(self, check: Check, assessment: Assessment, searches: Sequence[CaseSearch]) -> None:
        self._check = check
        self._searches = searches
        self._work = check.work(assessment.approved.answer)
        # Trials of a second run were numbered from the size on.
        self._unused = assessment.run.results.size * 2
        self._start = check.new_calls
        self._known = {search.key(search.result.trial.perturbed): search.result for search in searches}
        self._stopped: str | None = None

    def steps(self) -> Steps[None]:
        """Round after round, until all searches have ended or there is a reason to stop."""
        deadline = Clock.monotonic() + MOST_SECONDS
        while (active := self._affordable()) and self._stopped is None:
            unknown = {
                key: (search, candidate)
                for search in active
                for key, candidate in search.candidates()
                if key not in self._known
            }
            if unknown:
                if Clock.monotonic() > deadline:
                    self._stopped = f"after {MOST_SECONDS:.0f} seconds"
                    return
                yield from self._run(unknown)
            if self._stopped is None:
                for search in active:
                    results = [self._known[key] for key, _ in search.candidates()]
                    search.go_on([result.outcome is Outcome.FAILED for result in results])

    def _affordable(self) -> list[CaseSearch]:
        """The searches that go on, as long as the budget has room for all that they want to know."""
        left = self._check.spec.shrink_calls - (self._check.new_calls - self._start)
        chosen: list[CaseSearch] = []
        for search in self._searches:
            if search.ended:
                continue
            # A candidate takes about as many answers as the trial, but for one, which is at hand.
            cost = max(1, len({key for key, _ in search.result.calls}) - 1)
            # A round is run whole or not at all: half of its results would mislead the search.
            left -= cost * sum(key not in self._known for key, _ in search.candidates())
            if left < 0:
                budget = self._check.spec.shrink_calls
                self._stopped = None if chosen else f"at its budget of {budget} calls"
                break
            chosen.append(search)
        return chosen

    def _run(self, unknown: dict[Key, tuple[CaseSearch, Any]]) -> Steps[None]:
        trials, keys = [], {}
        for index, (key, (search, candidate)) in enumerate(unknown.items(), self._unused):
            one = search.result.trial
            trials.append(Trial(index, one.case, one.perturbation, candidate, one.variant, one.repeat))
            keys[index] = key
        run = yield Step(self._work, trials, choose_repeat=self._check.choose_repeat)
        for result in run.results:
            self._known[keys[result.trial.index]] = result
            if result.outcome is Outcome.ERROR and self._stopped is None:
                self._stopped = _why_broken(result)

    def found(self, search: CaseSearch) -> Smallest | None:
        """Return the result of a search; ``None`` if the test requires a change."""
        if not search.best and self._check.spec.kind == "directional":
            return None
        before = search.result.trial.case.input
        after = edited(before, search.best)
        # Answers to the original input were there before; the new one is that of the smaller input.
        own = {key for key, _ in search.result.calls}
        answers = self._known[search.key(after)].calls
        given = [*(raw for key, raw in answers if key not in own), *(raw for _, raw in search.result.calls)]
        # A model that broke on all calls gave no answer, and a body may fail for that.
        got = shown_answer(plain(given[0]), self._check.spec.subject.answers.decode) if given else None
        text = changes(before, after) if search.best else ""
        return Smallest(text, len(search.best), got, complete=search.ended)

    def remarks(self) -> list[str]:
        """Remarks on the cost of the searches, and on the reason for stopping."""
        calls = self._check.new_calls - self._start
        cost = f"the smallest changes took {plural(calls, 'further call')}"
        stopped = f"the search for the smallest changes stopped {self._stopped}"
        return [*([cost] if calls else []), *([stopped] if self._stopped else [])]


_WIDTH = 200


def shrink_input(check: Check, assessment: Assessment, explained: Explained) -> Steps[Explained]:
    """Make the shortest of the failing inputs that are shown smaller."""
    spec = check.spec
    failed = [
        (len(excerpt(result.trial.case.input, 1 << 20)), place, result)
        for place, result in enumerate(explained.read)
        if result is not None and result.trial.perturbed is MISSING
    ]
    if spec.smaller is None or not failed or not may_shrink(check, assessment):
        return explained
    # The shortest input is the nearest to the smallest. One search suffices, since others would end alike.
    _, place, first = min(failed, key=lambda one: one[:2])
    search = spec.smaller(first.trial.case)
    if search is None:
        return explained
    start = check.new_calls
    found, stopped = yield from _run_search(check, assessment, search)
    calls, remarks, shown = check.new_calls - start, list(explained.remarks), list(explained.shown)
    if calls:
        remarks.append(f"the smallest input took {plural(calls, 'further call')}")
    if stopped is not None:
        remarks.append(f"the search for the smallest input stopped {stopped}")
    if found is not None:
        decode, value = check.spec.subject.answers.decode, found.trial.case.input
        got = shown_answer(plain(found.calls[0][1]), decode) if found.calls else None
        text = excerpt(value, _WIDTH)
        text = f'"{text}"' if isinstance(value, str) else text
        shown[place] = replace(shown[place], smallest=Smallest(text, 0, got, complete=stopped is None))
    return replace(explained, shown=tuple(shown), remarks=tuple(remarks))


def _run_search(
    check: Check, assessment: Assessment, search: Generator[Case, bool, None]
) -> Steps[tuple[Result | None, str | None]]:
    """The last candidate that fails, and why the search stopped before it came to its end."""
    budget, deadline = check.spec.shrink_calls, Clock.monotonic() + MOST_SECONDS
    work, start = check.work(assessment.approved.answer), check.new_calls
    found: Result | None = None
    candidate, stopped = _next(search, None)
    while candidate is not None and stopped is None:
        smaller = candidate if candidate.id else replace(candidate, id="smaller")
        run = yield Step(
            work, [Trial(assessment.run.results.size, smaller)], choose_repeat=check.choose_repeat
        )
        (result,) = run.results
        fails = result.outcome is Outcome.FAILED
        found = result if fails else found
        if result.outcome is Outcome.ERROR:
            stopped = _why_broken(result)
        elif check.new_calls - start >= budget:
            stopped = f"at its budget of {budget} calls"
        elif Clock.monotonic() > deadline:
            stopped = f"after {MOST_SECONDS:.0f} seconds"
        else:
            candidate, stopped = _next(search, fails)
    search.close()
    return found, stopped


def _next(search: Generator[Case, bool, None], fails: bool | None) -> tuple[Case | None, str | None]:
    """The next candidate, or why there is none; there is no reason where the search has ended."""
    try:
        return (next(search) if fails is None else search.send(fails)), None
    except StopIteration:
        return None, None
    except Exception as error:  # noqa: BLE001 - a strategy that breaks here must not hide the verdict
        return None, f"because the strategy raised an error ({type(error).__name__}: {error})"


T = TypeVar("T")

PARTS: Final = 8
"""The number of parts into which changes are first divided."""


def smallest(items: Sequence[T]) -> Generator[list[tuple[T, ...]], Sequence[bool], tuple[T, ...]]:
    """A subset of the items that fails, from which no item can be left out.

    All items together must fail, and the empty set must not.

    >>> def drive(search, fails):
    ...     wanted, known = next(search, None), 0
    ...     while True:
    ...         try:
    ...             known += len(wanted)
    ...             wanted = search.send([fails(candidate) for candidate in wanted])
    ...         except StopIteration as found:
    ...             return found.value, known
    >>> drive(smallest(range(60)), lambda some: 17 in some)
    ((17,), 16)
    >>> drive(smallest(range(60)), lambda some: {17, 40} <= set(some))[0]
    (17, 40)
    """
    kept = tuple(items)
    chunks = [kept]
    while len(kept) > 1:
        chunks = _divided(kept, PARTS)
        found = _first_failing(chunks, (yield chunks))
        if found is None:
            break
        kept, chunks = found, [found]
    # The chunks fail only together: leave out what can be.
    while len(chunks) > 1:
        # All in one round, since candidates of a round run at the same time.
        fails = yield [_joined(chunks, {place}) for place in range(len(chunks))]
        spare = {place for place, failed in enumerate(fails) if failed}
        if len(spare) > 1:
            together = _joined(chunks, spare)
            (failed,) = (yield [together]) if together else (False,)
            # Each can be spared, but not all together: drop one, and look again.
            spare = spare if failed else {min(spare)}
        if not spare and len(chunks) == sum(map(len, chunks)):
            break
        parts = max(2, PARTS // (len(chunks) - len(spare)))
        left = [chunk for place, chunk in enumerate(chunks) if place not in spare]
        chunks = [part for chunk in left for part in _divided(chunk, parts)]
    return _joined(chunks, set())


def simplified(
    items: Sequence[T], simpler: Callable[[T], T | None]
) -> Generator[list[tuple[T, ...]], Sequence[bool], tuple[T, ...]]:
    """The items, each replaced by a simpler one if that still fails."""
    kept = tuple(items)
    better = {place: made for place, item in enumerate(kept) if (made := simpler(item)) is not None}
    if not better:
        return kept
    all_at_once = tuple(better.get(place, item) for place, item in enumerate(kept))
    one_by_one = [(*kept[:place], made, *kept[place + 1 :]) for place, made in better.items()]
    candidates = [all_at_once, *(one_by_one if len(better) > 1 else [])]
    found = _first_failing(candidates, (yield candidates))
    return kept if found is None else found


def _first_failing(candidates: Sequence[tuple[T, ...]], fails: Sequence[bool]) -> tuple[T, ...] | None:
    return next((one for one, failed in zip(candidates, fails, strict=True) if failed), None)


def _divided(items: tuple[T, ...], parts: int) -> list[tuple[T, ...]]:
    size, more = divmod(len(items), min(parts, len(items)))
    ends = [(place + 1) * size + min(place + 1, more) for place in range(min(parts, len(items)))]
    return [items[start:stop] for start, stop in zip([0, *ends], ends, strict=False)]


def _joined(chunks: Sequence[tuple[T, ...]], left_out: set[int]) -> tuple[T, ...]:
    return tuple(item for place, chunk in enumerate(chunks) if place not in left_out for item in chunk)
