"""Where a report says that it was made."""

import subprocess

import pytest_modelcheck
from pytest_modelcheck.reports.surroundings import environment, versions


def test_versions_name_ours_and_pythons():
    assert list(versions(pytest="9.0")) == ["pytest-modelcheck", "Python", "pytest"]
    assert versions()["pytest-modelcheck"] == pytest_modelcheck.__version__


def test_a_job_of_github_is_linked(tmp_path):
    variables = {
        "GITHUB_SHA": "abc",
        "GITHUB_REF_NAME": "main",
        "GITHUB_SERVER_URL": "https://github.example",
        "GITHUB_REPOSITORY": "a/b",
        "GITHUB_RUN_ID": "7",
        "API_KEY": "secret",
    }
    found = environment(tmp_path, variables)
    assert found.pop("system")
    assert found == {"commit": "abc", "branch": "main", "job": "https://github.example/a/b/actions/runs/7"}


def test_without_ci_git_says_what_was_tested(tmp_path):
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run([*git, "init", "-q", "-b", "trunk"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "first"], check=True)
    found = environment(tmp_path, {})
    assert found["branch"] == "trunk"
    assert len(found["commit"]) == 40


def test_outside_of_a_repository_there_is_only_the_system(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert list(environment(tmp_path, {})) == ["system"]


def test_a_machine_without_git_is_no_error(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "commit" not in environment(tmp_path, {})
