"""The end of a run with ``--modelcheck-watch``: its night is added to those before it.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from pytest_modelcheck.baselines import watch
from pytest_modelcheck.canonical.text import odds, plural
from pytest_modelcheck.errors import BaselineError
from pytest_modelcheck.plugin.settings import settings_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from pytest_modelcheck.records import Verdict

WATCHED = pytest.StashKey[list[str]]()
"""Lines about the nights that were added, or could not be."""


def add_night(session: pytest.Session, verdicts: Collection[Verdict]) -> None:
    """Add the evidence of each check. If a night cannot be stored, the run fails: it would not count."""
    lines = session.config.stash[WATCHED] = []
    found = [
        (verdict, finding.nights)
        for verdict in verdicts
        for finding in verdict.findings
        if finding.nights is not None
    ]
    if not found:
        lines.append("watch: no check of this run could be watched over nights (-v says why)")
        return
    root = settings_of(session.config).places.baselines
    # A check that was run several times (--dist=each, pytest-repeat, a retry) leaves as many nights.
    # Their names keep the order of the attempts, in which their evidence is added up.
    runs: list[str] = []
    times: Counter[tuple[str, ...]] = Counter()
    nights = []
    for verdict, tonight in found:
        place = verdict.model, verdict.version or "", verdict.check, tonight.of
        if times[place] == len(runs):
            runs.append(f"{runs[0]}-{len(runs) + 1:02}" if runs else watch.name_of_run())
        night = watch.Night(
            *place,
            approval=tonight.approval,
            night=tonight.night,
            run=runs[times[place]],
            evidence=tonight.highest,
            alarm=tonight.alarm,
            calls=tonight.calls,
            distance=tonight.distance,
            p_value=tonight.p_value,
        )
        times[place] += 1
        nights.append(night)
    verdict, most = max(found, key=lambda each: each[1].evidence / each[1].alarm)
    strongest = f"evidence {odds(most.evidence)} (alarm at {odds(most.alarm)}): {verdict.check}"
    try:
        watch.unite(root, nights)
    except (BaselineError, OSError) as error:
        lines.append(
            f"watch: this night is lost: {error}"
            if isinstance(error, BaselineError)
            else f"watch: this night is lost, since {watch.path_of(root)} could not be written: "
            f"{error.strerror or error}. Make it writable, or leave out --modelcheck-watch"
        )
        if session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        return
    kept = plural(len({verdict.check for verdict, _ in found}), "check")
    lines.append(f"watch: night {most.night}, {kept} of it kept; strongest {strongest}")
