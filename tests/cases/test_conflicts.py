"""What git leaves of a merge that nobody has finished is called that, and not bad YAML."""

import pytest

from pytest_modelcheck import cases
from pytest_modelcheck.errors import CaseError

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
def test_a_conflict_in_a_file_is_said_with_its_line(tmp_path, monkeypatch, name, end):
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
