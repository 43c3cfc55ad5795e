import json

import pytest

from pytest_modelcheck.baselines import header
from pytest_modelcheck.baselines.migration import Step, migrate, outdated
from pytest_modelcheck.errors import BaselineError


def rename_about(case):
    return {("says" if name == "about" else name): value for name, value in case.items()}


STEPS = {1: Step(lambda head: head | {"added": True}, rename_about)}
"""What a second schema might change."""


@pytest.fixture
def old(bench, monkeypatch):
    """A baseline of today, seen by a version with a newer schema."""
    bench.store.write(bench.header(), [])
    bench.run({"a": 1, "b": "é"})
    path = bench.store.path("triage", "tests/test_triage.py::test_known")
    path.write_bytes(next(bench.candidates.root.rglob("*.jsonl")).read_bytes())
    monkeypatch.setattr(header, "SCHEMA", 2)
    return bench, path


def test_a_file_of_an_older_schema_is_found_and_brought_to_todays(old):
    bench, path = old
    assert outdated(bench.store.root) == [path]
    migrate(bench.store.root, [path], STEPS)
    head, *cases = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    assert (head["modelcheck"], head["added"], head["version"]) == (2, True, "2.1")
    assert [(case["id"], case["answer"], "about" in case, "says" in case) for case in cases] == [
        ("a", 1, False, True),
        ("b", "é", False, True),
    ]
    assert outdated(bench.store.root) == []


def test_a_step_that_nobody_wrote_changes_nothing(old):
    bench, path = old
    before = path.read_bytes()
    with pytest.raises(BaselineError, match="is of schema 1, which nobody knows how to bring to 2"):
        migrate(bench.store.root, [path], {})
    assert path.read_bytes() == before


def test_one_that_cannot_be_read_keeps_all_from_being_written(old, bench):
    _, path = old
    other = path.with_name("test_other.jsonl")
    other.write_bytes(path.read_bytes() + b"cut o")
    before = path.read_bytes()
    with pytest.raises(BaselineError, match=r"test_other\.jsonl:4: not a line of JSON"):
        migrate(bench.store.root, [path, other], STEPS)
    assert path.read_bytes() == before


def test_todays_files_are_left_alone(bench):
    bench.store.write(bench.header(), [])
    assert outdated(bench.store.root) == []


def test_every_schema_before_todays_has_a_step():
    from pytest_modelcheck.baselines.migration import STEPS

    assert sorted(STEPS) == list(range(1, header.SCHEMA))
