"""A version worse than the approved one fails, with a message that says what to do."""

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


def test_offers_to_approve_another_version_that_is_no_worse_and_not_what_would_be_refused(project):
    project.golden('"tickets.yaml"', "assert triage(case.input) == case.approved")
    project.approve("2.0")
    result = project.run("--model-version=2.1")
    assert dict(project.verdict(result).advice)["approve it"] == "modelcheck approve 2.1"
    project.golden('"tickets.yaml", at_least=0.95', "assert triage(case.input) == case.expected")
    project.fails("--model-version=2.1").stdout.no_fnmatch_line("*modelcheck approve*")


def test_diff_says_what_changed_and_approve_makes_it_green_without_calling_the_model(project):
    """As with an older version."""
    judged(project, "2.1")
    project.forget_calls()
    result = project.command("diff", "2.1")
    result.stdout.fnmatch_lines(["*broke (2)*", "*t-07*Quiero un reembolso*", "*'refund' * 'other'*"])
    assert project.command("approve", "2.1").ret == 0
    assert project.calls == []
    result = project.passes()
    assert project.verdict(result).version == "2.1"
    project.passes("--model-version=2.0")
    assert project.command("approve", "2.0").ret == 0
    project.fails("--model-version=2.1")


def test_max_drop_of_the_ini_file_holds_for_all_but_those_that_say_otherwise(project):
    project.ini("modelcheck_max_drop = 2")
    own = GOLDEN.format(limits=", max_drop=0").replace("test_known", "test_own")
    project.test(GOLDEN.format(limits="") + own)
    project.approve()
    verdicts = project.verdicts(project.run("--model-version=2.1"))
    assert {name: verdict.status.value for name, verdict in verdicts.items()} == {
        "test_known": "passed",
        "test_own": "failed",
    }


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
    for damaged, message in (nonsense, "4: *"), (edited, "2: this line is not as it was written*"):
        path.write_bytes(damaged)
        result = approved.fails("--model-version=2.0")
        result.stdout.fnmatch_lines([f"*test_known.jsonl:{message}"])
        result.stdout.no_fnmatch_line("*pytest_modelcheck/*")
    path.write_bytes(whole)
    approved.passes("--model-version=2.0")
    path.unlink()
    approved.run("--model-version=2.0")
    assert approved.command("approve", "2.0", "--reason", "damaged").ret == 0
    approved.passes("--model-version=2.0")


def test_no_other_version_silently_replaces_a_lost_approved_one(approved):
    (approved.path / "baselines/triage/approved.yaml").unlink()
    result = approved.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    message = "*/triage/approved.yaml is missing; *; its checks are approved with 2.0. Restore it, or *"
    result.stderr.fnmatch_lines([message])
    approved.passes("--model-version=2.0")
