"""Bodies that patch what all share see only their own patches, although others wait meanwhile."""

import pytest

from pytest_modelcheck.records import Tally

MODEL = """
@model_fixture(batch=True)
def echo(model_version):
    return list
"""

HEAD = """
import asyncio, contextlib, datetime, decimal, os, threading, time, warnings
from unittest import mock
import pytest

CASES = pytest.mark.golden([str(number) for number in range(1, 6)])
"""

BODIES = {
    "mock.patch as a context": """
@CASES
def test_it(echo, case):
    with mock.patch.dict(os.environ, {"WHO": case.input}):
        echo(case.input)
        assert os.environ["WHO"] == case.input
    assert "WHO" not in os.environ
""",
    "mock.patch as a decorator of the test": """
@CASES
@mock.patch("os.getcwd")
def test_it(getcwd, echo, case):
    getcwd.return_value = case.input
    echo(case.input)
    assert os.getcwd() == case.input
    assert getcwd.call_count == 1
""",
    "mock.patch as a decorator in application code": """
@mock.patch.dict(os.environ)
def application(echo, text):
    os.environ["WHO"] = text
    echo(text)
    return os.environ["WHO"]

@CASES
def test_it(echo, case):
    assert application(echo, case.input) == case.input
""",
    "warnings.catch_warnings": """
@CASES
def test_it(echo, case):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        echo(case.input)
        warnings.warn(case.input)
    assert [str(one.message) for one in seen] == [case.input]
""",
    "pytest.warns": """
@CASES
def test_it(echo, case):
    with pytest.warns(UserWarning, match=case.input) as seen:
        echo(case.input)
        warnings.warn(case.input)
    assert len(seen) == 1
""",
    "decimal.localcontext": """
@CASES
def test_it(echo, case):
    with decimal.localcontext() as context:
        context.prec = int(case.input)
        echo(case.input)
        assert len(str(decimal.Decimal(1) / 3)) == 2 + int(case.input)
""",
    "a lock": """
LOCK = threading.Lock()

@CASES
def test_it(echo, case):
    with LOCK:
        assert echo(case.input) == case.input
""",
    "an exit stack": """
state = []

@contextlib.contextmanager
def entered(name):
    state.append(name)
    try:
        yield
    finally:
        state.pop()

@CASES
def test_it(echo, case):
    with contextlib.ExitStack() as stack:
        stack.enter_context(entered(case.input))
        echo(case.input)
        assert state == [case.input]
""",
    "asyncio.run": """
async def application(echo, text):
    await asyncio.sleep(0)
    return echo(text)

@CASES
def test_it(echo, case):
    assert asyncio.run(application(echo, case.input)) == case.input
""",
    "a thread of its own": """
@CASES
def test_it(echo, case):
    answers = []
    thread = threading.Thread(target=lambda: answers.append(echo(case.input)))
    thread.start()
    thread.join()
    assert answers == [case.input]
""",
    "a context variable": """
from contextvars import ContextVar
WHO = ContextVar("who")

@CASES
def test_it(echo, case):
    WHO.set(case.input)
    echo(case.input)
    assert WHO.get() == case.input
""",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_with(project, body):
    project.model(MODEL)
    project.test(HEAD + body)
    result = project.run("--model-version=1", "-W", "error")
    result.assert_outcomes(passed=1)
    assert project.verdict(result).cases == Tally(passed=5)


FROZEN = {
    "as a context": """
@CASES
def test_it(echo, case):
    with freeze_time(f"200{case.input}-01-01"):
        echo(case.input)
        assert datetime.date.today().year == 2000 + int(case.input)
""",
    "in application code": """
def application(echo, text):
    with freeze_time(f"200{text}-01-01"):
        echo(text)
        return datetime.date.today().year

@CASES
def test_it(echo, case):
    assert application(echo, case.input) == 2000 + int(case.input)
""",
    "as a decorator of the test": """
@CASES
@freeze_time("2001-01-01")
def test_it(echo, case):
    echo(case.input)
    assert datetime.date.today().year == 2001
""",
}


@pytest.mark.parametrize("body", FROZEN.values(), ids=FROZEN)
def test_a_frozen_clock(project, body):
    pytest.importorskip("freezegun")
    project.model(MODEL)
    project.test(HEAD + "from freezegun import freeze_time\n" + body)
    result = project.run_apart("--model-version=1")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["* 5/5 *"])


def test_what_was_not_gathered_is_told_with_its_place(project):
    project.model(MODEL)
    project.test(HEAD + BODIES["a lock"])
    (note,) = project.verdict(project.run("--model-version=1")).notes
    assert "5 " in note
    assert "test_triage.py:" in note


def test_bodies_without_any_of_that_are_gathered(project):
    project.model(MODEL)
    project.test(HEAD + BODIES["a context variable"])
    verdict = project.verdict(project.run("--model-version=1"))
    assert verdict.calls.direct == 0
    assert verdict.notes == ()
