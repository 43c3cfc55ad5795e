"""Which cases of a check are worth reading, and what to show of each.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.errors import ModelcheckError
from pytest_modelcheck.records import MISSING, Outcome, ShownCase

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from pytest_modelcheck.records import Case, CaseRecord, TrialRecord

SHOWN = 5
_INPUT_WIDTH = 200
_ANSWER_WIDTH = 120
_UNREMARKABLE = (Outcome.PASSED, Outcome.SKIPPED)
LOWEST = ("lowest score", "smallest change")
"""How cases are noted that say most of a mean that is too low."""

ORDER = ("error", "regressed", "failed", "changed", *LOWEST, "new", "unexpected pass")


@dataclass(frozen=True, slots=True)
class Chosen:
    """A case that is worth reading, and the trial of it that says most."""

    case: Case
    record: CaseRecord
    trial: TrialRecord
    note: str


def choose(
    cases: Sequence[Case],
    records: Sequence[CaseRecord],
    regressed: Collection[str],
    changed: Collection[str],
    *,
    about_change: bool = False,
    first: Collection[int] = (),
    lowest: Mapping[str, Chosen] | None = None,
) -> tuple[list[Chosen], int]:
    """The cases worth reading, worst first and at most :data:`SHOWN`, and how many more there are.

    Args:
        cases: All cases of the check.
        records: What came of them, in the same order.
        regressed: Ids of cases that the approved version passed.
        changed: Ids of cases whose answer differs, where a limit on changes is missed.
        about_change: Whether failing means that the answer is not the approved one.
        first: Numbers of cases to be read before others that are as bad.
        lowest: Cases to be read where nothing worse is said of them, by id; lowest first.
    """
    noted = []
    places = {} if lowest is None else {case: place for place, case in enumerate(lowest)}
    for number, (case, record) in enumerate(zip(cases, records, strict=True)):
        found = _note(record, regressed, changed, "changed" if about_change else "failed")
        if found is not None:
            one = Chosen(case, record, found[1], found[0])
        elif lowest is not None and case.id in lowest:
            one = lowest[case.id]
        else:
            continue
        noted.append(((ORDER.index(one.note), number not in first, places.get(case.id, 0)), one))
    noted.sort(key=_severity)
    return [one for _, one in noted[:SHOWN]], max(0, len(noted) - SHOWN)


def lowest_of(cases: Sequence[Case], records: Sequence[CaseRecord], *, signed: bool) -> dict[str, Chosen]:
    """The cases with the lowest scores, at most :data:`SHOWN`, lowest first."""
    found = []
    for case, record in zip(cases, records, strict=True):
        scored = [(trial.score, trial) for trial in record.trials if trial.score is not None]
        if scored:
            low, trial = min(scored, key=_first)
            found.append((low, Chosen(case, record, trial, LOWEST[signed])))
    found.sort(key=_first)
    return {one.case.id: one for _, one in found[:SHOWN]}


def _severity(item: tuple[tuple[int, bool, int], Chosen]) -> tuple[int, bool, int]:
    return item[0]


def _first(item: tuple[float, Any]) -> float:
    return item[0]


def _note(
    record: CaseRecord, regressed: Collection[str], changed: Collection[str], failed: str
) -> tuple[str, TrialRecord] | None:
    if record.id not in changed and all(trial.outcome in _UNREMARKABLE for trial in record.trials):
        return None
    by_outcome = {trial.outcome: trial for trial in reversed(record.trials)}
    note = note_of(by_outcome, failed, regressed=record.id in regressed, changed=record.id in changed)
    if note is None:
        return None
    return note, by_outcome.get(_SAID_BY.get(note, Outcome.FAILED), record.trials[0])


_SAID_BY = {"error": Outcome.ERROR, "new": Outcome.NEW, "unexpected pass": Outcome.XPASSED}
"""The outcome of the trial that a note is about, where it is not the failed one, or the first."""


def note_of(outcomes: Collection[Outcome], failed: str, *, regressed: bool, changed: bool) -> str | None:
    """How a case is noted among those worth reading, by the outcomes that its trials had.

    Args:
        outcomes: The outcomes.
        failed: How a failed case is noted.
        regressed: Whether the approved version passed it.
        changed: Whether its answer differs, where a limit on changes is missed.
    """
    if Outcome.ERROR in outcomes:
        return "error"
    if Outcome.FAILED in outcomes:
        return "regressed" if regressed else failed
    if changed:
        return "changed"
    if Outcome.NEW in outcomes:
        return "new"
    return "unexpected pass" if Outcome.XPASSED in outcomes and Outcome.XFAILED not in outcomes else None


def show(
    chosen: Chosen,
    decode: Callable[[bytes], Any],
    approved: bytes | None,
    perturbed: Any,
    message: str,
    detail: str | None,
) -> ShownCase:
    """Put one case into words.

    Args:
        chosen: The case.
        decode: Turns an answer into the value that a person knows.
        approved: The approved answer of the same trial, or ``None``.
        perturbed: The perturbed input, or ``MISSING``.
        message: What the body said.
        detail: The traceback of an error, or the full message of a failed assertion.
    """
    case, trial = chosen.case, chosen.trial
    base = base_answer(trial) if perturbed is not MISSING else None
    got = trial.answer
    if base is not None and trial.recorded is None and trial.asked[0][0] == chosen.record.input:
        # The body asked about the unperturbed input first; what was approved is the answer to that.
        base, got, approved = got, base, None
    return ShownCase(
        id=case.id,
        note=chosen.note,
        input=excerpt(case.input, _INPUT_WIDTH),
        message=message,
        expected=None if case.expected is MISSING else _shown(case.expected),
        got=shown_answer(got, decode),
        approved=shown_answer(approved, decode),
        perturbation=trial.perturbation,
        perturbed=None if perturbed is MISSING else excerpt(perturbed, _INPUT_WIDTH),
        base_answer=shown_answer(base, decode),
        detail=detail,
        origin=None if case.origin is None else str(case.origin),
    )


def base_answer(trial: TrialRecord) -> bytes | None:
    """The answer to the unperturbed input: the one that is not the first, where a body asks about both."""
    return next((answer for key, answer in trial.asked[1:] if key != trial.asked[0][0]), None)


def shown_answer(raw: bytes | None, decode: Callable[[bytes], Any]) -> str | None:
    """An answer as the reader of a report sees it, or ``None`` where there is none."""
    if raw is None:
        return None
    try:
        return _shown(decode(raw))
    except ModelcheckError:
        # Approved in another form than answers have today: as it stands in the baseline, then.
        return excerpt(raw.decode(), _ANSWER_WIDTH)


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001 - a repr of the user's own must not hide the verdict
        text = f"<a {type(value).__name__} whose repr() raised {type(error).__name__}>"
    return excerpt(text, _ANSWER_WIDTH)


def notes_of(direct: Mapping[str, int], inapplicable: Mapping[str, int]) -> tuple[str, ...]:
    """What a reader should know besides the verdict, a sentence each."""
    notes = []
    total = sum(direct.values())
    if total:
        reasons = "; ".join(f"{count} {reason}" for reason, count in sorted(direct.items()))
        notes.append(f"{total} calls were made one by one, without gathering them: {reasons}")
    for name, count in inapplicable.items():
        notes.append(f"{name} left {count} inputs as they were: not applicable there")
    return tuple(notes)
