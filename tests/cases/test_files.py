"""Case files that are missing, misnamed, damaged, compressed, or in conflict."""

from __future__ import annotations

import gzip
import os
import sys
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


def test_messages_name_a_file_relative_to_the_given_root(tmp_path):
    (tmp_path / "t.jsonl").write_text("x")
    with pytest.raises(CaseError, match=f"^{tmp_path.name}/t.jsonl:1: not JSON"):
        list(cases.load("t.jsonl").bind(tmp_path, tmp_path.parent))


def test_an_absolute_path_needs_no_base_and_a_given_base_stays(tmp_path):
    (tmp_path / "t.jsonl").write_text('"a"\n')
    assert len(cases.load(tmp_path / "t.jsonl")) == 1
    assert len(cases.load("t.jsonl", base=str(tmp_path)).bind(tmp_path / "elsewhere")) == 1


def test_a_relative_path_without_a_base_is_an_error_that_says_what_to_pass():
    with pytest.raises(
        CaseError, match=r"t.jsonl: the path is relative to an unknown folder; pass base=Path"
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
    assert checked("other.csv", tmp_path).endswith(f"looked in {tmp_path}; no file there has a similar name")
    assert checked("no/t.csv", tmp_path).endswith(f"its folder {tmp_path / 'no'} does not exist")
    assert "does not exist" in checked("tickets.yml/t.csv", tmp_path)


def test_the_most_similar_name_comes_first(tmp_path):
    for name in ("t.csv", "t.json", "t.jsonl", "t.yaml"):
        (tmp_path / name).write_text("x")
    assert "did you mean t.yaml or " in checked("t.yml", tmp_path)


@pytest.mark.parametrize(
    ("written", "suggested"),
    [("data/t.csv", "../data/t.csv"), ("tests/more/u.csv", "more/u.csv"), ("u.csv", "more/u.csv")],
)
def test_a_path_that_is_meant_from_another_folder_is_put_right(tmp_path, written, suggested):
    for place in ("data/t.csv", "tests/more/u.csv"):
        (tmp_path / place).parent.mkdir(parents=True)
        (tmp_path / place).write_text("input\na\n")
    with pytest.raises(CaseError, match=f"; did you mean {suggested}\\?$"):
        cases.load(written).bind(tmp_path / "tests", tmp_path).check()
    cases.load(suggested).bind(tmp_path / "tests", tmp_path).check()


def test_nothing_is_looked_for_above_the_project(tmp_path):
    (tmp_path / "t.csv").write_text("input\na\n")
    (tmp_path / "project" / "tests").mkdir(parents=True)
    with pytest.raises(CaseError, match="no file there has a similar name"):
        cases.load("t.csv").bind(tmp_path / "project" / "tests", tmp_path / "project").check()


@pytest.mark.parametrize(
    ("written", "suggested"), [(".", "t.csv"), ("..", "../u.csv"), ("more", "more/v.csv")]
)
def test_the_files_of_a_folder_are_suggested_as_they_would_be_written(tmp_path, written, suggested):
    here = tmp_path / "tests"
    (here / "more").mkdir(parents=True)
    for path in (here / "t.csv", tmp_path / "u.csv", here / "more" / "v.csv"):
        path.write_text("input\na\n")
    assert checked(written, here).endswith(f"not a file of cases; did you mean {suggested}?")


def test_a_folder_is_no_file(tmp_path):
    folder = tmp_path / "data.yaml"
    folder.mkdir()
    assert checked("data.yaml", tmp_path).endswith("this is a folder, not a file of cases")
    (folder / "t.csv").write_text("input\na\n")
    assert checked("data.yaml", tmp_path).endswith("did you mean data.yaml/t.csv?")


def test_a_name_that_does_not_say_the_format(tmp_path):
    (tmp_path / "t.txt").write_text("a")
    (tmp_path / "t.gz").write_text("a")
    assert "the name does not tell the format; cases are read from .yaml, .yml" in checked("t.txt", tmp_path)
    assert "the name does not tell the format" in checked("t.gz", tmp_path)


@pytest.mark.parametrize("name", ["t.YAML", "t.b.yml", "t.yaml.gz"])
def test_the_format_is_chosen_by_the_extension(tmp_path, name):
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
    from pytest_modelcheck.cases import files

    def broken(path, mode):
        raise OSError(5, "Input/output error")

    (tmp_path / "t.jsonl").write_text('"a"\n')
    monkeypatch.setattr(files, "open", broken, raising=False)
    with pytest.raises(CaseError, match=r"t.jsonl: the file cannot be opened: Input/output error"):
        list(cases.load("t.jsonl", base=tmp_path))


@pytest.fixture
def zstd():
    return pytest.importorskip("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


@pytest.mark.parametrize("name", ["t.jsonl.zst", "t.yaml.zst", "t.csv.ZST"])
def test_zstd(tmp_path, zstd, name):
    content = {"t.jsonl.zst": b'"a"\n"b"\n', "t.yaml.zst": b"- a\n- b\n", "t.csv.ZST": b"input\na\nb\n"}
    (tmp_path / name).write_bytes(zstd.compress(content[name]))
    loaded = cases.load(name, base=tmp_path, **({} if name != "t.csv.ZST" else {"input": "input"}))
    assert [case.input for case in loaded] == ["a", "b"]


@pytest.mark.parametrize("kind", ["gz", "zst"])
def test_a_file_that_is_not_compressed_as_declared_or_is_truncated_is_refused(tmp_path, zstd, kind):
    packed = gzip.compress(b'"a"\n' * 1000) if kind == "gz" else zstd.compress(b'"a"\n' * 1000)
    for content in (packed[:-3], b"junk", packed + b"junk"):
        (tmp_path / f"t.jsonl.{kind}").write_bytes(content)
        with pytest.raises(CaseError) as caught:
            len(cases.load(f"t.jsonl.{kind}", base=tmp_path))
        refusal = str(caught.value)
        assert "cannot be decompressed (" in refusal
        assert refusal.endswith(f"the file is truncated or not {kind}")


def test_without_a_library_for_zstd_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "backports.zstd", None)
    monkeypatch.setitem(sys.modules, "compression.zstd", None)
    (tmp_path / "t.jsonl.zst").write_bytes(b"x")
    with pytest.raises(CaseError, match=r'pip install "pytest-modelcheck\[zstd\]"'):
        len(cases.load("t.jsonl.zst", base=tmp_path))


@pytest.mark.parametrize("name", ["t.json", "t.csv", "t.yaml", "t.jsonl", "t.jsonl.gz", "t.yaml.gz"])
def test_more_than_can_have_been_meant_is_refused_before_it_is_held(tmp_path, monkeypatch, name):
    from pytest_modelcheck.cases import files

    monkeypatch.setattr(files, "MOST", 1000)
    content = b'"' + b"a" * 10_000_000
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    with pytest.raises(CaseError, match="128 MiB or more"):
        len(cases.load(name, base=tmp_path))


SAYS = (
    ": an unresolved git conflict begins here. Keep the cases of one side, or of both, and remove the lines "
    "that begin with <<<<<<<, ======= and >>>>>>>"
)
LINES = {
    "t.yaml": ("- input: a", "- input: b", "- input: c"),
    "t.json": ('[{"input": "a"},', '{"input": "b"}', '{"input": "c"}]'),
    "t.jsonl": ('{"input": "a"}', '{"input": "b"}', '{"input": "c"}'),
    "t.csv": ("input,expected", "b,x", "b,y"),
    "t.tsv": ("input", "b", "c"),
}


def conflicting(first, ours, theirs, end="\n"):
    return end.join([first, "<<<<<<< HEAD, mine", ours, "=======", theirs, ">>>>>>> theirs", ""])


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", LINES)
def test_a_conflict_in_a_file_is_reported_with_its_line(tmp_path, monkeypatch, name, end):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(conflicting(*LINES[name], end).encode())
    with pytest.raises(CaseError) as caught:
        list(cases.load(name, base=tmp_path))
    assert str(caught.value) == f"{name}:2{SAYS}"


def test_a_conflict_in_the_header_of_a_table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("<<<<<<< HEAD\ninput\n=======\ntext\n>>>>>>> x\na\n")
    with pytest.raises(CaseError, match=r"^t.csv:1: an unresolved git conflict"):
        list(cases.load("t.csv", base=tmp_path))


CODE = "<<<<<<< HEAD\na = 1\n=======\na = 2\n>>>>>>> x"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", f'input,expected\n"{CODE}",a = 1\n'),
        ("t.csv", f'input\n"{CODE}"\n'),
        ("t.yaml", "- input: |\n    " + CODE.replace("\n", "\n    ") + "\n"),
        ("t.jsonl", '{"input": "' + CODE.replace("\n", "\\n") + '"}\n'),
    ],
)
def test_a_case_may_be_about_a_conflict(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    (case,) = cases.load(name, base=tmp_path)
    assert case.input.strip() == CODE
