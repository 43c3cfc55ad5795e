import shutil

import pytest


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
    assert "in two of the jobs" in output
    assert "job-test_known" in output
    assert "job-again" in output
    assert not (project.root / ".modelcheck_cache").exists()


def test_a_folder_without_candidates_is_refused(project, command):
    (project.root / "empty").mkdir()
    assert "holds no candidates" in command("merge", "empty", code=1).output


def test_an_account_of_an_earlier_run_does_not_stay_beside_another(shards, project, command):
    command("merge", *shards)
    (candidate, *_) = sorted((project.root / ".modelcheck_cache").rglob("*.jsonl"))
    account = candidate.with_suffix(".report")
    account.write_text("of an earlier run")
    command("merge", *shards)
    assert not account.exists()
