"""The differences, case by case, between two records of one check, and between the answers of two runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from pytest_modelcheck.baselines.candidates import natural
from pytest_modelcheck.baselines.lines import gained_by
from pytest_modelcheck.canonical import first_trajectory, same, why_unstored
from pytest_modelcheck.records import (
    MISSING,
    WRONG,
    Outcome,
    fails_in_every_run,
    fold,
    runs_passed,
    shared_trials,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_modelcheck.baselines.baseline import Baseline
    from pytest_modelcheck.records import CaseResult, TrialResult

    Calls = Sequence[tuple[str, bytes]]
    """The digest of each call, and the answer to it."""


def differ(current: TrialResult, approved: TrialResult) -> bool:
    """Return whether the answers of two trials differ: the recorded ones, else all of the judged model.

    A trial without answers, or whose answers could not be stored, differs from none. A trial that ended with
    an error may lack later answers.
    """
    one, other = approved.answer, current.answer
    if approved.recorded is not None or current.recorded is not None:
        return one is not None and other is not None and are_other(one, other)
    broke = Outcome.ERROR in (current.outcome, approved.outcome) or not current.calls or not approved.calls
    return answers_differ(approved.calls, current.calls, all_made=not broke)


def answers_differ(approved: Calls, current: Calls, *, all_made: bool = True) -> bool:
    """Return whether the answers of two runs of a body differ, or the number of calls if all were made."""
    equal, old, new = paired_calls(approved, current)
    if any(are_other(*pair) for pair in equal) or any(map(are_other, old, new)):
        return True
    # A body that broke made fewer calls for that reason alone.
    return all_made and len(old) != len(new)


def paired_calls(
    approved: Calls, current: Calls
) -> tuple[list[tuple[bytes, bytes]], list[bytes], list[bytes]]:
    """Pair the answers to calls that both runs made, and return the other answers of each run, too.

    The order of calls does not matter: threads have none, and sets have another one in each process.

    >>> paired_calls([("a", b"1"), ("b", b"2")], [("b", b"3"), ("c", b"4"), ("a", b"1")])
    ([(b'1', b'1'), (b'2', b'3')], [], [b'4'])
    """
    waiting: dict[str, list[bytes]] = {}
    for digest, answer in reversed(current):
        # Reversed, so that pop() takes equal calls in their order.
        waiting.setdefault(digest, []).append(answer)
    equal, old = [], []
    for digest, answer in approved:
        if waiting.get(digest):
            equal.append((answer, waiting[digest].pop()))
        else:
            old.append(answer)
    return equal, old, [answer for answers in reversed(waiting.values()) for answer in reversed(answers)]


def are_other(approved: bytes, current: bytes) -> bool:
    """Return whether two answers differ; an answer that could not be stored differs from none."""
    return not same(approved, current) and why_unstored(approved) is None and why_unstored(current) is None


def why_unseen(*trials: TrialResult) -> str | None:
    """Why the answers of trials cannot be compared, with a remedy; ``None`` if they can be."""
    for trial in trials:
        if trial.recorded is None:
            for _, answer in trial.calls:
                if (why := why_unstored(answer)) is not None:
                    return why
    return None


def shown_answers(trial: TrialResult, own: str, other: TrialResult | None = None) -> tuple[bytes | None, ...]:
    """Choose the answers of a trial to show, and those of another run of it: by default, the approved one.

    If a body makes several calls, this is the first answer that differs; else the judged one.

    Returns:
        The answer; the answer to the case's own input (whose digest is ``own``), if the body called the model
        with another input, too; and the same two of the other run.
    """
    answer, base = trial.answers(own)
    other = other or trial.approved
    if other is None:
        return answer, base, None, None
    before, base_before = other.answers(own)
    if base is None and trial.recorded is None and other.recorded is None:
        equal, old, new = paired_calls(other.calls, trial.calls)
        # Calls without a counterpart (an agent's next step differs when the last did) are paired by
        # position.
        pairs = [*equal, *zip(old, new, strict=False)]
        before, answer = next((pair for pair in pairs if are_other(*pair)), (before, answer))
    return answer, base, before, base_before


Note = Literal["error", "regressed", "fixed", "changed", "edited", "added", "removed"]

NOTES: Final[tuple[Note, ...]] = ("error", "regressed", "fixed", "changed", "edited", "added", "removed")
"""In reading order."""

_UNSTORED: Final = b'{"$unstored":'


@dataclass(frozen=True, slots=True)
class Side:
    """The result of a case on one side.

    Attributes:
        outcome: The outcome of the case, of the inputs that both sides have.
        runs: How many of its runs did not fail, and how many there are.
        answer: The answer in the most informative trial (canonical JSON), or ``None`` if the model was not
            called.
        unperturbed: The answer to the case's own input in that trial, if the trial is a perturbed one.
        did: The trajectory of an agent in that trial, even if the body recorded something else.
    """

    outcome: Outcome
    answer: bytes | None
    unperturbed: bytes | None = None
    did: bytes | None = None
    runs: tuple[int, int] = (0, 0)

    @property
    def varies(self) -> bool:
        """True if the case fails in some of its runs only."""
        passed, runs = self.runs
        return 0 < passed < runs


@dataclass(frozen=True, slots=True)
class CaseDiff:
    """One case that differs between the two sides.

    Attributes:
        id: The case's id.
        about: The beginning of its input.
        note: ``"error"``: it passed, and raises an error now. ``"regressed"``: it passed, and fails now.
            ``"fixed"``: it failed in every run, and passes now. ``"changed"``: another answer, or an outcome
            that is neither. ``"edited"``: its input was edited, so that there is nothing to compare, or its
            expectation, so that the same answer has another outcome. ``"added"``, ``"removed"``: on one side
            only.
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
        unseen: The ids of other cases, whose answers were not stored, so that they cannot be compared.
        why_unseen: The reason for that, and the remedy; or ``None``.
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
    unseen: tuple[str, ...] = ()
    why_unseen: str | None = None

    def of(self, note: Note) -> tuple[CaseDiff, ...]:
        """The differing cases of one kind."""
        return tuple(case for case in self.cases if case.note == note)


def diff(check: str, model: str, before: Baseline | None, after: Baseline | None) -> CheckDiff:
    """Compare the stored results of one check on two sides, either of which may be missing.

    A case is the same case while its id and its input are, and of its perturbed inputs those are compared
    that both sides have; answers are equal when floats are within 1e-6.
    """
    old, new = ({} if side is None else side.lines() for side in (before, after))
    left, right = ("" if side is None else side.header.stopped for side in (before, after))
    found: list[CaseDiff] = []
    gained: tuple[str, ...] = ()
    new_test = False
    # A run that was stopped early says nothing of the other cases.
    if before is not None and not right:
        found += [_one_sided(before[case], "removed") for case in old if case not in new]
    if after is not None and not left:
        found += [_one_sided(after[case], "added") for case in new if case not in old]
    compared: list[CaseDiff] = []
    unseen: dict[str, str] = {}
    if before is not None and after is not None:
        changed = before.changed_in(new)
        both = [_compared(before[case], after[case]) for case in changed]
        turned = _turned_by_metric(before, after)
        compared = [replace(case, note=turned.get(case.id, case.note)) for case in both if case is not None]
        gained = gained_by((before[case], after[case]) for case in changed)
        new_test = before.header.body != after.header.body
        listed = {case.id for case in compared}
        for case in sorted({*before.holding(_UNSTORED), *after.holding(_UNSTORED)} - listed):
            if case in before and case in after:
                why = why_unseen(*after[case].trials, *before[case].trials)
                unseen |= {} if why is None else {case: why}
    return CheckDiff(
        check,
        model,
        None if before is None else before.header.version,
        None if after is None else after.header.version,
        tuple(sorted(found + compared, key=lambda case: (NOTES.index(case.note), natural(case.id)))),
        len(old.keys() & new.keys()) - len(compared) - len(unseen),
        new_test=new_test,
        stopped=right or left,
        gained=gained,
        unseen=tuple(unseen),
        why_unseen=next(iter(unseen.values()), None),
    )


def _turned_by_metric(before: Baseline, after: Baseline) -> dict[str, Note]:
    """The cases of a metric that its run found broken or fixed: its bodies pass in any case."""
    found = after.header.run.get("verdict", {}).get("comparison") or {}
    if not after.header.metric or found.get("version") != before.header.version:
        return {}
    notes: tuple[Note, ...] = ("regressed", "fixed")
    return {case: note for note in notes for case in found[note]}


def _one_sided(record: CaseResult, note: Note) -> CaseDiff:
    trial = record.trials[0] if record.trials else None
    answers = (None, None) if trial is None else shown_answers(trial, record.digest)[:2]
    side = _side(record.outcome, record, trial, record.trials, *answers)
    before, after = (side, None) if note == "removed" else (None, side)
    return CaseDiff(record.id, record.about, note, before, after)


def _compared(before: CaseResult, after: CaseResult) -> CaseDiff | None:
    olds, news = shared_trials(before.trials, after.trials)
    # Each trial is paired with the same run of the older side, else with its first run of the same input.
    known = {trial.key: trial for trial in olds}
    first = {trial.place: trial for trial in reversed(olds)}
    pairs = [(known.get(trial.key, first[trial.place]), trial) for trial in news]
    differing = [pair for pair in pairs if differ(pair[1], pair[0])]
    one, other = before.outcome, after.outcome
    if pairs:
        one, other = (fold([trial.outcome for trial in side]) for side in (olds, news))
    new_expectation = before.expectation != after.expectation
    recovered = one in WRONG and other is Outcome.PASSED
    # A case that passed in some of the older runs only varies: one that passes is nothing new.
    varied = recovered and not fails_in_every_run(olds)
    note: Note
    decisive = []
    replaced = before.trials and after.trials and not pairs  # by other perturbations
    if before.digest != after.digest or replaced or (new_expectation and not differing and one is not other):
        note = "edited"
    elif one is Outcome.PASSED and other in WRONG:
        note = "error" if other is Outcome.ERROR else "regressed"
        decisive = [(old, new) for old, new in pairs if new.outcome in WRONG and old.outcome not in WRONG]
    elif recovered and not varied:
        note = "fixed"
        decisive = [(old, new) for old, new in pairs if old.outcome in WRONG and new.outcome not in WRONG]
    elif differing or (one is not other and not varied):
        note = "changed"
    else:
        return None
    # A case may have many trials. The pair that explains the note is shown, and not merely the first.
    firsts = (next(iter(before.trials), None), next(iter(after.trials), None))
    old, new = next(iter([*decisive, *differing, *pairs]), firsts)
    answers = shown_answers(new, after.digest, old) if new is not None else (None,) * 4
    return CaseDiff(
        after.id,
        after.about,
        note,
        _side(one, before, old, olds, *answers[2:]),
        _side(other, after, new, news, *answers[:2]),
        new.perturbation if new is not None else None,
        new.about if new is not None else None,
        new_expectation=new_expectation,
    )


def _side(
    outcome: Outcome,
    record: CaseResult,
    trial: TrialResult | None,
    trials: Sequence[TrialResult],
    answer: bytes | None,
    base: bytes | None,
) -> Side:
    calls = () if trial is None else trial.calls
    # Only if the body called the model with the case's own input is there an unperturbed answer.
    base = base if any(digest == record.digest for digest, _ in calls) else None
    did = first_trajectory([answer, *(one for _, one in calls[::-1])])
    return Side(outcome, answer, base, did, runs_passed(trials))
