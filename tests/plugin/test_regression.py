"""A version that is worse than the approved one is red, and says so so that anyone can act."""

import pytest

GOLDEN = """
@pytest.mark.golden("tickets.yaml", at_least=0.5{limits})
def test_known(triage, case):
    assert triage(case.input) == case.expected
"""


def judged(project, version, limits="", approved="2.0"):
    project.test(GOLDEN.format(limits=limits))
    project.approve(approved)
    result = project.run(f"--model-version={version}")
    return result, project.verdict(result)


def test_is_red_although_the_rate_is_met_and_offers_to_go_through_it_but_not_to_approve_it(project):
    result, verdict = judged(project, "2.1")
    result.assert_outcomes(failed=1)
    assert verdict.headline == "2 broke, 0 fixed: a net loss of 2 cases, none allowed"
    assert verdict.comparison.regressed == ("t-07", "t-08")
    result.stdout.fnmatch_lines(["FAILED *::test_known - 2 broke, 0 fixed: a net loss *"])
    assert dict(verdict.advice)["case by case"] == "modelcheck review 2.1"
    result.stdout.fnmatch_lines(["*modelcheck review 2.1"])
    result.stdout.no_fnmatch_line("*modelcheck approve*")


def test_offers_to_approve_another_version_that_is_no_worse(project):
    project.golden('"tickets.yaml"', "assert triage(case.input) == case.approved")
    project.approve("2.0")
    result = project.run("--model-version=2.1")
    assert dict(project.verdict(result).advice)["approve it"] == "modelcheck approve 2.1"


def test_does_not_offer_to_approve_what_would_be_refused(project):
    project.test(GOLDEN.format(limits=""))
    project.approve("2.0")
    project.test(GOLDEN.format(limits="").replace("0.5", "0.95"))
    result = project.run("--model-version=2.1")
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*modelcheck approve*")


def test_diff_says_what_changed_and_approve_makes_it_green_without_calling_the_model(project):
    """As it does with an older version, again."""
    judged(project, "2.1")
    project.forget_calls()
    result = project.command("diff", "2.1")
    result.stdout.fnmatch_lines(["*broke (2)*", "*t-07*Quiero un reembolso*", "*'refund' * 'other'*"])
    assert project.command("approve", "2.1").ret == 0
    assert project.calls == []
    result = project.run()
    result.assert_outcomes(passed=1)
    assert project.verdict(result).version == "2.1"
    project.run("--model-version=2.0").assert_outcomes(passed=1)
    assert project.command("approve", "2.0").ret == 0
    project.run("--model-version=2.1").assert_outcomes(failed=1)


@pytest.mark.parametrize(
    ("file", "said"),
    [("test_triage.py", "has changed since it ran"), ("tickets.yaml", "case file tickets.yaml has changed")],
)
def test_a_candidate_whose_test_or_case_file_has_changed_since_is_refused(project, file, said):
    judged(project, "2.1")
    path = project.path / file
    path.write_text(path.read_text().replace("==", "!=").replace("Hello", "Hi"))
    result = project.command("approve", "2.1")
    assert result.ret == 1
    assert said in result.stdout.str() + result.stderr.str()


def test_a_better_version_is_green(project):
    result, verdict = judged(project, "2.0", approved="1.9")
    result.assert_outcomes(passed=1)
    assert verdict.comparison.fixed == ("t-05",)


def test_as_many_fixed_as_broken_is_no_drop(project):
    project.answers("triage", 'lambda text: "other" if model_version == "2" else "refund"')
    cases = '[(f"{word} {n}", word) for n, word in enumerate(["other", "refund"] * 3)]'
    project.golden(f"{cases}, at_least=0.1", "assert triage(case.input) == case.expected")
    project.approve("1")
    result = project.run("--model-version=2")
    result.assert_outcomes(passed=1)
    comparison = project.verdict(result).comparison
    assert (len(comparison.regressed), len(comparison.fixed)) == (3, 3)


LIMITS = {
    "max_drop=2": "passed",
    "max_drop=1": "failed",
    "max_drop=0.2": "passed",
    "max_drop=0.1": "failed",
    "max_drop=10, max_regressed=2": "passed",
    "max_drop=10, max_regressed=1": "failed",
    "max_drop=10, max_regressed=0.2": "passed",
    "max_drop=10, max_regressed=0.19": "failed",
    "max_drop=10, max_changed=2": "passed",
    "max_drop=10, max_changed=1": "failed",
    "max_drop=10, max_changed=0.2": "passed",
    "max_drop=10, max_changed=0.1": "failed",
}


def test_limits_are_numbers_of_cases_or_fractions_of_them(project):
    checks = [
        GOLDEN.format(limits=f", {limits}").replace("test_known", f"test_{number}")
        for number, limits in enumerate(LIMITS)
    ]
    project.test("".join(checks))
    project.approve("2.0")
    verdicts = project.verdicts(project.run("--model-version=2.1"))
    assert {limits: verdicts[f"test_{number}"].status.value for number, limits in enumerate(LIMITS)} == LIMITS


def test_max_drop_of_the_ini_file_holds_for_all(project):
    project.ini("modelcheck_max_drop = 2")
    result, _ = judged(project, "2.1")
    result.assert_outcomes(passed=1)
    result, _ = judged(project, "2.1", ", max_drop=0")
    result.assert_outcomes(failed=1)


def test_once_approved_a_check_without_limits_is_held_to_the_approved_rate(project):
    """Not to perfection any more: no worse than approved."""
    project.test(GOLDEN.format(limits="").replace(", at_least=0.5", ""))
    project.run("--model-version=1.9").assert_outcomes(failed=1)
    project.run("--model-version=1.9", "--modelcheck-update")
    project.command("approve", "1.9", "--force", "--reason", "known gap")
    project.run("--model-version=1.9").assert_outcomes(passed=1)


@pytest.fixture
def approved(project):
    project.test(GOLDEN.format(limits=", max_changed=0"))
    project.approve("2.0")
    return project


def test_a_damaged_baseline_is_an_error_with_remedies_that_work(approved):
    path = approved.path / "baselines/triage/test_triage.py/test_known.jsonl"
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    nonsense = b"".join([*lines[:3], lines[3][:20] + b"\n", *lines[4:]])
    edited = whole.replace(b'"answer":"refund"', b'"answer":"other"', 1)
    for damaged, said in (nonsense, "4: *"), (edited, "2: this line is not as it was written*"):
        path.write_bytes(damaged)
        result = approved.run("--model-version=2.0")
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines([f"*test_known.jsonl:{said}"])
        result.stdout.no_fnmatch_line("*pytest_modelcheck/*")
    path.write_bytes(whole)
    approved.run("--model-version=2.0").assert_outcomes(passed=1)
    path.unlink()
    approved.run("--model-version=2.0")
    assert approved.command("approve", "2.0", "--reason", "damaged").ret == 0
    approved.run("--model-version=2.0").assert_outcomes(passed=1)


def test_an_approved_yaml_that_is_no_yaml_fails_in_words(approved):
    (approved.path / "baselines/triage/approved.yaml").write_text("version: [")
    result = approved.run("--model-version=2.0")
    assert result.ret != 0
    text = result.stdout.str() + result.stderr.str()
    assert "approved.yaml" in text
    assert "pytest_modelcheck/" not in text
    assert "INTERNALERROR" not in text


def test_where_the_approved_version_is_lost_it_is_not_silently_another_one_that_is_tested(approved):
    (approved.path / "baselines/triage/approved.yaml").unlink()
    result = approved.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    told = "*/triage/approved.yaml is missing; *; its checks are approved with 2.0. Restore it, or *"
    result.stderr.fnmatch_lines([told])
    approved.run("--model-version=2.0").assert_outcomes(passed=1)
