"""Which of several checks that chance may have failed to look into first.

A verdict never depends on what else was run. Where to begin may: of two hundred checks some miss their limit
for nothing, and those that stand out among so many are the ones that something is behind.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_modelcheck.canonical.wording import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_modelcheck.records import Verdict

BELIEVED = 0.05
"""The chance that any of the checks that are said to stand out does so for nothing."""

_SHOWN = 4


def triage(verdicts: Sequence[Verdict]) -> str | None:
    """Say which checks stand out once all of them are allowed for; ``None`` where there is nothing to choose.

    There is where two or more miss a limit that chance plays a part in. By Holm's method, in which a check
    that meets its limits counts as one that shows nothing.
    """
    chances = {verdict.check: chance for verdict in verdicts if (chance := _chance(verdict)) is not None}
    if len(chances) < 2:
        return None
    from pytest_modelcheck.stats.multiplicity import holm

    quiet = [1.0] * (len(verdicts) - len(chances))
    adjusted = dict(zip(chances, holm([*chances.values(), *quiet]), strict=False))
    order = sorted(chances, key=lambda check: (chances[check], check))
    outstanding = [check.partition("::")[2] for check in order if adjusted[check] <= BELIEVED]
    missed = f"of {len(chances)} that miss a limit"
    after = f"after allowing for {plural(len(verdicts), 'check')}"
    if not outstanding:
        return f"{after}, none {missed} stands out: chance alone may have made them"
    more = f" (+{len(outstanding) - _SHOWN} more)" if len(outstanding) > _SHOWN else ""
    verb = "stands" if len(outstanding) == 1 else "stand"
    return f"{after}, {len(outstanding)} {missed} {verb} out: {', '.join(outstanding[:_SHOWN])}{more}"


def _chance(verdict: Verdict) -> float | None:
    """The chance of what a check missed, all its limits allowed for; ``None`` where chance plays no part."""
    found = [
        finding.p_value
        for finding in verdict.findings
        if not finding.met and finding.p_value is not None and finding.reveals is not None
    ]
    return min(1.0, min(found) * len(found)) if found else None
