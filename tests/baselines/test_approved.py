import os

import pytest

from pytest_modelcheck.baselines.approved import Approved, read
from pytest_modelcheck.baselines.approved import write as add
from pytest_modelcheck.baselines.atomic import Batch
from pytest_modelcheck.errors import BaselineError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "triage" / "approved.yaml"


def write(path, approved):
    with Batch() as batch:
        add(batch, path, approved)


@pytest.mark.parametrize(
    "approved",
    [
        Approved("2.0"),
        Approved("2.10", "sha:1"),
        Approved("1e3"),
        Approved("null"),
        Approved("yes", "0x1f"),
        Approved("../../etc"),
        Approved("two\nlines: [x", "- é"),
        Approved("2025-01-01"),
    ],
)
def test_a_version_comes_back_as_the_text_that_it_is(path, approved):
    write(path, approved)
    assert read(path) == approved


def test_it_says_version_and_fingerprint_and_nothing_else_so_that_approvals_merge(path):
    write(path, Approved("2.0", "f1"))
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    assert lines == ["version: '2.0'", "fingerprint: f1"]


def test_writing_the_same_again_leaves_the_file_alone(path):
    write(path, Approved("2.0"))
    os.utime(path, (1, 1))
    write(path, Approved("2.0"))
    assert path.stat().st_mtime == 1


@pytest.mark.parametrize(
    "text", ["version: 2.10\n", "version: 2.10\nfingerprint: null\n", "version: 2.10 # quoted or not\n"]
)
def test_a_version_that_a_person_wrote_without_quotes_is_not_a_number(path, text):
    path.parent.mkdir()
    path.write_text(text)
    assert read(path) == Approved("2.10")


def test_nothing_is_approved_where_there_is_no_file(path):
    assert read(path) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "names no version"),
        ("fingerprint: x\n", "names no version"),
        ("version:\n", "names no version"),
        ("- 2.0\n", "names no version"),
        ("version: [1, 2]\n", ":1: 'version' is not a single value"),
        ("version: '2.0\n", "not YAML"),
        ("a: 1\n<<<<<<< HEAD\nversion: '2.0'\n", ":2: an unresolved git conflict. Keep the version"),
        ("version: " + "[" * 100_000, "nested too deeply"),
        ("? [a, b]\n: '2.0'\n", ":1: a name of several parts is not a single value"),
        ("version: !!python/object/apply:os.system ['echo']\n", "not a single value"),
    ],
)
def test_a_damaged_file_is_named(path, text, problem):
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(BaselineError) as caught:
        read(path)
    assert str(caught.value).startswith(str(path))
    assert problem in str(caught.value)


def test_a_file_that_is_no_text_is_named(path):
    path.parent.mkdir()
    path.write_bytes(b"version: \xff\n")
    with pytest.raises(BaselineError, match="not UTF-8"):
        read(path)


def test_a_file_that_cannot_be_read_is_named(path):
    path.mkdir(parents=True)
    with pytest.raises(BaselineError, match="cannot be read: Is a directory"):
        read(path)
