"""What a model answers: rows of arrays, types of one's own, the wrong number of answers, errors."""

import pytest

PROBABILITIES = """
import numpy as np

class Estimator:
    def predict(self, texts):
        return np.array([len(text) for text in texts])

    def predict_proba(self, texts):
        return np.array([[1 / len(text), 1 - 1 / len(text)] for text in texts])

@model_fixture(method={method!r})
def sizes(model_version):
    return Estimator()
"""


def test_a_column_of_an_array_comes_apart_as_python_values(project):
    project.model(PROBABILITIES.format(method="predict"))
    project.test(
        """
        @pytest.mark.golden([("a", 1), ("bb", 2)])
        def test_it(sizes, case):
            answer = sizes(case.input)
            assert type(answer) is int
            assert answer == case.expected
        """
    )
    project.run("--model-version=1").assert_outcomes(passed=1)
    project.run("--model-version=1").assert_outcomes(passed=1)


def test_a_matrix_is_split_by_row(project):
    project.model(PROBABILITIES.format(method="predict_proba"))
    project.test(
        """
        import numpy as np

        @pytest.mark.golden(["aa", "bbbb"])
        def test_it(sizes, case):
            answer = sizes(case.input)
            assert isinstance(answer, np.ndarray) and answer.shape == (2,)
            assert answer[0] == pytest.approx(1 / len(case.input))
        """
    )
    cold = project.run("--model-version=1")
    warm = project.run("--model-version=1")
    cold.assert_outcomes(passed=1)
    warm.assert_outcomes(passed=1)
    assert project.verdict(warm).calls.cached == 2


def test_a_batch_may_be_collated_to_a_frame(project):
    pytest.importorskip("pandas")
    project.model(
        """
        import pandas as pd

        class Pipeline:
            def predict(self, table):
                assert isinstance(table, pd.DataFrame)
                assert list(table.columns) == ["price", "count"]
                return table["price"] * table["count"]

        @model_fixture(collate="frame")
        def total():
            return Pipeline()
        """
    )
    project.test(
        """
        @pytest.mark.golden(
            [({"price": 2.5, "count": 2}, 5), ({"price": 1.0, "count": 3}, 3)]
        )
        def test_it(total, case):
            assert total(case.input) == case.expected
        """
    )
    project.run().assert_outcomes(passed=1)


def test_a_batch_may_be_collated_by_a_callable(project):
    project.model(
        """
        @model_fixture(batch=True, collate=" ".join)
        def upper():
            return lambda line: line.upper().split(" ")
        """
    )
    project.test(
        """
        @pytest.mark.golden([("a", "A"), ("b", "B")])
        def test_it(upper, case):
            assert upper(case.input) == case.expected
        """
    )
    project.run().assert_outcomes(passed=1)


def test_a_frame_that_answers_is_split_into_mappings(project):
    pytest.importorskip("pandas")
    project.model(
        """
        import pandas as pd

        @model_fixture(batch=True)
        def facts(model_version):
            return lambda texts: pd.DataFrame({"text": texts, "size": [len(text) for text in texts]})
        """
    )
    project.test(
        """
        @pytest.mark.golden(["a", "bb"])
        def test_it(facts, case):
            assert facts(case.input) == {"text": case.input, "size": len(case.input)}
        """
    )
    project.run("--model-version=1").assert_outcomes(passed=1)
    project.run("--model-version=1").assert_outcomes(passed=1)


TYPES = {
    "a dataclass": (
        "@dataclass(frozen=True)\nclass Triage:\n    label: str\n    priority: int",
        "Triage(text, 2)",
        "answer.label == case.input and answer.priority == 2",
    ),
    "a pydantic model": (
        "class Triage(BaseModel):\n    label: str\n    priority: int",
        "Triage(label=text, priority=2)",
        "answer.label == case.input and answer.priority == 2",
    ),
    "an enum": (
        "class Triage(Enum):\n    A = 'a'\n    B = 'b'",
        "Triage(text)",
        "answer is Triage(case.input)",
    ),
}


@pytest.mark.parametrize(("definition", "made", "claim"), TYPES.values(), ids=TYPES)
@pytest.mark.parametrize("declared", ["returns", "annotation"])
def test_a_type_of_ones_own_comes_back_as_it_was(project, definition, made, claim, declared):
    if "BaseModel" in definition:
        pytest.importorskip("pydantic")
    project.ini("pythonpath = .")
    head = "from pydantic import BaseModel" if "BaseModel" in definition else "from enum import Enum"
    project.write("app.py", f"{head}\nfrom dataclasses import dataclass\n\n{definition}\n")
    option, annotation = ("(returns=Triage)", "") if declared == "returns" else ("", " -> Triage")
    project.model(
        f"""
from app import Triage

@model_fixture{option}
def triage(model_version):
    def ask(text){annotation}:
        with open("calls.log", "a") as log:
            log.write("asked\\n")
        return {made}
    return ask
"""
    )
    project.test(
        f"""
        from app import Triage

        @pytest.mark.golden(["a", "b"])
        def test_it(triage, case):
            answer = triage(case.input)
            assert type(answer) is Triage
            assert {claim}

        @pytest.mark.golden(["a", "b"], max_changed=0)
        def test_as_approved(triage, case):
            answer = triage(case.input)
            assert type(case.approved) is Triage
            assert answer == case.approved
        """
    )
    project.run("--model-version=1", "--modelcheck-update").assert_outcomes(passed=2)
    again = project.run("--model-version=1")
    again.assert_outcomes(passed=2)
    assert project.calls == ["asked", "asked"] * 3


def test_no_body_can_spoil_anothers_answer(project):
    project.model(
        """
        @model_fixture
        def facts(model_version):
            return lambda text: {"words": text.split()}
        """
    )
    project.test(
        """
        @pytest.mark.golden([{"id": name, "input": "a b"} for name in "123"])
        def test_it(facts, case):
            answer = facts(case.input)
            assert answer == {"words": ["a", "b"]}
            answer["words"].clear()
        """
    )
    project.run("--model-version=1").assert_outcomes(passed=1)
    project.run("--model-version=1").assert_outcomes(passed=1)


def test_no_body_can_spoil_anothers_input(project):
    project.model("@model_fixture\ndef size():\n    return lambda row: len(row['words'])\n")
    project.test(
        """
        ROW = {"words": ["a", "b"]}

        @pytest.mark.golden([{"id": name, "input": ROW, "expected": [2]} for name in "123"])
        def test_it(size, case):
            assert size(case.input) == 2
            case.input["words"].clear()
            case.expected.clear()
        """
    )
    project.run().assert_outcomes(passed=1)


@pytest.mark.parametrize("answer", ["texts[1:]", "texts + texts"])
def test_the_wrong_number_of_answers_is_an_error_that_says_so(project, answer):
    project.model(f"@model_fixture(batch=True)\ndef echo():\n    return lambda texts: {answer}\n")
    project.test(
        """
        @pytest.mark.golden(["a", "b", "c"])
        def test_it(echo, case):
            assert echo(case.input) == case.input
        """
    )
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "3/3 cases raised an error: BatchSizeError: echo answered a batch of 1 input with *",
            "FAILED *::test_it - 3/3 cases raised an error: BatchSizeError: echo answered *",
        ]
    )


def test_a_batch_answered_with_one_text_is_an_error_that_says_so(project):
    project.model("@model_fixture(batch=True)\ndef echo():\n    return lambda texts: ' '.join(texts)\n")
    project.test(
        """
        @pytest.mark.golden(["a", "b", "c"])
        def test_it(echo, case):
            assert echo(case.input) == case.input
        """
    )
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*ModelError: echo answered a batch of 1 input with a str; *batch=False*"])


RAISING = """
@model_fixture({options})
def triage(model_version):
    {prefix}def ask({argument}):
        if {bad}:
            raise ValueError("no such language")
        return {argument}
    return ask
"""

ONE = {"options": "", "prefix": "", "argument": "text", "bad": "text == 'bad'"}
BATCH = {"options": "batch=True", "prefix": "", "argument": "texts", "bad": "'bad' in texts"}
RAISES = {
    "one input": ONE,
    "a batch": BATCH,
    "in threads": {**ONE, "options": "concurrency=2"},
    "awaited": {**ONE, "prefix": "async "},
}


@pytest.mark.parametrize("shape", RAISES.values(), ids=RAISES)
def test_an_error_of_the_model_is_counted_apart_and_shown_with_its_input_and_traceback(project, shape):
    project.model(RAISING.format(**shape))
    project.test(
        """
        @pytest.mark.golden(["good", "bad", "fine", "well"])
        def test_it(triage, case):
            assert triage(case.input) == case.input
        """
    )
    result = project.run("--model-version=1")
    result.assert_outcomes(failed=1)
    verdict = project.verdict(result)
    assert (verdict.cases.passed, verdict.cases.failed, verdict.cases.error) == (3, 0, 1)
    result.stdout.fnmatch_lines(
        [
            "1/4 cases raised an error: ValueError: no such language",
            '*"bad"*',
            '*raise ValueError("no such language")*',
        ]
    )
    assert verdict.shown[0].input == "bad"
    assert 'raise ValueError("no such language")' in verdict.shown[0].detail
    assert "pytest_modelcheck/" not in result.stdout.str()


def test_errors_are_not_remembered(project):
    project.model(RAISING.format(**BATCH))
    project.test(
        """
        @pytest.mark.golden(["good", "bad"])
        def test_it(triage, case):
            assert triage(case.input) == case.input
        """
    )
    project.run("--model-version=1").assert_outcomes(failed=1)
    project.model(RAISING.format(**BATCH).replace("'bad'", "'worse'"))
    result = project.run("--model-version=1")
    result.assert_outcomes(passed=1)


def test_an_answer_that_cannot_be_kept_is_used_but_warned_of(project):
    project.model(
        """
        class Odd:
            def __init__(self, text):
                self.text = text

        @model_fixture
        def odd(model_version):
            return Odd
        """
    )
    project.test(
        """
        @pytest.mark.golden(["a", "b"])
        def test_it(odd, case):
            assert odd(case.input).text == case.input
        """
    )
    result = project.run("--model-version=1")
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*ModelcheckWarning: *Odd*"])


def test_an_answer_that_cannot_be_kept_is_shown_as_python_shows_it(project):
    project.model(
        """
        import threading

        class Odd:
            def __init__(self, text):
                self.text, self.lock = text, threading.Lock()

            def __repr__(self):
                return f"Odd({self.text!r})"

        @model_fixture
        def odd(model_version):
            return Odd
        """
    )
    project.test(
        """
        @pytest.mark.golden(["a"])
        def test_it(odd, case):
            assert odd(case.input).text == "b"
        """
    )
    result = project.run("--model-version=1")
    result.assert_outcomes(failed=1, warnings=1)
    result.stdout.fnmatch_lines(["*got Odd('a')"])


def test_a_warning_is_said_of_the_model_and_at_the_test(project):
    project.model(
        """
        class Handle:
            pass

        @model_fixture
        def triage(model_version):
            return lambda text: Handle()
        """
    )
    project.test(
        """
        @pytest.mark.golden(["a", "b"])
        def test_labels(triage, case):
            assert triage(case.input) is not None
        """
    )
    result = project.run("--model-version=1")
    result.stdout.re_match_lines(
        [r".*test_triage\.py:\d+: ModelcheckWarning: triage 1: answer: .*conftest\.Handle .*returns=Handle.*"]
    )
    result.stdout.no_fnmatch_line("*pytest_modelcheck/*")
