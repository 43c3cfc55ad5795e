"""Answers of models: rows of arrays and frames, custom types, errors."""

from __future__ import annotations

from io import BytesIO

import pandas as pd
import pytest

SHAPES = {
    "a column of an array comes apart as Python values": """
@model_fixture(method="predict")
def MODEL(model_version):
    return Estimator()

@pytest.mark.golden([("a", 1), ("bb", 2)])
def test_it(MODEL, case):
    answer = MODEL(case.input)
    assert type(answer) is int
    assert answer == case.expected
""",
    "a matrix is split by row": """
@model_fixture(method="predict_proba")
def MODEL(model_version):
    return Estimator()

@pytest.mark.golden(["aa", "bbbb"])
def test_it(MODEL, case):
    answer = MODEL(case.input)
    assert isinstance(answer, np.ndarray) and answer.shape == (2,)
    assert answer[0] == pytest.approx(1 / len(case.input))
""",
    "a batch may be collated to a frame": """
class Pipeline:
    def predict(self, table):
        assert isinstance(table, pd.DataFrame)
        assert list(table.columns) == ["price", "count"]
        return table["price"] * table["count"]

@model_fixture(collate="frame")
def MODEL(model_version):
    return Pipeline()

@pytest.mark.golden([({"price": 2.5, "count": 2}, 5), ({"price": 1.0, "count": 3}, 3)])
def test_it(MODEL, case):
    assert MODEL(case.input) == case.expected
""",
    "a batch may be collated by a callable": """
@model_fixture(batch=True, collate=" ".join)
def MODEL(model_version):
    return lambda line: line.upper().split(" ")

@pytest.mark.golden([("a", "A"), ("b", "B")])
def test_it(MODEL, case):
    assert MODEL(case.input) == case.expected
""",
    "a frame that answers is split into mappings": """
@model_fixture(batch=True)
def MODEL(model_version):
    return lambda texts: pd.DataFrame({"text": texts, "size": [len(text) for text in texts]})

@pytest.mark.golden(["a", "bb"])
def test_it(MODEL, case):
    assert MODEL(case.input) == {"text": case.input, "size": len(case.input)}
""",
    "no body can spoil another's answer": """
@model_fixture
def MODEL(model_version):
    return lambda text: {"words": text.split()}

@pytest.mark.golden([{"id": name, "input": "a b"} for name in "123"])
def test_it(MODEL, case):
    answer = MODEL(case.input)
    assert answer == {"words": ["a", "b"]}
    answer["words"].clear()
""",
    "no body can spoil another's input": """
@model_fixture
def MODEL(model_version):
    return lambda row: len(row["words"])

ROW = {"words": ["a", "b"]}

@pytest.mark.golden([{"id": name, "input": ROW, "expected": [2]} for name in "123"])
def test_it(MODEL, case):
    assert MODEL(case.input) == 2
    case.input["words"].clear()
    case.expected.clear()
""",
}
HEAD = """
import numpy as np
import pandas as pd
import pytest
from pytest_modelcheck import model_fixture

class Estimator:
    def predict(self, texts):
        return np.array([len(text) for text in texts])

    def predict_proba(self, texts):
        return np.array([[1 / len(text), 1 - 1 / len(text)] for text in texts])
"""


def test_each_input_gets_its_own_answer_from_the_model_and_from_the_cache(project):
    pytest.importorskip("pandas")
    for number, source in enumerate(SHAPES.values()):
        project.test(HEAD + source.replace("MODEL", f"model_{number}"), f"test_{number}.py")
    project.run("--model-version=1").assert_outcomes(passed=len(SHAPES))
    warm = project.run("--model-version=1")
    warm.assert_outcomes(passed=len(SHAPES))
    assert {verdict.calls.new for verdict in project.verdicts(warm).values()} == {0}


APP = """
from dataclasses import dataclass
from enum import Enum
from pydantic import BaseModel

@dataclass(frozen=True)
class Data:
    label: str
    priority: int

class Model(BaseModel):
    label: str
    priority: int

class Label(Enum):
    A = "a"
    B = "b"

MADE = {Data: lambda text: Data(text, 2), Model: lambda text: Model(label=text, priority=2), Label: Label}
"""
DECLARED = """
@model_fixture(returns=app.{type})
def returns_{type}(model_version):
    return made(app.{type})

@model_fixture
def annotated_{type}(model_version):
    return made(app.{type}, annotated=True)
"""
WHOLE = """
@pytest.mark.golden(["a", "b"])
def test_{model}({model}, case):
    answer = {model}(case.input)
    assert type(answer) is app.{type}
    assert answer == app.MADE[app.{type}](case.input)

@pytest.mark.golden(["a", "b"], max_changed=0)
def test_approved_{model}({model}, case):
    answer = {model}(case.input)
    assert type(case.approved) is app.{type}
    assert answer == case.approved
"""


def test_a_type_of_ones_own_comes_back_as_it_was(project):
    """A type that ``returns=`` or an annotation declares."""
    pytest.importorskip("pydantic")
    project.ini("pythonpath = .")
    project.write("app.py", APP)
    types = ("Data", "Model", "Label")
    project.model(
        """
import app

def made(kind, annotated=False):
    def ask(text):
        with open("calls.log", "a") as log:
            log.write("called\\n")
        return app.MADE[kind](text)
    if annotated:
        ask.__annotations__["return"] = kind
    return ask
"""
        + "".join(DECLARED.format(type=each) for each in types)
    )
    checks = [
        WHOLE.format(type=each, model=f"{how}_{each}") for each in types for how in ("returns", "annotated")
    ]
    project.test("import app\n" + "".join(checks))
    project.run("--model-version=1", "--modelcheck-update").assert_outcomes(passed=12)
    project.run("--model-version=1").assert_outcomes(passed=12)
    assert len(project.calls) == 6 * 2 * 3  # an approval makes three runs


RAISING = """
@model_fixture({options})
def {name}(model_version):
    {prefix}def ask({argument}):
        if {bad}:
            raise ValueError("no such language")
        return {argument}
    return ask
"""
CHECK = """
@pytest.mark.golden(["good", "bad", "fine", "well"])
def test_{name}({name}, case):
    assert {name}(case.input) == case.input
"""
ONE = {"options": "", "prefix": "", "argument": "text", "bad": "text == 'bad'"}
BATCH = {"options": "batch=True", "prefix": "", "argument": "texts", "bad": "'bad' in texts"}
RAISES = {
    "one_input": ONE,
    "a_batch": BATCH,
    "in_threads": {**ONE, "options": "concurrency=2"},
    "awaited": {**ONE, "prefix": "async "},
}


def test_an_error_of_the_model_is_counted_apart_and_shown_with_its_input_and_traceback(project):
    project.model("".join(RAISING.format(name=name, **shape) for name, shape in RAISES.items()))
    project.test("".join(CHECK.format(name=name) for name in RAISES))
    result = project.run("--model-version=1")
    result.assert_outcomes(failed=len(RAISES))
    assert "pytest_modelcheck/" not in result.stdout.str()
    lines = [
        "1/4 cases raised an error: ValueError: no such language",
        '*"bad"*',
        '*raise ValueError("no such language")*',
    ]
    result.stdout.fnmatch_lines(lines * len(RAISES))
    for verdict in project.verdicts(result).values():
        assert (verdict.cases.passed, verdict.cases.failed, verdict.cases.error) == (3, 0, 1)
        assert verdict.shown[0].input == "bad"
        assert 'raise ValueError("no such language")' in verdict.shown[0].detail


def test_errors_are_not_cached(project):
    project.model(RAISING.format(name="a_batch", **BATCH))
    project.test(CHECK.format(name="a_batch"))
    project.fails("--model-version=1")
    project.model(RAISING.format(name="a_batch", **BATCH).replace("'bad'", "'worse'"))
    project.passes("--model-version=1")


def test_an_answer_that_cannot_be_kept_is_used_and_shown_but_warned_of(project):
    project.model("""
        class Odd:
            def __init__(self, text):
                self.text = text

            def __repr__(self):
                return f"Odd({self.text!r})"

        @model_fixture
        def odd(model_version):
            return Odd
    """)
    project.test("""
        @pytest.mark.golden(["a", "b"])
        def test_used(odd, case):
            assert odd(case.input).text == case.input

        @pytest.mark.golden(["a"])
        def test_shown(odd, case):
            assert odd(case.input).text == "b"
    """)
    result = project.run("--model-version=1")
    result.assert_outcomes(passed=1, failed=1, warnings=1)
    result.stdout.fnmatch_lines(["*got Odd('a')"])
    result.stdout.re_match_lines(
        [r".*test_triage\.py:\d+: ModelcheckWarning: odd 1: answer: .*conftest\.Odd .*returns=Odd.*"]
    )
    assert "pytest_modelcheck/" not in result.stdout.str()


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
