"""The pytest run of ``modelcheck mutate``: checks are replayed on damaged answers, and nothing else runs.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_modelcheck.display import harmless
from pytest_modelcheck.plugin.items import MARKED
from pytest_modelcheck.plugin.state import STATE
from pytest_modelcheck.reports.mutation import Mutation, mutation_json

if TYPE_CHECKING:
    from pytest_modelcheck.reports.mutation import Mutated


class Mutating:
    """Deselects tests that are not checks, and writes the results of the checks to a file.

    Args:
        path: The file.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path).absolute()
        self._troubles: list[Mutated] = []

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Deselect ordinary tests: they may do anything, and their results would not count."""
        kept = [
            item
            for item in items
            if MARKED in item.stash or "modelcheck" in getattr(item, "fixturenames", ())
        ]
        dropped = [item for item in items if item not in kept]
        if dropped:
            config.hook.pytest_deselected(items=dropped)
            items[:] = kept

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Record a check that was never replayed, for example because its fixture failed."""
        if report.failed:
            from pytest_modelcheck.plugin.reporting import crash_message
            from pytest_modelcheck.reports.mutation import Mutated

            text = harmless(crash_message(report))
            self._troubles.append(Mutated(report.nodeid, "", "", "", 0, "", trouble=text))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the results."""
        state = session.config.stash.get(STATE, None)
        found = [] if state is None else state.session.mutated or []
        known = {one.check for one in found}
        # A check that was replayed has told more than the failure of its last replay.
        troubles = [one for one in self._troubles if not any(check.startswith(one.check) for check in known)]
        self._path.write_bytes(mutation_json(Mutation((*found, *troubles))))
