import re
import subprocess

import pytest

from pytest_modelcheck.baselines.identity import approver, now


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.delenv("GIT_CONFIG_GLOBAL", raising=False)
    monkeypatch.setenv("LOGNAME", "login")


def git(folder, *arguments):
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def test_the_identity_is_that_of_git_in_this_repository(tmp_path):
    git(tmp_path, "init")
    git(tmp_path, "config", "user.name", "Ada Lovelace")
    git(tmp_path, "config", "user.email", "ada@example.org")
    assert approver(tmp_path) == "Ada Lovelace <ada@example.org>"


def test_half_an_identity_will_do(tmp_path):
    git(tmp_path, "init")
    git(tmp_path, "config", "user.email", "ada@example.org")
    assert approver(tmp_path) == "ada@example.org"


def test_without_an_identity_it_is_the_login(tmp_path):
    assert approver(tmp_path) == "login"


def test_without_git_it_is_the_login(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert approver(tmp_path) == "login"


def test_a_user_without_a_name_is_unknown(tmp_path, monkeypatch):
    def unknown():
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr("getpass.getuser", unknown)
    assert approver(tmp_path) == "unknown"


def test_the_time_is_utc_to_the_second():
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", now())
