"""``shape="approved"``: answers are held to the shape that was approved."""

import json

MODEL = """
    @model_fixture
    def extract(model_version):
        def answer(text):
            found = {"amount": 12, "currency": "EUR", "note": None if text == "a" else "soon"}
            if model_version == "2" and text == "b":
                found["amount"] = "12"
                del found["currency"]
            if model_version == "3":
                found["amount"] = 12.5
            return found
        return answer
"""

TEST = """
    import pytest

    @pytest.mark.golden(["a", "b", "c"], shape="approved")
    def test_it(extract, case):
        extract(case.input)
"""


def test_a_case_whose_answer_lost_a_field_or_changed_a_type_fails_and_names_it(project):
    project.model(MODEL)
    project.test(TEST)
    project.run("--model-version=1", "--modelcheck-update")
    (content,) = (content for name, content in project.baselines().items() if name.endswith(".jsonl"))
    assert json.loads(content.splitlines()[0])["shape"] == {
        "answer": ["object"],
        "amount": ["number"],
        "currency": ["text"],
        "note": ["null", "text"],
    }
    result = project.run("--model-version=2")
    verdict = project.verdict(result)
    assert verdict.failed
    assert (verdict.cases.passed, verdict.cases.failed) == (2, 1)
    assert verdict.shown[0].message == "currency is gone; amount is text ('12'), and was number"
    result.stdout.fnmatch_lines(["*currency is gone; amount is text ('12'), and was number*"])
    assert project.verdict(project.run("--model-version=3")).passed


def test_a_baseline_without_a_shape_tells_it_by_its_answers(project):
    project.model(MODEL)
    project.test(TEST.replace(', shape="approved"', ", max_changed=3"))
    project.run("--model-version=1", "--modelcheck-update")
    project.test(TEST)
    assert project.verdict(project.run("--model-version=2")).cases.failed == 1


def test_nothing_approved_has_no_shape_to_hold_answers_to(project):
    project.model(MODEL)
    project.test(TEST)
    verdict = project.verdict(project.run("--model-version=1"))
    assert verdict.headline == "no approved baseline yet: there is no shape that answers are held to"


def test_an_answer_that_cannot_be_stored_has_no_shape_and_fails(project):
    project.model(MODEL.replace("return found", "return object() if model_version == '2' else found"))
    project.test(TEST)
    project.run("--model-version=1", "--modelcheck-update")
    verdict = project.verdict(project.run("--model-version=2"))
    assert verdict.cases.failed == 3
    assert verdict.shown[0].message.startswith("its shape is unknown: ")
