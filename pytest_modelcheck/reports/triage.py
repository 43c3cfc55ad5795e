"""The order in which to look into checks that chance may have failed.

A verdict never depends on what else was run. Where to begin may: of two hundred checks some miss their limit
for nothing, and those that stand out among so many are the ones that something is behind.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_modelcheck.canonical.text import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_modelcheck.records import Verdict

BELIEVED = 0.05
"""The chance that any of the checks that are said to stand out does so for nothing."""

_SHOWN = 4


def triage(verdicts: Sequence[Verdict]) -> str | None:
    """Say which checks stand out once all of them are allowed for; ``None`` where there is nothing to choose.

    There is where two or more miss a limit that chance plays a part in. By Holm's method, in which a check
    that meets its limits counts as one that shows nothing. Checks that fail by a rule without a p-value (what
    is exact, or was stopped early) are only counted, so that nobody takes these few for all.
    """
    adjusted = adjusted_p_values(verdicts)
    missing = [
        (p_value, _chance(verdict), verdict.check)
        for p_value, verdict in zip(adjusted, verdicts, strict=True)
        if p_value is not None
    ]
    if len(missing) < 2:
        return None
    outstanding = [check.partition("::")[2] for p_value, _, check in sorted(missing) if p_value <= BELIEVED]
    others = sum(verdict.failed and _chance(verdict) is None for verdict in verdicts)
    beside = (
        f" (not counting {others} that {'fails' if others == 1 else 'fail'} without a p-value)"
        if others
        else ""
    )
    missed = f"of {len(missing)} that miss a limit{beside}"
    after = f"corrected for {plural(len(verdicts), 'check')}"
    if not outstanding:
        return f"{after}, none {missed} stands out: chance alone may explain them"
    more = f" (+{len(outstanding) - _SHOWN} more)" if len(outstanding) > _SHOWN else ""
    verb = "stands" if len(outstanding) == 1 else "stand"
    return f"{after}, {len(outstanding)} {missed} {verb} out: {', '.join(outstanding[:_SHOWN])}{more}"


def adjusted_p_values(verdicts: Sequence[Verdict]) -> list[float | None]:
    """For each check, the chance of what it misses once all checks of the run are allowed for.

    By Holm's method. ``None`` for a check that misses no limit which chance plays a part in.
    """
    chances = [_chance(verdict) for verdict in verdicts]
    if not any(chance is not None for chance in chances):
        return chances
    from pytest_modelcheck.stats.power import holm

    adjusted = holm([1.0 if chance is None else chance for chance in chances])
    return [None if chance is None else p for chance, p in zip(chances, adjusted, strict=True)]


def _chance(verdict: Verdict) -> float | None:
    """The chance of what a check missed, all its limits allowed for; ``None`` where chance plays no part."""
    found = [
        finding.p_value
        for finding in verdict.findings
        if not finding.met and finding.p_value is not None and finding.reveals is not None
    ]
    return min(1.0, min(found) * len(found)) if found else None
