import copy

import pytest

from pytest_modelcheck import per_worker
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.models.calling import answer_type, caller_of
from pytest_modelcheck.models.definition import Definition


def definition(**options):
    return Definition(name="triage", source="", location="conftest.py:1", **options)


def test_a_model_is_loaded_at_its_first_question_and_once():
    loads = []

    def load(version, *, suffix):
        loads.append(version)
        return lambda text: text + suffix

    model = per_worker(load, "2.1", suffix="!")
    assert loads == []
    assert (model("a"), model("b"), copy.copy(model)("c")) == ("a!", "b!", "c!")
    assert loads == ["2.1"]
    assert per_worker(load, "2.1", suffix="?")("a") == "a?"


class Estimator:
    def predict(self, texts):
        return [text.upper() for text in texts]

    def predict_proba(self, texts):
        return [[0.5] for _ in texts]


def test_an_estimator_predicts_or_does_what_method_says():
    assert per_worker(Estimator)(["a"]) == ["A"]
    caller = caller_of(definition(method="predict_proba"), per_worker(Estimator))
    assert (caller.batch, caller.call(["a", "b"])) == (True, [[0.5], [0.5]])


def test_what_has_no_such_method_is_refused():
    with pytest.raises(UsageError, match=r"per_worker\(dict\) made a dict, which has no method 'predict'"):
        per_worker(dict)("a")


def test_its_answers_have_the_type_that_the_fixture_says():
    assert answer_type(definition(), per_worker(Estimator)) is None
    assert answer_type(definition(returns=int), per_worker(Estimator)) is int
