"""The pytest plugin: what pytest loads. It imports next to nothing until a test is ours.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from pytest_modelcheck.plugin.fixtures import case, model_version, modelcheck, score
from pytest_modelcheck.plugin.hooks import (
    pytest_addhooks,
    pytest_addoption,
    pytest_assertrepr_compare,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_pyfunc_call,
    pytest_report_collectionfinish,
    pytest_report_to_serializable,
    pytest_runtest_call,
    pytest_runtest_makereport,
    pytest_runtest_setup,
    pytest_runtest_teardown,
    pytest_sessionfinish,
    pytest_terminal_summary,
    pytest_testnodedown,
)

__all__ = [
    "case",
    "model_version",
    "modelcheck",
    "pytest_addhooks",
    "pytest_addoption",
    "pytest_assertrepr_compare",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_pyfunc_call",
    "pytest_report_collectionfinish",
    "pytest_report_to_serializable",
    "pytest_runtest_call",
    "pytest_runtest_makereport",
    "pytest_runtest_setup",
    "pytest_runtest_teardown",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
    "pytest_testnodedown",
    "score",
]
