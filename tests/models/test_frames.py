"""Batches as pandas frames."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pytest_modelcheck.errors import ModelError
from pytest_modelcheck.models.frames import Frames, aligned

TABLE = pd.DataFrame(
    {
        "plan": pd.Categorical(["pro", "free", "team"], categories=["free", "pro", "team"], ordered=True),
        "age": pd.Series([40, 31, 5], dtype="int32"),
        "income": pd.Series([1, None, 3], dtype="Int64"),
        "since": pd.to_datetime(["2024-01-01", "2024-02-01", "2024-03-01"]),
        "score": [1.0, 2.0, 3.0],
        "name": pd.Series(["a", "b", "c"], dtype="string"),
    }
)
ROWS = [
    {name: None if value is pd.NA else value for name, value in row.items()}
    for row in TABLE.to_dict("records")
]


def frames(dtypes=TABLE.dtypes):
    made = Frames()
    made.dtypes = dict(dtypes)
    return made


@pytest.mark.parametrize("rows", [ROWS, ROWS[:1], ROWS[1:2], [ROWS[2], ROWS[0]]], ids=len)
def test_the_types_of_a_table_are_kept_whatever_else_is_in_the_batch(rows):
    made = frames()(rows)
    assert dict(made.dtypes) == dict(TABLE.dtypes)
    assert made["plan"].tolist() == [row["plan"] for row in rows]
    assert list(made.index) == list(range(len(rows)))


def test_without_a_table_types_are_inferred():
    assert Frames()([{"a": 1, "b": "x"}]).dtypes["a"] == "int64"


def test_an_unknown_category_is_kept_and_not_made_a_missing_value():
    made = frames()([{**ROWS[0], "plan": "gold"}, ROWS[1]])
    assert made["plan"].tolist() == ["gold", "free"]
    assert list(made["plan"].cat.categories) == ["free", "pro", "team", "gold"]


def test_values_that_a_type_cannot_hold_are_left_as_they_are():
    made = frames()([{**ROWS[0], "age": None, "score": "many"}, ROWS[1]])
    assert np.isnan(made["age"][0])
    assert made["score"].tolist() == ["many", 2.0]


def test_columns_that_come_or_go_are_no_mistake():
    made = frames()([{"age": 3, "extra": "x"}])
    assert list(made.columns) == ["age", "extra"]
    assert made["age"].dtype == "int32"


@pytest.mark.parametrize("kind", [pd.Series, pd.DataFrame])
def test_answers_are_put_into_the_order_of_the_inputs(kind):
    answers = kind(["c", "a", "b"], index=[2, 0, 1])
    assert aligned(answers, pd.DataFrame({"x": [0, 1, 2]}), 3, "m").squeeze().tolist() == ["a", "b", "c"]
    assert aligned(answers, [0, 1, 2], 3, "m").squeeze().tolist() == ["a", "b", "c"]


def test_the_index_of_a_batch_that_a_callable_collated_counts():
    asked = pd.DataFrame({"x": [1, 2]}, index=["p", "q"])
    assert aligned(pd.Series([20, 10], index=["q", "p"]), asked, 2, "m").tolist() == [10, 20]
    with pytest.raises(ModelError, match="not that of its inputs"):
        aligned(pd.Series([10, 20]), asked, 2, "m")


@pytest.mark.parametrize("index", [[1, 2, 3], ["a", "b", "c"], [0, 0, 1], [0.5, 1, 2], [0, 1, np.nan]])
def test_an_index_that_is_not_that_of_the_inputs_is_refused(index):
    with pytest.raises(
        ModelError, match=r"m answered a batch of 3 inputs with a Series whose index is not"
    ) as caught:
        aligned(pd.Series(["a", "b", "c"], index=index), pd.DataFrame({"x": [0, 1, 2]}), 3, "m")
    assert ".to_numpy()" in str(caught.value)


@pytest.mark.parametrize("answers", [["a", "b"], np.array([1, 2]), ("a", "b"), None, pd.Series(["a"])])
def test_other_answers_are_left_as_they_are(answers):
    assert aligned(answers, [0, 1], 2, "m") is answers
