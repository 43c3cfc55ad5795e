"""Tables of pandas, polars and Arrow, datasets, and Parquet files."""

from __future__ import annotations

import sys

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_modelcheck import cases
from pytest_modelcheck.cases import files, tables
from pytest_modelcheck.errors import CaseError
from pytest_modelcheck.records import MISSING


def refused(source, **names):
    with pytest.raises(CaseError) as caught:
        list(cases.load(source, **names))
    return str(caught.value)


def test_a_table_of_pandas():
    frame = pd.DataFrame(
        {
            "input": ["a", "b", "c"],
            "expected": [1, None, 3],
            "known_failure": [None, "why", None],
            "language": ["es", "en", None],
            "metadata.score": [0.5, float("nan"), 1.0],
            "when": pd.to_datetime(["2024-01-01", None, None]),
        },
        index=[5, 6, 7],
    )
    first, second, third = cases.load(frame)
    assert (first.input, first.expected, first.metadata["language"]) == ("a", 1.0, "es")
    assert (first.metadata["score"], str(first.metadata["when"])) == (0.5, "2024-01-01 00:00:00")
    assert (second.expected, second.known_failure, second.metadata) == (MISSING, "why", {"language": "en"})
    assert third.metadata == {"score": 1.0}
    assert str(third.origin) == "DataFrame[2]"


def test_cells_of_a_table_are_plain_python():
    frame = pd.DataFrame({"input": [[1.0], [2.0]], "expected": [1, 2], "ok": [True, False]})
    first, _ = cases.load(frame)
    assert [type(value) for value in (first.input, first.expected, first.metadata["ok"])] == [list, int, bool]


def test_a_named_index_is_a_column():
    frame = pd.DataFrame({"id": ["x", "y"], "input": ["a", "b"]}).set_index("id")
    assert [case.id for case in cases.load(frame)] == ["x", "y"]


def test_columns_of_a_table_can_make_an_input_and_be_mapped():
    frame = pd.DataFrame({"input.x": [1], "input.y": [None], "label": ["b"]})
    (case,) = cases.load(frame, expected="label")
    assert (case.input, case.expected) == ({"x": 1, "y": None}, "b")


COLUMNS = {
    "text": ["a", "b", "c"],
    "label": [1, None, 3],
    "language": ["es", None, "en"],
    "metadata": [{"x": 1, "y": None}, {"x": None, "y": 2}, None],
}


@pytest.mark.parametrize("make", [pl.DataFrame, pa.table], ids=["polars", "arrow"])
def test_a_table_of_polars_or_arrow(make):
    columns = {name: values for name, values in COLUMNS.items() if name != "metadata"}
    first, second, third = cases.load(make(columns), input="text", expected="label")
    assert [(case.input, case.expected) for case in (first, second, third)] == [
        ("a", 1),
        ("b", MISSING),
        ("c", 3),
    ]
    assert (first.metadata, second.metadata, third.metadata) == ({"language": "es"}, {}, {"language": "en"})
    assert str(third.origin) in ("DataFrame[2]", "Table[2]")


@pytest.mark.parametrize("make", [pl.DataFrame, pa.table], ids=["polars", "arrow"])
def test_a_struct_says_nothing_where_it_is_null(make):
    columns = {name: values for name, values in COLUMNS.items() if name != "language"}
    loaded = cases.load(make(columns), input="text", expected="label")
    assert [case.metadata for case in loaded] == [{"x": 1}, {"y": 2}, {}]


class ClassLabel:
    """As ``datasets.ClassLabel``: names, and a number for each."""

    def __init__(self, names):
        self.names = names

    def int2str(self, number):
        return self.names[number]


class Value:
    """As ``datasets.Value``."""

    dtype = "string"


class List:
    """As ``datasets.List`` and ``datasets.Sequence``."""

    def __init__(self, feature):
        self.feature = feature


class Dataset:
    """As ``datasets.Dataset``: features, and rows that are mappings."""

    def __init__(self, features, rows):
        self.features = features
        self._rows = rows

    def __len__(self):
        return len(self._rows)

    def __getitem__(self, place):
        return dict(self._rows[place])

    def __iter__(self):
        return iter(map(dict, self._rows))


LABEL = ClassLabel(["refund", "shipping"])


def frame(*columns):
    return pd.DataFrame([["a"] * len(columns)], columns=columns)


SPLITS = {name: Dataset({"input": Value()}, []) for name in ("train", "test")}
ROWS = [{"input": "a", "label": 1}, {"input": "b", "label": 7}]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pd.DataFrame(), "DataFrame: no column 'input'; there are none"),
        (frame("text"), "DataFrame: no column 'input'; there are 'text'"),
        (frame("input", 3), "DataFrame: the name of column 2 must be text, not 3"),
        (frame("input", "metdata"), "DataFrame: unknown column 'metdata': did you mean 'metadata'?"),
        (frame("input", "input"), "DataFrame: there are two columns 'input'"),
        (pl.DataFrame({"text": ["a"], "label": [1]}), "no column 'input'; there are 'text', 'label'"),
        (pa.table({"text": ["a"], "label": [1]}), "no column 'input'; there are 'text', 'label'"),
        (pl.DataFrame({"input": ["a", None]}), "[1]: the input is empty"),
        (pa.table({"input": ["a", None]}), "[1]: the input is empty"),
        (pl.LazyFrame({"input": ["a"]}), "give cases.load(frame.collect())"),
        (SPLITS, "a dict has several splits: choose one, ['train'] or ['test']"),
        (
            Dataset({"text": Value(), "label": LABEL}, []),
            "Dataset: no column 'input'; there are 'text', 'label'",
        ),
        (
            Dataset({"input": Value(), "label": LABEL}, ROWS),
            "Dataset[1]: label: 7 is not one of the 2 labels",
        ),
    ],
)
def test_an_error_in_a_table_is_reported(table, message):
    assert message in refused(table)


def test_a_table_without_rows():
    for empty in (pd.DataFrame({"input": []}), pa.table({"input": []}), pl.DataFrame({"input": []})):
        assert len(cases.load(empty)) == 0


def test_labels_of_a_dataset_are_read_by_their_names():
    dataset = Dataset(
        {"text": Value(), "label": LABEL, "language": Value()},
        [
            {"text": "a", "label": 1, "language": "es"},
            {"text": "b", "label": 0, "language": None},
            {"text": "c", "label": -1, "language": "en"},
        ],
    )
    loaded = cases.load(dataset, input="text", expected="label")
    assert [case.expected for case in loaded] == ["shipping", "refund", MISSING]
    assert [case.metadata for case in loaded] == [{"language": "es"}, {}, {"language": "en"}]
    assert str(loaded[2].origin) == "Dataset[2]"


@pytest.mark.parametrize(
    ("feature", "value", "expected"),
    [
        (List(LABEL), [0, 1, 1], ["refund", "shipping", "shipping"]),
        ([LABEL], [1], ["shipping"]),
        ({"a": LABEL, "b": Value()}, {"a": 1, "b": "x"}, {"a": "shipping", "b": "x"}),
        (List({"a": LABEL, "b": Value()}), {"a": [1], "b": ["x"]}, {"a": ["shipping"], "b": ["x"]}),
        (List({"a": LABEL}), [{"a": 1}], [{"a": "shipping"}]),
        (List(Value()), ["x"], ["x"]),
        (LABEL, "refund", "refund"),
        (List(LABEL), None, MISSING),
        (Value(), "x", "x"),
    ],
)  # fmt: skip
def test_labels_within_lists_and_mappings(feature, value, expected):
    (case,) = cases.load(
        Dataset({"input": Value(), "expected": feature}, [{"input": "a", "expected": value}])
    )
    assert case.expected == expected


def test_a_dataset_without_known_features_is_an_iterable_like_any_other():
    class IterableDataset(Dataset):
        pass

    dataset = IterableDataset(None, [{"text": "a", "label": "x"}])
    (case,) = cases.load(dataset, input="text", expected="label")
    assert (case.input, case.expected, str(case.origin)) == ("a", "x", "IterableDataset[0]")


@pytest.fixture
def write(tmp_path):
    def write(columns, name="t.parquet", **options):
        pq.write_table(pa.table(columns), tmp_path / name, **options)
        return cases.load(name, base=tmp_path)

    return write


def refusal(loaded):
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
    monkeypatch.setattr(tables, "_AT_ONCE", 16)
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


def test_an_error_in_a_file_is_reported(write, tmp_path):
    assert "t.parquet: no column 'input'; there are 'text'" in refusal(write({"text": ["a"]}))
    assert "t.parquet[1]: the input is empty" in refusal(write({"input": ["a", None]}))
    assert "t.parquet: the file has no cases" in refusal(write({"input": pa.array([], pa.string())}))
    assert "unknown column 'metdata': did you mean 'metadata'" in refusal(
        write({"input": ["a"], "metdata": ["x"]})
    )
    schema = pa.schema([("input", pa.string()), ("input", pa.string())])
    pq.write_table(pa.table([["a"], ["b"]], schema=schema), tmp_path / "t.parquet")
    assert "there are two columns 'input'" in refusal(cases.load("t.parquet", base=tmp_path))


def test_no_cases_in_a_large_file(write, monkeypatch):
    monkeypatch.setattr(files, "LARGE", 0)
    assert "t.parquet: the file has no cases" in refusal(write({"input": pa.array([], pa.string())}))


def test_a_file_that_is_damaged_gives_an_error_or_all_its_cases(tmp_path):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"input": [f"text {n}" for n in range(500)]}), path, row_group_size=100)
    whole = path.read_bytes()
    for cut in range(0, len(whole), 97):
        path.write_bytes(whole[:cut] or b"x")
        assert "t.parquet: not Parquet, or damaged: " in refusal(cases.load(path))
    for place in range(0, len(whole), 61):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            loaded = len(cases.load(path))
        except CaseError as error:
            assert str(error).startswith(str(path))  # noqa: PT017 - either will do
        else:
            assert loaded == 500


def test_rows_that_are_announced_and_missing_are_an_error(write):
    """A footer that survived where row groups did not: a check of fewer cases must not pass."""
    loaded = write({"input": ["a", "b", "c"]})
    file = pq.ParquetFile

    class Short(file):
        def iter_batches(self, *arguments, **options):
            yield from [batch.slice(0, 2) for batch in super().iter_batches(*arguments, **options)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pq, "ParquetFile", Short)
        assert "t.parquet: 3 rows are announced, but there are 2; is it damaged?" in refusal(loaded)


def test_without_a_library_the_extra_is_named(tmp_path, monkeypatch):
    (tmp_path / "t.parquet").write_bytes(b"x")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert 'pip install "pytest-modelcheck[parquet]"' in refusal(cases.load("t.parquet", base=tmp_path))


def test_one_that_is_compressed_twice_is_refused(tmp_path):
    (tmp_path / "t.parquet.gz").write_bytes(b"x")
    assert "Parquet files have their own compression" in refusal(cases.load("t.parquet.gz", base=tmp_path))


def test_the_types_of_an_input_are_those_of_its_columns(tmp_path):
    table = pa.table(
        {
            "plan": pa.array(["pro", "free"]).dictionary_encode(),
            "age": pa.array([1, None]),
            "paid": pa.array([True, None]),
            "count": pa.array([1, 2], pa.int16()),
            "label": ["a", "b"],
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    for source in (table, tmp_path / "t.parquet"):
        loaded = cases.load(source, input=["plan", "age", "paid", "count"], expected="label")
        dtypes = {name: str(dtype) for name, dtype in loaded.dtypes.items()}
        assert dtypes == {"plan": "category", "age": "float64", "paid": "object", "count": "int16"}
        assert list(loaded.dtypes["plan"].categories) == ["pro", "free"]


@pytest.mark.parametrize("source", [["a"], [{"input": {"age": 1}}]])
def test_cases_that_come_from_no_table_have_no_types(source):
    assert cases.load(source).dtypes == {}
