"""Models that answer, raise or end in unusual ways."""

import sys

import pytest

from pytest_modelcheck.records import Tally

TEST = """
@pytest.mark.golden([{"input": "bad", "id": "one"}, {"input": "bad", "id": "two"}])
def test_it(model, case):
    assert "b" not in list(model(case.input))
"""


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("(letter for letter in text)", "a generator"),
        ("map(str, text)", "a map"),
        ("enumerate(text)", "an enumerate"),
    ],
)
def test_an_answer_that_can_be_read_once_is_an_error(project, answer, kind):
    """Both cases make the same call. The second would find nothing left to read, and pass."""
    project.answers("model", f"lambda text: {answer}")
    project.test(TEST)
    verdict = project.verdict(project.run("-W", "error"))
    assert verdict.cases == Tally(error=2)
    assert f"the model answered with {kind}, which can be read only once" in verdict.headline


def test_a_stream_is_refused_and_its_whole_is_an_answer(project):
    project.model("""
        async def stream(text):
            for letter in text:
                yield letter

        async def read(x):
            return [part async for part in stream(x)]

        @model_fixture
        def streaming():
            return stream

        @model_fixture
        def whole():
            return read
    """)
    check = """
@pytest.mark.golden(["ab", "cd"])
async def test_{0}({0}, case):
    assert await {0}(case.input) == list(case.input)
"""
    project.test(check.format("streaming") + check.format("whole"))
    result = project.run("-W", "error")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*the model fixture 'streaming' made an async generator*"])


def test_a_plain_function_may_give_a_coroutine(project):
    """As ``lambda text: client.ask(text)`` does: it is awaited for the test."""
    project.model(
        "async def later(text):\n    return text.replace('b', 'x')\n\n"
        "@model_fixture\ndef model():\n    return lambda text: later(text)\n"
    )
    project.test(TEST)
    result = project.passes("-W", "error")
    assert project.verdict(result).cases == Tally(passed=2)


def test_an_exception_that_cannot_say_what_it_is_breaks_its_case_alone(project):
    project.model("""
        class Mute(Exception):
            def __str__(self):
                raise RuntimeError("cannot")

        @model_fixture
        def model():
            def ask(text):
                if text == "model":
                    raise Mute
                return text
            return ask
    """)
    check = """
@pytest.mark.golden(["{0}", "c"])
def test_{0}(model, case):
    if model(case.input) == "body":
        raise Mute
"""
    project.test("from conftest import Mute\n" + check.format("model") + check.format("body"))
    result = project.run()
    result.assert_outcomes(failed=2)
    for verdict in project.verdicts(result).values():
        assert verdict.cases == Tally(passed=1, error=1)
        assert "Mute: <Mute, whose str() raises RuntimeError>" in verdict.headline


def test_a_model_that_exits_ends_its_test_and_not_the_run(project):
    """An event loop ends with the task that raises SystemExit: the error would be lost."""
    kinds = [
        *(("", "def"), ("concurrency=4", "def"), ("timeout=60", "def")),
        *(("", "async def"), ("timeout=60", "async def")),
    ]
    models, checks = "", ""
    for number, (options, define) in enumerate(kinds):
        models += f"@model_fixture({options})\ndef model_{number}():\n    {define} ask(text):\n"
        models += "        raise SystemExit(3)\n    return ask\n\n"
        for name in ("first", "again"):
            checks += f"@pytest.mark.golden(['a', 'b'])\ndef test_{name}_{number}(model_{number}, case):\n"
            checks += f"    assert model_{number}(case.input)\n\n"
        checks += f"def test_next_{number}():\n    pass\n\n"
    project.model(models)
    project.test(checks)
    result = project.run()
    result.assert_outcomes(failed=2 * len(kinds), passed=len(kinds))
    result.stdout.fnmatch_lines(["*SystemExit: 3*"] * len(kinds))


def test_annotations_may_name_what_only_a_type_checker_imports(project):
    """Python 3.14 evaluates annotations when they are read; before, a future import does as well."""
    future = "" if sys.version_info >= (3, 14) else "from __future__ import annotations\n"
    (project.path / "conftest.py").write_text(
        future
        + """
from pytest_modelcheck import model_fixture

class Client:
    def ask(self, text: Text, *, again: Flag = False) -> Label:
        return text.lower()

@model_fixture
def triage(model_version: Version) -> Model:
    return Client().ask
"""
    )
    project.test(
        future
        + """
import sys

import pytest
from pytest_modelcheck.cases import template

def shouted(text: Text, rng: Random) -> Text:
    return text.upper()

def label(word: Word) -> Label:
    return word

@pytest.mark.golden(template("{word}", word=["a", "b"], expected=label))
def test_known(triage: Model, case: Case):
    assert triage(case.input) == case.expected

@pytest.mark.invariance(["c", "d"], under=shouted)
def test_shouting(triage: Model, case: Case):
    assert triage(case.perturbed) == triage(case.input)
"""
    )
    project.run("--model-version=2", "-W", "error").assert_outcomes(passed=2)
