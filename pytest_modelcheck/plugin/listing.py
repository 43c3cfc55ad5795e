"""Telling `modelcheck prune` which tests there are: the answer is pytest's own.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence


class Listing:
    """Writes the node ids of every test that was collected, as a JSON list, before any is deselected.

    Args:
        path: The file to write.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: Sequence[pytest.Item]) -> None:
        """Write them."""
        self._path.write_text(json.dumps([item.nodeid for item in items]), encoding="utf-8")
