"""Workers of pytest-xdist that make the same calls: each is paid once, and a dying worker loses its own."""

from collections import Counter

import pytest

pytest.importorskip("xdist")

MODEL = """
import os, time
from pathlib import Path
from pytest_modelcheck import model_fixture

LOG = Path(__file__).with_name("calls.log")

def ask(text):
    time.sleep({seconds})
    with LOG.open("a") as log:
        log.write(text + "\\n")
    {extra}
    return text.upper()

@model_fixture({options})
def triage(model_version):
    return ask
"""

TWO_FILES = """
import pytest

CASES = [(f"text {number}", f"TEXT {number}") for number in range(%d)]

@pytest.mark.golden(CASES)
def test_labels(triage, case):
    assert triage(case.input) == case.expected
"""


@pytest.fixture
def shared(project):
    def prepare(options="concurrency=4", seconds=0.01, extra="pass", files=2, cases=100):
        project.write("conftest.py", MODEL.format(options=options, seconds=seconds, extra=extra))
        for number in range(files):
            project.test(TWO_FILES % cases, name=f"test_{number}.py")
        return project

    return prepare


def spread(project, *arguments, dist="loadfile"):
    options = ("-p", "xdist", "-n", "2", "--dist", dist, "--model-version=1", *arguments)
    return project.run_apart(*options, timeout=180)


KINDS = {
    "threads": ("concurrency=4", 60),
    "timed": ("concurrency=4, timeout=20", 60),
    "serial": ("concurrency=1, retries=1", 20),
    "awaited": ("concurrency=4", 40),
}


def test_two_workers_with_the_same_inputs_pay_for_each_once(shared):
    """Each kind of model is called in two files, which two workers run at once."""
    project = shared(files=0)
    conftest = (project.path / "conftest.py").read_text()
    for kind, (options, cases) in KINDS.items():
        conftest += f"\n@model_fixture({options})\ndef {kind}(model_version):\n"
        conftest += f'    return lambda text: ask(f"{kind} {{text}}").removeprefix("{kind.upper()} ")\n'
        source = (TWO_FILES % cases).replace("triage", kind)
        if kind == "awaited":
            source = source.replace("def test", "async def test").replace("assert a", "assert await a")
        for number in range(2):
            project.test(source, f"test_{kind}_{number}.py")
    project.write("conftest.py", conftest)
    spread(project).assert_outcomes(passed=2 * len(KINDS))
    once = {f"{kind} text {number}": 1 for kind, (_, cases) in KINDS.items() for number in range(cases)}
    assert Counter(project.calls) == once


@pytest.mark.parametrize("dist", ["loadscope", "worksteal"])  # the others are those of other tests
def test_summary_and_baselines_are_complete_however_tests_are_dealt_out(shared, dist):
    project = shared(files=3, cases=30)
    result = spread(project, "--modelcheck-update", dist=dist)
    result.assert_outcomes(passed=3)
    for number in range(3):
        result.stdout.fnmatch_lines([f"test_{number}.py*", "*pass test_labels*30/30*"])
    assert sum(name.endswith("test_labels.jsonl") for name in project.baselines()) == 3
    assert set(Counter(project.calls).values()) == {3}  # an approval makes three runs


def test_a_dying_worker_loses_its_own_test_and_delays_no_other(shared):
    """It dies during a call that the other worker waits for."""
    flag = "(Path(__file__).parent / 'died')"
    extra = f"text == 'text 5' and not {flag}.exists() and ({flag}.touch(), os._exit(3))"
    project = shared("concurrency=2", extra=extra, cases=30)
    result = spread(project)
    result.assert_outcomes(passed=2, failed=1)  # xdist runs it again, in a new worker
    result.stdout.fnmatch_lines(["*pass test_labels*30/30*", "*pass test_labels*30/30*"])
    assert "crashed" in result.stdout.str()
    again = spread(project)
    again.assert_outcomes(passed=2)
    counted = Counter(project.calls)
    assert set(counted) == {f"text {number}" for number in range(30)}
    # Calls under way when it died, and answers not written yet: on a loaded machine more, but far from all.
    assert sum(counted.values()) <= 30 + 10


def test_workers_share_the_budget_of_calls_and_the_rate(shared):
    project = shared("concurrency=4", files=2, cases=50)
    result = spread(project, "--modelcheck-max-calls=40")
    assert len(project.calls) <= 40
    result.assert_outcomes(failed=2)
