"""An edited test must never look like a changed model: approved answers are judged by today's test."""

import pytest

from tests.conftest import known

GOLDEN = known("at_least=0.1")


def test_a_stricter_body_judges_the_approved_answers_too_and_a_changed_model_is_still_seen(project):
    project.test(GOLDEN)
    project.approve("2.0")
    project.test(GOLDEN.replace("== case.expected", "== 'refund'"))
    result = project.passes("--model-version=2.0")
    comparison = project.verdict(result).comparison
    assert comparison.regressed == ()
    assert comparison.replayed == 10
    assert comparison.approved_rate == pytest.approx(0.4)
    result = project.fails("--model-version=2.1")
    assert project.verdict(result).comparison.regressed == ("t-07", "t-08")
    project.forget_calls()
    assert project.verdict(project.run("--model-version=2.1")).comparison.replayed == 10
    assert project.calls == [], "replaying calls no model"


def test_comments_are_no_edit_and_a_body_that_asks_something_else_is_not_compared(project):
    """The answer of the approved version to the new input is unknown."""
    project.test(GOLDEN)
    project.approve("2.0")
    documented = GOLDEN.replace("    assert", '    """What it is."""\n    # why\n    assert')
    project.test("# A comment\n\n\n" + documented)
    result = project.run("--model-version=2.0")
    assert project.verdict(result).comparison.replayed == 0
    project.test(GOLDEN.replace("case.input", "case.input + '!'"))
    comparison = project.verdict(project.run("--model-version=2.1")).comparison
    assert comparison is None or comparison.regressed == ()


def test_a_known_failure_that_is_now_declared_is_no_regression(project):
    project.test(GOLDEN)
    project.approve("2.0")
    tickets = (project.path / "tickets.yaml").read_text()
    for name in ("t-07", "t-08"):
        tickets = tickets.replace(f"{{id: {name},", f"{{id: {name}, known_failure: no Spanish,")
    project.write("tickets.yaml", tickets)
    result = project.passes("--model-version=2.1")
    assert project.verdict(result).cases.xfailed == 2


def test_a_helper_that_the_body_uses_and_that_was_edited_is_an_edit_too(project):
    source = "def right(answer, case):\n    return answer == case.expected\n" + GOLDEN.replace(
        "triage(case.input) == case.expected", "right(triage(case.input), case)"
    )
    project.test(source)
    project.approve("2.0")
    project.test(source.replace("return answer == case.expected", "return answer == 'refund'"))
    result = project.passes("--model-version=2.0")
    assert project.verdict(result).comparison.regressed == ()
    assert project.verdict(result).comparison.replayed == 10


SEEDED = """
    from pytest_modelcheck import Case, perturb

    CASES = [Case("{}I want my money back " + str(number), id=f"c-{{number}}") for number in range(10)]

    @pytest.mark.invariance(CASES, under=perturb.typos(n=2), seed={}, at_least=0.0)
    def test_typos(triage, case):
        triage(case.perturbed)
        assert "money" in case.perturbed
"""


@pytest.mark.parametrize("before", ["", "This text is longer than what a baseline shows of an input: " * 2])
def test_perturbed_inputs_of_another_seed_are_others_and_not_a_changed_model(project, before):
    project.model("@model_fixture\ndef triage(model_version):\n    return len\n")
    project.test(SEEDED.format(before, 1))
    project.approve("2.0")
    result = project.passes("--model-version=2.0")
    assert project.verdict(result).comparison.shared == 10
    project.test(SEEDED.format(before, 2))
    result = project.fails("--model-version=2.0")
    comparison = project.verdict(result).comparison
    assert comparison.shared < 8
    assert comparison.changed == comparison.regressed == ()
    result.stdout.fnmatch_lines(["only ?/10 approved cases can still be compared*"])
    project.approve("2.0")
    project.passes("--model-version=2.0")


def test_an_approved_answer_is_not_that_of_another_perturbed_input(project):
    project.model("@model_fixture\ndef triage(model_version):\n    return lambda text: text\n")
    source = SEEDED.replace('"money" in case.perturbed', "case.approved == case.perturbed")
    source = source.replace(", at_least=0.0", "")
    project.test(source.format("", 1))
    project.approve("2.0")
    project.test(source.format("", 2))
    verdict = project.verdict(project.run("--model-version=2.0"))
    assert verdict.trials.failed == 0
    assert verdict.trials.new > 0


def test_an_answer_that_is_compared_by_another_part_is_no_changed_answer(project):
    source = "@model_fixture({})\ndef triage(model_version):\n    return lambda text: dict(label=text, n=1)\n"
    project.golden('"tickets.yaml", max_changed=0', 'assert triage(case.input)["n"] == 1')
    project.model(source.format("deterministic=True"))
    project.approve("2.0")
    project.model(source.format("deterministic=True, compare_by=lambda answer: answer['label']"))
    project.passes("--model-version=2.0")
    project.approve("2.0")
    project.model(source.format("deterministic=True, compare_by=lambda answer: len(answer)"))
    project.passes("--model-version=2.0")
