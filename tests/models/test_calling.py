import copy
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from pytest_modelcheck import per_worker
from pytest_modelcheck.errors import ModelError, UsageError
from pytest_modelcheck.models.calling import Frames, aligned, answer_type, caller_of, split
from pytest_modelcheck.models.definition import Definition
from pytest_modelcheck.models.model import Model


def made(function):
    definition = defined()
    caller = caller_of(definition, function)
    return Model(definition, function, "1", None, caller, answers=None, route=None)


def defined(**options):
    return Definition(**{"name": "triage", "source": "", "location": "conftest.py:3", **options})


class Estimator:
    def predict(self, rows):
        return np.array([sum(row) for row in rows])

    def predict_proba(self, rows):
        return np.array([[0.25, 0.75]] * len(rows))


def test_a_function_takes_one_input():
    caller = caller_of(defined(), lambda x: x + 1)
    assert (caller.batch, caller.batch_size, caller.awaited, caller.concurrency) == (False, 1, False, 1)
    assert caller.call([1]) == [2]


def test_a_batch_function_takes_a_list():
    caller = caller_of(defined(batch=True), lambda xs: [x + 1 for x in xs])
    with pytest.raises(UsageError, match=r"several arguments need names: .*\(question=..., answer=...\)"):
        caller.bind((1, 2), {})
    assert (caller.batch, caller.batch_size) == (True, 64)
    assert caller.call([1, 2]) == [2, 3]


def test_an_object_is_called_through_predict_with_a_batch():
    caller = caller_of(defined(), Estimator())
    assert caller.batch
    assert caller.call([[1, 2], [3, 4]]) == [3, 7]


def test_another_method():
    rows = caller_of(defined(method="predict_proba"), Estimator()).call([[1], [2]])
    assert [row.tolist() for row in rows] == [[0.25, 0.75], [0.25, 0.75]]


def test_a_real_estimator_with_a_frame():
    frame = pd.DataFrame({"a": [0.0, 1.0, 0.0, 1.0], "b": [1.0, 1.0, 0.0, 0.0]})
    model = LogisticRegression().fit(frame, ["no", "yes", "no", "yes"])
    caller = caller_of(defined(collate="frame"), model)
    assert caller.call([{"a": 1.0, "b": 1.0}, {"a": 0.0, "b": 1.0}]) == ["yes", "no"]


def test_a_collate_function_of_one_s_own():
    caller = caller_of(defined(batch=True, collate=np.array), lambda rows: rows * 2)
    assert caller.call([1, 2]) == [2, 4]


def test_coroutine_functions_are_awaited_however_they_are_wrapped():
    async def answer(x, y=0):
        return x + y

    class Client:
        async def __call__(self, x):
            return x

    for each in (answer, partial(answer, y=1), Client()):
        caller = caller_of(defined(), each)
        assert caller.awaited
        assert caller.concurrency == 16


def test_objects_that_cannot_be_called():
    with pytest.raises(
        UsageError, match=r"conftest.py:3: the model fixture 'triage' made a NoneType; it must return"
    ):
        caller_of(defined(), None)
    with pytest.raises(UsageError, match="has no method 'predict_probs'"):
        caller_of(defined(method="predict_probs"), Estimator())
    with pytest.raises(UsageError, match="collate='array' is neither"):
        caller_of(defined(batch=True, collate="array"), lambda xs: xs)


@pytest.mark.parametrize("answers", [[1], [1, 2, 3], (1,), np.array([1, 2, 3])])
def test_a_batch_with_another_number_of_answers(answers):
    caller = caller_of(defined(batch=True), lambda xs: answers)
    with pytest.raises(
        ModelError, match=r"triage answered a batch of 2 inputs with \d answers?; it must give one"
    ):
        caller.call(["a", "b"])


@pytest.mark.parametrize("answers", ["ab", {"a": 1, "b": 2}, None, 7, np.array(3)])
def test_a_batch_answered_with_what_is_no_batch(answers):
    caller = caller_of(defined(batch=True), lambda xs: answers)
    with pytest.raises(ModelError, match="a batch model answers with a list"):
        caller.call(["a", "b"])


def test_batches_are_taken_apart():
    assert split(np.array(["a", "b"])) == ["a", "b"]
    assert [type(one) for one in split(np.array([1, 2]))] == [int, int]
    assert [row.shape for row in split(np.zeros((2, 3)))] == [(3,), (3,)]
    assert split(pd.Series([1, 2])) == [1, 2]
    assert split(pd.DataFrame({"a": [1, 2]})) == [{"a": 1}, {"a": 2}]
    assert split(x for x in "ab") == ["a", "b"]


@dataclass
class Triage:
    label: str


def annotated(x: str) -> Triage:
    return Triage(x)


def annotated_batch(xs: list[str]) -> list[Triage]:
    return [Triage(x) for x in xs]


class Annotated:
    def __call__(self, x: str) -> Triage:
        return Triage(x)


def unresolvable(x) -> "Nowhere":  # noqa: F821
    return x


def test_the_type_of_an_answer():
    assert answer_type(defined(returns=int), annotated) is int
    assert answer_type(defined(), annotated) is Triage
    assert answer_type(defined(), Annotated()) is Triage
    assert answer_type(defined(batch=True), annotated_batch) is Triage
    assert answer_type(defined(), lambda x: x) is None
    assert answer_type(defined(), unresolvable) is None


def ask(question, /, context="", *more, temperature=0.0, stop=None, tools=(), **others):
    return question, context, more, temperature, stop, tools, others


@pytest.mark.parametrize(
    ("positional", "named", "same_as"),
    [
        (("a", ""), {}, ("a",)),
        (("a",), {"temperature": 0.0, "stop": None}, ("a",)),
        (("a", "b"), {"temperature": 0.0}, ("a", "b")),
    ],
)
def test_an_argument_that_says_what_its_default_says_makes_no_other_call(positional, named, same_as):
    model = made(ask)
    bound = model.caller.bind(positional, named)
    plain = same_as[0] if len(same_as) == 1 else model.caller.bind(same_as, {})
    assert model.key(bound) == model.key(plain)
    assert model.caller.call([bound]) == model.caller.call([plain])


@pytest.mark.parametrize(
    ("positional", "named"),
    [
        (("a",), {"temperature": 0}),
        (("a",), {"temperature": -0.0}),
        (("a",), {"tools": ()}),
        (("a",), {"other": None}),
        (("a", "", "more"), {}),
    ],
)
def test_an_argument_that_may_be_another_makes_another_call(positional, named):
    model = made(ask)
    assert model.key(model.caller.bind(positional, named)) != model.key("a")


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
def test_the_types_of_a_table_are_kept_in_any_batch(rows):
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
    batch = pd.DataFrame({"x": [1, 2]}, index=["p", "q"])
    assert aligned(pd.Series([20, 10], index=["q", "p"]), batch, 2, "m").tolist() == [10, 20]
    with pytest.raises(ModelError, match="not that of its inputs"):
        aligned(pd.Series([10, 20]), batch, 2, "m")


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


def test_a_model_is_loaded_at_its_first_question_and_once():
    loads = []

    def load(version, *, suffix):
        loads.append(version)
        return lambda text: text + suffix

    model = per_worker(load, "2.1", suffix="!")
    assert loads == []
    assert (model("a"), model("b"), copy.copy(model)("c")) == ("a!", "b!", "c!")
    assert loads == ["2.1"]
    assert per_worker(load, "2.1", suffix="?")("a") == "a?"


class Loaded:
    def predict(self, texts):
        return [text.upper() for text in texts]

    def predict_proba(self, texts):
        return [[0.5] for _ in texts]


def test_a_model_that_is_loaded_may_call_another_one_which_is_loaded_then():
    inner = per_worker(lambda: lambda x: x.upper())
    outer = per_worker(lambda: (inner("warm up"), str)[1])
    assert outer(1) == "1"


def test_an_estimator_predicts_or_does_what_method_says():
    assert per_worker(Loaded)(["a"]) == ["A"]
    caller = caller_of(defined(method="predict_proba"), per_worker(Loaded))
    assert (caller.batch, caller.call(["a", "b"])) == (True, [[0.5], [0.5]])


def test_an_object_without_the_method_is_refused():
    with pytest.raises(UsageError, match=r"per_worker\(dict\) made a dict, which has no method 'predict'"):
        per_worker(dict)("a")


def test_its_answers_have_the_type_that_the_fixture_says():
    assert answer_type(defined(), per_worker(Loaded)) is None
    assert answer_type(defined(returns=int), per_worker(Loaded)) is int
