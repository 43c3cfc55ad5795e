"""Are the answers helpful? A judge says so; people have said how often it errs."""

import pytest
from server import questions

PRODUCTS = ("lamp", "chair", "desk", "shelf", "sofa", "rug", "mirror", "stool", "bench", "clock")


@pytest.mark.golden(list(questions(PRODUCTS)), at_least=0.82, inconclusive="fail")
def test_answers_are_helpful(assistant, helpful, case):
    answer = assistant(case.input)
    assert helpful(question=case.input, answer=answer)["helpful"]


@pytest.mark.golden("labels/helpful.jsonl", model="helpful", at_least=0.6)
def test_the_judge_agrees_with_people(helpful, case):
    assert helpful(**case.input)["helpful"] == case.expected
