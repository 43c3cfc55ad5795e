import json

import pytest

from pytest_modelcheck.baselines.approved import Approved
from pytest_modelcheck.baselines.atomic import Batch
from pytest_modelcheck.baselines.header import Header
from pytest_modelcheck.baselines.store import BaselineStore
from pytest_modelcheck.errors import BaselineError

CHECK = "tests/test_a.py::test"


@pytest.fixture
def store(tmp_path):
    return BaselineStore(tmp_path / "baselines")


def keep(store):
    with Batch() as batch:
        store.keep(batch, "triage", CHECK)


def head(check=CHECK, model="triage", version="2.0"):
    return Header(check, "golden", model, version)


def test_reading_makes_nothing(store, tmp_path):
    assert store.read("triage", CHECK) is None
    assert store.approved("triage") is None
    assert store.header("triage", CHECK) is None
    assert store.models() == []
    assert list(tmp_path.iterdir()) == []


def test_a_check_is_written_where_people_look_for_it(store, record):
    store.write(head(), [record("a", 1)])
    assert (store.root / "triage" / "tests" / "test_a.py" / "test.jsonl").is_file()
    assert store.read("triage", CHECK)["a"] == record("a", 1)
    assert store.header("triage", CHECK).version == "2.0"


def test_rewriting_keeps_the_lines_that_say_the_same(store, record):
    store.write(head(), [record("a", 0.3), record("b", 1)])
    done = store.write(head(version="2.1"), [record("a", 0.30000000000000004), record("b", 2)])
    assert (done.changed, done.added, done.removed) == (1, 0, 0)
    assert b'"answer":0.3,' in store.read("triage", CHECK).line("a")


@pytest.mark.parametrize("other", [head(check="tests/test_a.py::TEST"), head(model="tone")])
def test_a_file_of_another_test_or_model_is_refused(store, record, other):
    store.write(head(), [record("a", 1)])
    path = store.path("triage", CHECK)
    first, rest = path.read_text().split("\n", 1)
    fields = {**json.loads(first), "test": other.test, "model": other.model}
    path.write_text(json.dumps(fields) + "\n" + rest)
    for use in (lambda: store.read("triage", CHECK), lambda: store.write(head(), [])):
        with pytest.raises(BaselineError, match=r"test\.jsonl:1: belongs to .*Move it back"):
            use()


def test_what_is_approved_is_kept_apart_by_model(store):
    store.set_approved("triage", Approved("2.0"))
    store.set_approved("tone", Approved("7", "f"))
    assert store.approved("triage") == Approved("2.0")
    assert store.approved("tone") == Approved("7", "f")


def test_every_baseline_is_listed_and_history_is_not(store, record):
    for check in ("tests/test_b.py::test", CHECK, "history/test_c.py::test"):
        store.write(head(check), [record("a", 1)])
    store.write(head(model="tone"), [record("a", 1)])
    keep(store)
    listed = [(header.model, header.test) for _, header in store.entries()]
    assert sorted(listed) == [
        ("tone", CHECK),
        ("triage", "history/test_c.py::test"),
        ("triage", CHECK),
        ("triage", "tests/test_b.py::test"),
    ]
    assert [header.model for _, header in store.entries("tone")] == ["tone"]
    assert store.models() == ["tone", "triage"]


def test_a_model_of_an_odd_name_is_listed_by_that_name(store, record):
    store.write(head(model="../a[b]"), [record("a", 1)])
    assert store.models() == ["../a[b]"]
    assert [header.test for _, header in store.entries("../a[b]")] == [CHECK]


def test_history_keeps_what_was_approved_byte_for_byte(store, record):
    store.write(head(), [record("a", 1)])
    before = store.path("triage", CHECK).read_bytes()
    keep(store)
    store.write(head(version="2.1"), [record("a", 2)])
    kept = store.history("triage", CHECK, "2.0")
    assert kept["a"] == record("a", 1)
    assert (store.root / "triage/history/2.0/tests/test_a.py/test.jsonl").read_bytes() == before
    assert store.kept_versions("triage") == ["2.0"]
    assert [header.test for _, header in store.history_entries("triage", "2.0")] == [CHECK]
    assert store.history("triage", CHECK, "1.0") is None


def test_keeping_what_was_never_approved_does_nothing(store):
    keep(store)
    assert not store.root.exists()
