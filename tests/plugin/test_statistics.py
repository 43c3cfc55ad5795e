"""The role of chance in a verdict, as a user sees it."""

import pytest

NOISY = """
import random

@model_fixture(deterministic=False)
def triage(model_version):
    generator = random.Random(int(model_version))
    return lambda text: "yes" if generator.random() < 0.9 else "no"
"""

ASYNC = """
import random

@model_fixture(deterministic=False)
def triage(model_version):
    generator = random.Random(int(model_version))

    async def answer(text):
        return "yes" if generator.random() < 0.9 else "no"

    return answer
"""

TEST = """
CASES = [{"id": f"c-{number}", "input": f"question {number}", "expected": "yes",
          "metadata": {"template": number % 4}} for number in range(40)]

@pytest.mark.golden(CASES, OPTIONS)
def test_noisy(triage, case):
    assert triage(case.input) == case.expected
"""


@pytest.fixture
def noisy(project):
    def run(options, *arguments, version=1):
        project.model(NOISY)
        project.test(TEST.replace("OPTIONS", options))
        return project.run(f"--model-version={version}", *arguments)

    return run


def test_an_inconclusive_check_warns_or_fails_on_request(noisy):
    result = noisy("at_least=0.985, confirm=False")
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(
        ["*InconclusiveWarning: *no more runs were made to tell (40 cases can reliably reveal only rates *%)"]
    )
    result = noisy('at_least=0.985, confirm=False, inconclusive="fail"')
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            '*/40 cases pass (*%), at least 98.5% required; noise could explain it*(inconclusive="fail")',
            "*40 cases can reliably reveal only rates under *%",
        ]
    )


def test_a_pass_may_have_to_be_proven(noisy):
    noisy("at_least=0.8, tolerance=0.1").assert_outcomes(passed=1)
    result = noisy("at_least=0.9, tolerance=0.01, require_proof=True")
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*met, but not proven: a rate of 89% would show this with a chance of*"])


def test_a_proof_is_requested_in_the_ini_file(noisy, project):
    project.ini("modelcheck_require_proof = true", "modelcheck_tolerance = 0.01", "modelcheck_at_least = 0.9")
    noisy("max_drop=1").assert_outcomes(passed=1, warnings=1)


TEMPLATED = """
@pytest.mark.golden(made(COUNT), at_least=0.999, OPTIONS)
def test_NUMBER(triage, case):
    assert triage(case.input) == case.expected
"""
MADE = """
from pytest_modelcheck import cases

def made(count):
    templates = ["Where is my {item}?", "I want {a:item}.", "No {item}!"][:count]
    return cases.template(templates, expected="yes", item=[f"item {number}" for number in range(20)])
"""
GROUPED = {
    (3, 'population="sample"'): True,
    (3, 'population="sample", cluster=None'): False,
    (3, 'population="sample", cluster="item"'): False,
    (3, 'population="fixed"'): False,
    (1, 'population="sample"'): False,
}


def test_cases_of_several_templates_are_groups_where_they_are_a_sample(project):
    source = MADE
    for number, (count, options) in enumerate(GROUPED):
        test = TEMPLATED.replace("COUNT", str(count)).replace("OPTIONS", options)
        source += test.replace("NUMBER", str(number))
    project.model(NOISY)
    project.test(source)
    found = project.verdicts(project.run("--model-version=1"))
    grouped = ["3 groups by template" in found[f"test_{number}"].headline for number in range(len(GROUPED))]
    assert grouped == list(GROUPED.values())


def test_repeats_report_the_cases_that_are_flaky(noisy, project):
    result = noisy("at_least=0.999, repeats=3")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*/360 runs of 40 cases pass (*",
            "*360 runs can reliably reveal only*",
            "*flaky *cases pass in some runs only: c-* (*/9)*",
        ]
    )


INVARIANCE = """
from pytest_modelcheck import perturb
CASES = [f"question {number}" for number in range(40)]

@pytest.mark.invariance(CASES, under=perturb.casing())
%s test_capitals(triage, case):
    assert %striage(case.perturbed) == %striage(case.input)
"""


@pytest.mark.parametrize(("define", "wait"), [("def", ""), ("async def", "await ")])
def test_the_noise_of_a_model_does_not_fail_its_invariance(project, define, wait):
    project.model(ASYNC if wait else NOISY)
    project.test(INVARIANCE % (define, wait, wait))
    result = project.run("--model-version=1")
    verdict = project.verdict(result)
    assert not verdict.failed
    assert "but the model disagrees with itself on" in verdict.headline


SEVERAL = """
from pytest_modelcheck import perturb
CASES = [{"id": f"c-{number}", "input": f"question {number}"} for number in range(40)]

@pytest.mark.golden(CASES, at_least=0.97)
def test_confirmed(triage, case):
    assert triage(case.input) == "yes"

@pytest.mark.golden(CASES, at_least=0.95, repeats=3)
def test_repeated(triage, case):
    assert triage(case.input) == "yes"

@pytest.mark.invariance(CASES, under=perturb.casing())
def test_calibrated(triage, case):
    assert triage(case.perturbed) == triage(case.input)
"""

COUNTED = """
import random
from collections import Counter

@model_fixture
def triage(model_version):
    calls = Counter()

    def answer(text):
        calls[text] += 1
        return "yes" if random.Random(f"{text}/{calls[text]}").random() < 0.88 else "no"

    return answer
"""


def test_a_verdict_does_not_depend_on_what_else_runs_or_in_which_order(project):
    """With ``-k``, backwards, by two workers, and from a warm cache."""
    pytest.importorskip("xdist")
    project.model(COUNTED)
    project.test(SEVERAL)
    names = ("test_confirmed", "test_repeated", "test_calibrated")

    def findings(*arguments, keep=False):
        cache = () if keep else ("--modelcheck-cache=off",)
        found = project.verdicts(project.run("--model-version=1", *cache, *arguments))
        return {name: verdict.findings for name, verdict in found.items()}

    usual = findings()
    assert set(usual) == set(names)
    assert "excess" in usual["test_calibrated"][0].summary
    assert "/120 runs of 40 cases" in usual["test_confirmed"][0].summary
    assert findings(*[f"test_triage.py::{name}" for name in reversed(names)]) == usual
    for name in names:
        assert findings("-k", name) == {name: usual[name]}
    assert findings(keep=True) == usual
    assert findings(keep=True) == usual
    apart = project.run_apart("-p", "xdist", "-n", "2", "--model-version=1", "--modelcheck-cache=off")
    apart.assert_outcomes(failed=2, passed=1)
    text = apart.stdout.str()
    assert all(usual[name][0].summary in text for name in names[:2])
