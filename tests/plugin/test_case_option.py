"""``--modelcheck-case=ID``: run the one case, and leave everything that speaks of all cases alone."""

from pytest_modelcheck.records import Tally

TESTS = """
@pytest.mark.golden("tickets.yaml", at_least=0.95)
def test_known(triage, case):
    assert triage(case.input) == case.expected

@pytest.mark.golden([{"id": "mine", "input": "a refund", "expected": "refund"}])
def test_mine(triage, case):
    assert triage(case.input) == case.expected

def test_plain():
    pass
"""


def test_runs_the_cases_and_deselects_tests_that_lack_them(project):
    project.test(TESTS)
    result = project.run("--model-version=2.0", "--modelcheck-case=t-05")
    result.assert_outcomes(passed=1, deselected=2)
    assert project.verdict(result).cases == Tally(passed=1)
    assert project.calls == ["I forgot my password"]
    result = project.run("--model-version=2.0", "--modelcheck-case=t-05", "--modelcheck-case=mine")
    result.assert_outcomes(passed=2, deselected=1)
    result = project.run("--model-version=2.1", "--modelcheck-case=t-07")
    result.assert_outcomes(failed=1, deselected=2)
    result.stdout.fnmatch_lines(["FAILED *::test_known - 0/1 cases pass (0%), *required"])
    result = project.refuses(
        "ERROR: no selected test has a case t-99 (--modelcheck-case)",
        "--model-version=2.0",
        "--modelcheck-case=t-99",
    )


def candidates(project):
    return {name: text for name, text in project.files().items() if "candidates" in name}


def test_leaves_no_candidate_spoils_none_and_does_not_miss_the_cases_that_were_left_out(project):
    project.test(TESTS)
    project.run("--model-version=2.0", "--modelcheck-case=t-05")
    assert candidates(project) == {}
    project.run("--model-version=2.0")
    before = candidates(project)
    project.run("--model-version=2.0", "--modelcheck-case=t-05")
    assert candidates(project) == before
    project.command("approve", "2.0")
    result = project.run("--model-version=2.0", "--modelcheck-case=t-05")
    result.assert_outcomes(passed=1, deselected=2)
    assert project.verdict(result).comparison.removed == 0


def test_finds_cases_of_a_fixture(project):
    project.test("""
        @pytest.fixture
        def cases():
            return [{"id": "a", "input": "x"}, {"id": "b", "input": "y"}]

        @pytest.mark.golden()
        def test_it(triage, case, cases):
            assert triage(case.input)
    """)
    result = project.passes("--model-version=2.0", "--modelcheck-case=b")
    assert project.verdict(result).cases == Tally(passed=1)
    project.run("--model-version=2.0", "--modelcheck-case=z").assert_outcomes(skipped=1)


def test_runs_every_perturbation_of_the_case_as_the_whole_run_does(project):
    project.test("""
        from pytest_modelcheck import perturb

        def once(text): return text + "!"

        @pytest.mark.invariance("tickets.yaml", under=[once, perturb.casing()])
        def test_it(triage, case):
            assert triage(case.perturbed) == triage(case.input)
    """)
    project.run("--model-version=2.0", "--modelcheck-cache=off")
    whole = project.calls
    project.forget_calls()
    result = project.run("--model-version=2.0", "--modelcheck-cache=off", "--modelcheck-case=t-05")
    assert project.verdict(result).trials == Tally(passed=3)
    assert len(project.calls) >= 2
    assert set(project.calls) <= set(whole)
