"""Our own files are out of a test's reach, also where a fixture puts a fake file system in the place of the disk.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.errors import ModelcheckError
from pytest_modelcheck.plugin.identity import check_id
from pytest_modelcheck.plugin.items import MARKED
from pytest_modelcheck.plugin.ours import definitions_of
from pytest_modelcheck.plugin.state import state_of

if TYPE_CHECKING:
    import pytest

_PYFAKEFS: Final = "pyfakefs.fake_filesystem_unittest"
_REAL: Final = ("pytest_modelcheck", "diskcache")
"""Packages that go on seeing the disk."""


def read_ahead(item: pytest.Function) -> None:
    """Read what a check is held against before the fixtures of its test are set up.

    What cannot be read is an error of the check when it runs.
    """
    if _PYFAKEFS in sys.modules and item.config.pluginmanager.hasplugin("fakefs"):
        _see_the_disk()
    marked = item.stash.get(MARKED, None)
    if marked is None:
        return
    model = definitions_of(item)[marked.subject].name
    state_of(item.session).session.store.read_ahead(model, check_id(item))
    if marked.request.cases is not None:
        try:
            len(marked.request.cases)
        except ModelcheckError:
            return  # as it will be again, where the check says what is wrong


def _see_the_disk() -> None:
    """Tell pyfakefs to leave our modules alone, all of which have to be there before it looks at them."""
    from pyfakefs.fake_filesystem_unittest import Patcher

    import pytest_modelcheck

    known = Patcher.SKIPNAMES
    if "pytest_modelcheck" in known:
        return
    for module in pkgutil.walk_packages(pytest_modelcheck.__path__, "pytest_modelcheck."):
        importlib.import_module(module.name)
    known.update(name for name in sys.modules if name.partition(".")[0] in _REAL)
