"""A test that is run again, as by pytest-rerunfailures: earlier outcomes no longer count."""

import json

import pytest

from pytest_modelcheck.records import Status

RERUNS = """
import pytest
from _pytest.runner import runtestprotocol

@model_fixture
def model(model_version):
    return str

@model_fixture
def awaited(model_version):
    async def ask(text):
        return text
    return ask

@pytest.hookimpl
def pytest_runtest_protocol(item, nextitem):
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for left in (2, 1, 0):
        item._initrequest()
        for report in runtestprotocol(item, nextitem=nextitem, log=False):
            again = report.failed and left
            if again:
                report.outcome = "rerun"
            item.ihook.pytest_runtest_logreport(report=report)
            if again:
                break
        else:
            break
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
"""

SYNC = """
tries = []

@pytest.mark.golden(["a", "b"])
def test_it(model, case):
    tries.append(case.id)
    assert model(case.input) and len(tries) > 4
"""

ASYNC = SYNC.replace("def test_it(model", "async def test_it(awaited").replace("model(", "await awaited(")

IN_SETUP = """
tries = []

@pytest.fixture
def checked(model, modelcheck):
    def body(case):
        assert model(case.input)
    modelcheck.golden(body, ["a", "b"], name="setup")

def test_it(checked):
    tries.append(1)
    assert len(tries) > 1
"""


@pytest.mark.parametrize("test", [SYNC, ASYNC, IN_SETUP], ids=["sync", "async", "in setup"])
def test_the_last_run_is_the_one_that_counts(project, test):
    project.model(RERUNS)
    project.test(test)
    result = project.run("--model-version=1", "--modelcheck-report=report.json", "--junitxml=junit.xml")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["1 passed; answers*"])
    (check,) = json.loads((project.path / "report.json").read_bytes())["checks"]
    assert check["verdict"]["status"] == Status.PASSED
    last = (project.path / "junit.xml").read_text().rpartition("<testcase")[2]
    assert last.count('name="modelcheck.status"') == 1
    assert 'name="modelcheck.status" value="passed"' in last


def test_a_test_that_fails_each_time_is_shown_once(project):
    project.model(RERUNS)
    project.test(SYNC.replace("> 4", "> 100"))
    result = project.run("--model-version=1")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*FAIL test_it*", "1 failed; answers*"])
    assert result.stdout.str().count("FAIL test_it") == 1
