"""``@pytest.mark.drift``: are answers, or inputs, still distributed as they were?"""

import json

import pytest

from pytest_modelcheck.records import Status

MODEL = """
import random
from pytest_modelcheck import model_fixture

@model_fixture
def triage(model_version):
    def ask(text):
        luck = random.Random(text)
        answer = luck.choices(["refund", "shipping", "other"], (5, 3, 2))[0]
        if model_version == "2" and answer == "refund" and luck.random() < 0.6:
            return "other"
        return answer
    return ask
"""

TEST = """
@pytest.mark.drift("recent.jsonl")
def test_answers(triage, case):
    triage(case.input)
"""


@pytest.fixture
def drift(project):
    project.model(MODEL)
    project.test(TEST)
    tickets(project, "recent.jsonl")

    def run(version, *arguments):
        result = project.run(f"--model-version={version}", *arguments)
        return result, project.verdict(result)

    return run


def tickets(project, name, start=0, n=150):
    project.write(
        name, "".join(json.dumps({"input": f"ticket {start + number}"}) + "\n" for number in range(n))
    )


class TestAgainstWhatWasApproved:
    def test_the_first_run_asks_for_an_approval(self, drift, project):
        result, verdict = drift("1")
        result.assert_outcomes(failed=1)
        assert verdict.headline == "no approved baseline yet: there is nothing to compare 150 answers with"
        result.stdout.fnmatch_lines(["*approve it: * modelcheck approve 1"])
        assert project.command("approve", "1").ret == 0
        result, verdict = drift("1")
        result.assert_outcomes(passed=1)
        assert verdict.moved.paired

    def test_answers_without_a_distribution_are_not_approved(self, drift, project):
        project.test(TEST.replace("triage(case.input)", "triage(case.input); case.record(float('nan'))"))
        result = project.fails("--model-version=1", "--modelcheck-update", "--modelcheck-reason=first")
        assert "an answer is nan, which has no place in a distribution" in result.stdout.str()
        assert not (project.path / "baselines").exists()

    def test_another_version_over_the_same_inputs(self, drift, project):
        project.approve("1")
        result, verdict = drift("2")
        result.assert_outcomes(failed=1)
        assert verdict.headline.startswith("distribution of answers moved: total variation 0.")
        assert verdict.moved.paired
        assert verdict.rate is None
        assert verdict.comparison.approved_rate is None
        assert verdict.comparison.changed
        result.stdout.fnmatch_lines(
            [
                "*moved *'refund' *% → *%",
                "*150 answers against 150 of 1, to the same inputs *",
                "*changed answers*",
            ]
        )

    def test_other_inputs(self, drift, project):
        project.approve("1")
        tickets(project, "recent.jsonl", start=1000)
        result, verdict = drift("1")
        result.assert_outcomes(passed=1)
        assert (verdict.moved.paired, verdict.moved.before, verdict.moved.after) == (False, 150, 150)
        assert verdict.comparison is None
        _, verdict = drift("2")
        assert verdict.failed

    def test_an_update_judges_nothing_and_what_is_approved_becomes_the_reference(self, drift, project):
        project.approve("1")
        project.passes("--model-version=2", "--modelcheck-update")
        result, _ = drift("2")
        result.assert_outcomes(passed=1)

    def test_an_edited_test_is_replayed_on_the_approved_answers(self, drift, project):
        project.approve("1")
        project.test(TEST.replace("triage(case.input)", "case.record(triage(case.input).upper())"))
        result, verdict = drift("1")
        result.assert_outcomes(passed=1)
        assert verdict.moved.distance == 0
        tickets(project, "recent.jsonl", start=1000)
        result, verdict = drift("1")
        result.assert_outcomes(failed=1)
        assert verdict.headline.startswith("the test has changed since it was approved")

    def test_with_a_version_that_was_only_run(self, drift, project):
        drift("1")
        _result, verdict = drift("2", "--modelcheck-baseline=1")
        assert verdict.failed
        assert verdict.moved.against == "of 1"

    def test_one_case_alone_is_no_distribution(self, drift, project):
        project.approve("1")
        project.write(
            "recent.jsonl", '{"id": "t-1", "input": "ticket 1"}\n{"id": "t-2", "input": "ticket 2"}\n'
        )
        result, verdict = drift("1", "--modelcheck-case=t-1")
        result.assert_outcomes(passed=1)
        assert verdict.headline == "1 case run; the distribution is judged when all are"


class TestAgainstAReference:
    SAME = TEST.replace('"recent.jsonl"', '"recent.jsonl", reference="then.jsonl"')

    def test_its_cases_are_run_as_well(self, drift, project):
        tickets(project, "then.jsonl", start=1000, n=120)
        project.test(self.SAME)
        result, verdict = drift("1")
        result.assert_outcomes(passed=1)
        assert verdict.calls.new == 270
        assert (verdict.moved.before, verdict.moved.against) == (120, "of the reference")
        project.approve("1")
        _, verdict = drift("1")
        assert verdict.moved.against == "of the reference", "the approved answers do not count"

    def test_inputs_drift_without_a_call_and_features_are_named(self, drift, project):
        tickets(project, "then.jsonl", start=1000, n=120)
        project.test(self.SAME.replace("triage(case.input)", "case.record(len(case.input))"))
        result, verdict = drift("1")
        result.assert_outcomes(failed=1)
        assert verdict.calls.new == 0
        assert verdict.moved.measure == "Wasserstein distance"
        assert not verdict.findings[0].against_baseline
        body = 'case.record({"length": len(case.input), "answer": triage(case.input)})'
        project.test(self.SAME.replace("triage(case.input)", body))
        _, verdict = drift("1")
        assert verdict.failed
        assert verdict.moved.changes[0][0] == "length"

    def test_its_errors_fail_the_check(self, drift, project):
        project.write("then.jsonl", '{"input": 7}\n{"input": "ticket"}\n')
        project.test(self.SAME.replace("triage(case.input)", "triage(case.input.lower())"))
        _, verdict = drift("1")
        assert verdict.headline == "1/2 cases of the reference raised an error"


BODIES = {
    "the body never called the model 'triage'": "pass",
    "failed an assertion: a drift check compares distributions": 'assert triage(case.input) != "other"',
    "some answers are labels ('x') and numbers (7): one distribution needs one kind": (
        'case.record(7 if case.input == "ticket 1" else "x")'
    ),
}


@pytest.mark.parametrize("message", BODIES)
def test_a_body_that_records_nothing_asserts_or_mixes_kinds_fails_in_words(drift, project, message):
    tickets(project, "then.jsonl", start=1000)
    project.test(TestAgainstAReference.SAME.replace("triage(case.input)", BODIES[message]))
    result = project.fails("--model-version=1")
    assert message in " ".join(result.stdout.str().split())


def test_as_a_function_call(drift, project):
    project.test("""
        def test_later(triage, modelcheck):
            recent = [f"ticket {n}" for n in range(100)]
            then = [f"ticket {n}" for n in range(500, 600)]
            ask = lambda case: case.record(triage(case.input))
            verdict = modelcheck.drift(ask, recent, reference=then, tolerance=0.1)
            assert verdict.moved.tolerance == 0.1
    """)
    result, verdict = drift("1")
    result.assert_outcomes(passed=1)
    assert (verdict.kind, verdict.status) == ("drift", Status.PASSED)


def test_limits_of_the_ini_file_that_are_about_rates_do_not_concern_it(drift, project):
    project.ini(
        "modelcheck_at_least = 0.95", "modelcheck_tolerance = 0.3", "modelcheck_false_fail_rate = 0.02"
    )
    project.approve("1")
    _, verdict = drift("1")
    assert verdict.moved.tolerance == 0.05


MISTAKES = {
    'drift("recent.jsonl", at_least=0.9)': "drift() has no keyword 'at_least'",
    'drift("recent.jsonl", repeats=2)': "drift() has no keyword 'repeats'",
    'drift("recent.jsonl", under=str.upper)': "drift() uses the cases as they are",
    'drift("recent.jsonl", tolerance=-1)': "tolerance=-1: write how far the distribution may move",
    'drift("recent.jsonl", reference="gone.jsonl")': "no file gone.jsonl",
    'golden("recent.jsonl", reference="recent.jsonl")': "golden() has no keyword 'reference'",
}


def test_contradictions_are_refused(drift, project):
    for number, marker in enumerate(MISTAKES):
        project.test(TEST.replace('drift("recent.jsonl")', marker), f"test_{number}.py")
    result = project.run("--model-version=1")
    assert result.ret == 4
    refusals = [f"*test_{number}.py:3: {message}*" for number, message in enumerate(MISTAKES.values())]
    result.stderr.fnmatch_lines_random(refusals)


def test_bodies_may_be_awaited(drift, project):
    project.model("""
        @model_fixture
        def triage(model_version):
            async def ask(text):
                return "refund" if int(text.split()[1]) % 3 else "other"
            return ask
    """)
    tickets(project, "then.jsonl", start=1000, n=120)
    project.test(
        TestAgainstAReference.SAME.replace("def ", "async def ").replace("triage(c", "await triage(c")
    )
    result, verdict = drift("1")
    result.assert_outcomes(passed=1)
    assert (verdict.moved.before, verdict.moved.after) == (120, 150)
