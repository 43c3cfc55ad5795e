from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_modelcheck.baselines import atomic, lines
from pytest_modelcheck.baselines.candidates import CandidateStore, find, natural, never_ran
from pytest_modelcheck.baselines.header import Header
from pytest_modelcheck.baselines.moves import add_moves, moves
from pytest_modelcheck.baselines.store import BaselineStore
from pytest_modelcheck.errors import BaselineError
from tests.baselines.conftest import keep, write

CHECK = "tests/test_a.py::test"


@pytest.fixture
def candidates(tmp_path):
    return CandidateStore(tmp_path / "cache" / "candidates")


@pytest.fixture
def store(tmp_path):
    return BaselineStore(tmp_path / "baselines")


def leave(candidates, header, records):
    """Leave a candidate, as a run does."""
    rows = [lines.encode(one) for one in records]
    return candidates.write(replace(header, cases=len(rows)), rows)


def head(version="2.0", check=CHECK, model="triage"):
    return Header(check, "golden", model, version)


def test_a_candidate_is_kept_per_version(candidates, record):
    leave(candidates, head("2.0"), [record("a", 1)])
    leave(candidates, head("2.1"), [record("a", 2)])
    assert candidates.read("triage", CHECK, "2.0")["a"] == record("a", 1)
    assert candidates.read("triage", CHECK, "2.1")["a"] == record("a", 2)
    assert candidates.read("triage", CHECK, "2.2") is None


def test_a_second_run_replaces_the_first_also_where_that_is_damaged(candidates, record):
    leave(candidates, head(), [record("a", 1), record("b", 1)])
    next(candidates.root.rglob("*.jsonl")).write_text("<<<<<<< not a candidate\n")
    leave(candidates, head(), [record("a", 2)])
    assert dict(candidates.read("triage", CHECK, "2.0")) == {"a": record("a", 2)}


def test_lines_may_come_from_a_generator(candidates, record):
    rows = (lines.encode(record(str(n), n)) for n in range(3))
    path = candidates.write(replace(head(), cases=3), rows)
    assert path == candidates.path("triage", CHECK, "2.0")
    assert len(candidates.read("triage", CHECK, "2.0")) == 3


def test_results_of_a_model_that_the_test_no_longer_judges_are_forgotten(candidates, record):
    for version in ("1", "2"):
        leave(candidates, replace(head(version, model="tone"), body="before"), [record("a", 1)])
    leave(candidates, replace(head("1", "tests/test_b.py::test", "tone"), body="before"), [record("a", 1)])
    leave(candidates, replace(head("1"), body="after"), [record("a", 1)])
    left = {(header.model, header.test, header.version) for _, header in candidates.everything()}
    assert left == {("tone", "tests/test_b.py::test", "1"), ("triage", CHECK, "1")}


def test_results_of_another_model_in_the_same_test_are_kept(candidates, record):
    leave(candidates, replace(head("1", model="tone"), body="same"), [record("a", 1)])
    leave(candidates, replace(head("1"), body="same"), [record("a", 1)])
    leave(candidates, replace(head("2"), body="other"), [record("a", 1)])
    assert {header.model for _, header in candidates.everything()} == {"triage"}
    leave(candidates, replace(head("1", model="tone"), body="other"), [record("a", 1)])
    assert {header.model for _, header in candidates.everything()} == {"tone", "triage"}


def test_a_damaged_candidate_of_another_model_is_left_alone(candidates, record):
    leave(candidates, replace(head("1", model="tone"), body="before"), [record("a", 1)])
    path = next(candidates.root.rglob("*.jsonl"))
    path.write_text("damaged\n")
    leave(candidates, replace(head("1"), body="after"), [record("a", 1)])
    assert path.exists()


def test_a_model_without_a_version_leaves_none(candidates, record):
    with pytest.raises(BaselineError, match=r"has no version.*--model-version=VERSION"):
        leave(candidates, head(None), [record("a", 1)])
    assert not candidates.root.exists()


def test_a_candidate_that_lost_a_line_is_refused(candidates, record):
    leave(candidates, head(), [record("a", 1), record("b", 1)])
    path = next(candidates.root.rglob("*.jsonl"))
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-2]))
    with pytest.raises(BaselineError, match=r"holds 1 of 2 cases\. Run pytest again"):
        candidates.read("triage", CHECK, "2.0")


def test_a_candidate_that_was_altered_is_refused(candidates, record):
    leave(candidates, head(), [record("a", 1), record("b", 1)])
    path = next(candidates.root.rglob("*.jsonl"))
    path.write_text(path.read_text().replace('"answer":1', '"answer":2', 1))
    with pytest.raises(BaselineError, match=r"the file is not as it was written.*Run pytest again"):
        candidates.read("triage", CHECK, "2.0")


def test_models_and_versions_are_listed_by_their_exact_names(candidates, record):
    for version in ("1.10", "1.9", "../x", "RC", "rc"):
        leave(candidates, head(version), [record("a", 1)])
    leave(candidates, head("7", model="to:ne"), [record("a", 1)])
    (candidates.root / "triage" / "empty").mkdir()
    assert candidates.versions("triage") == ["1.9", "1.10", "../x", "RC", "rc"]
    assert candidates.models() == ["to:ne", "triage"]
    assert candidates.versions("unknown") == []
    assert [header.test for _, header in candidates.entries("triage", "../x")] == [CHECK]


def test_a_version_is_found_as_approved_now_then_as_approved_once_then_as_run(candidates, store, record):
    def answer(version):
        found = find(store, candidates, "triage", CHECK, version)
        return None if found is None else found["a"].trials[0].answer

    assert answer("2.0") is None
    leave(candidates, head("2.0"), [record("a", "run")])
    assert answer("2.0") == b'"run"'
    write(store, head("2.0"), [record("a", "approved")])
    assert answer("2.0") == b'"approved"'
    keep(store)
    write(store, head("2.1"), [record("a", "later")])
    assert answer("2.0") == b'"approved"'
    assert answer("2.1") == b'"later"'


def test_an_empty_history_is_not_passed_over(candidates, store, record):
    write(store, head("2.0"), [])
    keep(store)
    write(store, head("2.1"), [])
    leave(candidates, head("2.0"), [record("a", 1)])
    assert len(find(store, candidates, "triage", CHECK, "2.0")) == 0


def test_git_does_not_list_them(candidates, record):
    leave(candidates, head("1.0"), [record("a", 1)])
    assert (candidates.root / ".gitignore").read_bytes() == b"*\n"
    (candidates.root / ".gitignore").write_text("# ours\n")
    leave(candidates, head("1.1"), [record("a", 1)])
    assert (candidates.root / ".gitignore").read_text() == "# ours\n"
    assert candidates.versions("triage") == ["1.0", "1.1"]


def test_a_version_that_never_ran_is_answered_with_those_that_did(candidates, store, record):
    leave(candidates, head("1.10"), [record("a", 1)])
    leave(candidates, head("1.9"), [record("a", 1)])
    message = str(never_ran(store, candidates, "triage", "2 b"))
    assert "there are runs of 1.9, 1.10" in message
    assert message.endswith("pytest '--model-version=2 b'")
    assert "none of any other version" in str(never_ran(store, candidates, "tone", "1"))


@settings(deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 10**30))))
def test_versions_are_sorted_as_the_numbers_that_they_hold(numbers):
    versions = [f"{major}.{minor}" for major, minor in numbers]
    assert sorted(versions, key=natural) == [f"{major}.{minor}" for major, minor in sorted(numbers)]


def test_a_version_of_five_thousand_digits_can_be_sorted():
    assert sorted(["9" * 5000, "1"], key=natural)[0] == "1"


def test_a_killed_rename_is_finished_by_the_next_reader(bench, monkeypatch):
    def killed(steps, root):
        raise KeyboardInterrupt

    bench.run({"a": 1})
    old, new = (f"tests/test_triage.py::test_{name}" for name in ("known", "tickets"))
    root = bench.candidates.root
    planned = moves(bench.candidates.everything(), old, new)
    monkeypatch.setattr(atomic, "_carry_out", killed)
    with pytest.raises(KeyboardInterrupt), atomic.Batch(root, durable=False) as batch:
        add_moves(batch, root, planned)
    monkeypatch.undo()
    assert [header.test for _, header in CandidateStore(root).everything()] == [new]
    assert not list(root.rglob(".modelcheck-*"))
