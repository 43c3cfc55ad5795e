"""Cases from tables: pandas, polars, Arrow, and datasets as Hugging Face's library loads them."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from pytest_modelcheck import cases
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


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["text"], "DataFrame: no column 'input'; there are 'text'"),
        (["input", 3], "DataFrame: the name of column 2 must be text, not 3"),
        (["input", "metdata"], "DataFrame: unknown column 'metdata': did you mean 'metadata'?"),
        (["input", "input"], "DataFrame: there are two columns 'input'"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(columns, message):
    assert message in refused(pd.DataFrame([["a"] * len(columns)], columns=columns))


def test_a_table_without_columns_and_one_without_rows():
    assert "DataFrame: no column 'input'; there are none" in refused(pd.DataFrame())
    assert len(cases.load(pd.DataFrame({"input": []}))) == 0


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


@pytest.mark.parametrize("make", [pl.DataFrame, pa.table], ids=["polars", "arrow"])
def test_what_is_wrong_with_such_a_table_is_said(make):
    assert "no column 'input'; there are 'text', 'label'" in refused(make({"text": ["a"], "label": [1]}))
    assert "[1]: the input is empty" in refused(make({"input": ["a", None]})) or "[1]: no input" in refused(
        make({"input": ["a", None]})
    )
    assert (
        len(cases.load(make({"input": pl.Series([], dtype=pl.String) if make is pl.DataFrame else []}))) == 0
    )


def test_a_table_that_has_not_been_read_yet():
    assert "give cases.load(frame.collect())" in refused(pl.LazyFrame({"input": ["a"]}))


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


def test_a_number_that_is_no_label_is_refused_with_its_row():
    rows = [{"text": "a", "label": 1}, {"text": "b", "label": 7}]
    dataset = Dataset({"text": Value(), "label": LABEL}, rows)
    message = refused(dataset, input="text", expected="label")
    assert message == "Dataset[1]: label: 7 is no label; there are 2"


def test_several_splits_are_no_cases():
    splits = {"train": Dataset({"input": Value()}, []), "test": Dataset({"input": Value()}, [])}
    assert refused(splits) == "a dict holds several sets of cases: say which, ['train'] or ['test']"


def test_a_dataset_without_known_features_is_an_iterable_like_any_other():
    class IterableDataset(Dataset):
        pass

    dataset = IterableDataset(None, [{"text": "a", "label": "x"}])
    (case,) = cases.load(dataset, input="text", expected="label")
    assert (case.input, case.expected, str(case.origin)) == ("a", "x", "IterableDataset[0]")


def test_what_is_wrong_with_a_dataset_is_said():
    dataset = Dataset({"text": Value(), "label": LABEL}, [])
    assert "Dataset: no column 'input'; there are 'text', 'label'" in refused(dataset)
