"""From a look to a finding: what a reader is told of a miss that noise may explain.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.canonical.wording import plural
from pytest_modelcheck.checks.protocol import Reason
from pytest_modelcheck.records import Finding, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_modelcheck.checks.limits import Limits
    from pytest_modelcheck.checks.observed import Observed
    from pytest_modelcheck.checks.protocol import Look

_NAMED: Final = 5


def finding_of(look: Look, plain: Finding, observed: Observed, limits: Limits) -> Finding:
    """Say what a look decided.

    Args:
        look: What decided.
        plain: The finding of a plain comparison, for its summary and what it reveals.
        observed: What the limits are held against.
        limits: The limits of the check.
    """
    status, summary = look.status, f"{plain.summary}{_because(look, observed)}"
    if look.broken:
        summary = f"{_broken(observed.broken)}; {summary}"
    if status is Status.INCONCLUSIVE and limits.inconclusive == "fail":
        status, summary = Status.FAILED, f'{summary} (inconclusive="fail")'
    reveals = None if status is Status.PASSED else plain.reveals
    return replace(plain, status=status, summary=summary, p_value=look.p_value, reveals=reveals)


def _because(look: Look, observed: Observed) -> str:
    match look.reason:
        case Reason.NOISE:
            return "; noise explains it"
        case Reason.CONFIRMED:
            return f"; noise does not explain it, in {plural(observed.sets, 'set')} of runs"
        case Reason.WEAK:
            return f"; noise could explain it, also in {plural(observed.sets, 'set')} of runs"
        case Reason.NOT_CONFIRMED:
            return "; noise could explain it, and no more runs were made to tell"
        case Reason.NOT_THE_SAME:
            return "; but the model was not the same during this run: its first runs and those after differ"
        case Reason.NO_NOISE_KNOWN:
            return (
                "; the model varies and was approved on one run, which does not show how much: approve it "
                "with more runs (pytest --modelcheck-update)"
            )
        case Reason.MET | Reason.EXACT | Reason.BROKEN:
            return ""


def _broken(cases: Sequence[str]) -> str:
    named = ", ".join(cases[:_NAMED]) + (", ..." if len(cases) > _NAMED else "")
    never = "never passes now" if len(cases) == 1 else "never pass now"
    return f"{plural(len(cases), 'case')} that always passed {never}, however often run: {named}"
