"""``--modelcheck-watch``: nights add up to one alarm, and a new approval starts afresh."""

import json
import re
import shutil
from dataclasses import replace

import pytest

from pytest_modelcheck.baselines import watch
from pytest_modelcheck.errors import BaselineError

MODEL = """
    import random
    from pathlib import Path

    HERE = Path(__file__).parent

    @model_fixture({declared})
    def triage(model_version):
        how = (HERE / "how").read_text()
        loads = HERE / "loads"
        loads.write_text(loads.read_text() + "." if loads.exists() else ".")
        rng = random.Random(len(loads.read_text()))

        def predict(text):
            usual = "moved" if how.startswith("moved") else "usual"
            if how == "one" and text == "3":
                usual = "moved"
            noisy = "noisy" in how and rng.random() < 0.2
            return "odd" if noisy else usual

        return predict
"""
TEST = """
@pytest.mark.golden([{"id": f"c{number}", "input": str(number)} for number in range(20)], at_least=0.0)
def test_known(triage, case):
    triage(case.input)
"""
DRIFT = """
@pytest.mark.drift([{"input": str(number)} for number in range(100)])
def test_drift(triage, case):
    case.record(triage(case.input))
"""
NIGHT = ("--model-version=1.0", "--modelcheck-watch", "--modelcheck-revalidate=8")
APPROVE = ("--model-version=1.0", "--modelcheck-update", "--modelcheck-reason=looked at")


@pytest.fixture
def nightly(project):
    """A project whose model can be swapped without changing its version, approved on three runs."""

    def become(how):
        (project.path / "how").write_text(how)

    def nights():
        return watch.read(project.path / "baselines")

    project.become, project.nights = become, nights
    project.model(MODEL.replace("{declared}", ""))
    project.test(TEST)
    become("noisy")
    project.passes(*APPROVE)
    return project


def finding(project, result, limit="revalidation"):
    (found,) = [one for one in project.verdict(result).findings if one.limit == limit]
    return found


def test_nights_add_up_until_they_alarm(nightly):
    result = nightly.passes(*NIGHT)
    result.stdout.fnmatch_lines(
        ["watch: night 1, 1 check of it kept; strongest evidence * (alarm at 100): test_*::test_known"]
    )
    quiet = finding(nightly, nightly.run(*NIGHT))
    assert quiet.status.value == "passed"
    assert quiet.summary.startswith("night 2: evidence ")
    assert " that 1.0 is no longer what you approved (alarm at 100); 8 calls made again, " in quiet.summary
    nightly.become("moved and noisy")
    result = nightly.fails(*NIGHT)
    loud = finding(nightly, result)
    assert loud.nights.evidence >= 100 > quiet.nights.evidence
    assert [night.night for night in nightly.nights()] == [1, 2, 3]
    advice = "look at what it does now (pytest --modelcheck-cache=refresh, then modelcheck diff 1.0), and"
    assert advice in loud.summary
    assert re.search(
        r": 7 answered otherwise than approved \((c\d+, ){4}c\d+ \(\+2 more\)\); look", loud.summary
    )
    nightly.passes("--modelcheck-cache=refresh")
    nightly.command("diff", "1.0").stdout.fnmatch_lines(["  triage 1.0 as approved*20 changed"])


def test_an_alarm_stays_until_the_next_approval(nightly):
    nightly.become("moved and noisy")
    nightly.fails(*NIGHT)
    nightly.become("noisy")
    result = nightly.run(*NIGHT)
    while finding(nightly, result).nights.evidence >= 100:
        result = nightly.run(*NIGHT)
    result.assert_outcomes(failed=1)
    assert "an earlier night alarmed that 1.0" in finding(nightly, result).summary
    nightly.become("moved and noisy")
    nightly.passes(*APPROVE, "--modelcheck-cache=refresh")
    assert nightly.nights() == []
    result = nightly.passes(*NIGHT)
    assert finding(nightly, result).nights.night == 1


def test_nights_of_an_older_approval_do_not_count_though_a_merge_brings_them_back(nightly):
    nightly.run(*NIGHT)
    old = nightly.nights()
    nightly.passes(*APPROVE, "--modelcheck-cache=refresh")
    watch.unite(nightly.path / "baselines", old)
    assert finding(nightly, nightly.run(*NIGHT)).nights.night == 1


def test_each_night_takes_other_calls(nightly):
    for _ in range(3):
        nightly.run(*NIGHT)
    calls = [{call for calls in night.calls.values() for call in calls} for night in nightly.nights()]
    assert [len(each) for each in calls] == [8, 8, 8]
    assert len(set.union(*calls)) > 12


def test_one_answer_of_a_model_that_never_varied_is_enough(nightly):
    nightly.become("as ever")
    nightly.passes(*APPROVE, "--modelcheck-cache=refresh")
    nightly.become("one")
    result = nightly.fails(*NIGHT[:2], "--modelcheck-revalidate=20")
    message = (
        "1 answered otherwise than approved (c3), and nothing ever varied: triage 1.0 is no longer what "
    )
    assert message in finding(nightly, result).summary


def test_the_alarm_of_one_answer_stays_though_the_model_goes_back_or_the_cache_is_lost(nightly):
    nightly.become("as ever")
    nightly.passes(*APPROVE, "--modelcheck-cache=refresh")
    nightly.become("one")
    result = nightly.fails(*NIGHT[:2], "--modelcheck-revalidate=20")
    result.stdout.fnmatch_lines(["watch: night 1, *; strongest evidence 100 (alarm at 100): *"])
    nightly.become("as ever")
    message = "an earlier night alarmed that 1.0 is no longer what you approved; "
    assert message in finding(nightly, nightly.fails(*NIGHT)).summary
    shutil.rmtree(nightly.path / ".modelcheck_cache")
    nothing = finding(nightly, nightly.fails(*NIGHT))
    assert f"{message}triage 1.0 has no cached answer to verify; look at what it does" in nothing.summary
    listed = nightly.command("list").stdout
    listed.fnmatch_lines(["*night 2, evidence 100 (alarm at 100); it alarms until somebody approves anew"])
    nightly.passes(*APPROVE)
    nightly.passes(*NIGHT)


@pytest.mark.parametrize(("declared", "failed"), [("", 0), ("deterministic=True", 1)])
def test_one_approved_run_does_not_tell_a_change_from_an_unlucky_answer(project, declared, failed):
    (project.path / "how").write_text("as ever")
    project.model(MODEL.replace("{declared}", declared))
    project.test(TEST)
    project.ini("modelcheck_approval_runs = 1")
    project.passes(*APPROVE)
    (project.path / "how").write_text("one")
    result = project.run(*NIGHT[:2], "--modelcheck-revalidate=20")
    result.assert_outcomes(passed=1 - failed, failed=failed)
    assert "1 answered otherwise than approved" in finding(project, result).summary


def test_a_drift_check_is_held_against_all_nights(nightly):
    nightly.test(DRIFT)
    nightly.passes(*APPROVE)
    night = ("--model-version=1.0", "--modelcheck-watch", "--modelcheck-cache=refresh")
    nightly.passes(*night)
    (first,) = nightly.nights()
    assert (first.of, first.night) == ("distribution", 1)
    quiet = [replace(first, night=number, run=f"quiet {number}") for number in range(2, 40)]
    watch.unite(nightly.path / "baselines", quiet)
    nightly.become("moved and noisy")
    seen = [finding(nightly, nightly.run(*night), "drift") for _ in range(5)]
    assert [one.nights.night for one in seen] == [40, 41, 42, 43, 44]
    evidence = [one.nights.evidence for one in seen]
    assert evidence[2:] == sorted(evidence[2:])
    assert (seen[0].status.value, seen[-1].status.value) == ("passed", "failed")


def test_a_distribution_that_is_another_in_the_first_night_fails_at_once(nightly):
    nightly.test(DRIFT)
    nightly.passes(*APPROVE)
    nightly.become("moved and noisy")
    result = nightly.fails("--model-version=1.0", "--modelcheck-watch", "--modelcheck-cache=refresh")
    assert "distribution of answers moved" in finding(nightly, result, "drift").summary


def test_without_the_option_nothing_is_written_and_each_run_is_judged_by_itself(nightly):
    result = nightly.run("--model-version=1.0", "--modelcheck-revalidate=8")
    assert finding(nightly, result).nights is None
    assert not watch.path_of(nightly.path / "baselines").exists()


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--model-version=2.0"], "1.0 is approved, and another version runs"),
        (["--modelcheck-baseline=2.0"], "it is compared with 2.0 as named, not as approved"),
        (["--modelcheck-baseline=1.0"], "it is compared with 1.0 as named, not as approved"),
        (["--against=2.0"], "it is compared with 2.0 as named, not as approved"),
        ([], "nothing is approved of it"),
    ],
)
def test_a_check_that_is_not_compared_with_an_approval_is_not_watched(nightly, options, why):
    nightly.passes("--model-version=2.0")
    if not options:
        nightly.test(TEST.replace("test_known", "test_new"))
    result = nightly.run(*(NIGHT[1:] if "--model-version=2.0" in options else NIGHT), *options, "-v")
    assert f"not watched over nights: {why}" in nightly.verdict(result).notes
    result.stdout.fnmatch_lines(["watch: no check of this run could be watched over nights (-v says why)"])
    assert nightly.nights() == []


@pytest.mark.parametrize(
    ("test", "why"),
    [
        (TEST, "no call is repeated; --modelcheck-revalidate=N says how many"),
        (
            DRIFT.replace("(100)])", "(100)], reference=[{'input': 'a'}])"),
            "it is compared with its reference",
        ),
    ],
    ids=["golden", "reference"],
)
def test_a_check_that_repeats_no_call_is_not_watched(nightly, test, why):
    nightly.test(test)
    result = nightly.run("--model-version=1.0", "--modelcheck-watch", "-v")
    assert f"not watched over nights: {why}" in nightly.verdict(result).notes


def test_some_of_the_cases_add_what_they_found(nightly):
    result = nightly.run(*NIGHT, "--modelcheck-case=c1")
    assert finding(nightly, result).status.value == "passed"
    (night,) = nightly.nights()
    assert sum(map(len, night.calls.values())) == 1


def test_a_run_that_is_aborted_keeps_what_its_finished_checks_found(nightly):
    nightly.test(TEST + "\ndef test_later():\n    raise KeyboardInterrupt\n")
    assert nightly.run_apart(*NIGHT).ret == 2
    assert [night.check.partition("::")[2] for night in nightly.nights()] == ["test_known"]


def test_workers_of_xdist_leave_one_night(nightly):
    pytest.importorskip("xdist")
    nightly.test(TEST + DRIFT)
    nightly.run(*APPROVE).assert_outcomes(passed=2)
    for _ in range(2):
        nightly.run_apart("-p", "xdist", "-n", "2", *NIGHT).assert_outcomes(passed=2)
    found = nightly.nights()
    assert sorted({(night.night, night.check.partition("::")[2], night.of) for night in found}) == [
        (number, *each)
        for number in (1, 2)
        for each in (("test_drift", "answers"), ("test_drift", "distribution"), ("test_known", "answers"))
    ]
    assert len({night.run for night in found}) == 2


def test_a_check_that_is_run_twice_in_one_run_leaves_two_nights(nightly):
    pytest.importorskip("xdist")
    result = nightly.run_apart("-p", "xdist", "-n", "2", "--dist=each", *NIGHT)
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["watch: night 1, 1 check of it kept; strongest *"])
    assert [night.night for night in nightly.nights()] == [1, 1]


def test_a_retry_does_not_take_back_what_the_first_try_found(nightly):
    pytest.importorskip("pytest_rerunfailures")
    nightly.become("moved and noisy")
    result = nightly.run_apart("-p", "pytest_rerunfailures", "--reruns=1", *NIGHT)
    result.stdout.fnmatch_lines(["watch: night 1, 1 check of it kept; strongest *"])
    assert [night.evidence >= night.alarm for night in nightly.nights()] == [True, False]
    nightly.command("list").stdout.fnmatch_lines(["*: night 1, *; it alarms until somebody approves anew"])
    nightly.become("noisy")
    nightly.fails(*NIGHT)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            PermissionError(13, "Permission denied"),
            ", since *watch.jsonl could not be written: Permission denied. Make it *",
        ),
        (BaselineError("watch.jsonl:3: contradicts line 1."), ": watch.jsonl:3: contradicts line 1."),
    ],
    ids=["read-only", "damaged meanwhile"],
)
def test_nights_that_cannot_be_written_fail_the_run_and_are_named_once(nightly, monkeypatch, error, message):
    def refuse(*_):
        raise error

    monkeypatch.setattr(watch, "unite", refuse)
    result = nightly.run(*NIGHT)
    result.stdout.fnmatch_lines([f"watch: this night is lost{message}"])
    assert result.stdout.str().count("this night is lost") == 1
    assert result.ret == 1


def test_a_damaged_line_is_named_before_anything_runs(nightly):
    nightly.run(*NIGHT)
    path = watch.path_of(nightly.path / "baselines")
    path.write_bytes(path.read_bytes().replace(b'"night":1', b'"night":9'))
    result = nightly.run(*NIGHT)
    assert result.ret != 0
    result.stderr.fnmatch_lines(["*watch.jsonl:1: this line is not as it was written*"])


def test_it_does_not_go_with_an_approval(nightly):
    nightly.refuses(
        "ERROR: --modelcheck-watch collects evidence about the approved results*",
        *APPROVE,
        "--modelcheck-watch",
    )


def test_the_report_and_the_commands_tell_the_evidence(nightly):
    nightly.run(*NIGHT, "--modelcheck-report=report.json", "--modelcheck-report=report.html")
    (check,) = json.loads((nightly.path / "report.json").read_bytes())["checks"]
    (nights,) = [found["nights"] for found in check["verdict"]["findings"] if found["nights"]]
    assert (nights["of"], nights["night"], nights["alarm"]) == ("answers", 1, 100)
    assert "that 1.0 is no longer what you approved" in (nightly.path / "report.html").read_text()
    nightly.command("list").stdout.fnmatch_lines(["    answers: night 1, evidence * (alarm at 100)"])
