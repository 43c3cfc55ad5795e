"""The package itself: its names are there, each from the module that makes it."""

import subprocess
import sys

import pytest

from pytest_modelcheck import perturb


def test_every_public_name_has_a_home_and_no_other_name_has():
    assert set(perturb._HOMES) == set(perturb.__all__)
    for name in perturb.__all__:
        assert getattr(perturb, name).__name__ == name


def test_names_are_told_before_they_are_used():
    told = "from pytest_modelcheck import perturb; print(*dir(perturb))"
    printed = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert set(perturb.__all__) <= set(printed.stdout.split())


@pytest.mark.parametrize("name", perturb.__all__)
def test_no_name_is_also_that_of_a_module(name):
    """A module that is imported takes its name in the package."""
    from importlib.util import find_spec

    assert find_spec(f"pytest_modelcheck.perturb.{name}") is None
