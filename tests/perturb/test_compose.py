"""One after the other, and one of several."""

from __future__ import annotations

import pytest

from pytest_modelcheck import perturb
from pytest_modelcheck.errors import PerturbationError


def test_one_after_the_other():
    both = perturb.append("x", "y") | perturb.prepend("1", "2")
    assert both.preview("a") == ["1 a x", "2 a x", "1 a y", "2 a y"]
    assert both.name == "append('x', 'y') | prepend('1', '2')"


def test_own_callables_on_either_side():
    def shout(text):
        return text.upper()

    assert (perturb.append("x") | shout).preview("a") == ["A X"]
    assert (shout | perturb.append("x")).preview("a") == ["A x"]
    with pytest.raises(PerturbationError, match="3 is no perturbation"):
        perturb.append("x") | 3


def test_it_applies_where_both_do():
    both = perturb.replace("refund", "credit") | perturb.append("!")
    assert both.preview("a refund") == ["a credit !"]
    assert both.preview("a parcel") == []
    assert (perturb.append("!") | perturb.replace("refund", "credit")).preview("a parcel") == []


def test_what_undoes_itself_is_not_applicable():
    assert (perturb.replace("a", "b") | perturb.replace("b", "a")).preview("a") == []


def test_perturbing_in_place_is_noticed():
    def add(record):
        record["n"] += 1
        return record

    assert (perturb.as_perturbation(add) | add).preview({"n": 1}) == [{"n": 3}]


def test_one_of_takes_another_for_each_input_and_what_applies():
    either = perturb.one_of(perturb.append("!"), perturb.replace("refund", "credit"))
    made = {either.preview(f"refund {number}")[0].split()[0] for number in range(20)}
    assert made == {"refund", "credit"}
    assert all(either.preview(f"parcel {number}") == [f"parcel {number} !"] for number in range(20))
    assert perturb.one_of(perturb.replace("a", "b"), perturb.replace("c", "d")).preview("x") == []
    assert either.name == "one_of(append('!'), replace('refund', 'credit'))"


def test_one_of_takes_several():
    with pytest.raises(PerturbationError, match=r"one_of\(\) takes at least two perturbations"):
        perturb.one_of(perturb.append("!"))


def test_names_can_be_given():
    assert (perturb.append("a") | perturb.prepend("b")).named("polite").name == "polite"
    with pytest.raises(PerturbationError, match="cannot name"):
        perturb.append("a").named(" ")
