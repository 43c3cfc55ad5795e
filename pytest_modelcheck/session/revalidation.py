"""Revalidation: verifies cached answers by new calls, in one run or over many nights.

A provider may change the model behind a version without notice, which a cache would hide. Over nights,
tonight's run of a check counts together with the earlier ones since its approval.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.baselines.watch import approval_of
from pytest_modelcheck.canonical import compared_part, excerpt, same, why_unstored
from pytest_modelcheck.checks.drift import moved_text
from pytest_modelcheck.checks.findings import inconclusive
from pytest_modelcheck.models.model import plain
from pytest_modelcheck.phrases import listed, odds, plural
from pytest_modelcheck.records import Finding, Nights, Outcome, Status
from pytest_modelcheck.session.causes import one_line
from pytest_modelcheck.session.check import StandIn, Step
from pytest_modelcheck.session.lines import address, keys_of
from pytest_modelcheck.stats.nights import answers_evidence, distances_evidence, settled
from pytest_modelcheck.stats.rates import odd_one_out_p

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_modelcheck.baselines.baseline import Baseline
    from pytest_modelcheck.baselines.watch import Night
    from pytest_modelcheck.engine.work import Result
    from pytest_modelcheck.models.model import Answers, Raw
    from pytest_modelcheck.models.usage import Measured
    from pytest_modelcheck.records import Moved, Trial
    from pytest_modelcheck.session.approved import Approved
    from pytest_modelcheck.session.check import Check, Steps
    from pytest_modelcheck.stats.nights import NightsEvidence

    Known = dict[bytes, Raw]

ANSWERS: Final = "answers"
DISTRIBUTION: Final = "distribution"

FINE: Final = 0.0002
"""The level of the test of one night: a single night alarms only at a part of the total level."""

_LIMIT: Final = "revalidation"
_REFRESH: Final = "see its current answers with --modelcheck-cache=refresh"
_CASES_SHOWN: Final = 5
_ENOUGH: Final = 3
"""The number of equal approved answers that rules out an unlucky approval."""


class CachedTrials:
    """Collects a sample of the trials whose answers were all cached before this run."""

    def __init__(self, check: Check, approved: Approved) -> None:
        watch = watch_of(check, approved, ANSWERS)
        self._was_cached = check.spec.subject.answers.was_cached
        self._wanted = check.options.revalidate
        # Each night takes another sample.
        self._salt = b"" if watch is None else str(watch.night).encode()
        self._found: dict[bytes, tuple[Trial, Known]] = {}

    def take(self, results: Iterable[Result]) -> None:
        """Receive the results of some trials."""
        for result in results:
            known = {key: raw for key, raw in result.calls if key is not None and self._was_cached(key)}
            if known and all(key in known for key, _ in result.calls):
                lot = hashlib.sha256(self._salt + b"".join(known)).digest()
                self._found.setdefault(lot, (result.trial, known))
        for lot in sorted(self._found)[2 * self._wanted :]:
            del self._found[lot]

    def sample(self) -> tuple[Known, list[Trial]]:
        """Enough answers and their trials, in an order independent of that of the cases."""
        old: Known = {}
        trials: list[Trial] = []
        for lot in sorted(self._found):
            trial, known = self._found[lot]
            if len(old) >= self._wanted:
                break
            # Trials share calls. One that adds no new call would be paid for and verify nothing.
            if known.keys() - old.keys():
                old |= known
                trials.append(trial)
        return old, trials


class FreshAnswers(StandIn):
    """New answers, which are stored for one step only."""

    def __init__(self, answers: Answers) -> None:
        super().__init__(answers)
        self._given: dict[bytes, Raw] = {}

    def find(self, key: bytes) -> Raw | None:
        """Find an answer of this step."""
        return self._given.get(key)

    def add(self, key: bytes | None, value: Any) -> Raw:
        """Store an answer for this step only."""
        # Without a key: encoded and checked as usual, and not stored.
        raw = self.answers.add(None, value)
        if key is not None:
            self._given[key] = raw
        return raw

    def measured(self, key: bytes | None, measured: Measured) -> None:
        """Ignore the time of an answer: it does not belong to the cached one."""

    def reload(self) -> None:
        """Do nothing: answers of other processes are not used."""

    def save(self) -> None:
        """Do nothing: answers are not stored."""


def revalidate(check: Check, cached: CachedTrials, approved: Approved) -> Steps[tuple[Finding, ...]]:
    """Repeat the calls of a sample of cached answers, and repeat them a second time if any differs.

    Over nights, always twice: the number of calls must not depend on the answers.
    """
    watch = watch_of(check, approved, ANSWERS)
    old, trials = cached.sample()
    if not trials:
        text = f"{check.spec.subject.label} has no cached answer to verify"
        if watch is not None and any(night.evidence >= night.alarm for night in watch.earlier):
            text = f"{_alarmed_before(check)}; {text}; {_remedy(check)}"
            return (_finding(text, Status.FAILED),)
        return (_finding(text),)
    rounds: list[Known] = []
    case_ids: dict[bytes, str] = {}
    for _ in range(2):
        fresh = FreshAnswers(check.spec.subject.answers)
        run = yield Step(check.work(approved.answer), trials, replay=fresh, choose_repeat=check.choose_repeat)
        broken = next((result for result in run.results if result.outcome is Outcome.ERROR), None)
        if broken is not None:
            text = f"{check.spec.subject.label} could not be called again: {one_line(broken)}"
            return (_finding(text, Status.FAILED),)
        rounds.append({key: raw for result in run.results for key, raw in result.calls if key is not None})
        for result in run.results:
            case_ids |= {key: result.trial.case.id for key, _ in result.calls if key is not None}
        # The second round tells a changed model from one that varies. Without a difference it is not needed.
        if watch is None and all(_same(raw, rounds[0].get(key)) for key, raw in old.items()):
            break
    if watch is None:
        return (_decide_once(check, approved, old, rounds, case_ids),)
    return (_decide_nights(check, watch, old, rounds, case_ids),)


def _cases_of(keys: Iterable[bytes], case_ids: Mapping[bytes, str]) -> str:
    """Name the cases that make some calls, in brackets."""
    cases = sorted({excerpt(case_ids[key], 30) for key in keys if key in case_ids})
    return f" ({listed(cases, _CASES_SHOWN)})"


def _same(one: Raw, two: Raw | None) -> bool:
    """Return whether two answers are the same; a call that was not repeated counts as the same."""
    if two is None or why_unstored(plain(one)) is not None:
        return True  # nothing is known of it
    return same(plain(one), plain(two))


def _decide_once(
    check: Check, approved: Approved, old: Known, rounds: Sequence[Known], case_ids: Mapping[bytes, str]
) -> Finding:
    first, second, label = rounds[0], rounds[-1], check.spec.subject.label
    keys = [key for key in old if key in first and key in second]
    if not keys:
        return _finding(
            f"none of {plural(len(old), 'cached answer')} of {label} was called again, so "
            "it is unknown whether they still hold: does the test ask something different each time?",
            Status.FAILED,
        )
    differ = [key for key in keys if not _same(old[key], first[key])]
    if not differ:
        return _finding(f"{plural(len(keys), 'cached answer')} of {label} verified: all the same")
    unstable = sum(not _same(first[key], second[key]) for key in keys)
    # Of three answers by one unchanged model, each is the odd one equally often. Cached ones that are odd
    # too often betray a change.
    cached = odd = 0
    for key in keys:
        one, two, three = old[key], first[key], second[key]
        equal = [_same(two, three), _same(one, two), _same(one, three)]
        if equal.count(True) == 1:
            odd += 1
            cached += equal[0]
    p = odd_one_out_p(cached, odd)
    # A single cached answer may be the one unlucky answer of a model that rarely varies.
    never_varied = None if unstable else _never_varied(check, approved, differ, rounds)
    if never_varied or p <= check.spec.limits.false_fail_rate:
        text = f"{label} no longer answers as it did: {len(differ)} of {len(keys)} cached answers differ"
        text += _cases_of(differ, case_ids)
        text += f", and the model does not repeat {unstable} of them itself" if unstable else ""
        return _finding(f"{text}; {_REFRESH}", Status.FAILED, p)
    text = f"{len(differ)} of {len(keys)} cached answers of {label} differ{_cases_of(differ, case_ids)}"
    if unstable:
        return _finding(f"{text}, but the model does not repeat {unstable} of them itself", p_value=p)
    if never_varied is False:
        return _finding(f"{text}, which can be chance: the model varies", p_value=p)
    text += f"; whether it has changed or varies is unknown: {_REFRESH}, and approve three runs of them "
    text += "(with --modelcheck-update), or declare deterministic= on the model fixture"
    return inconclusive(_finding(text, p_value=p), check.spec.limits)


def _never_varied(
    check: Check, approved: Approved, differ: Sequence[bytes], rounds: Sequence[Known]
) -> bool | None:
    """Return whether the model never varied before these cached answers differed; ``None`` if unknown."""
    baseline = _own_approval(check, approved)
    if (declared := check.spec.subject.definition.deterministic) is not None or baseline is None:
        return declared
    labels = _Labels(baseline)
    tonight = labels.pairs(differ, rounds)
    if len(tonight) < len({address(key) for key in differ}) or not labels.enough(tonight):
        return None
    return bool(settled(labels.approved, [tonight]))


def _finding(summary: str, status: Status = Status.PASSED, p_value: float | None = None) -> Finding:
    return Finding(_LIMIT, status, summary, p_value=p_value)


# -- over nights -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Watch:
    """The earlier nights of one check under its approval, in order."""

    of: str
    baseline: Baseline
    approval: str
    earlier: Sequence[Night]
    alarm: float
    """The evidence at which the check fails."""

    @property
    def night(self) -> int:
        """The number of tonight."""
        return 1 + max((night.night for night in self.earlier), default=0)

    def tonight(self, evidence: NightsEvidence, **found: object) -> Nights:
        """Return the evidence of all nights, including tonight."""
        shown = round(evidence.current, 3), round(evidence.highest, 3)
        return Nights(self.of, self.night, *shown, self.alarm, self.approval, **found)  # type: ignore[arg-type]


def watch_of(check: Check, approved: Approved, of: str) -> Watch | None:
    """Return the earlier nights of a check; ``None`` if the run does not watch it."""
    known, baseline, subject = check.nights, _own_approval(check, approved), check.spec.subject
    if known is None or baseline is None:
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


def _own_approval(check: Check, approved: Approved) -> Baseline | None:
    """Return what is approved of the version that runs; other versions say nothing about its noise."""
    baseline = approved.baseline
    if baseline is None or not baseline.header.approved_at or check.options.baseline is not None:
        return None
    return baseline if baseline.header.version == check.spec.subject.version else None


def why_unwatched(check: Check, approved: Approved) -> Iterator[str]:
    """Explain why a run with ``--modelcheck-watch`` cannot watch this check, if so."""
    baseline, drift = approved.baseline, check.spec.drift
    if drift is not None and drift.cases is not None:
        yield "not watched over nights: it is compared with its reference"
    elif baseline is None:
        yield "not watched over nights: nothing is approved of it"
    elif check.options.baseline is not None or not baseline.header.approved_at:
        yield f"not watched over nights: it is compared with {approved.version} as named, not as approved"
    elif watch_of(check, approved, ANSWERS) is None:
        yield f"not watched over nights: {approved.version} is approved, and another version runs"
    elif drift is None and not check.options.revalidate:
        yield "not watched over nights: no call is repeated; --modelcheck-revalidate=N says how many"


def _decide_nights(
    check: Check, watch: Watch, keys: Iterable[bytes], rounds: Sequence[Known], case_ids: Mapping[bytes, str]
) -> Finding:
    """Compare the two new answers to each call, of tonight and all earlier nights, with the approved ones."""
    labels = _Labels(watch.baseline)
    tonight = labels.pairs(keys, rounds)
    if not tonight:
        return _finding(
            "none of the repeated calls is an approved one: does the test make other calls each time, or for "
            "other cases? Approve it again",
            Status.FAILED,
        )
    approved = labels.approved
    nights: list[dict[str, tuple[str, str]]] = []
    for night in watch.earlier:
        pairs = ((call, pair.split()) for pair, calls in night.calls.items() for call in calls)
        # Cases that were removed since their night are no longer what is approved.
        nights.append({call: (one, two) for call, (one, two) in pairs if call in approved})
    nights.append(tonight)
    evidence = answers_evidence(approved, nights)
    grouped: dict[str, list[str]] = defaultdict(list)
    for call, pair in tonight.items():
        grouped[" ".join(pair)].append(call)
    found = watch.tonight(evidence, calls={pair: tuple(calls) for pair, calls in sorted(grouped.items())})
    other = [call for call, pair in tonight.items() if not set(pair) <= set(approved[call])]
    text = f"{plural(len(tonight), 'call')} made again, each twice: "
    if other:
        text += f"{len(other)} answered otherwise than approved"
        text += _cases_of((key for key in keys if address(key) in other), case_ids)
    else:
        text += "all answered as approved"
    declared = check.spec.subject.definition.deterministic
    # Few approved runs are reliable only if the model is declared deterministic.
    alarms = [] if declared is False else settled(approved, nights, 1 if declared else _ENOUGH)
    if alarms:
        found = replace(found, highest=max(found.highest, watch.alarm))
    if alarms and alarms[-1] == len(nights):
        text += f", and nothing ever varied: {check.spec.subject.label} is no longer what you approved"
        text += f"; {_remedy(check)}"
        return Finding(_LIMIT, Status.FAILED, text, nights=found)
    return _finding_of_nights(check, _LIMIT, text, found)


class _Labels:
    """Short labels of answers, to compare for equality: the index among approved answers, else a digest."""

    def __init__(self, baseline: Baseline) -> None:
        found: dict[str, dict[bytes, bytes]] = defaultdict(dict)
        for case in baseline.values():
            for trial in case.trials:
                for key, (call, raw) in zip(keys_of(trial), trial.calls, strict=True):
                    if why_unstored(raw) is None:
                        found[call].setdefault(key, raw)
        self._raws = {call: list(raws.values()) for call, raws in found.items()}
        self.approved = {call: [self._label(call, raw) for raw in raws] for call, raws in self._raws.items()}

    def enough(self, calls: Iterable[str]) -> bool:
        """Return whether the calls were approved often enough to rule out an unlucky approval."""
        return all(len(self.approved[call]) >= _ENOUGH for call in calls)

    def pairs(self, keys: Iterable[bytes], rounds: Sequence[Known]) -> dict[str, tuple[str, str]]:
        """Return the labels of the two new answers to each call that is approved."""
        found: dict[str, tuple[str, str]] = {}
        for key in keys:
            call = address(key)
            # Once a call: repeats of it in the same night would count the same evidence twice.
            if call not in found and (pair := self._pair(call, [each.get(key) for each in rounds])):
                found[call] = pair
        return found

    def _pair(self, call: str, raws: Sequence[Raw | None]) -> tuple[str, str] | None:
        one, two = (None if raw is None else plain(raw) for raw in raws)
        if one is None or two is None or why_unstored(one) or why_unstored(two) or call not in self._raws:
            return None
        first = self._label(call, one)
        return first, first if same(one, two) else self._label(call, two)

    def _label(self, call: str, raw: bytes) -> str:
        for place, approved in enumerate(self._raws[call]):
            if same(approved, raw):
                return str(place)
        # "x", so that no digest can be taken for the index of an approved answer.
        return "x" + hashlib.sha256(compared_part(raw)).hexdigest()[:7]


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
    found_tonight = _finding_of_nights(check, "drift", text, found)
    return replace(found_tonight, against_baseline=True, p_value=moved.p_value)


def _finding_of_nights(check: Check, limit: str, text: str, nights: Nights) -> Finding:
    version = check.spec.subject.version
    evidence, alarm = odds(nights.evidence), odds(nights.alarm)
    what = f"evidence {evidence} that {version} is no longer what you approved (alarm at {alarm})"
    if nights.alarms and nights.evidence < nights.alarm:
        what = _alarmed_before(check)
    summary = f"night {nights.night}: {what}; {text}"
    if nights.alarms:
        return Finding(limit, Status.FAILED, f"{summary}; {_remedy(check)}", nights=nights)
    return Finding(limit, Status.PASSED, summary, nights=nights)


def _alarmed_before(check: Check) -> str:
    return f"an earlier night alarmed that {check.spec.subject.version} is no longer what you approved"


def _remedy(check: Check) -> str:
    diff = check.command("diff", check.spec.subject.version or "")
    look = f"look at what it does now (pytest --modelcheck-cache=refresh, then {diff})"
    return f"{look}, and approve it or go back"
