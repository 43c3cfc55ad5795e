"""The lines of a large check beside those of its baseline: only those that differ are parsed.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.baselines import lines
from pytest_modelcheck.checks.compare import compare, pairs
from pytest_modelcheck.checks.fold import outcome_of
from pytest_modelcheck.checks.slices import FAILED, NOT_JUDGED, PASSED
from pytest_modelcheck.records import Comparison, Outcome
from pytest_modelcheck.session.ledger import OTHER, SAME

if TYPE_CHECKING:
    from pytest_modelcheck.baselines.baseline import Baseline
    from pytest_modelcheck.checks.spec import CheckSpec
    from pytest_modelcheck.records import CaseRecord
    from pytest_modelcheck.session.evidence import Evidence
    from pytest_modelcheck.session.ledger import Ledger

_PLAIN: Final = {Outcome.PASSED: PASSED, Outcome.FAILED: FAILED}
_REPEATED: Final = b'"repeat":'


def plain_ledger(evidence: Evidence, spec: CheckSpec) -> Ledger | None:
    """The ledger of a check, where it says all: of each case one run, that passes or fails, then and now."""
    ledger, baseline = evidence.ledger, evidence.baseline
    grouped = spec.limits.cluster is not None or spec.limits.score_as is not None or spec.levels is not None
    if ledger is None or grouped or ledger.graded or ledger.repeated or evidence.screened is not None:
        return None
    if baseline is None:
        return ledger
    judged_again = evidence.then is not baseline
    return None if judged_again or any(_REPEATED in line for line in baseline.rows()) else ledger


@dataclass(frozen=True, slots=True)
class PairedLines:
    """What came of pairing them.

    Attributes:
        then: For each case how it came out then, as far as slices are concerned.
        regressed: The numbers of the cases that passed then and fail now.
        changed: The numbers of the cases whose answer differs.
        found: What there is to say of the cases that differ, and of those that do not.
    """

    then: bytes
    regressed: tuple[int, ...]
    changed: tuple[int, ...]
    found: Comparison

    def comparison(self, version: str) -> Comparison:
        """The same, for the verdict."""
        return replace(self.found, version=version)


def paired_lines(ledger: Ledger, baseline: Baseline) -> PairedLines:
    """Pair what both sides have. Where a line is the same, so is everything that it says."""
    then = bytearray(bytes([NOT_JUDGED]) * len(ledger))
    differing = [number for number, match in enumerate(ledger.matches) if match == OTHER]
    now = {number: lines.decode(ledger.lines[number]) for number in differing}
    for number, outcome in enumerate(ledger.plain_outcomes()):
        if ledger.matches[number] == SAME:
            then[number] = outcome
    for number, record in now.items():
        for pair in pairs([record], baseline):
            if pair.judged:
                then[number] = _PLAIN[outcome_of(pair.then)]
    found = _with_same(compare(list(now.values()), baseline, ""), ledger, baseline)
    return PairedLines(bytes(then), _numbers(now, found.regressed), _numbers(now, found.changed), found)


def _numbers(now: dict[int, CaseRecord], ids: tuple[str, ...]) -> tuple[int, ...]:
    wanted = frozenset(ids)
    return tuple(number for number, record in now.items() if record.id in wanted)


def _with_same(differing: Comparison, ledger: Ledger, baseline: Baseline) -> Comparison:
    """What was found where lines differ, with the cases whose lines do not."""
    counts = Counter(zip(ledger.matches, ledger.plain_outcomes(), strict=True))
    passed, failed = counts[SAME, PASSED], counts[SAME, FAILED]
    shared = differing.shared + sum(count for (match, _), count in counts.items() if match == SAME)
    judged = differing.judged + passed + failed
    then, now = (
        None if not judged else (passed + round((rate or 0.0) * differing.judged, 6)) / judged
        for rate in (differing.approved_rate, differing.rate)
    )
    return replace(
        differing,
        shared=shared,
        added=len(ledger) - shared,
        removed=len(baseline) - shared,
        judged=judged,
        approved_rate=then,
        rate=now,
    )
