"""The end of a run with ``--modelcheck-watch``: its night is added to those before it.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

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
"""What became of the night, a line each."""


def add_night(session: pytest.Session, verdicts: Collection[Verdict]) -> None:
    """Add what each check found out. A night that cannot be kept fails the run: it would not count."""
    lines = session.config.stash[WATCHED] = []
    run = watch.name_of_run()
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
    nights = [
        watch.Night(
            model=verdict.model,
            version=verdict.version or "",
            check=verdict.check,
            of=tonight.of,
            approval=tonight.approval,
            night=tonight.night,
            run=run,
            evidence=tonight.highest,
            alarm=tonight.alarm,
            calls=tonight.calls,
            distance=tonight.distance,
            p_value=tonight.p_value,
        )
        for verdict, tonight in found
    ]
    verdict, most = max(found, key=lambda each: each[1].evidence / each[1].alarm)
    strongest = f"evidence {odds(most.evidence)} (alarm at {odds(most.alarm)}): {verdict.check}"
    try:
        watch.unite(root, nights)
    except (BaselineError, OSError) as error:
        what = getattr(error, "strerror", None) or error
        lines.append(
            f"watch: this night is lost, since {watch.path_of(root)} could not be written: {what}. "
            "Make it writable, or leave out --modelcheck-watch"
        )
        if session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        return
    lines.append(
        f"watch: night {most.night}, {plural(len(found), 'check')} of it kept; strongest {strongest}"
    )
