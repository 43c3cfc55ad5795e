"""Which cases of a check are worth reading, and what to show of each.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.canonical.wording import plural
from pytest_modelcheck.errors import ModelcheckError
from pytest_modelcheck.records import MISSING, Outcome, ShownCase
from pytest_modelcheck.reports.windows import start_of, window

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
    if not changed or record.id not in changed:
        for trial in record.trials:  # not all(): a check may have a million cases, most of which passed
            if trial.outcome not in _UNREMARKABLE:
                break
        else:
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
    got, base = trial.answer, None
    if perturbed is not MISSING:
        got, base = both_answers(trial, chosen.record.input)
        if got is not trial.answer:
            approved = None  # it is the answer to the unperturbed input
    told = _Told(case.expected, got, approved, base, decode)
    return ShownCase(
        id=case.id,
        note=chosen.note,
        input=excerpt(case.input, _INPUT_WIDTH),
        message=message,
        expected=told.cut(told.expected),
        got=told.cut(told.got),
        approved=told.cut(told.approved),
        perturbation=trial.perturbation,
        perturbed=None if perturbed is MISSING else excerpt(perturbed, _INPUT_WIDTH),
        base_answer=told.cut(told.base),
        detail=detail,
        origin=None if case.origin is None else str(case.origin),
    )


def both_answers(trial: TrialRecord, own: str) -> tuple[bytes | None, bytes | None]:
    """The answers to the perturbed input and to the case's own, where a body asks about both.

    Args:
        trial: A trial of a perturbed case.
        own: The digest of the case's own input.
    """
    answer = trial.answer
    other = next((found for key, found in trial.asked[1:] if key != trial.asked[0][0]), None)
    if other is not None and trial.recorded is None and trial.asked[0][0] == own:
        return other, answer
    return answer, other


class _Told:
    """The answers of one case, cut so that the first difference between them is seen."""

    def __init__(
        self,
        expected: Any,
        got: bytes | None,
        approved: bytes | None,
        base: bytes | None,
        decode: Callable[[bytes], Any],
    ) -> None:
        self.expected = None if expected is MISSING else _whole(expected)
        self.got, self.approved, self.base = (_whole_answer(raw, decode) for raw in (got, approved, base))
        others = (self.expected, self.base, self.approved)
        self._start = 0 if self.got is None else start_of(self.got, others, _ANSWER_WIDTH)

    def cut(self, text: str | None) -> str | None:
        """A text from shortly before the difference on."""
        return None if text is None else window(text, self._start, _ANSWER_WIDTH)


def shown_answer(raw: bytes | None, decode: Callable[[bytes], Any]) -> str | None:
    """An answer as the reader of a report sees it, or ``None`` where there is none."""
    text = _whole_answer(raw, decode)
    return None if text is None else excerpt(text, _ANSWER_WIDTH)


def _whole_answer(raw: bytes | None, decode: Callable[[bytes], Any]) -> str | None:
    if raw is None:
        return None
    try:
        return _whole(decode(raw))
    except ModelcheckError:
        # Approved in another form than answers have today: as it stands in the baseline, then.
        return raw.decode()


def _whole(value: Any) -> str:
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001 - a repr of the user's own must not hide the verdict
        return f"<a {type(value).__name__} whose repr() raised {type(error).__name__}>"


WORTH_GATHERING = 5.0
"""Seconds that calls took one after another, from which on the report says how to make them together."""


def notes_of(direct: tuple[int, float], vain: int, inapplicable: Mapping[str, int]) -> tuple[str, ...]:
    """What a reader should know besides the verdict, a sentence each.

    Args:
        direct: How many calls were made one after another that could have been made together, and how many
            seconds they took.
        vain: How many calls were made ahead of bodies that then did not make them.
        inapplicable: How many inputs each perturbation left as they were.
    """
    notes = []
    calls, seconds = direct
    if calls > 1 and seconds >= WORTH_GATHERING:
        notes.append(
            f"{calls} calls one after another took {seconds:,.0f} s; `gather=True` would make them together"
        )
    if vain:
        calls = plural(vain, "call was", "calls were")
        notes.append(f"{calls} made ahead of bodies that then did not make them")
    for name, count in inapplicable.items():
        notes.append(
            f"{name} left {plural(count, 'input as it was', 'inputs as they were')}: not applicable there"
        )
    return tuple(notes)
