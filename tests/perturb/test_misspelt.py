from __future__ import annotations

import pytest

from pytest_modelcheck import perturb


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("typo", r"has no attribute 'typo'; did you mean perturb\.typos\?$"),
        ("swap_name", r"has no attribute 'swap_name'; did you mean perturb\.swap_names\?$"),
        ("qqq", r"has no attribute 'qqq'$"),
        ("_typos", r"has no attribute '_typos'$"),
    ],
)
def test_a_misspelt_perturbation_is_told_which_one_was_meant(name: str, message: str) -> None:
    with pytest.raises(AttributeError, match=message):
        getattr(perturb, name)


def test_what_nobody_defined_can_still_be_asked_for() -> None:
    assert not hasattr(perturb, "typo")
    assert getattr(perturb, "typo", None) is None
