"""Models that take frames, tested from the tables that they are used with."""

from __future__ import annotations

from io import BytesIO

import pandas as pd
import pytest

MODEL = """
import pandas as pd
from pytest_modelcheck import model_fixture

@model_fixture(collate="frame", batch=True)
def churn(model_version):
    def predict(frame):
        assert str(frame["plan"].dtype) == "category", frame.dtypes
        assert str(frame["age"].dtype) == "Int64", frame.dtypes
        codes = frame["plan"].cat.codes
        return (codes + frame["age"].fillna(0)).sort_values(ascending=False)

    return predict
"""

TEST = """
import pandas as pd
import pyarrow

TABLE = pd.read_parquet("table.parquet")

@pytest.mark.golden({source})
def test_churn(churn, case):
    assert churn(case.input) == case.expected
"""

FRAME = pd.DataFrame(
    {
        "id": ["a", "b", "c"],
        "input.plan": pd.Categorical(["pro", "free", "team"], categories=["free", "pro", "team"]),
        "input.age": pd.Series([10, None, 30], dtype="Int64"),
        "expected": [11, 0, 32],
    }
)
# Arrow registers types with pandas once per process, also for the runs within this one.
FRAME.to_parquet(BytesIO())


@pytest.mark.parametrize("source", ["TABLE", '"table.parquet"', "pyarrow.Table.from_pandas(TABLE)"])
def test_a_model_is_tested_from_its_own_table_one_case_or_all(project, source):
    FRAME.to_parquet(project.path / "table.parquet")
    project.model(MODEL)
    project.test(TEST.format(source=source))
    project.passes("--model-version=1", "--modelcheck-case=b")
    every = project.passes("--model-version=1")
    every.stdout.fnmatch_lines(["*1 cached, 2 *"])


def test_answers_with_another_index_are_an_error_that_names_the_remedy(project):
    FRAME.to_parquet(project.path / "table.parquet")
    project.model(MODEL.replace(".sort_values(ascending=False)", ".set_axis(range(7, 7 + len(frame)))"))
    project.test(TEST.format(source="TABLE"))
    result = project.fails("--model-version=1")
    assert "Keep the index of the inputs, or return a list or an array in their order" in result.stdout.str()
