"""The examples in the docstrings of the installed package run."""

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
