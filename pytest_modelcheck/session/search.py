"""Where it happens: the slice in which the failures, or the regressions, of a check stand out.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_modelcheck.checks.finding import found_slice
from pytest_modelcheck.checks.slices import NOT_JUDGED, PASSED
from pytest_modelcheck.session.conclusion import outcomes_now, outcomes_then

if TYPE_CHECKING:
    from pytest_modelcheck.session.inquiry import Inquiry


def search_slice(inquiry: Inquiry) -> None:
    """Look for the slice, where limits are missed and the whole check was run."""
    evidence, spec = inquiry.evidence, inquiry.spec
    if spec.drift is not None or evidence.partial or all(finding.met for finding in evidence.findings):
        return
    outcomes, then = outcomes_now(evidence), None
    if evidence.misses("max_drop") or evidence.misses("max_regressed"):
        then = outcomes_then(evidence)
    if then is not None:
        both = zip(outcomes, then, strict=True)
        outcomes = bytes(now if before == PASSED else NOT_JUDGED for now, before in both)
    worst = next(iter(evidence.slices), None)
    found = found_slice(spec.cases, outcomes, worst, spec.limits.cluster, spec.seed)
    if found is not None:
        evidence.found = replace(found, regressed=then is not None)
