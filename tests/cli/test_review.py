import json

import pytest
from click.testing import CliRunner

from pytest_modelcheck.baselines.store import BaselineStore
from pytest_modelcheck.canonical import Codec
from pytest_modelcheck.cli.command import modelcheck
from pytest_modelcheck.records import Finding, Status
from pytest_modelcheck.trajectories.calls import Message, ToolCall
from pytest_modelcheck.trajectories.trajectory import Trajectory

KNOWN, OTHER = "tests/test_triage.py::test_known", "tests/test_triage.py::test_other"
RED = Finding("at_least", Status.FAILED, "1/3 cases pass, at least 95% required")


@pytest.fixture
def changed(project, command):
    """2.0 is approved; 2.1 answers three of four cases otherwise, and one of them fails."""
    project.run(dict.fromkeys("abcd", "old"), version="2.0")
    project.run({"x": "same"}, "test_other", version="2.0")
    command("approve", "2.0")
    project.run({"a": "new", "b": "new", "c": "new", "d": "old"}, failed="b")
    project.run({"x": "same"}, "test_other")
    return project


@pytest.fixture
def reviewing(changed):
    def run(typed, *arguments, code=0):
        result = CliRunner().invoke(modelcheck, ["review", *arguments], input="\n".join(typed) + "\n")
        assert result.exit_code == code, result.output
        return result.output

    return run


def answers(project, check=KNOWN):
    baseline = BaselineStore(project.root / "baselines").read("triage", check)
    return {case: baseline[case].trials[0].answer.decode().strip('"') for case in baseline}


def header(project, check=KNOWN):
    return BaselineStore(project.root / "baselines").header("triage", check)


def test_each_case_is_shown_and_what_is_not_accepted_stays_as_it_was(changed, reviewing, command):
    output = reviewing(["n", "y", "y", "y"])
    assert "test_known  (1/2)\n  triage 2.0 → 2.1   1 regressed, 2 changed, 1 case the same" in output
    assert (
        "  regressed (1/3)\n    b  about b\n      'old' → 'new'\nApprove this case [y,n,a,d,s,q,?] n"
        in output
    )
    assert "no answer changed: approved" in output
    assert "Approve 2 checks, 1 case left as approved before? [Y/n]: y" in output
    assert answers(changed) == {"a": "new", "b": "old", "c": "new", "d": "old"}
    assert (header(changed).version, header(changed).kept, header(changed).rate) == ("2.1", 1, None)
    assert "1 case as approved before: not accepted in review" in command("list").output


def test_what_was_not_accepted_is_not_taken_for_what_the_version_did(changed, reviewing):
    reviewing(["n", "y", "y", "y"])
    output = reviewing(["d", "y"], "2.1")
    assert "triage 2.1 as approved → as last run   1 regressed, 3 cases the same" in output
    assert "Approve 1 check? [Y/n]: y" in output
    assert "Nothing was written: all of this was approved before." in output


@pytest.mark.parametrize("typed", [[], ["y"], ["y", "y", "y"]])
def test_a_review_that_is_broken_off_writes_nothing_and_says_so(changed, typed):
    typed = "".join(f"{key}\n" for key in typed)
    result = CliRunner().invoke(modelcheck, ["review", "2.1"], input=typed)
    assert result.exit_code == 1
    assert result.output.endswith("\nNothing was written.\n")
    assert header(changed).version == "2.0"


def test_the_last_question_decides(changed, reviewing):
    assert "Nothing was written." in reviewing(["y", "y", "y", "n"])
    assert header(changed).version == "2.0"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["a", "y"], {"a": "new", "b": "new", "c": "new", "d": "old"}),
        (["y", "d", "y"], {"a": "old", "b": "new", "c": "old", "d": "old"}),
        (["n", "a", "y"], {"a": "new", "b": "old", "c": "new", "d": "old"}),
    ],
)
def test_the_rest_of_a_check_can_be_decided_at_once(changed, reviewing, typed, expected):
    reviewing(typed)
    assert answers(changed) == expected


@pytest.mark.parametrize("typed", [["s", "y"], ["d", "y"], ["n", "n", "n", "y"]])
def test_a_check_of_which_nothing_is_accepted_keeps_its_version(changed, reviewing, typed):
    reviewing(typed)
    assert header(changed).version == "2.0"
    assert header(changed, OTHER).version == "2.1"


def test_to_quit_leaves_everything_from_there_on(changed, reviewing):
    assert "nothing was accepted, and nothing was written" in reviewing(["q"])
    assert header(changed, OTHER).version == "2.0"


def test_any_other_key_explains_the_keys(changed, reviewing):
    output = reviewing(["x", "", "q"])
    assert output.count("  y - approve this case as it is now") == 2


def test_a_check_that_is_red_is_only_offered_with_force(changed, reviewing):
    changed.run({"a": "new", "b": "new", "c": "new", "d": "old"}, failed="b", findings=(RED,))
    output = reviewing(["y"])
    assert "in the way: 1/3 cases pass, at least 95% required" in output
    assert "only with --force can it be approved" in output
    assert header(changed).version == "2.0"
    assert "which version of triage? There are runs of 2.0, 2.1." in reviewing([], code=2)
    reviewing(["a", "y"], "2.1", "--force", "--reason", "known gap")
    assert header(changed).forced == (RED.summary,)
    assert header(changed).reason == "known gap"


def test_a_new_check_is_approved_as_a_whole(project):
    project.run({"a": 1, "b": 2})
    result = CliRunner().invoke(modelcheck, ["review"], input="y\ny\n")
    assert "not approved yet: 2 cases\nApprove this check [y,s,q,?] y" in result.output
    assert header(project).version == "2.1"


def test_a_case_that_is_new_or_gone_can_be_left_too(changed, reviewing):
    changed.run({"a": "old", "b": "old", "c": "old", "e": "new"})
    reviewing(["d", "y"], "--check", "test_known")
    assert header(changed).version == "2.0"
    reviewing(["n", "y", "y"], "--check", "test_known")
    assert set(answers(changed)) == {"a", "b", "c"}


def test_a_test_that_was_edited_is_decided_as_a_whole(changed, reviewing):
    changed.run({"a": "new", "b": "old", "c": "old", "d": "old"}, body="another")
    output = reviewing(["y", "y"], "--force", "--check", "test_known")
    assert "the test itself has changed since: cases can only be approved together" in output
    assert answers(changed)["a"] == "new"


def test_a_version_that_never_ran_is_refused(changed, reviewing):
    assert "no run of triage 9.9 is remembered" in reviewing([], "9.9", code=2)
    told = reviewing([], "2.1", "--check", "nope", code=2)
    assert "no check that triage 2.1 ran is meant by 'nope'. There are:" in told


def test_a_test_that_is_run_again_while_it_is_reviewed_is_not_approved_unseen(changed, command, monkeypatch):
    def run_again(*_, **__):
        changed.run({"a": "worse", "b": "worse", "c": "worse", "d": "old"}, failed="b")
        return "y"

    monkeypatch.setattr("click.prompt", run_again)
    monkeypatch.setattr("click.confirm", lambda *_, **__: True)
    output = command("review", code=1).output
    assert f"{KNOWN} has been run again in the meantime" in " ".join(output.split())
    assert answers(changed) == dict.fromkeys("abcd", "old")


def test_what_an_agent_did_is_shown_step_by_step(project, command):
    def done(*names):
        calls = tuple(ToolCall(name) for name in names)
        return json.loads(Codec().encode(Trajectory((Message("assistant", "Done", calls),))))

    project.run({"t": done("look_up", "check_policy", "refund")}, version="2.0")
    command("approve", "2.0")
    project.run({"t": done("look_up", "refund")})
    result = CliRunner().invoke(modelcheck, ["review"], input="y\ny\n")
    assert "      step 3: check_policy is missing\n" in result.output
    assert "      >  3 check_policy()" in result.output
