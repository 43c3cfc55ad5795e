"""The examples in the docstrings of the installed package run, and no module is rewritten by pytest."""

import doctest
import importlib
import pkgutil

import pytest

import pytest_modelcheck

MODULES = [
    "pytest_modelcheck",
    *(module.name for module in pkgutil.walk_packages(pytest_modelcheck.__path__, "pytest_modelcheck.")),
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name):
    module = importlib.import_module(name)
    result = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert not result.failed


def test_there_are_examples():
    found = doctest.DocTestFinder(exclude_empty=True).find(
        importlib.import_module("pytest_modelcheck.checks.limits")
    )
    assert any(test.examples for test in found)


def test_no_module_is_rewritten_by_pytest():
    """Where byte-code is not written, pytest would rewrite every module at each start."""
    docstrings = {name: importlib.import_module(name).__doc__ or "" for name in MODULES}
    last = {name: text.strip().splitlines()[-1:] for name, text in docstrings.items()}
    assert [name for name in MODULES if last[name] != ["PYTEST_DONT_REWRITE"]] == []
