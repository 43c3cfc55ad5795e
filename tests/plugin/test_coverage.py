"""Coverage of application code is that of a plain loop, although bodies are suspended in it."""

import sys

import pytest

pytest.importorskip("pytest_cov")
coverage = pytest.importorskip("coverage")

APPLICATION = """
def route(ask, text):
    if not text:
        return "empty"
    first = first_step(ask, text)
    if first == "refund":
        result = second_step(ask, first)
    else:
        result = other(first)
    return result


def first_step(ask, text):
    shortened = " ".join(word for word in text.split())
    answer = ask(shortened)
    if answer is None:
        answer = "none"
    return answer


def second_step(ask, label):
    again = ask(label + "?")
    for number in range(3):
        if number == 2:
            break
    else:
        again = "never"
    return again


def other(label):
    try:
        value = {"other": 1}[label]
    except KeyError:
        value = 0
    return value


def never_called():
    return 1


def predict(text):
    if "refund" in text:
        return "refund"
    elif "parcel" in text:
        return "shipping"
    return "other"
"""

MODELS = """
import app
from pytest_modelcheck import model_fixture

@model_fixture(batch=True)
def batched(model_version):
    return lambda texts: [app.predict(text) for text in texts]

@model_fixture(concurrency=3)
def threaded(model_version):
    return app.predict

@model_fixture
def awaited(model_version):
    async def ask(text):
        return app.predict(text)
    return ask
"""

CHECK = """
import pytest, app

CASES = [f"{word} {number}" for number in range(20) for word in ("refund", "parcel", "hello")]

@pytest.mark.golden(CASES)
def test_batched(batched, case):
    assert app.route(batched, case.input) in ("refund", 0, 1)

@pytest.mark.golden(CASES)
def test_threaded(threaded, case):
    assert app.route(threaded, case.input) in ("refund", 0, 1)

@pytest.mark.golden(CASES)
def test_awaited(awaited, case):
    assert app.route(awaited, case.input) in ("refund", 0, 1)
"""

LOOP = """
import pytest, app

CASES = [f"{word} {number}" for number in range(20) for word in ("refund", "parcel", "hello")]

def test_it():
    for text in CASES:
        assert app.route(app.predict, text) in ("refund", 0, 1)
"""


def measured(project):
    """The lines and branches of the application that the last run measured."""
    data = coverage.CoverageData(str(project.path / ".coverage"))
    data.read()
    (name,) = (name for name in data.measured_files() if name.endswith("app.py"))
    return sorted(data.lines(name)), sorted(data.arcs(name))


@pytest.fixture
def covered(project):
    """Run a test file under pytest-cov, and return the lines and branches measured."""
    project.ini("pythonpath = .", "addopts = -p pytest_cov")
    project.write("conftest.py", MODELS)
    project.write("app.py", APPLICATION)
    project.write(".coveragerc", "[run]\nbranch = true\nsource = .\n")

    def run(source):
        project.write("test_it.py", source)
        options = ("--cov", "--cov-context=test", "--cov-report=", "--modelcheck-cache=off")
        result = project.run_apart(*options)
        result.assert_outcomes(passed=source.count("def test"))
        return measured(project)

    return run


@pytest.fixture(scope="module")
def coverages():
    return {}


@pytest.fixture
def loop(covered, coverages, monkeypatch):
    """The coverage of a plain loop, the same with every tracer."""
    if not coverages:
        monkeypatch.setenv("COVERAGE_CORE", "ctrace")
        coverages["loop"] = covered(LOOP)
    return coverages["loop"]


def test_of_suspended_bodies_is_that_of_a_plain_loop_and_contexts_name_the_test(
    covered, loop, project, monkeypatch
):
    monkeypatch.setenv("COVERAGE_CORE", "ctrace")
    assert covered(CHECK) == loop
    assert len(loop[0]) > 30
    data = coverage.CoverageData(str(project.path / ".coverage"))
    data.read()
    (name,) = (name for name in data.measured_files() if name.endswith("app.py"))
    number = APPLICATION.strip().splitlines().index('    again = ask(label + "?")') + 1
    assert set(data.contexts_by_lineno(name)[number]) == {
        f"test_it.py::test_{model}|run" for model in ("batched", "threaded", "awaited")
    }


@pytest.mark.parametrize("core", ["pytrace", "sysmon"])
def test_by_another_core_is_that_of_a_plain_loop_too(covered, loop, monkeypatch, core):
    if core == "sysmon" and sys.version_info < (3, 12):
        pytest.skip("sys.monitoring came with Python 3.12")
    monkeypatch.setenv("COVERAGE_CORE", core)
    lines, arcs = covered(CHECK)
    assert lines == loop[0]
    assert core == "sysmon" or arcs == loop[1]


def test_by_coverage_run_is_that_of_a_plain_loop_too(covered, loop, project, monkeypatch):
    monkeypatch.setenv("COVERAGE_CORE", "ctrace")
    project.write("test_it.py", CHECK)
    result = project.pytester.run(
        sys.executable, "-m", "coverage", "run", "-m", "pytest", "-p", "modelcheck", "--modelcheck-cache=off"
    )
    result.assert_outcomes(passed=3)
    assert measured(project) == loop
