"""An application that does without an answer says nothing of a model that was not called."""

import pytest

from pytest_modelcheck.records import Tally

CAREFUL = """
def careful(model, text):
    try:
        return model(text)
    except {caught}:
        return "other"

@pytest.mark.golden([{{"input": str(number), "expected": "other"}} for number in range(10)]{options})
def test_it(model, case):
    assert careful(model, case.input) == case.expected
"""

ASYNC = """
@pytest.mark.golden([{"input": str(number), "expected": "other"} for number in range(10)])
async def test_it(model, case):
    try:
        answer = await model(case.input)
    except Exception:
        answer = "other"
    assert answer == case.expected
"""

SOUND = "@model_fixture\ndef model(model_version):\n    return lambda text: 'other'\n"

AWAITED = """
@model_fixture
def model(model_version):
    async def ask(text):
        return "other"
    return ask
"""

THREADED = CAREFUL.replace("return model(text)", "return pool.submit(model, text).result()")
BODIES = {
    "Exception": (SOUND, CAREFUL.format(caught="Exception", options="")),
    "BaseException": (SOUND, CAREFUL.format(caught="BaseException", options="")),
    "in an async test": (AWAITED, ASYNC),
    "in a thread": (
        SOUND,
        "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(1)\n"
        + THREADED.format(caught="Exception", options=""),
    ),
}

DYING = """
@model_fixture(give_up_after=2)
def model(model_version):
    calls = []

    def ask(text):
        calls.append(text)
        if len(calls) > 3:
            raise ConnectionError("refused")
        return "other"

    return ask
"""


@pytest.mark.parametrize(("model", "test"), BODIES.values(), ids=BODIES)
def test_a_spent_budget_is_no_answer_though_the_application_has_one(project, model, test):
    project.model(model)
    project.test(test)
    result = project.fails("--model-version=1", "--modelcheck-max-calls=4")
    verdict = project.verdict(result)
    assert (verdict.cases, verdict.uncalled) == (Tally(passed=4, error=6), 6)
    assert verdict.headline.startswith("--modelcheck-max-calls=4 is used up")
    result = project.fails("--model-version=2", "--modelcheck-offline")
    assert project.verdict(result).cases == Tally(error=10)


def test_an_outage_shows_the_error_behind_it_and_no_case_that_was_not_called(project):
    """The application had an answer before the outage; that is its own matter."""
    project.model(DYING)
    careful = CAREFUL.format(caught="Exception", options="").replace("test_it", "test_caught")
    project.test(careful)
    verdict = project.verdict(project.fails("--model-version=1"))
    assert verdict.cases == Tally(passed=5, error=5)
    assert "given up after 2 calls in a row failed" in verdict.headline
    project.test(CAREFUL.format(caught="KeyError", options=""))
    result = project.run("--model-version=2")
    result.stdout.fnmatch_lines(
        [
            "*also  *2/10 cases raised an error: ConnectionError: refused",
            "*errors (2, and 5 not called)",
            "*E *ConnectionError: refused",
        ]
    )
    assert [case.message for case in project.verdict(result).shown[:2]] == ["refused", "refused"]


def test_an_outage_is_no_wrong_answer_however_much_is_one(project):
    """With 5 of 10 required, three answers and an outage would pass as 3 right ones and 7 wrong."""
    project.model(DYING)
    project.test("""
@pytest.mark.golden([str(number) for number in range(10)], wrong_if=Exception, at_least=0.2)
def test_it(model, case):
    assert model(case.input) == "other"
    """)
    result = project.fails("--model-version=1")
    assert project.verdict(result).cases == Tally(passed=3, failed=2, error=5)


@pytest.mark.parametrize(
    ("line", "code"), [("pytest.exit('enough', returncode=7)", 7), ("import bdb; raise bdb.BdbQuit", 1)]
)
def test_an_interruption_is_no_wrong_answer_with_any_wrong_if(project, line, code):
    project.model(SOUND)
    project.test(f"""
@pytest.mark.golden(["a", "b"], wrong_if=Exception, at_least=0)
def test_it(model, case):
    model(case.input)
    {line}
    """)
    result = project.run("--model-version=1")
    assert result.ret == code
    assert project.verdicts(result) == {}


def test_an_edited_test_is_not_replayed_on_answers_that_the_application_made_up(project):
    """The approved version was never called with the current input: it neither passed nor failed."""
    project.model(SOUND)
    test = CAREFUL.format(caught="Exception", options="")
    project.test(test)
    project.approve("1")
    project.test(test.replace("model(text)", "model(text + '?')").replace("== case.expected", "!= 'x'"))
    result = project.run("--model-version=1")
    assert project.verdict(result).comparison.replayed == 0
