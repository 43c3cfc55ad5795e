"""Telling `modelcheck prune` which tests there are: the answer is pytest's own.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_modelcheck.plugin.identity import check_id, remember_home
from pytest_modelcheck.plugin.ours import definitions_of

if TYPE_CHECKING:
    from collections.abc import Sequence


class Listing:
    """Writes which models each collected test uses, by check, before any is deselected.

    Args:
        path: The file to write.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: Sequence[pytest.Item]) -> None:
        """Write them."""
        if items:
            # `modelcheck` has found the folder of the baselines, and calls it pytest's rootdir.
            remember_home(items[0].config, str(items[0].config.rootpath))
        found = {check_id(item): _models(item) for item in items}
        self._path.write_text(json.dumps(found), encoding="utf-8")


def _models(item: pytest.Item) -> list[str]:
    if not isinstance(item, pytest.Function):
        return []
    return sorted({definition.name for definition in definitions_of(item).values()})
