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
    """The folder of the example."""
    return FOLDER


@pytest.fixture(scope="session")
def load_example():
    """Import modules of an example by name; forget them afterwards, as others have a ``models`` too."""
    pytest.importorskip("openai")

    def load(example, names):
        folder = str(FOLDER.parent / example)
        before = {name: sys.modules.pop(name, None) for name in names}
        sys.path.insert(0, folder)
        try:
            return {name: importlib.import_module(name) for name in names}
        finally:
            sys.path.remove(folder)
            for name in names:
                sys.modules.pop(name, None)
            sys.modules.update({name: module for name, module in before.items() if module is not None})

    return load


@pytest.fixture(scope="session")
def modules(load_example):
    """The modules of the example with a language model."""
    return load_example("support_assistant", NAMES)
