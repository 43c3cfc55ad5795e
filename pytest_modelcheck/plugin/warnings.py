"""The categories of our warnings, so that they can be filtered.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import pytest


class ModelcheckWarning(pytest.PytestWarning):
    """Something about a check that does not make it fail."""


class LintWarning(ModelcheckWarning):
    """A check is written so that it shows less than it seems to; see ``modelcheck lint``."""


class InconclusiveWarning(ModelcheckWarning):
    """A check missed a limit, but noise could explain the miss."""
