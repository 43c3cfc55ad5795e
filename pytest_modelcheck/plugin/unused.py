"""Finds baselines whose tests are gone, and lists the collected tests for ``modelcheck baselines prune``.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_modelcheck.baselines.provenance import defines
from pytest_modelcheck.errors import ModelcheckError
from pytest_modelcheck.plugin.identity import check_id, remember_home
from pytest_modelcheck.plugin.ours import definitions_of
from pytest_modelcheck.plugin.state import STATE

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_SHOWN = 5


def unused_baselines(config: pytest.Config) -> list[str]:
    """One line for each baseline whose test no longer exists, as far as this run can tell.

    A run can tell for files that it collected completely, and for files that no longer exist.
    """
    state = config.stash.get(STATE, None)
    partial = any("::" in argument for argument in config.args) or config.getoption("lf", default=False)
    if state is None or partial:
        return []
    try:
        entries = [header.test for _, header in state.session.store.entries()]
    except (ModelcheckError, OSError):
        # A damaged baseline fails the check that it belongs to; this list can do without it.
        return []
    gone = [test for test in entries if _is_gone(test, state.collected, state.settings.root)]
    lines = [f"unused baseline: {test} (no such test any more)" for test in gone[:_SHOWN]]
    more = len(gone) - _SHOWN
    return lines + ([f"(+{more} more unused baselines)"] if more > 0 else [])


def _is_gone(test: str, collected: Collection[str], root: Path) -> bool:
    path = test.partition("::")[0]
    if not (root / path).exists():
        return True
    # The file was not collected, so nothing is known of its tests.
    if not any(one.startswith(f"{path}::") for one in collected):
        return False
    if any(test == one or test.startswith(f"{one}::") for one in collected):
        return False
    # -k deselects parameters. Only if others of the function were collected is this one gone.
    function = test.partition("[")[0]
    is_collected = any(one.partition("[")[0] == function for one in collected)
    return is_collected or not defines(root / path, function.partition("::")[2].replace("::", "."))


class Listing:
    """Writes the models of each check, before any is deselected, and the files that were skipped, to a file.

    Args:
        path: The file to write.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._skipped: list[str] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note what is skipped as a whole."""
        if report.skipped:
            self._skipped.append(report.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: Sequence[pytest.Item]) -> None:
        """Write the file."""
        if items:
            # `modelcheck` has found the folder of the baselines, and calls it pytest's rootdir.
            remember_home(items[0].config, str(items[0].config.rootpath))
        models = {check_id(item): _models(item) for item in items}
        found = {"models": models, "skipped": self._skipped}
        self._path.write_text(json.dumps(found), encoding="utf-8")


def _models(item: pytest.Item) -> list[str]:
    if not isinstance(item, pytest.Function):
        return []
    return sorted({definition.name for definition in definitions_of(item).values()})
