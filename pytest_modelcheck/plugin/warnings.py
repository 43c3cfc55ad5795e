"""The categories of our warnings, so that they can be filtered.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import warnings

import pytest

from pytest_modelcheck.display import harmless


class ModelcheckWarning(pytest.PytestWarning):
    """Something about a check that does not make it fail."""


class LintWarning(ModelcheckWarning):
    """A check tests less than it seems to; see ``modelcheck lint``."""


class InconclusiveWarning(ModelcheckWarning):
    """A check missed a limit, but noise could explain the miss."""


def warn_at(item: pytest.Function, warning: ModelcheckWarning, line: int | None = None) -> None:
    """Warn about a check, at the line of its test.

    Raises:
        Failed: A filter turns the warning into an error: it fails without our traceback.
    """
    if line is None:
        line = (item.location[1] or 0) + 1
    warning = type(warning)(harmless(str(warning)))
    try:
        warnings.warn_explicit(warning, None, str(item.path), line)
    except ModelcheckWarning:
        place = f"{item.nodeid.partition('::')[0]}:{line}"
        raise pytest.fail.Exception(f"{place}: {type(warning).__name__}: {warning}", pytrace=False) from None
