"""The public names of the package, and suggestions for misspelt ones."""

import subprocess
import sys

import pytest

from pytest_modelcheck import perturb
from pytest_modelcheck.perturb.building import PUBLIC


def test_every_public_name_has_a_module_and_no_other_name_has():
    assert set(PUBLIC) == set(perturb.__all__)
    for name in perturb.__all__:
        assert getattr(perturb, name).__name__ == name


def test_names_are_listed_before_they_are_used():
    script = "from pytest_modelcheck import perturb; print(*dir(perturb))"
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert set(perturb.__all__) <= set(printed.stdout.split())


@pytest.mark.parametrize("name", perturb.__all__)
def test_no_name_is_also_that_of_a_module(name):
    """An imported module takes its name in the package."""
    from importlib.util import find_spec

    assert find_spec(f"pytest_modelcheck.perturb.{name}") is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("typo", r"has no attribute 'typo'; did you mean perturb\.typos\?$"),
        ("swap_name", r"has no attribute 'swap_name'; did you mean perturb\.swap_names\?$"),
        ("qqq", r"has no attribute 'qqq'$"),
        ("_typos", r"has no attribute '_typos'$"),
    ],
)
def test_a_misspelt_name_draws_a_suggestion(name: str, message: str) -> None:
    with pytest.raises(AttributeError, match=message):
        getattr(perturb, name)


def test_an_undefined_name_is_still_an_attribute_error() -> None:
    assert not hasattr(perturb, "typo")
    assert getattr(perturb, "typo", None) is None
