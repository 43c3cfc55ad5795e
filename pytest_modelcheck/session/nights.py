"""Evidence over nights: combines tonight's run of a check with earlier ones since its approval.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.baselines.watch import approval_of
from pytest_modelcheck.canonical import CALL_BYTES, same, seen, why_unkept
from pytest_modelcheck.checks.drift import moved_text
from pytest_modelcheck.models.model import plain
from pytest_modelcheck.phrases import odds, plural
from pytest_modelcheck.records import Finding, Nights, Status
from pytest_modelcheck.session.lines import keys_of
from pytest_modelcheck.stats.nights import answers_evidence, distances_evidence, has_settled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_modelcheck.baselines.baseline import Baseline
    from pytest_modelcheck.baselines.watch import Night
    from pytest_modelcheck.models.model import Raw
    from pytest_modelcheck.records import Moved
    from pytest_modelcheck.session.approved import Approved
    from pytest_modelcheck.session.check import Check
    from pytest_modelcheck.stats.nights import Evidence

    Known = Mapping[bytes, Raw]

ANSWERS: Final = "answers"
DISTRIBUTION: Final = "distribution"

FINE: Final = 0.0002
"""The level of the test of one night: a single night alarms only at a part of the total level."""

_ENOUGH: Final = 3
"""The number of equal approved answers that rules out an unlucky approval."""


@dataclass(frozen=True, slots=True)
class Watch:
    """The earlier nights of one check under its approval.

    Attributes:
        of: The kind of comparison.
        baseline: The approved results.
        approval: Identifies the approval.
        earlier: The earlier nights, in order.
        alarm: The evidence at which the check fails.
    """

    of: str
    baseline: Baseline
    approval: str
    earlier: Sequence[Night]
    alarm: float

    @property
    def night(self) -> int:
        """The number of tonight."""
        return 1 + max((night.night for night in self.earlier), default=0)

    def tonight(self, evidence: Evidence, **found: object) -> Nights:
        """Return the evidence of all nights, including tonight."""
        shown = round(evidence.now, 3), round(evidence.highest, 3)
        return Nights(self.of, self.night, *shown, self.alarm, self.approval, **found)  # type: ignore[arg-type]


def watch_of(check: Check, approved: Approved, of: str) -> Watch | None:
    """Return the earlier nights of a check; ``None`` if the run does not watch it.

    A check can be watched if the run tests the approved version and compares with it.
    """
    known, baseline, subject = check.nights, approved.baseline, check.subject
    if known is None or baseline is None or not baseline.header.approved_at:
        return None
    # Nights are about one approved version. Another one starts with no evidence.
    if baseline.header.version != subject.version or check.places.baseline is not None:
        return None
    approval = approval_of(baseline)
    place = (subject.name, subject.version, check.spec.id, of, approval)
    earlier = [
        night
        for night in known
        if (night.model, night.version, night.check, night.of, night.approval) == place
    ]
    # Ville's inequality: a fair bet multiplies its stake by 1/level with a chance of at most that level,
    # ever.
    return Watch(of, baseline, approval, earlier, 1 / check.spec.limits.false_fail_rate)


def why_unwatched(check: Check, approved: Approved) -> Iterator[str]:
    """Explain why a run with ``--modelcheck-watch`` cannot watch this check, if so."""
    baseline = approved.baseline
    if baseline is None:
        yield "not watched over nights: nothing is approved of it"
    elif check.places.baseline is not None or not baseline.header.approved_at:
        yield f"not watched over nights: it is compared with {approved.version} as named, not as approved"
    elif watch_of(check, approved, ANSWERS) is None:
        yield f"not watched over nights: {approved.version} is approved, and another version runs"


# -- answers to calls that are made again ------------------------------------------------------------


def judge_answers(check: Check, watch: Watch, keys: Iterable[bytes], rounds: Sequence[Known]) -> Finding:
    """Compare the two new answers to each call, of tonight and all earlier nights, with the approved ones."""
    labels = _Labels(watch.baseline)
    tonight: dict[str, tuple[str, str]] = {}
    for key in keys:
        call = key[:CALL_BYTES].hex()
        # Once a call: repeats of it in the same night would count the same evidence twice.
        if call not in tonight and (pair := labels.pair(call, [found.get(key) for found in rounds])):
            tonight[call] = pair
    if not tonight:
        return Finding(
            "revalidation",
            Status.FAILED,
            "none of the repeated calls is an approved one: does the test make other calls each time, or for "
            "other cases? Approve it again",
        )
    nights = [*map(_pairs, watch.earlier), tonight]
    # Cases that were removed since their night are no longer what is approved.
    nights = [{call: pair for call, pair in night.items() if call in labels.approved} for night in nights]
    evidence = answers_evidence(labels.approved, nights)
    grouped: dict[str, list[str]] = defaultdict(list)
    for call, pair in tonight.items():
        grouped[" ".join(pair)].append(call)
    found = watch.tonight(evidence, calls={pair: tuple(calls) for pair, calls in sorted(grouped.items())})
    other = [call for call, pair in tonight.items() if not set(pair) <= set(labels.approved[call])]
    text = f"{plural(len(tonight), 'call')} made again, each twice: "
    text += f"{len(other)} answered otherwise than approved" if other else "all answered as approved"
    if _is_sure(check, labels.approved, other) and has_settled(labels.approved, nights):
        text += f", and nothing ever varied: {check.subject.label} is no longer what you approved"
        text += f"; {_remedy(check)}"
        return Finding("revalidation", Status.FAILED, text, nights=found)
    return _finding(check, "revalidation", text, found)


def _is_sure(check: Check, approved: Mapping[str, Sequence[str]], other: Sequence[str]) -> bool:
    """Return whether approved answers are reliable: with one approved run, only if declared deterministic."""
    declared = check.subject.definition.deterministic
    return declared is True or (declared is None and all(len(approved[call]) >= _ENOUGH for call in other))


def _pairs(night: Night) -> dict[str, tuple[str, str]]:
    pairs = ((tuple(pair.split()), calls) for pair, calls in night.calls.items())
    return {call: pair for pair, calls in pairs for call in calls}  # type: ignore[misc]


class _Labels:
    """Short labels of answers, to compare for equality: the index among approved answers, else a digest."""

    def __init__(self, baseline: Baseline) -> None:
        found: dict[str, dict[bytes, bytes]] = defaultdict(dict)
        for case in baseline.values():
            for trial in case.trials:
                for key, (call, raw) in zip(keys_of(trial), trial.asked, strict=True):
                    if why_unkept(raw) is None:
                        found[call].setdefault(key, raw)
        self._raws = {call: list(raws.values()) for call, raws in found.items()}
        self.approved = {call: [self._label(call, raw) for raw in raws] for call, raws in self._raws.items()}

    def pair(self, call: str, raws: Sequence[Raw | None]) -> tuple[str, str] | None:
        """Return the labels of two answers; ``None`` if one is missing, or nothing is approved."""
        one, two = (None if raw is None else plain(raw) for raw in raws)
        if one is None or two is None or why_unkept(one) or why_unkept(two) or call not in self._raws:
            return None
        first = self._label(call, one)
        return first, first if same(one, two) else self._label(call, two)

    def _label(self, call: str, raw: bytes) -> str:
        for place, approved in enumerate(self._raws[call]):
            if same(approved, raw):
                return str(place)
        # "x", so that no digest can be taken for the index of an approved answer.
        return "x" + hashlib.sha256(seen(raw)).hexdigest()[:7]


# -- distributions -----------------------------------------------------------------------------------


def over_nights(check: Check, approved: Approved, finding: Finding, moved: Moved) -> Finding:
    """Test a distance together with those of earlier nights, in place of the test of one night."""
    watch = watch_of(check, approved, DISTRIBUTION)
    if watch is None:
        return finding
    excess = moved.distance - moved.expected - moved.tolerance
    # Within the tolerance a night is no evidence, however small its p-value.
    distance, p_value = (excess, moved.p_value) if excess > 0 else (0.0, 1.0)
    evidence = distances_evidence(
        [*(night.distance for night in watch.earlier), distance],
        [*(night.p_value for night in watch.earlier), p_value],
    )
    found = watch.tonight(evidence, distance=distance, p_value=p_value)
    text = moved_text(moved, met=excess <= 0)
    return replace(_finding(check, "drift", text, found), against_baseline=True, p_value=moved.p_value)


def _finding(check: Check, limit: str, text: str, nights: Nights) -> Finding:
    version = check.subject.version
    evidence, alarm = odds(nights.evidence), odds(nights.alarm)
    what = f"evidence {evidence} that {version} is no longer what you approved (alarm at {alarm})"
    if nights.alarms and nights.evidence < nights.alarm:
        what = f"an earlier night alarmed that {version} is no longer what you approved"
    summary = f"night {nights.night}: {what}; {text}"
    if nights.alarms:
        return Finding(limit, Status.FAILED, f"{summary}; {_remedy(check)}", nights=nights)
    return Finding(limit, Status.PASSED, summary, nights=nights)


def _remedy(check: Check) -> str:
    diff = check.command("diff", check.subject.version or "")
    look = f"look at what it does now (pytest --modelcheck-cache=refresh, then {diff})"
    return f"{look}, and approve it or go back"
