"""Models that answer, raise or end in ways that nobody expects."""

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
    """Both cases ask the same. The second would find nothing left to read, and pass."""
    project.model(f"@model_fixture\ndef model():\n    return lambda text: {answer}\n")
    project.test(TEST)
    result = project.run("-W", "error")
    result.assert_outcomes(failed=1)
    verdict = project.verdict(result)
    assert verdict.cases == Tally(error=2)
    assert f"the model answered with {kind}, which its first reader uses up" in verdict.headline


STREAM = """
async def stream(text):
    for letter in text:
        yield letter

async def whole(x):
    return [part async for part in stream(x)]

@model_fixture
def model():
    return {returned}
"""


def test_a_stream_is_refused_and_its_whole_is_an_answer(project):
    project.test("""
        @pytest.mark.golden(["ab", "cd"])
        async def test_it(model, case):
            assert await model(case.input) == list(case.input)
    """)
    project.model(STREAM.format(returned="stream"))
    result = project.run("-W", "error")
    result.stdout.fnmatch_lines(["*the model fixture 'model' made an async generator*"])
    project.model(STREAM.format(returned="whole"))
    project.run("-W", "error").assert_outcomes(passed=1)


def test_a_plain_function_may_give_a_coroutine(project):
    """As ``lambda text: client.ask(text)`` does: it is awaited for the test."""
    project.model(
        "async def later(text):\n    return text.replace('b', 'x')\n\n"
        "@model_fixture\ndef model():\n    return lambda text: later(text)\n"
    )
    project.test(TEST)
    result = project.run("-W", "error")
    result.assert_outcomes(passed=1)
    assert project.verdict(result).cases == Tally(passed=2)


def test_a_batch_with_one_such_answer_spoils_no_other(project):
    project.model(
        "@model_fixture(batch=True)\ndef model():\n"
        "    return lambda texts: [iter(text) if text == 'b' else text for text in texts]\n"
    )
    project.test(
        "@pytest.mark.golden(['a', 'b', 'c'])\ndef test_it(model, case):\n    assert model(case.input)\n"
    )
    assert project.verdict(project.run()).cases == Tally(passed=2, error=1)


@pytest.mark.parametrize("raised", ["model", "body"])
def test_an_exception_that_cannot_say_what_it_is_breaks_its_case_alone(project, raised):
    project.model(
        """
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
"""
    )
    project.test(
        f"""
from conftest import Mute

@pytest.mark.golden(["{raised}", "c"])
def test_it(model, case):
    if model(case.input) == "body":
        raise Mute
"""
    )
    result = project.run()
    result.assert_outcomes(failed=1)
    verdict = project.verdict(result)
    assert verdict.cases == Tally(passed=1, error=1)
    assert "Mute: <Mute, whose str() raises RuntimeError>" in verdict.headline


@pytest.mark.parametrize(
    ("options", "define"),
    [
        ("", "def"),
        ("concurrency=4", "def"),
        ("timeout=60", "def"),
        ("", "async def"),
        ("timeout=60", "async def"),
    ],
)
def test_a_model_that_exits_ends_its_test_and_not_the_run(project, options, define):
    """An event loop ends with the task that raises SystemExit: nobody would have heard of it."""
    project.model(
        f"@model_fixture({options})\ndef model():\n"
        f"    {define} ask(text):\n        raise SystemExit(3)\n    return ask\n"
    )
    project.test(
        "@pytest.mark.golden(['a', 'b'])\ndef test_it(model, case):\n    assert model(case.input)\n\n"
        "@pytest.mark.golden(['c', 'd'])\ndef test_again(model, case):\n    assert model(case.input)\n\n"
        "def test_next():\n    pass\n"
    )
    result = project.run()
    result.assert_outcomes(failed=2, passed=1)
    result.stdout.fnmatch_lines(["*SystemExit: 3*"])


def test_answers_that_json_has_not_come_back_as_they_were(project):
    answers = ["float('nan')", "{1, 2, 3}", "frozenset()", "b'\\0'", "(1, (2,))", "1 + 2j"]
    models, tests = "", ""
    for number, answer in enumerate(answers):
        models += f"@model_fixture\ndef model_{number}():\n    return lambda text: {answer}\n\n"
        tests += f"""
@pytest.mark.golden(["a", "b"])
def test_{number}(model_{number}, case):
    first, again = model_{number}(case.input), model_{number}(case.input)
    assert type(first) is type(again) is type({answer})
    assert first == again or first != first
"""
    project.model(models)
    project.test(tests)
    project.run("-W", "ignore").assert_outcomes(passed=len(answers))
