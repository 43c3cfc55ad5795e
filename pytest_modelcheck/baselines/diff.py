"""The differences, case by case, between two records of one check, and between the answers of two runs.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from pytest_modelcheck.baselines.candidates import natural
from pytest_modelcheck.baselines.lines import gained_by
from pytest_modelcheck.canonical import first_trajectory, same, why_unkept
from pytest_modelcheck.records import MISSING, WRONG, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_modelcheck.baselines.baseline import Baseline
    from pytest_modelcheck.records import CaseResult, TrialResult

    Calls = Sequence[tuple[str, bytes]]
    """The digest of each call, and the answer to it."""


def differ(now: TrialResult, then: TrialResult) -> bool:
    """Return whether the answers of two trials differ: the recorded ones, else all of the judged model.

    A trial without answers, or whose answers could not be stored, differs from none. A trial that ended with
    an error may lack later answers.
    """
    if now.recorded is not None or then.recorded is not None:
        return now.answer is not None and then.answer is not None and are_other(then.answer, now.answer)
    broke = Outcome.ERROR in (now.outcome, then.outcome) or not now.asked or not then.asked
    return answers_differ(then.asked, now.asked, all_made=not broke)


def answers_differ(then: Calls, now: Calls, *, all_made: bool = True) -> bool:
    """Return whether the answers of two runs of a body differ.

    Args:
        then: The approved calls, each with its answer.
        now: The current calls.
        all_made: Whether each run made all of its calls, so that their number matters.
    """
    equal, old, new = paired_calls(then, now)
    if any(are_other(*pair) for pair in equal) or any(map(are_other, old, new)):
        return True
    # A body that broke made fewer calls for that reason alone.
    return all_made and len(old) != len(new)


def paired_calls(then: Calls, now: Calls) -> tuple[list[tuple[bytes, bytes]], list[bytes], list[bytes]]:
    """Pair the answers to calls that both runs made, and return the other answers of each run, too.

    The order of calls does not matter: threads have none, and sets have another one in each process.

    >>> paired_calls([("a", b"1"), ("b", b"2")], [("b", b"3"), ("c", b"4"), ("a", b"1")])
    ([(b'1', b'1'), (b'2', b'3')], [], [b'4'])
    """
    waiting: dict[str, list[bytes]] = {}
    for digest, answer in reversed(now):
        # Reversed, so that pop() takes equal calls in their order.
        waiting.setdefault(digest, []).append(answer)
    equal, old = [], []
    for digest, answer in then:
        if waiting.get(digest):
            equal.append((answer, waiting[digest].pop()))
        else:
            old.append(answer)
    return equal, old, [answer for answers in reversed(waiting.values()) for answer in reversed(answers)]


def are_other(then: bytes, now: bytes) -> bool:
    """Return whether two answers differ; an answer that could not be stored differs from none."""
    return not same(then, now) and why_unkept(then) is None and why_unkept(now) is None


def shown_answers(trial: TrialResult, own: str, then: TrialResult | None = None) -> tuple[bytes | None, ...]:
    """Choose the answers of a trial to show, and those of another run of it.

    If a body makes several calls, this is the first answer that differs; else the judged one.

    Args:
        trial: The trial.
        own: The digest of the case's own input.
        then: The other run; by default the trial's approved one.

    Returns:
        The answer; the answer to the case's own input, if the body called the model with another input, too;
        and the same two of the other run.
    """
    answer, base = trial.answers(own)
    then = then or trial.approved
    if then is None:
        return answer, base, None, None
    before, base_before = then.answers(own)
    if base is None and trial.recorded is None and then.recorded is None:
        equal, old, new = paired_calls(then.asked, trial.asked)
        # Calls without a counterpart (an agent's next step differs when the last did) are paired by
        # position.
        pairs = [*equal, *zip(old, new, strict=False)]
        before, answer = next((pair for pair in pairs if are_other(*pair)), (before, answer))
    return answer, base, before, base_before


Note = Literal["regressed", "fixed", "changed", "edited", "added", "removed"]

NOTES: Final[tuple[Note, ...]] = ("regressed", "fixed", "changed", "edited", "added", "removed")
"""In reading order."""


@dataclass(frozen=True, slots=True)
class Side:
    """The result of a case on one side.

    Attributes:
        outcome: The outcome of the whole case.
        answer: The answer in the most informative trial (canonical JSON), or ``None`` if the model was not
            called.
        unperturbed: The answer to the case's own input in that trial, if the trial is a perturbed one.
        did: The trajectory of an agent in that trial, even if the body recorded something else.
    """

    outcome: Outcome
    answer: bytes | None
    unperturbed: bytes | None = None
    did: bytes | None = None


@dataclass(frozen=True, slots=True)
class CaseDiff:
    """One case that differs between the two sides.

    Attributes:
        id: The case's id.
        about: The beginning of its input.
        note: ``"regressed"``: it passed, and fails or breaks now. ``"fixed"``: the other way round.
            ``"changed"``: another answer, or an outcome that is neither. ``"edited"``: the input itself is
            another one, so that there is nothing to compare. ``"added"``, ``"removed"``: on one side only.
        before: The older side, or ``None`` if the case is new.
        after: The newer side, or ``None`` if the case is gone.
        perturbation: The perturbation of the most informative trial, or ``None``.
        perturbed: The beginning of its perturbed input, or ``None``.
        new_expectation: Whether the expected answer differs on the newer side.
        expected: The expected answer, if the case has one and a run recorded it.
    """

    id: str
    about: str
    note: Note
    before: Side | None
    after: Side | None
    perturbation: str | None = None
    perturbed: str | None = None
    new_expectation: bool = False
    expected: Any = MISSING


@dataclass(frozen=True, slots=True)
class CheckDiff:
    """One check on two sides.

    Attributes:
        check: Its node id.
        model: The model.
        before: The older version, or ``None`` where nothing is stored of the check.
        after: The newer version, or ``None`` where it never ran the check.
        cases: What differs, sorted by note (:data:`NOTES`) and id.
        same: How many cases do not differ.
        new_test: Whether the source of the test is another on the newer side.
        stopped: ``"stopped after 52 of 200 cases"``, where a side was: the others are not compared.
        gained: The fields that the types of answers have gained, which is not a change by itself.
    """

    check: str
    model: str
    before: str | None
    after: str | None
    cases: tuple[CaseDiff, ...]
    same: int
    new_test: bool = False
    stopped: str = ""
    gained: tuple[str, ...] = ()

    def of(self, note: Note) -> tuple[CaseDiff, ...]:
        """The differing cases of one kind."""
        return tuple(case for case in self.cases if case.note == note)


def diff(check: str, model: str, before: Baseline | None, after: Baseline | None) -> CheckDiff:
    """Compare two memories of one check, either of which may be missing.

    A case is the same case while its id and its input are; answers are equal when floats are within 1e-6.
    """
    found = list(_differences(before, after))
    then, now = _lines(before), _lines(after)
    shared = len(then.keys() & now.keys())
    both = sum(case.note not in ("added", "removed") for case in found)
    found.sort(key=lambda case: (NOTES.index(case.note), natural(case.id)))
    new_test = before is not None and after is not None and before.header.body != after.header.body
    return CheckDiff(
        check,
        model,
        None if before is None else before.header.version,
        None if after is None else after.header.version,
        tuple(found),
        shared - both,
        new_test=new_test,
        stopped=_stopped(after) or _stopped(before),
        gained=() if before is None or after is None else _gained(before, after),
    )


def _gained(before: Baseline, after: Baseline) -> tuple[str, ...]:
    return gained_by((before[case], after[case]) for case in before.changed_in(after.lines()))


def _stopped(side: Baseline | None) -> str:
    return "" if side is None else side.header.stopped


def _differences(before: Baseline | None, after: Baseline | None) -> Iterator[CaseDiff]:
    then, now = _lines(before), _lines(after)
    if before is not None and not _stopped(after):
        yield from (_one_sided(before[case], "removed") for case in then if case not in now)
    if after is not None and not _stopped(before):
        yield from (_one_sided(after[case], "added") for case in now if case not in then)
    if before is not None and after is not None:
        for case in before.changed_in(now):
            yield from _compared(before[case], after[case])


def _lines(side: Baseline | None) -> dict[str, bytes]:
    return {} if side is None else side.lines()


def _one_sided(record: CaseResult, note: Note) -> CaseDiff:
    trial = record.trials[0] if record.trials else None
    side = _side(record, trial, *(None, None) if trial is None else shown_answers(trial, record.digest)[:2])
    before, after = (side, None) if note == "removed" else (None, side)
    return CaseDiff(record.id, record.about, note, before, after)


def _compared(before: CaseResult, after: CaseResult) -> Iterator[CaseDiff]:
    note = _note(before, after)
    if note is None:
        return
    # A case may have many trials. The one that explains the note is shown, and not merely the first.
    then, now = _telling(before.trials, after.trials, note)
    answers = shown_answers(now, after.digest, then) if now is not None else (None,) * 4
    yield CaseDiff(
        after.id,
        after.about,
        note,
        _side(before, then, *answers[2:]),
        _side(after, now, *answers[:2]),
        now.perturbation if now is not None else None,
        now.about if now is not None else None,
        new_expectation=before.expectation != after.expectation,
    )


def _side(record: CaseResult, trial: TrialResult | None, answer: bytes | None, base: bytes | None) -> Side:
    asked = () if trial is None else trial.asked
    # Only if the body called the model with the case's own input is there an unperturbed answer.
    base = base if any(digest == record.digest for digest, _ in asked) else None
    return Side(record.outcome, answer, base, first_trajectory([answer, *(one for _, one in asked[::-1])]))


def _note(before: CaseResult, after: CaseResult) -> Note | None:
    if before.digest != after.digest:
        return "edited"
    then, now = before.outcome, after.outcome
    if then is Outcome.PASSED and now in WRONG:
        return "regressed"
    if then in WRONG and now is Outcome.PASSED:
        return "fixed"
    if then is not now or any(differ(two, one) for one, two in _paired(before.trials, after.trials)):
        return "changed"
    return None


def _telling(
    before: Sequence[TrialResult], after: Sequence[TrialResult], note: Note
) -> tuple[TrialResult | None, TrialResult | None]:
    """The most informative pair of trials of a case."""
    pairs = list(_paired(before, after))
    decisive = [(then, now) for then, now in pairs if _turned(then, now, note)]
    differing = [(then, now) for then, now in pairs if differ(now, then)]
    for found in (decisive, differing, pairs):
        if found:
            return found[0]
    return (before[0] if before else None, after[0] if after else None)


def _turned(then: TrialResult, now: TrialResult, note: Note) -> bool:
    if note == "regressed":
        return now.outcome in WRONG and then.outcome not in WRONG
    return note == "fixed" and then.outcome in WRONG and now.outcome not in WRONG


def _paired(
    before: Sequence[TrialResult], after: Sequence[TrialResult]
) -> Iterator[tuple[TrialResult, TrialResult]]:
    """Pair each trial with the same run of the older side, else with its first run of the same input."""
    known = {trial.key: trial for trial in before}
    first = {trial.place: trial for trial in reversed(before)}
    return ((known.get(trial.key, first[trial.place]), trial) for trial in after if trial.place in first)
