import gzip

import pytest

from pytest_modelcheck.baselines import baseline, packing
from pytest_modelcheck.baselines.approvals import Signature, approve
from pytest_modelcheck.baselines.moves import move, moves
from pytest_modelcheck.baselines.store import BaselineStore
from pytest_modelcheck.errors import BaselineError, UsageError

KNOWN = "tests/test_triage.py::test_known"


@pytest.fixture
def approving(bench):
    def run(pack_over, version="2.1", **more):
        store = BaselineStore(bench.root / "baselines", pack_over)
        approve(
            bench.candidates,
            store,
            bench.root,
            model="triage",
            version=version,
            signature=Signature("Ada", "now"),
            **more,
        )
        return store

    return run


def files(bench):
    return sorted(
        path.relative_to(bench.root / "baselines").as_posix()
        for path in (bench.root / "baselines").rglob("*.jsonl*")
    )


PLAIN, PACKED = (
    "triage/tests/test_triage.py/test_known.jsonl",
    "triage/tests/test_triage.py/test_known.jsonl.gz",
)


def test_a_large_baseline_is_compressed_and_reads_the_same(bench, approving):
    bench.run({f"t-{number}": "refund" for number in range(50)})
    plain = approving(None)
    before = plain.read("triage", KNOWN).lines()
    assert files(bench) == [PLAIN]
    store = approving(1000)
    assert files(bench) == [PACKED]
    assert store.read("triage", KNOWN).lines() == before
    assert [header.cases for _, header in store.entries()] == [50]
    assert store.header("triage", KNOWN).version == "2.1"
    approving(None)
    assert files(bench) == [PLAIN]


def test_a_small_one_stays_as_it_is(bench, approving):
    bench.run({"a": 1})
    approving(1000)
    assert files(bench) == [PLAIN]


def test_equal_content_is_equal_bytes_and_again_writes_nothing(bench, approving):
    bench.run({"a": 1, "b": 2})
    approving(10)
    path = bench.root / "baselines" / PACKED
    before, when = path.read_bytes(), path.stat().st_mtime_ns
    approving(10)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, when)
    assert packing.compressed([b"x", b"y"]) == packing.compressed([b"xy"])
    assert gzip.decompress(before).startswith(b'{"modelcheck":1')


def test_a_renamed_test_and_the_history_stay_compressed(bench, approving):
    bench.run({"a": 1}, version="2.0")
    approving(1, "2.0")
    bench.run({"a": 2})
    store = approving(1, keep_history=True)
    assert files(bench) == ["triage/history/2.0/tests/test_triage.py/test_known.jsonl.gz", PACKED]
    assert store.history("triage", KNOWN, "2.0")["a"].trials[0].answer == b"1"
    move(store.root, moves(store.root, "test_known", "x") or moves(store.root, KNOWN, KNOWN + "_too"))
    assert files(bench) == [
        "triage/history/2.0/tests/test_triage.py/test_known_too.jsonl.gz",
        "triage/tests/test_triage.py/test_known_too.jsonl.gz",
    ]
    assert store.read("triage", KNOWN + "_too")["a"].trials[0].answer == b"2"


def test_history_that_was_kept_in_the_other_form_is_replaced(bench, approving):
    for packing_over, answer in ((None, 1), (1, 2), (None, 3)):
        bench.run({"a": answer}, version="2.0")
        approving(packing_over, "2.0")
        bench.run({"a": 0})
        store = approving(packing_over, keep_history=True)
        assert store.history("triage", KNOWN, "2.0")["a"].trials[0].answer == str(answer).encode()
        assert len([name for name in files(bench) if "history/2.0" in name]) == 1


def test_both_forms_at_once_are_an_error_that_names_them(bench, approving):
    bench.run({"a": 1})
    store = approving(None)
    packing.packed(bench.root / "baselines" / PLAIN).write_bytes(b"")
    with pytest.raises(BaselineError, match=r"is there compressed too \(test_known\.jsonl\.gz\)"):
        store.read("triage", KNOWN)


@pytest.mark.parametrize("damage", [lambda content: content[:-9], lambda content: b"no gzip"])
def test_a_damaged_file_is_an_error_with_its_place(bench, approving, damage):
    bench.run({"a": 1})
    store = approving(1)
    path = bench.root / "baselines" / PACKED
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(BaselineError, match=r"test_known\.jsonl\.gz: cannot be decompressed"):
        store.read("triage", KNOWN)
    if damage(b"x" * 20) == b"no gzip":
        with pytest.raises(BaselineError, match="cannot be decompressed"):
            list(store.entries())


class TestMoreThanAnyBaseline:
    @pytest.fixture
    def bomb(self, tmp_path, monkeypatch):
        monkeypatch.setattr(packing, "MOST", 100_000)
        path = tmp_path / "bomb.jsonl.gz"
        path.write_bytes(gzip.compress(b" " * 100_001))
        return path

    def test_is_refused_once_it_is_seen(self, bomb):
        with pytest.raises(BaselineError, match=r"bomb.jsonl.gz: holds more than 0.1 MB when decompressed"):
            baseline.read(bomb.with_suffix(""))

    def test_is_refused_line_by_line_too(self, bomb):
        with packing.opened(bomb) as file, pytest.raises(BaselineError, match="holds more than 0.1 MB"):
            list(file)

    def test_a_header_that_never_ends_is_no_header(self, bomb, monkeypatch):
        monkeypatch.setattr(baseline, "LONGEST_HEADER", 1000)
        with pytest.raises(BaselineError, match=r"bomb.jsonl.gz:1: the first line has 1000 bytes or more"):
            baseline.read_header(bomb)

    def test_as_much_as_is_allowed_is_read(self, tmp_path, monkeypatch):
        monkeypatch.setattr(packing, "MOST", 100_000)
        path = tmp_path / "large.jsonl.gz"
        path.write_bytes(gzip.compress(b" " * 100_000))
        with packing.opened(path) as file:
            assert len(file.read()) == 100_000


@pytest.mark.parametrize("text", ["", "5 potatoes", "-1", "1e5", "MB"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(UsageError, match="is no size: write 5 MB"):
        packing.size_in_bytes(text)


@pytest.mark.parametrize("name", ["test_it.jsonl", "test_it.jsonl.gz"])
def test_what_cannot_be_read_is_an_error_with_its_place(tmp_path, name):
    path = tmp_path / name
    path.mkdir()
    with pytest.raises(BaselineError, match=r"test_it\S*: cannot be read: Is a directory\. Restore the file"):
        baseline.read_header(path)
