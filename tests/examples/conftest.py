"""The modules of an example, as its own tests import them."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "examples" / "support_assistant"
NAMES = ("assistant", "models", "server", "test_triage")


@pytest.fixture(scope="session")
def folder():
    """Where the example is."""
    return FOLDER


@pytest.fixture(scope="session")
def modules():
    """By name; forgotten afterwards, since another example has a ``models`` too."""
    pytest.importorskip("openai")
    before = {name: sys.modules.pop(name, None) for name in NAMES}
    sys.path.insert(0, str(FOLDER))
    try:
        found = {name: importlib.import_module(name) for name in NAMES}
    finally:
        sys.path.remove(str(FOLDER))
        for name in NAMES:
            sys.modules.pop(name, None)
        sys.modules.update({name: module for name, module in before.items() if module is not None})
    return found
