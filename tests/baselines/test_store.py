import os

import pytest

from pytest_modelcheck.baselines.header import Header
from pytest_modelcheck.baselines.store import ApprovedVersion, BaselineStore, read_approved
from pytest_modelcheck.errors import BaselineError
from tests.baselines.conftest import keep, write

CHECK = "tests/test_a.py::test"


@pytest.fixture
def store(tmp_path):
    return BaselineStore(tmp_path / "baselines")


def head(check=CHECK, model="triage", version="2.0"):
    return Header(check, "golden", model, version, approved_at="2026-03-01T10:00:00Z")


def test_reading_makes_nothing(store, tmp_path):
    assert store.read("triage", CHECK) is None
    assert store.approved("triage") is None
    assert store.header("triage", CHECK) is None
    assert store.models() == []
    assert list(tmp_path.iterdir()) == []


def test_a_check_is_written_where_people_look_for_it(store, record):
    write(store, head(), [record("a", 1)])
    assert (store.root / "triage" / "tests" / "test_a.py" / "test.jsonl").is_file()
    assert store.read("triage", CHECK)["a"] == record("a", 1)
    assert store.header("triage", CHECK).version == "2.0"


def test_rewriting_keeps_the_lines_that_say_the_same(store, record):
    write(store, head(), [record("a", 0.3), record("b", 1)])
    done = write(store, head(version="2.1"), [record("a", 0.30000000000000004), record("b", 2)])
    assert (done.changed, done.added, done.removed) == (1, 0, 0)
    assert b'"answer":0.3,' in store.read("triage", CHECK).line("a")


@pytest.mark.parametrize("other", [head(check="tests/test_a.py::TEST"), head(model="tone")])
def test_a_file_of_another_test_or_model_is_refused(store, record, other):
    write(store, head(), [record("a", 1)])
    path = store.path("triage", CHECK)
    write(store, other, [record("a", 1)])
    store.path(other.model, other.test).replace(path)
    for use in (lambda: store.read("triage", CHECK), lambda: write(store, head(), [])):
        with pytest.raises(BaselineError, match=r"test\.jsonl:1: belongs to .*Move it back"):
            use()


def test_baselines_of_models_are_kept_apart(store):
    store.set_approved("triage", ApprovedVersion("2.0"))
    store.set_approved("tone", ApprovedVersion("7", "f"))
    assert store.approved("triage") == ApprovedVersion("2.0")
    assert store.approved("tone") == ApprovedVersion("7", "f")


def test_every_baseline_is_listed_and_history_is_not(store, record):
    for check in ("tests/test_b.py::test", CHECK, "history/test_c.py::test"):
        write(store, head(check), [record("a", 1)])
    write(store, head(model="tone"), [record("a", 1)])
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
    write(store, head(model="../a[b]"), [record("a", 1)])
    assert store.models() == ["../a[b]"]
    assert [header.test for _, header in store.entries("../a[b]")] == [CHECK]


def test_history_keeps_what_was_approved_byte_for_byte(store, record):
    write(store, head(), [record("a", 1)])
    before = store.path("triage", CHECK).read_bytes()
    keep(store)
    write(store, head(version="2.1"), [record("a", 2)])
    kept = store.history("triage", CHECK, "2.0")
    assert kept["a"] == record("a", 1)
    assert (store.root / "triage/history/2.0/tests/test_a.py/test.jsonl").read_bytes() == before
    assert store.saved_versions("triage") == ["2.0"]
    assert [header.test for _, header in store.history_entries("triage", "2.0")] == [CHECK]
    assert store.history("triage", CHECK, "1.0") is None


def test_keeping_what_was_never_approved_does_nothing(store):
    keep(store)
    assert not store.root.exists()


def test_a_byte_order_mark_of_an_editor_is_no_damage(store, record):
    write(store, head(), [record("a", 1)])
    store.set_approved("triage", ApprovedVersion("2.0"))
    for path in (store.path("triage", CHECK), store.root / "triage" / "approved.yaml"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert store.read("triage", CHECK)["a"] == record("a", 1)
    assert store.header("triage", CHECK).version == "2.0"
    assert store.approved("triage") == ApprovedVersion("2.0")


COMPOSED, DECOMPOSED = "tests/test_caf\u00e9.py::test", "tests/test_cafe\u0301.py::test"


def test_a_file_name_is_the_same_however_its_accents_are_composed(store, record):
    """macOS may return a name decomposed that git and Linux have composed."""
    write(store, head(COMPOSED), [record("a", 1)])
    assert store.read("triage", DECOMPOSED)["a"] == record("a", 1)
    write(store, head(DECOMPOSED), [record("a", 2)])
    assert len(list(store.entries())) == 1


def test_tests_that_a_file_system_takes_for_one_are_an_error_and_never_share_a_file(store, record):
    write(store, head("tests/test_a.py::test_x"), [record("a", 1)])
    path = store.path("triage", "tests/test_a.py::test_x")
    path.rename(store.path("triage", "tests/test_a.py::test_X"))  # as a lookup there finds it
    with pytest.raises(BaselineError, match="differ only in a way that this file system ignores"):
        store.read("triage", "tests/test_a.py::test_X")


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_folder_that_is_a_link_is_read_and_written_through(store, record, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    store.root.symlink_to(elsewhere)
    write(store, head(), [record("a", 1)])
    assert store.root.is_symlink()
    assert (elsewhere / "triage" / "tests" / "test_a.py" / "test.jsonl").is_file()
    assert [header.test for _, header in store.entries()] == [CHECK]


def test_a_parametrized_id_of_any_length_has_a_file(store, record):
    checks = [f"tests/test_a.py::test[{'é' * 500}{end}]" for end in "xy"]
    for number, check in enumerate(checks):
        write(store, head(check), [record("a", number)])
    assert [store.read("triage", check)["a"].trials[0].answer for check in checks] == [b"0", b"1"]


def test_a_read_only_file_is_replaced(store, record):
    write(store, head(), [record("a", 1)])
    store.path("triage", CHECK).chmod(0o444)
    write(store, head(), [record("a", 2)])
    assert store.read("triage", CHECK)["a"] == record("a", 2)


def cut(path, lines):
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[: lines + 1]))


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_a_file_that_lost_lines_is_an_error(store, record, kept):
    write(store, head(), [record(case, 1) for case in "abc"])
    keep(store)
    for path in store.root.rglob("*.jsonl"):
        cut(path, kept)
    with pytest.raises(
        BaselineError, match=f"holds {kept} of the 3 cases that its first line counts. Restore"
    ):
        store.read("triage", CHECK)
    with pytest.raises(BaselineError, match=f"holds {kept} of the 3 cases"):
        store.history("triage", CHECK, "2.0")


def test_a_line_that_a_merge_added_is_welcome(store, record):
    path = store.path("triage", CHECK)
    write(store, head(), [record("c", 1)])
    added = path.read_bytes().splitlines(keepends=True)[-1]
    write(store, head(), [record(case, 1) for case in "ab"])
    path.write_bytes(path.read_bytes() + added)
    assert list(store.read("triage", CHECK)) == ["a", "b", "c"]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "triage" / "approved.yaml"


def write_yaml(path, approved):
    BaselineStore(path.parents[1]).set_approved("triage", approved)


@pytest.mark.parametrize(
    "approved",
    [
        ApprovedVersion("2.0"),
        ApprovedVersion("2.10", "sha:1"),
        ApprovedVersion("1e3"),
        ApprovedVersion("null"),
        ApprovedVersion("yes", "0x1f"),
        ApprovedVersion("../../etc"),
        ApprovedVersion("two\nlines: [x", "- é"),
        ApprovedVersion("2025-01-01"),
    ],
)
def test_a_version_comes_back_as_the_text_that_it_is(path, approved):
    write_yaml(path, approved)
    assert read_approved(path) == approved


def test_it_says_version_and_fingerprint_and_nothing_else_so_that_approvals_merge(path):
    write_yaml(path, ApprovedVersion("2.0", "f1"))
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    assert lines == ["version: '2.0'", "fingerprint: f1"]


def test_writing_the_same_again_leaves_the_file_alone(path):
    write_yaml(path, ApprovedVersion("2.0"))
    os.utime(path, (1, 1))
    write_yaml(path, ApprovedVersion("2.0"))
    assert path.stat().st_mtime == 1


@pytest.mark.parametrize(
    "text", ["version: 2.10\n", "version: 2.10\nfingerprint: null\n", "version: 2.10 # quoted or not\n"]
)
def test_a_version_that_a_person_wrote_without_quotes_is_not_a_number(path, text):
    path.parent.mkdir()
    path.write_text(text)
    assert read_approved(path) == ApprovedVersion("2.10")


def test_nothing_is_approved_where_there_is_no_file(path):
    assert read_approved(path) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "names no version"),
        ("fingerprint: x\n", "names no version"),
        ("version:\n", "names no version"),
        ("- 2.0\n", "names no version"),
        ("version: [1, 2]\n", ":1: 'version' is not a single value"),
        ("version: '2.0\n", "not YAML"),
        ("a: 1\n<<<<<<< HEAD\nversion: '2.0'\n", ":2: an unresolved git conflict. The sides approve"),
        ("version: " + "[" * 100_000, "nested too deeply"),
        ("? [a, b]\n: '2.0'\n", ":1: a name of several parts is not a single value"),
        ("version: !!python/object/apply:os.system ['echo']\n", "not a single value"),
    ],
)
def test_a_damaged_file_is_named(path, text, problem):
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(BaselineError) as caught:
        read_approved(path)
    assert str(caught.value).startswith(str(path))
    assert problem in str(caught.value)


def test_a_file_that_is_no_text_is_named(path):
    path.parent.mkdir()
    path.write_bytes(b"version: \xff\n")
    with pytest.raises(BaselineError, match="not UTF-8"):
        read_approved(path)


def test_a_file_that_cannot_be_read_is_named(path):
    path.mkdir(parents=True)
    with pytest.raises(BaselineError, match="cannot be read: Is a directory"):
        read_approved(path)
