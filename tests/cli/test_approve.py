import json

import click
import pytest
from click.testing import CliRunner

from pytest_modelcheck.baselines.store import ApprovedVersion, BaselineStore
from pytest_modelcheck.canonical import Codec
from pytest_modelcheck.cli.command import modelcheck
from pytest_modelcheck.records import Finding, Outcome, Status
from pytest_modelcheck.trajectories.calls import Message, ToolCall
from pytest_modelcheck.trajectories.trajectory import Trajectory

KNOWN = "tests/test_triage.py::test_known"
RED = Finding("at_least", Status.FAILED, "1/2 cases pass (50.0%), at least 95% required")


@pytest.fixture
def store(project):
    return BaselineStore(project.root / "baselines")


def test_a_version_is_approved_by_the_git_identity_with_a_reason(project, command, store):
    project.run({"a": 1, "b": 2})
    assert command("approve", "2.1", "--reason", "better Spanish").output == (
        "triage 2.1 is approved (the first approval)\n"
        "  tests/test_triage.py::test_known\n"
        "    2 cases\n"
        "Approved on 1 run, noise unknown. To approve three runs in place of one:\n"
        "  pytest --model-version=2.1 --modelcheck-update\n"
        "Written to baselines: review it with git diff, and commit it.\n"
    )
    header = store.read("triage", KNOWN).header
    assert (header.approved_by, header.reason) == ("Ada <ada@example.org>", "better Spanish")
    assert header.approved_with == "modelcheck approve"
    assert header.plugin


def test_changes_since_the_last_approval_are_counted(project, command):
    project.run({"a": 1, "b": 2}, version="2.0")
    project.run({"a": 1}, "test_other", version="2.0")
    command("approve", "2.0")
    project.run({"a": 9, "c": 1})
    assert command("approve", "2.1").output == (
        "triage 2.1 is approved for 1 of 2 checks (previously 2.0)\n"
        "  tests/test_triage.py::test_known\n"
        "    2 cases: 1 changed, 1 added, 1 removed since 2.0\n"
        "Approved on 1 run, noise unknown. To approve three runs in place of one:\n"
        "  pytest --model-version=2.1 --modelcheck-update\n"
        "still approved with another version (run them with 2.1 and approve them, or leave them):\n"
        "  tests/test_triage.py::test_other  2.0\n"
        "Written to baselines: review it with git diff, and commit it.\n"
    )


def test_an_unchanged_approval_is_not_reported_as_written(project, command):
    project.run({"a": 1, "b": 2})
    command("approve", "2.1", "--reason", "why")
    output = command("approve", "2.1", "--reason", " ").output
    assert "none changed\n" in output
    assert output.endswith("\nNothing was written: all of this was approved before.\n")
    assert "Written to baselines" in command("approve", "2.1", "--reason", "why else").output


def test_a_mistyped_model_is_pointed_at(project, command):
    project.run({"a": 1})
    output = command("approve", "triaje=2.1", code=2).output
    assert "no run of triage triaje=2.1 is stored" in output
    assert "If 'triaje' was meant to be a model: there is 'triage' only" in output


def test_a_red_candidate_is_refused_with_a_remedy(project, command, store):
    project.run({"a": 1}, findings=(RED,))
    assert command("approve", "2.1", code=1).output == (
        "triage 2.1 is not approved; nothing was written\n"
        "  tests/test_triage.py::test_known\n"
        "    1/2 cases pass (50.0%), at least 95% required\n"
        "To run again:        pytest --model-version=2.1\n"
        "To approve a part:   modelcheck approve 2.1 --check PATTERN\n"
        "To approve it as is: modelcheck approve 2.1 --force --reason TEXT\n"
    )
    assert store.approved("triage") is None


def test_force_approves_it_all_the_same_and_says_so(project, command, store):
    project.run({"a": 1}, findings=(RED,))
    assert (
        "    forced: 1/2 cases pass (50.0%), at least 95% required\n"
        in command("approve", "2.1", "--force").output
    )
    assert store.read("triage", KNOWN).header.forced == (RED.summary,)


def test_a_part_is_approved_with_check(project, command, store):
    project.run({"a": 1})
    project.run({"a": 1}, "test_other", findings=(RED,))
    command("approve", "2.1", "--check", "test_known")
    assert [header.test for _, header in store.entries()] == [KNOWN]


def test_a_check_that_means_nothing_lists_what_there_is(project, command):
    project.run({"a": 1})
    output = command("approve", "2.1", "--check", "test_knwon", code=2).output
    assert f"no check that triage 2.1 ran matches that. It ran:\n  {KNOWN}" in output


def test_without_a_version_it_is_the_only_one_that_was_run(project, command):
    project.run({"a": 1})
    assert "triage 2.1 is approved" in command("approve").output


def test_without_a_version_among_several_it_is_an_error_that_lists_them(project, command, store):
    for version in ("2.0", "2.1"):
        project.run({"a": 1}, version=version)
    assert (
        "which version of triage? There are runs of 2.0, 2.1. Name one." in command("approve", code=2).output
    )
    assert store.approved("triage") is None


def test_several_models_are_named(project, command, store):
    for model in ("tone", "triage"):
        project.run({"a": 1}, model=model)
    command("approve", "tone=2.1", "triage=2.1")
    assert store.approved("tone") == store.approved("triage") == ApprovedVersion("2.1")


def test_a_version_alone_is_approved_of_all_models_that_ran_it(project, command, store):
    for model in ("tone", "triage"):
        project.run({"a": 1}, model=model)
    project.run({"a": 1}, model="words", version="7")
    output = command("approve", "2.1").output
    assert "tone 2.1 is approved" in output
    assert "triage 2.1 is approved" in output
    assert store.approved("words") is None
    assert "no model has a stored run of 3" in command("approve", "3", code=2).output


def test_if_one_of_several_models_is_refused_the_other_is_approved_and_the_exit_code_says_so(
    project, command, store
):
    project.run({"a": 1}, model="tone", findings=(RED,))
    project.run({"a": 1}, model="triage")
    output = command("approve", "tone=2.1", "triage=2.1", code=1).output
    assert "tone 2.1 is not approved" in output
    assert "modelcheck approve tone=2.1 --force" in output
    assert "triage 2.1 is approved" in output
    assert store.approved("tone") is None


@pytest.mark.parametrize("inside", ["", ".modelcheck_cache", ".modelcheck_cache/candidates"])
def test_candidates_may_come_from_an_artifact(project, command, store, tmp_path_factory, inside):
    project.run({"a": "from ci"})
    artifact = tmp_path_factory.mktemp("artifact")
    (project.root / ".modelcheck_cache").rename(artifact / ".modelcheck_cache")
    command("approve", "2.1", "--from", str(artifact / inside))
    assert store.read("triage", KNOWN)["a"].trials[0].answer == b'"from ci"'


def test_an_artifact_without_candidates_is_named(project, command, tmp_path_factory):
    project.run({"a": 1})
    empty = tmp_path_factory.mktemp("empty")
    output = command("approve", "2.1", "--from", str(empty), code=1).output
    assert f"{empty} holds no candidates. Give the cache folder of the run" in output


def test_history_is_kept_on_request(project, command, store):
    project.run({"a": 1}, version="2.0")
    command("approve", "2.0")
    project.run({"a": 2})
    command("approve", "2.1", "--keep-history")
    assert store.saved_versions("triage") == ["2.0"]


def test_a_test_that_no_longer_exists_is_passed_over(project, command):
    project.run({"a": 1})
    project.run({"a": 1}, "test_other")
    (project.root / "tests" / "test_triage.py").write_text("def test_known(): pass\n")
    output = command("approve", "2.1").output
    assert "passed over, since the test no longer exists:\n  tests/test_triage.py::test_other\n" in output


def test_texts_of_a_candidate_cannot_drive_the_terminal(project, command):
    project.run({"a": 1}, version="\x1b[2J", findings=(Finding("errors", Status.FAILED, "\x1b]0;x\x07"),))
    for arguments in (("approve", "\x1b[2J"), ("approve", "\x1b[2J", "--force")):
        output = command(*arguments, code=1 if len(arguments) == 2 else 0).output
        assert "\x1b" not in output
        assert "\\x1b]0;x\\x07" in output


def test_accepted_changes_are_listed_before_anything_is_written(project, command, store, monkeypatch):
    project.run(dict.fromkeys("abcdefgh", 1), version="2.0", rate=1.0)
    command("approve", "2.0")
    project.run(dict.fromkeys("abcdefgh", 2), failed="a b c d e f", rate=0.25)
    held: list[str] = []
    monkeypatch.setattr(
        "pytest_modelcheck.cli.approve.print_lines",
        lambda lines: held.append(f"{store.approved('triage').version}: {'|'.join(lines)}"),
    )
    command("approve", "2.1")
    assert held[0] == (
        f"2.0: {click.style('approving triage 2.1 accepts:', fg='yellow')}|  tests/test_triage.py::test_known"
        "|    6 of 8 cases broke: a, b, c, d, e (+1 more)"
        "|    75 points below the first approval: 2.0 100% → 2.1 25%"
    )
    assert held[1].startswith("2.1: ")
    assert "triage 2.1 is approved" in held[1]


def test_a_dry_run_shows_the_same_and_writes_nothing(project, command, store):
    project.run({"a": 1, "b": 2}, failed="b")
    output = command("approve", "2.1", "--dry-run").output
    assert "    1 of 2 cases fails: b\ntriage 2.1 would be approved (the first approval)\n" in output
    assert output.endswith("\nNothing was written: --dry-run.\n")
    assert not (project.root / "baselines").exists()
    command("approve", "2.1")
    before = {path: path.read_bytes() for path in store.root.rglob("*") if path.is_file()}
    project.run({"a": 3, "b": 2}, version="3.0")
    output = command("approve", "3.0", "--dry-run", "--keep-history").output
    assert output.startswith("triage 3.0 would be approved (previously 2.1)\n")
    assert "2 cases: 2 changed" in output
    assert "still approved with another version" not in output
    assert {path: path.read_bytes() for path in store.root.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("name", ["approve", "review"])
@pytest.mark.parametrize("unwatched", ["in CI", "without a terminal"])
def test_without_a_terminal_a_reason_is_required_and_kept(
    project, command, store, monkeypatch, name, unwatched
):
    if unwatched == "in CI":
        monkeypatch.setenv("CI", "true")
    else:
        monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _: False)
    project.run({"a": 1})
    output = command(name, "2.1", code=2).output
    assert f"modelcheck {name} {unwatched} needs a reason: add --reason TEXT" in output
    assert store.approved("triage") is None
    command("approve", "2.1", "--dry-run")
    command("approve", "2.1", "--reason", "nightly")
    header = store.header("triage", KNOWN)
    assert (header.reason, header.approved_with) == ("nightly", f"modelcheck approve, {unwatched}")
    assert f"approved with: modelcheck approve, {unwatched}" in command("show", "test_known").output


def test_runs_that_contradict_each_other_are_refused(project, command, store):
    runs = [Outcome.PASSED, Outcome.FAILED, Outcome.PASSED]
    project.run(dict.fromkeys(map(str, range(20)), 1), runs=runs)
    output = command("approve", "2.1", code=1).output
    assert "its 3 runs contradict each other: 20, 0 and 20 cases pass" in output
    assert "pytest --model-version=2.1 --modelcheck-update\n      --modelcheck-cache=refresh" in output
    assert store.approved("triage") is None


REVIEWED, OTHER = "tests/test_triage.py::test_known", "tests/test_triage.py::test_other"
RED_ANSWERS = Finding("at_least", Status.FAILED, "1/3 cases pass, at least 95% required")


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


def answers(project, check=REVIEWED):
    baseline = BaselineStore(project.root / "baselines").read("triage", check)
    return {case: baseline[case].trials[0].answer.decode().strip('"') for case in baseline}


def header(project, check=REVIEWED):
    return BaselineStore(project.root / "baselines").header("triage", check)


def test_each_case_is_shown_and_what_is_not_accepted_stays_as_it_was(changed, reviewing, command):
    output = reviewing(["n", "y", "y", "y"])
    assert "test_known  (1/2)\n  triage 2.0 → 2.1   1 broke, 2 changed, 1 case the same" in output
    assert "  broke (1/3)\n    b  about b\n      'old' → 'new'\nApprove this case [y,n,a,d,s,q,?] n" in output
    assert "no answer changed: approved" in output
    assert "Approve 2 checks, 1 case left as approved before? [Y/n]: y" in output
    assert answers(changed) == {"a": "new", "b": "old", "c": "new", "d": "old"}
    assert (header(changed).version, header(changed).kept, header(changed).rate) == ("2.1", 1, None)
    assert "1 case as approved before: not accepted in review" in command("list").output


def test_rejected_changes_are_not_taken_for_the_behaviour_of_the_version(changed, reviewing):
    reviewing(["n", "y", "y", "y"])
    output = reviewing(["d", "y"], "2.1")
    assert "triage 2.1 as approved → as last run   1 broke, 3 cases the same" in output
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
    assert "nothing was accepted or written" in reviewing(["q"])
    assert header(changed, OTHER).version == "2.0"


def test_any_other_key_explains_the_keys(changed, reviewing):
    output = reviewing(["x", "", "q"])
    assert output.count("  y - approve this case as it is now") == 2


def test_the_advice_after_a_review_of_several_models_names_the_reviewed_one(changed, reviewing):
    changed.run({"a": 1}, model="tone")
    output = reviewing(["a", "y"], "triage=2.1")
    assert "noise unknown. To approve three runs in place of one:" in output
    assert "  pytest --model-version=triage=2.1 --modelcheck-update\n" in output


def test_a_check_that_is_red_is_only_offered_with_force(changed, reviewing):
    changed.run({"a": "new", "b": "new", "c": "new", "d": "old"}, failed="b", findings=(RED_ANSWERS,))
    output = reviewing(["y"])
    assert "cannot be approved: 1/3 cases pass, at least 95% required" in output
    assert "left as it is; --force approves it anyway" in output
    assert header(changed).version == "2.0"
    assert "which version of triage? There are runs of 2.0, 2.1." in reviewing([], code=2)
    reviewing(["a", "y"], "2.1", "--force", "--reason", "known gap")
    assert header(changed).forced == (RED_ANSWERS.summary,)
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
    assert "no run of triage 9.9 is stored" in reviewing([], "9.9", code=2)
    output = reviewing([], "2.1", "--check", "nope", code=2)
    assert "no check that triage 2.1 ran matches 'nope'. There are:" in output


def test_a_test_that_is_run_again_while_it_is_reviewed_is_not_approved_unseen(changed, command, monkeypatch):
    def run_again(*_, **__):
        changed.run({"a": "worse", "b": "worse", "c": "worse", "d": "old"}, failed="b")
        return "y"

    monkeypatch.setattr("click.prompt", run_again)
    monkeypatch.setattr("click.confirm", lambda *_, **__: True)
    output = command("review", code=1).output
    assert f"{REVIEWED} has been run again in the meantime" in " ".join(output.split())
    assert answers(changed) == dict.fromkeys("abcd", "old")


def test_an_agents_actions_are_shown_step_by_step(project, command):
    def done(*names):
        calls = tuple(ToolCall(name) for name in names)
        return json.loads(Codec().encode(Trajectory((Message("assistant", "Done", calls),))))

    project.run({"t": done("look_up", "check_policy", "refund")}, version="2.0")
    command("approve", "2.0")
    project.run({"t": done("look_up", "refund")})
    result = CliRunner().invoke(modelcheck, ["review"], input="y\ny\n")
    assert "      step 3: check_policy is missing\n" in result.output
    assert "      >  3 check_policy()" in result.output
