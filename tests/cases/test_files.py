"""Where files of cases are looked for, and what is wrong with those that cannot be read."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from pytest_modelcheck import cases
from pytest_modelcheck.errors import CaseError


def checked(path, base):
    with pytest.raises(CaseError) as caught:
        cases.load(path, base=base).check()
    with pytest.raises(CaseError) as read:
        list(cases.load(path, base=base))
    assert str(read.value) == str(caught.value)
    return str(caught.value)


def test_a_relative_path_is_meant_from_the_folder_of_the_test_file(tmp_path, monkeypatch):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "t.jsonl").write_text('"a"\n')
    monkeypatch.chdir(tmp_path)
    loaded = cases.load("../sub/t.jsonl").bind(tmp_path / "sub")
    assert loaded.paths == (tmp_path / "sub" / "../sub/t.jsonl",)
    assert loaded.origin == "../sub/t.jsonl"
    assert str(loaded[0].origin) == str(Path("sub", "t.jsonl")) + ":1"


def test_messages_name_a_file_from_the_root_that_they_are_told(tmp_path):
    (tmp_path / "t.jsonl").write_text("x")
    with pytest.raises(CaseError, match=f"^{tmp_path.name}/t.jsonl:1: not JSON"):
        list(cases.load("t.jsonl").bind(tmp_path, tmp_path.parent))


def test_an_absolute_path_needs_no_base_and_a_base_once_said_stays(tmp_path):
    (tmp_path / "t.jsonl").write_text('"a"\n')
    assert len(cases.load(tmp_path / "t.jsonl")) == 1
    assert len(cases.load("t.jsonl", base=str(tmp_path)).bind(tmp_path / "elsewhere")) == 1


def test_a_relative_path_without_a_base_is_an_error_that_says_what_to_pass():
    with pytest.raises(
        CaseError, match=r"t.jsonl: a relative path, and nothing says from where; pass base=Path"
    ):
        list(cases.load("t.jsonl"))


def test_loading_looks_at_nothing_before_it_must(tmp_path):
    loaded = cases.load("t.jsonl", base=tmp_path)
    (tmp_path / "t.jsonl").write_text('"a"\n')
    assert [case.input for case in loaded] == ["a"]


def test_a_missing_file_says_where_it_was_looked_for_and_what_is_near(tmp_path):
    (tmp_path / "tickets.yml").write_text("- a")
    (tmp_path / "ticket.yaml").write_text("- a")
    message = checked("tickets.yaml", tmp_path)
    assert message.endswith(f"tickets.yaml: looked in {tmp_path}; did you mean tickets.yml or ticket.yaml?")
    assert checked("other.csv", tmp_path).endswith(
        f"looked in {tmp_path}; there is nothing with a similar name"
    )
    assert checked("no/t.csv", tmp_path).endswith(f"its folder {tmp_path / 'no'} does not exist")
    assert "does not exist" in checked("tickets.yml/t.csv", tmp_path)


def test_a_folder_is_no_file(tmp_path):
    folder = tmp_path / "data.yaml"
    folder.mkdir()
    assert checked("data.yaml", tmp_path).endswith("this is a folder, not a file of cases")
    (folder / "t.csv").write_text("input\na\n")
    assert checked("data.yaml", tmp_path).endswith("did you mean data.yaml/t.csv?")


def test_a_name_that_does_not_say_the_format(tmp_path):
    (tmp_path / "t.txt").write_text("a")
    (tmp_path / "t.gz").write_text("a")
    assert "cannot tell from its name what this file holds; cases are read from .yaml, .yml" in checked(
        "t.txt", tmp_path
    )
    assert "cannot tell from its name" in checked("t.gz", tmp_path)


@pytest.mark.parametrize("name", ["t.YAML", "t.b.yml", "t.yaml.gz"])
def test_the_format_is_told_by_the_end_of_the_name(tmp_path, name):
    (tmp_path / name).write_bytes(gzip.compress(b"- a\n") if name.endswith("gz") else b"- a\n")
    assert [case.input for case in cases.load(name, base=tmp_path)] == ["a"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_is_no_regular_file(tmp_path):
    os.mkfifo(tmp_path / "t.jsonl")
    assert "this is not a regular file" in checked("t.jsonl", tmp_path)


def test_a_file_that_cannot_be_opened(tmp_path, monkeypatch):
    (tmp_path / "t.jsonl").write_text('"a"\n')
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert "the file cannot be opened: permission denied" in checked("t.jsonl", tmp_path)


def test_a_name_that_no_file_can_have(tmp_path):
    assert "the file cannot be opened: " in checked("t\0.yaml", tmp_path)
    assert "the file cannot be opened: " in checked("t" * 5000 + ".yaml", tmp_path)


def test_a_read_error_in_the_middle(tmp_path, monkeypatch):
    from pytest_modelcheck.cases.files import CaseFile

    def broken(self):
        raise OSError(5, "Input/output error")

    (tmp_path / "t.jsonl").write_text('"a"\n')
    monkeypatch.setattr(CaseFile, "_open", broken)
    with pytest.raises(CaseError, match=r"t.jsonl: the file cannot be opened: Input/output error"):
        list(cases.load("t.jsonl", base=tmp_path))
