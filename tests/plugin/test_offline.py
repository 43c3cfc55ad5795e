"""``--modelcheck-offline``: no model is ever called; missing answers are named."""

import shutil

import pytest

from tests.conftest import known

TEST = known("at_least=0.5")


def test_runs_from_cached_answers_and_names_the_input_of_a_missing_one(project):
    project.test(TEST)
    project.run("--model-version=2.0")
    project.forget_calls()
    project.passes("--model-version=2.0", "--modelcheck-offline")
    tickets = (project.path / "tickets.yaml").read_text()
    project.write("tickets.yaml", tickets + '- {id: t-11, input: "Brand new", expected: other}\n')
    result = project.fails("--model-version=2.0", "--modelcheck-offline")
    assert project.calls == []
    verdict = project.verdict(result)
    assert (verdict.cases.error, verdict.cases.passed) == (1, 10)
    assert "triage 2.0 has no cached answer to 'Brand new'" in verdict.headline
    result.stdout.fnmatch_lines(["*--modelcheck-offline*"])


def test_the_ini_file_says_it_for_all_and_the_command_line_goes_before_it(project):
    project.test(TEST)
    project.ini("modelcheck_offline = true")
    project.fails("--model-version=2.0")
    assert project.calls == []
    project.passes("--model-version=2.0", "--modelcheck-no-offline")


def test_without_cached_answers_everything_fails_and_calls_nothing(project):
    project.test(TEST)
    waiting = TEST.replace("def test_known", "async def test_awaited").replace(
        "triage(case", "await triage(case"
    )
    project.test(waiting, "test_async.py")
    project.test("def test_plain(triage): triage('Hello')", "test_plain.py")
    result = project.run("--model-version=2.0", "--modelcheck-offline")
    result.assert_outcomes(failed=3)
    assert [verdict.cases.error for verdict in project.verdicts(result).values()] == [10, 10]
    assert project.calls == []
    result.stdout.fnmatch_lines(["*OfflineError: triage 2.0 has no cached answer to 'Hello'*"])


def test_answers_that_are_not_saved_need_a_version(project):
    project.answers("triage", 'lambda text: "refund"', takes="")
    project.test(TEST)
    project.run("--modelcheck-offline").stdout.fnmatch_lines(
        ["*not kept between runs*--model-version=triage=VERSION*"]
    )
    project.answers("triage", 'lambda text: "refund"')
    named = ("--model-version=triage=1",)
    project.run("--modelcheck-offline", *named).stdout.fnmatch_lines(["*copy the cache of a run that did*"])
    project.run(*named)
    assert "OfflineError" not in project.run("--modelcheck-offline", *named).stdout.str()


def test_a_red_verdict_is_the_same_as_online_where_its_noise_was_measured(project):
    project.test(TEST)
    project.approve("2.0")
    online = project.run("--model-version=2.1")
    offline = project.run("--model-version=2.1", "--modelcheck-offline")
    assert project.verdict(offline).findings == project.verdict(online).findings


@pytest.mark.parametrize("option", ["--modelcheck-offline", "--modelcheck-max-calls=1"])
def test_a_run_without_answers_leaves_a_complete_candidate_for_approval(project, option):
    project.test(TEST)
    project.run("--model-version=2.0")
    shutil.rmtree(project.path / ".modelcheck_cache" / "predictions")
    result = project.fails("--model-version=2.0", option)
    assert "answers are missing, so the results of the last complete run" in result.stdout.str()
    assert "2.0 is approved" in project.command("approve", "2.0").stdout.str()


def test_a_run_without_answers_replaces_a_candidate_of_other_cases(project):
    project.test(TEST)
    project.run("--model-version=2.0")
    tickets = (project.path / "tickets.yaml").read_text()
    project.write("tickets.yaml", tickets + '- {id: t-11, input: "Brand new", expected: other}\n')
    result = project.fails("--model-version=2.0", "--modelcheck-offline")
    assert "answers are missing, so" not in result.stdout.str()
    assert "1/11 cases raised an error" in project.command("approve", "2.0").stdout.str()
