"""The file of labels: written labels are read back, and invalid ones are refused with their place."""

import json
import random
import subprocess

import pytest

from pytest_modelcheck import cases
from pytest_modelcheck.errors import LabelError
from pytest_modelcheck.labels import JudgedAnswer, Label, in_order, key_of, mismatch, read, write

GIVEN = {"question": "Where is my parcel?", "answer": "On its way.\nIt arrives ëarly."}


def test_labels_are_read_back_as_they_were_written(tmp_path):
    path = tmp_path / "labels" / "helpful.jsonl"
    label = Label(GIVEN, value=True, metadata={"by": "Ada", "note": "polite"})
    write(path, [label])
    assert read(path)[label.key].value is True
    assert read(path)[label.key].metadata == {"by": "Ada", "note": "polite"}
    assert read(path)[label.key].origin.line == 1


def test_a_rewritten_file_keeps_ids_and_needs_no_byte_order_mark(tmp_path):
    path = tmp_path / "helpful.jsonl"
    line = '{"id":"h-1","input":{"answer":"Yes"},"expected":true}\n'
    path.write_text(line, encoding="utf-8-sig")
    write(path, read(path).values())
    assert path.read_text(encoding="utf-8") == line


def test_a_label_belongs_to_arguments_in_any_order(tmp_path):
    assert key_of({"a": 1, "b": 2}) == key_of({"b": 2, "a": 1})
    assert key_of({"a": 1, "b": 2}) != key_of({"a": 2, "b": 1})


def test_no_file_is_no_labels(tmp_path):
    assert read(tmp_path / "none.jsonl") == {}


def test_lines_do_not_depend_on_the_order_of_labels(tmp_path):
    labels = [Label({"answer": str(n)}, value=n % 2 == 0) for n in range(20)]
    write(tmp_path / "one.jsonl", labels)
    write(tmp_path / "two.jsonl", reversed(labels))
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()


def test_the_labels_are_cases_whose_input_is_what_was_judged(tmp_path):
    path = tmp_path / "helpful.jsonl"
    write(path, [Label(GIVEN, value=False, metadata={"by": "Ada"})])
    (case,) = cases.load(path)
    assert (case.input, case.expected, dict(case.metadata)) == (GIVEN, False, {"by": "Ada"})


def test_labels_of_two_branches_merge_without_a_conflict(tmp_path):
    def git(*arguments):
        return subprocess.run(["git", *arguments], cwd=tmp_path, capture_output=True, text=True, check=True)

    path = tmp_path / "helpful.jsonl"
    base = [Label({"answer": f"base {n}"}, value=True) for n in range(40)]
    write(path, base)
    git("init", "-q", "-b", "main")
    git("config", "user.email", "ada@example.com")
    git("config", "user.name", "Ada")
    git("add", ".")
    git("commit", "-qm", "base")
    git("checkout", "-qb", "other")
    write(path, [*base, Label({"answer": "one"}, value=True)])
    git("commit", "-qam", "one")
    git("checkout", "-q", "main")
    write(path, [*base, Label({"answer": "two"}, value=False)])
    git("commit", "-qam", "two")
    git("merge", "-q", "other")
    assert len(read(path)) == 42


def test_equal_labels_count_once_and_contradictions_are_refused(tmp_path):
    path = tmp_path / "helpful.jsonl"
    line = json.dumps({"input": GIVEN, "expected": True})
    path.write_text(f"{line}\n{line}\n")
    assert len(read(path)) == 1
    path.write_text(f"{line}\n{json.dumps({'input': GIVEN, 'expected': 1})}\n")
    with pytest.raises(LabelError, match=r"helpful.jsonl:2: two labels .* line 1 says true, and this one 1"):
        read(path)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("<<<<<<< HEAD", "settle the conflict of the merge first"),
        ('{"input": {}}', "no label: write"),
        ('{"input": {}, "expected": null}', "a label is true, false, a category or a score"),
        ('{"input": {}, "expected": true, "by": "Ada"}', "a label has no by; put it into metadata"),
        ("[1]", "no label: write"),
    ],
)
def test_an_invalid_label_is_refused_with_its_line(tmp_path, line, message):
    path = tmp_path / "helpful.jsonl"
    path.write_text(f"\n{line}\n")
    with pytest.raises(LabelError, match=r"helpful\.jsonl:2: ") as caught:
        read(path)
    assert message in str(caught.value)


def test_the_old_file_stays_where_the_new_one_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LabelError, match="cannot be written"):
        write(tmp_path / "file" / "helpful.jsonl", [])


MIXED = [
    JudgedAnswer({"answer": str(n)}, answer=n % 5 > 0, metadata={"language": "es" if n % 4 == 0 else "en"})
    for n in range(400)
]


def test_every_beginning_has_about_its_share_of_what_the_judge_rejected():
    for size in (20, 40, 100, 200):
        rejected = sum(not one.answer for one in in_order(MIXED)[:size])
        assert abs(rejected - size / 5) <= 2


def test_every_beginning_has_about_its_share_of_each_slice():
    spanish = sum(one.metadata["language"] == "es" for one in in_order(MIXED)[:80])
    assert 17 <= spanish <= 23


def test_the_order_is_the_same_however_answers_come():
    shuffled = random.Random(1).sample(MIXED, len(MIXED))
    assert in_order(shuffled) == in_order(MIXED)


def test_answers_on_which_versions_differ_are_a_stratum():
    answers = [JudgedAnswer({"answer": str(n)}, answer=True, differs=n < 40) for n in range(400)]
    assert 3 <= sum(one.differs for one in in_order(answers)[:40]) <= 5


@pytest.mark.parametrize(
    ("values", "answers", "found"),
    [
        ([True, 1], [True, False], "a label says 1, and the judge answers true or false"),
        (["no"], [False, None], 'a label says "no", and the judge answers true or false'),
        ([True], ["good", "bad"], "a label says true, and the judge answers with text"),
        (["7"], [7, 8.5], 'a label says "7", and the judge answers with numbers'),
        ([True, 0.5], [0.25, 1], None),
        (["good"], ["bad"], None),
        ([1], [{"verdict": 1}], None),
        ([1], [True, "good"], None),
        ([1], [], None),
    ],
)
def test_labels_of_another_kind_than_the_answers_are_described(values, answers, found):
    assert mismatch([Label({"answer": str(one)}, one) for one in values], answers) == found


def test_the_line_of_a_label_of_another_kind_is_named(tmp_path):
    path = tmp_path / "helpful.jsonl"
    path.write_text('\n{"input":{"answer":"Yes"},"expected":"yes"}\n')
    text = mismatch(read(path).values(), [True])
    assert text == 'a label says "yes" (line 2), and the judge answers true or false'
