import shutil

import pytest

from pytest_modelcheck.baselines import atomic


@pytest.fixture
def shards(project):
    """Two jobs, each of which ran one of the two tests."""
    folders = []
    for name in ("test_known", "test_other"):
        project.run({"a": name}, name)
        folder = project.root / f"job-{name}"
        shutil.move(project.root / ".modelcheck_cache", folder)
        folders.append(str(folder))
    return folders


def test_what_two_jobs_left_is_approved_together(shards, project, command):
    output = command("merge", *shards).output
    assert "  triage 2.1: 2 checks\nmerged into .modelcheck_cache/candidates." in output
    assert "for 2 of 2" not in command("approve", "2.1").output
    assert command("list").output.count("2.1, 1 case") == 2


def test_the_same_run_twice_is_merged_once(shards, command):
    assert "triage 2.1: 1 check\n" in command("merge", shards[0], shards[0]).output


def test_two_jobs_that_disagree_are_refused_with_both_places(shards, project, command):
    project.run({"a": "another"})
    shutil.move(project.root / ".modelcheck_cache", project.root / "job-again")
    output = command("merge", *shards, "job-again", code=1).output
    assert "came out differently (1 of 1 cases):\n" in output
    assert "job-test_known" in output
    assert "job-again" in output
    assert not list((project.root / ".modelcheck_cache").rglob("*.*"))


def test_a_folder_without_candidates_is_refused(project, command):
    (project.root / "empty").mkdir()
    assert "holds no candidates" in command("merge", "empty", code=1).output


def run_elsewhere(project, answers=None, **more):
    """Another job that runs ``test_known``."""
    project.run(answers or {"a": "test_known"}, **more)
    shutil.move(project.root / ".modelcheck_cache", project.root / "job-again")


def test_what_a_run_ran_on_does_not_count(shards, project, command):
    run_elsewhere(project, environment="CPython 3.13.0, Linux", plugin="0.0.9")
    output = command("merge", *shards, "job-again").output
    assert "triage 2.1: 2 checks (1 of them in several folders, which agree)\n" in output
    (merged,) = project.root.glob(".modelcheck_cache/**/test_known.jsonl")
    assert b"3.13.0" not in merged.read_bytes()
    command("merge", "job-again", *shards)
    assert b"3.13.0" in merged.read_bytes()


def test_nothing_is_merged_where_a_late_one_disagrees(shards, project, command):
    run_elsewhere(project, fingerprint="f2", stopped="stopped after 1 of 9 cases")
    output = command("merge", shards[1], shards[0], "job-again", code=1).output
    assert "(the model's fingerprint, how many cases were run)" in output
    assert "Nothing was merged." in output
    assert not list((project.root / ".modelcheck_cache").rglob("*.*"))


def test_a_killed_merge_is_finished_by_the_next_command(shards, project, command, monkeypatch):
    def killed(steps, root):
        raise KeyboardInterrupt

    monkeypatch.setattr(atomic, "_carry_out", killed)
    command("merge", *shards, code=1)
    monkeypatch.undo()
    monkeypatch.chdir(project.root)
    assert command("list").output.count("::test_") == 2
    assert not list((project.root / ".modelcheck_cache").rglob(".modelcheck-*"))
