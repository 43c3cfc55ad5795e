"""The text for a limit whose miss noise may explain.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_modelcheck.canonical.text import plural
from pytest_modelcheck.checks.protocol import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_modelcheck.checks.protocol import Look

UNSEEN: Final = (
    "so that no change could be seen; let comparisons leave out what differs from call to call: ignore= or "
    "compare_by= on the model fixture"
)
MORE_RUNS: Final = "approve with more runs (pytest --model-version=OLD --modelcheck-update)"
_NAMED: Final = 5


def with_reason(look: Look, summary: str, broken: Sequence[str] = (), sets: int = 1) -> str:
    """Add to the summary of a limit why it ended so.

    Args:
        look: What decided.
        summary: What a plain comparison says.
        broken: The ids of the cases that are broken for good.
        sets: How many sets of runs there are.

    >>> from pytest_modelcheck.checks.protocol import Look
    >>> from pytest_modelcheck.records import Status
    >>> weak = Look(Status.INCONCLUSIVE, Reason.WEAK)
    >>> with_reason(weak, "7 broke, 2 fixed", sets=3)
    '7 broke, 2 fixed; noise could explain it (3 runs of all cases)'
    """
    text = f"{summary}{_because(look, sets)}"
    return f"{_broken_for_good(broken)}; {text}" if look.broken else text


def _because(look: Look, sets: int) -> str:
    match look.reason:
        case Reason.NOISE:
            return "; noise explains it"
        case Reason.CONFIRMED:
            return f"; noise does not explain it ({plural(sets, 'run')} of all cases)"
        case Reason.WEAK:
            return f"; noise could explain it ({plural(sets, 'run')} of all cases)"
        case Reason.NOT_CONFIRMED:
            return "; noise could explain it, and no more runs were made to tell"
        case Reason.NOT_THE_SAME:
            return "; but the model was not the same during this run: its first runs and those after differ"
        case Reason.ONE_RUN:
            return (
                "; the one run of the old version may have been lucky: declare deterministic=True, or "
                f"{MORE_RUNS}; with --against, say repeats=3"
            )
        case Reason.NO_NOISE_KNOWN:
            return f"; the model varies, and one approved run does not show how much: {MORE_RUNS}"
        case Reason.NOTHING_SEEN:
            return f"; but the approved version disagrees with itself on identical inputs, {UNSEEN}"
        case Reason.MET | Reason.EXACT | Reason.BROKEN:
            return ""


def _broken_for_good(cases: Sequence[str]) -> str:
    named = ", ".join(cases[:_NAMED]) + (", ..." if len(cases) > _NAMED else "")
    never = "never passes now" if len(cases) == 1 else "never pass now"
    return f"{plural(len(cases), 'case')} that always passed {never}, however often run: {named}"
