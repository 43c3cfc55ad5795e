"""Are the answers helpful? A judge decides; labels of people show how often it errs."""

import pytest
from server import questions

PRODUCTS = ("lamp", "chair", "desk", "shelf", "sofa", "rug", "mirror", "stool", "bench", "clock")


@pytest.mark.golden(list(questions(PRODUCTS)), at_least=0.82, inconclusive="fail")
def test_answers_are_helpful(assistant, helpful, case):
    answer = assistant(case.input)
    assert helpful(question=case.input, answer=answer)["helpful"]


# Three answers of four are helpful, so a judge that always says yes agrees with people on 75% of them.
# Balanced accuracy gives it 0.5.
@pytest.mark.golden("labels/helpful.jsonl", model="helpful", metric="balanced_accuracy", at_least=0.7)
def test_the_judge_agrees_with_people(helpful, case):
    case.record(helpful(**case.input)["helpful"])


@pytest.mark.golden("labels/helpful.jsonl", model="helpful")
def test_the_judge_gives_a_reason(helpful, case):
    assert helpful(**case.input)["reason"]
