"""``--modelcheck-baseline=VERSION``: compare with any version that was ever run or approved."""

GOLDEN = """
@pytest.mark.golden("tickets.yaml", at_least=0.5)
def test_known(triage, case):
    assert triage(case.input) == case.expected
"""


def test_compares_with_any_version_that_was_approved_or_run_instead_of_the_approved_one(project):
    project.test(GOLDEN)
    project.approve("2.0")
    project.run("--model-version=1.9")
    result = project.run("--model-version=2.1", "--modelcheck-baseline=1.9")
    comparison = project.verdict(result).comparison
    assert comparison.version == "1.9"
    assert comparison.regressed == ("t-07", "t-08")
    assert comparison.fixed == ("t-05",)
    result = project.run("--model-version=2.1", "--modelcheck-baseline=2.0")
    result.assert_outcomes(failed=1)
    assert project.verdict(result).comparison.version == "2.0"
    project.run("--model-version=2.1", "--modelcheck-baseline=2.1").assert_outcomes(passed=1)
    project.ini("modelcheck_baseline = 1.9")
    assert project.verdict(project.run("--model-version=2.0")).comparison.version == "1.9"


def test_of_a_version_that_was_never_run_fails_with_the_command_that_runs_it(project):
    project.test(GOLDEN)
    project.approve("2.0")
    result = project.run("--model-version=2.1", "--modelcheck-baseline=7")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*test_known*triage 7*pytest --model-version=7"])
    result.stdout.no_fnmatch_line("*pytest_modelcheck/*")


def test_calls_no_model_for_the_other_version(project):
    project.test(GOLDEN)
    project.run("--model-version=1.9")
    project.run("--model-version=2.0")
    project.forget_calls()
    project.run("--model-version=2.0", "--modelcheck-baseline=1.9").assert_outcomes(passed=1)
    assert project.calls == []


def test_a_version_that_broke_tells_nothing(project):
    project.model(
        """
        @model_fixture
        def triage(model_version):
            def predict(text):
                if model_version == "1" and "refund" not in text.lower():
                    raise ValueError("out of order")
                return "refund"
            return predict
        """
    )
    project.test(
        """
        @pytest.mark.golden("tickets.yaml", max_regressed=0, max_drop=0.0)
        def test_known(triage, case):
            assert triage(case.input) == case.expected
        """
    )
    project.run("--model-version=1")
    result = project.run("--model-version=2", "--modelcheck-baseline=1")
    result.assert_outcomes(failed=1)
    assert project.verdict(result).headline == (
        "8 cases raised an error with triage 1, so the two cannot be compared; run it again: "
        "pytest --model-version=1"
    )
