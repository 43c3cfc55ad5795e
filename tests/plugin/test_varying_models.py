"""A model that varies fails only where noise cannot explain it; one that does not is judged exactly."""

import pytest

COIN = """
import random

@model_fixture({options})
def coin(model_version):
    chance = random.Random(model_version)
    rate = {{"1": 0.9, "2": {two}}}[model_version]
    return lambda text: chance.random() < rate
"""
CASES = '[{"id": f"case-{n:03}", "input": str(n)} for n in range(100)]'


def varying(project, two=0.5, options="", limits=""):
    """A model that is right in 90% of its calls as version 1."""
    project.model(COIN.format(two=two, options=options))
    checked(project, limits)


def checked(project, limits=""):
    project.golden(f"{CASES}, {limits}", "assert coin(case.input)", "coin, case")


def test_a_drop_that_noise_explains_passes_and_says_so(project):
    varying(project, two=0.85, limits="at_least=0.1")
    project.approve("1")
    result = project.run("--model-version=2")
    verdict = project.verdict(result)
    (drop,) = [one for one in verdict.findings if one.limit == "max_drop"]
    assert verdict.comparison.rate < verdict.comparison.approved_rate
    assert drop.summary.endswith("no drop allowed; noise explains it")
    assert "can reliably reveal only drops of more than" in drop.reveals
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["* broke: *; * can reliably reveal only*"])


def test_a_check_that_could_not_fail_says_so_where_it_passes(project):
    """Three cases that broke have p = 1/8 against one run: the check passed without an explanation."""
    project.ini("modelcheck_approval_runs = 1")
    project.model("""
        import random

        @model_fixture
        def model(model_version):
            calls = iter(range(100))
            return lambda text: (model_version == "1" or next(calls) > 2, random.random())
    """)
    project.golden('["a", "b", "c"], max_drop=0', "assert model(case.input)[0]", "model, case")
    project.approve("1")
    result = project.passes("-v", "--model-version=2")
    result.stdout.fnmatch_lines(
        ["*noise explains it (*", "*3 cases broke: *; 3 runs of 3 cases cannot reveal any drop"]
    )


def test_declared_deterministic_and_contradicted_fails_in_words(project):
    varying(project, options="deterministic=True", limits="at_least=0.97")
    result = project.fails("--model-version=1")
    result.stdout.fnmatch_lines(["*conftest.py:*coin 1 is declared deterministic=True, but *differed*"])
    result.stdout.no_fnmatch_line("*pytest_modelcheck/*")


STEADY = """
@model_fixture({options})
def coin(model_version):
    return lambda text: text != "10"
"""


@pytest.mark.parametrize(
    ("options", "arguments", "advised"),
    [
        ("", (), True),
        ("deterministic=True", (), False),
        ("", ("--modelcheck-update", "--modelcheck-reason=first"), False),
    ],
)
def test_an_approval_on_one_run_says_that_noise_is_unknown(project, options, arguments, advised):
    project.model(STEADY.format(options=options))
    checked(project, "max_drop=0")
    project.run("--model-version=1", *arguments)
    result = project.command("approve", "1", "--reason=first")
    text = "Approved on 1 run, noise unknown. To approve three runs in place of one:"
    assert (text in result.stdout.str()) == advised
