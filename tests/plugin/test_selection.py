"""Choosing tests, cases (``--modelcheck-case``) and where to stop; a check is one test among the others."""

import pytest

from pytest_modelcheck.records import Tally

THREE = """
@pytest.mark.golden("tickets.yaml")
def test_english(triage, case):
    if case["language"] != "en": pytest.skip()
    assert triage(case.input) == case.expected

@pytest.mark.golden("tickets.yaml")
def test_spanish(triage, case):
    if case["language"] != "es": pytest.skip()
    assert triage(case.input) == case.expected

def test_plain(triage):
    assert triage("Hello") == "other"
"""


@pytest.fixture
def three(project):
    project.test(THREE)
    return project


def test_k_m_and_node_ids_select(three):
    three.run("--model-version=2.0", "-k", "english").assert_outcomes(passed=1, deselected=2)
    assert len(three.calls) == 10
    three.run("--model-version=2.0", "-m", "golden").assert_outcomes(passed=2, deselected=1)
    three.run("--model-version=2.0", "-m", "not golden").assert_outcomes(passed=1, deselected=2)
    three.passes("--model-version=2.0", "test_triage.py::test_spanish")


def test_x_and_maxfail_count_checks_and_not_cases(three):
    result = three.fails("--model-version=3.0", "-x")
    result.stdout.fnmatch_lines(["*stopping after 1 failures*"])
    three.run("--model-version=3.0", "--maxfail=2").assert_outcomes(failed=2)


def test_lf_runs_failed_checks_again_and_ff_first(three):
    three.run("--model-version=2.1").assert_outcomes(passed=2, failed=1)
    first = three.run("--model-version=2.1", "--ff", "-v")
    first.stdout.fnmatch_lines(["*::test_spanish FAILED*", "*::test_english PASSED*"])
    again = three.fails("--model-version=2.1", "--lf")
    assert set(three.verdicts(again)) == {"test_spanish"}


def test_collect_only_loads_no_model_calls_none_and_writes_nothing(three):
    three.model("@model_fixture\ndef triage():\n    raise OSError\n")
    before = three.files()
    result = three.run("--collect-only", "-q")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["test_triage.py::test_english", "test_triage.py::test_spanish", "test_triage.py::test_plain"]
    )
    assert three.files() == before


def test_setup_show_shows_the_model_fixture_and_setup_only_calls_no_model(three):
    assert three.run("--model-version=2.0", "--setup-only").ret == 0
    assert three.calls == []
    result = three.run("--model-version=2.0", "--setup-show")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        ["SETUP    S triage", "*test_triage.py::test_english (fixtures used: *case*triage*"]
    )


def test_fixtures_lists_ours_with_what_they_are(three):
    result = three.run("--fixtures")
    result.stdout.fnmatch_lines(["case -- *", "*The case that the body runs for*"])
    for name in ("score", "modelcheck", "model_version"):
        result.stdout.fnmatch_lines([f"{name}* -- *"])


def test_durations_count_the_whole_check(project):
    project.answers("slow", "lambda text: __import__('time').sleep(0.02) or text")
    project.golden(
        "[str(number) for number in range(10)]", "assert slow(case.input) == case.input", "slow, case"
    )
    result = project.run("--durations=3", "--durations-min=0.1")
    result.stdout.fnmatch_lines(["[0-9]*.[0-9]*s call * test_triage.py::test_it"])


def test_verdicts_do_not_depend_on_what_else_is_selected_nor_on_the_order_or_the_cache(three):
    three.approve("2.0")

    def findings(*arguments):
        found = three.verdicts(three.run("--model-version=2.1", *arguments))
        return {name: one.findings for name, one in found.items()}

    whole = findings()
    assert findings() == whole
    assert findings("--modelcheck-cache=off") == whole
    assert findings("-k", "spanish") == {"test_spanish": whole["test_spanish"]}
    assert findings("test_triage.py::test_spanish", "test_triage.py::test_english") == whole


TESTS = """
@pytest.mark.golden("tickets.yaml", at_least=0.5)
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
    each_must_pass = project.run("--model-version=2.1", "--modelcheck-case=t-05", "--modelcheck-case=t-07")
    each_must_pass.assert_outcomes(failed=1, deselected=2)
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
