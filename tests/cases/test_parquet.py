"""Parquet files."""

from __future__ import annotations

import sys

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_modelcheck import cases
from pytest_modelcheck.cases import files, parquet
from pytest_modelcheck.errors import CaseError
from pytest_modelcheck.records import MISSING


@pytest.fixture
def write(tmp_path):
    def write(columns, name="t.parquet", **options):
        pq.write_table(pa.table(columns), tmp_path / name, **options)
        return cases.load(name, base=tmp_path)

    return write


def refused(loaded):
    with pytest.raises(CaseError) as caught:
        list(loaded)
    return str(caught.value)


def test_a_file(write, tmp_path):
    loaded = write(
        {
            "input": ["a", "b"],
            "expected": ["x", None],
            "language": ["es", None],
            "variants": [["A"], None],
            "metadata.n": [1, 2],
        }
    )
    first, second = loaded
    assert (first.input, first.expected, first.variants, first.metadata) == (
        "a", "x", ("A",), {"language": "es", "n": 1},
    )  # fmt: skip
    assert (second.input, second.expected, second.variants, second.metadata) == ("b", MISSING, (), {"n": 2})
    assert str(second.origin) == f"{tmp_path / 't.parquet'}[1]"


def test_structs_and_columns_make_mappings(write):
    (case,) = write(
        {"input.x": [1], "input.y": pa.array([None], pa.string()), "metadata": [{"a": 1, "b": None}]}
    )
    assert (case.input, case.metadata) == ({"x": 1, "y": None}, {"a": 1})


def test_columns_of_other_names(tmp_path):
    pq.write_table(pa.table({"text": ["a"], "label": [3]}), tmp_path / "t.parquet")
    (case,) = cases.load("t.parquet", base=tmp_path, input="text", expected="label")
    assert (case.input, case.expected) == ("a", 3)


@pytest.mark.parametrize(
    ("frame", "ids"),
    [
        (pd.DataFrame({"input": ["a", "b"]}), None),
        (pd.DataFrame({"input": ["a", "b"]}, index=[5, 7]), None),
        (pd.DataFrame({"id": ["x", "y"], "input": ["a", "b"]}).set_index("id"), ["x", "y"]),
    ],
)
def test_an_index_that_pandas_wrote(tmp_path, frame, ids):
    frame.to_parquet(tmp_path / "t.parquet")
    loaded = cases.load("t.parquet", base=tmp_path)
    assert [case.input for case in loaded] == ["a", "b"]
    assert ids is None or [case.id for case in loaded] == ids
    assert all(case.metadata == {} for case in loaded)


@pytest.mark.parametrize("large", [False, True])
def test_it_is_read_by_row_groups_from_anywhere(write, monkeypatch, large):
    monkeypatch.setattr(parquet, "_AT_ONCE", 16)
    if large:
        monkeypatch.setattr(files, "LARGE", 0)
    loaded = write({"input": [f"text {n % 290}" for n in range(300)]}, row_group_size=50)
    inputs = [case.input for case in loaded]
    assert inputs == [f"text {n % 290}" for n in range(300)]
    assert [loaded[place].input for place in (299, 0, 130, 64)] == [
        inputs[299],
        "text 0",
        "text 130",
        "text 64",
    ]
    assert [case.id for case in loaded[100:200]] == [case.id for case in loaded][100:200]
    assert (loaded[0] is loaded[0], next(iter(loaded)) is next(iter(loaded))) == (True, not large)
    assert str(loaded[299].origin).endswith("t.parquet[299]")


def test_what_is_wrong_with_a_file_is_said(write, tmp_path):
    assert "t.parquet: no column 'input'; there are 'text'" in refused(write({"text": ["a"]}))
    assert "t.parquet[1]: the input is empty" in refused(write({"input": ["a", None]}))
    assert "t.parquet: the file holds no cases" in refused(write({"input": pa.array([], pa.string())}))
    assert "unknown column 'metdata': did you mean 'metadata'" in refused(
        write({"input": ["a"], "metdata": ["x"]})
    )
    schema = pa.schema([("input", pa.string()), ("input", pa.string())])
    pq.write_table(pa.table([["a"], ["b"]], schema=schema), tmp_path / "t.parquet")
    assert "there are two columns 'input'" in refused(cases.load("t.parquet", base=tmp_path))


def test_no_cases_in_a_large_file(write, monkeypatch):
    monkeypatch.setattr(files, "LARGE", 0)
    assert "t.parquet: the file holds no cases" in refused(write({"input": pa.array([], pa.string())}))


def test_a_file_that_is_damaged_gives_an_error_or_all_its_cases(tmp_path):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"input": [f"text {n}" for n in range(500)]}), path, row_group_size=100)
    whole = path.read_bytes()
    for cut in range(0, len(whole), 97):
        path.write_bytes(whole[:cut] or b"x")
        assert "t.parquet: not Parquet, or damaged: " in refused(cases.load(path))
    for place in range(0, len(whole), 61):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            loaded = len(cases.load(path))
        except CaseError as error:
            assert str(error).startswith(str(path))  # noqa: PT017 - either will do
        else:
            assert loaded == 500


def test_without_a_library_the_extra_is_named(tmp_path, monkeypatch):
    (tmp_path / "t.parquet").write_bytes(b"x")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert 'pip install "pytest-modelcheck[parquet]"' in refused(cases.load("t.parquet", base=tmp_path))


def test_one_that_is_compressed_twice_is_refused(tmp_path):
    (tmp_path / "t.parquet.gz").write_bytes(b"x")
    assert "a Parquet file is compressed in itself" in refused(cases.load("t.parquet.gz", base=tmp_path))
