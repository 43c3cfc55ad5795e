"""Baselines whose tests are gone: listed, never deleted, and no reason to fail.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_modelcheck.errors import ModelcheckError
from pytest_modelcheck.plugin.state import STATE

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    import pytest

_SHOWN = 5


def unused_baselines(config: pytest.Config) -> list[str]:
    """A line for each baseline of a test that no longer exists, as far as this run can tell.

    A run can tell of the files that it collected whole, and of those that are not there any more.
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
    if not any(one.startswith(f"{path}::") for one in collected):
        return False
    return not any(test == one or test.startswith(f"{one}::") for one in collected)
