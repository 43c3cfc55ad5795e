"""``watch.jsonl``: lines of any branch in any order, each counted once, and none that was altered."""

from dataclasses import replace

import pytest

from pytest_modelcheck.baselines import watch
from pytest_modelcheck.baselines.atomic import Batch
from pytest_modelcheck.baselines.watch import Night
from pytest_modelcheck.errors import BaselineError

ONE = Night(
    model="triage",
    version="1.0",
    check="tests/test_a.py::test_known[é\u202e]",
    of="answers",
    approval="0123456789ab",
    night=1,
    run="2026-11-30T03:17:00Z 00c0ffee",
    evidence=1.5,
    alarm=100.0,
    calls={"0 0": ["aa", "bb"], "x1 x2": ["cc"]},
)
TWO = replace(ONE, night=2, run="2026-12-01T03:17:00Z 00c0ffee", calls={"0 0": ["aa"]})


@pytest.fixture
def file(tmp_path):
    watch.unite(tmp_path, [ONE, TWO])
    return watch.path_of(tmp_path)


def test_a_watch_is_read_as_it_was_written(tmp_path, file):
    assert watch.read(tmp_path) == [ONE, TWO]
    assert file.read_bytes().isascii()


def test_no_file_holds_no_nights(tmp_path):
    assert watch.read(tmp_path) == []


def test_lines_of_two_branches_are_united_and_each_is_counted_once(tmp_path, file):
    """Merge as git does with ``merge=union``: both ends, one after the other, common lines twice."""
    first, second = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(second + first + second)
    three = replace(TWO, run="2026-12-01T03:18:00Z 0badcafe")
    watch.unite(tmp_path, [ONE, three])
    assert watch.read(tmp_path) == [ONE, TWO, three]
    assert len(file.read_bytes().splitlines()) == 3


def test_nights_are_counted_by_their_number_and_not_by_a_clock_that_went_backward(tmp_path, file):
    earlier = replace(TWO, night=3, run="1999-01-01T00:00:00Z 00000000")
    watch.unite(tmp_path, [earlier])
    assert watch.read(tmp_path) == [ONE, TWO, earlier]


def test_line_ends_of_windows_are_read(tmp_path, file):
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert watch.read(tmp_path) == [ONE, TWO]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b'"night":2', b'"night":3', ":2: this line is not as it was written"),
        (b'{"model"', b"<<<<<<< ours\n{", ":1: an unresolved git conflict. Keep the lines of both sides"),
        (b'"sum"', b'"sun"', ":1: this line is not as it was written"),
        (b'"night":2', b'"night":2\n', ":2: this line is not as it was written"),
    ],
)
def test_a_line_that_is_not_as_it_was_written_is_named(tmp_path, file, old, new, words):
    file.write_bytes(file.read_bytes().replace(old, new, 1))
    with pytest.raises(BaselineError, match=r"watch\.jsonl") as raised:
        watch.read(tmp_path)
    assert words in str(raised.value)


def test_a_damaged_line_can_be_removed_though_it_is_the_only_one(tmp_path, file):
    file.write_bytes(b"{}\n")
    with pytest.raises(BaselineError, match=r":1: .* or remove this line"):
        watch.read(tmp_path)
    file.write_bytes(b"")
    assert watch.read(tmp_path) == []
    watch.unite(tmp_path, [TWO])
    assert watch.read(tmp_path) == [TWO]


@pytest.mark.parametrize(
    "change",
    [
        {"p_value": 0.0},
        {"model": 3},
        {"evidence": "1"},
        {"night": 1.5},
        {"calls": {"0 0": [3]}},
        {"calls": {"0": ["aa"]}},
        {"calls": ["aa"]},
    ],
    ids=str,
)
def test_a_line_of_another_form_is_named(tmp_path, file, change):
    watch.unite(tmp_path, [replace(ONE, run="other", **change)])
    with pytest.raises(BaselineError, match=r":2: no night that this version can read"):
        watch.read(tmp_path)


def test_a_run_cannot_say_two_things_of_a_check(tmp_path, file):
    with pytest.raises(BaselineError, match="another line of tests/test_a"):
        watch.unite(tmp_path, [replace(ONE, evidence=2.0)])
    second = tmp_path / "second"
    watch.unite(second, [replace(ONE, evidence=2.0)])
    file.write_bytes(file.read_bytes() + watch.path_of(second).read_bytes())
    with pytest.raises(BaselineError, match=":3: contradicts line 1"):
        watch.read(tmp_path)


def test_the_file_goes_with_its_last_line(tmp_path, file):
    with Batch(tmp_path) as batch:
        watch.rewrite(batch, tmp_path, lambda night: None if night == ONE else night)
    assert watch.read(tmp_path) == [TWO]
    with Batch(tmp_path) as batch:
        watch.rewrite(batch, tmp_path, lambda night: None)
    assert not file.exists()
