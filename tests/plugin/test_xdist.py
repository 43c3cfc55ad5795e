"""``-n 2``: the verdicts and the section of one process; only the controller writes baselines."""

import re
import shutil

import pytest

from tests.conftest import CONFTEST

pytest.importorskip("xdist")

MOMENT = re.compile(rb'"approved_at":"[^"]*",|(?<=,"sum":")[0-9a-f]{8}')

TESTS = """
@pytest.mark.golden("tickets.yaml", at_least=0.5)
def test_known(triage, case):
    assert triage(case.input) == case.expected

@pytest.mark.invariance("tickets.yaml", under=str.upper)
def test_shouting(triage, case):
    assert triage(case.perturbed) == triage(case.input)

@pytest.mark.golden("tickets.yaml", max_changed=0)
def test_approved(triage, case):
    assert triage(case.input) == case.approved

@pytest.mark.parametrize("number", range(3))
@pytest.mark.golden("tickets.yaml")
def test_each(triage, case, number):
    assert triage(case.input) == case.expected

def test_called(triage, modelcheck):
    def body(case):
        assert triage(case.input) == case.expected
    modelcheck.golden(body, "tickets.yaml")

def test_plain(triage):
    assert triage("Hello") == "other"
"""


def section(result):
    """The lines of the section, without the parts that depend on the worker that called first."""
    lines = result.stdout.lines
    start = next(number for number, line in enumerate(lines) if "= modelcheck =" in line)
    end = next(number for number, line in enumerate(lines[start + 1 :], start + 1) if line.startswith("==="))
    heading, *rows = lines[start + 1 : end]
    counts = re.search(r" +calls( +cached)?| +cached", heading)
    kept = [row for row in rows if "answers:" not in row and "● rate" not in row]
    return [re.sub(r" {2,}", "  ", row[: counts.start()] + row[counts.end() :]) for row in [heading, *kept]]


def headlines(result):
    return sorted(line for line in result.stdout.lines if line.startswith("FAILED "))


COIN = """
import random

@model_fixture(deterministic=False)
def coin(model_version):
    chance = random.Random(4)
    return lambda text: chance.random() < 0.8
"""
INCONCLUSIVE = """
@pytest.mark.golden([str(number) for number in range(40)], at_least=0.95, confirm=False)
def test_coin(coin, case):
    assert coin(case.input)
"""


def test_verdicts_section_and_warnings_are_those_of_one_process(project):
    project.model(CONFTEST + COIN)
    project.test(TESTS)
    project.approve("2.0")
    project.test(TESTS + INCONCLUSIVE)
    alone = project.run("--model-version=2.1")
    spread = project.run_apart("-p", "xdist", "-n", "2", "--model-version=2.1", "--modelcheck-cache=off")
    for result in alone, spread:
        result.assert_outcomes(failed=6, passed=3)
        result.stdout.fnmatch_lines(["*InconclusiveWarning: *::test_coin: *"])
        assert result.stdout.str().count("InconclusiveWarning") == 1
    assert section(spread) == section(alone)
    assert headlines(spread) == headlines(alone)


def test_the_controller_approves_what_three_workers_saw_as_one_process_does_byte_for_byte(project):
    def written():
        return {name: MOMENT.sub(b"", text) for name, text in project.baselines().items()}

    project.test(TESTS)
    project.run("--model-version=2.0", "--modelcheck-update").assert_outcomes(passed=8)
    alone = written()
    for folder in ("baselines", ".modelcheck_cache"):
        shutil.rmtree(project.path / folder)
    spread = project.run_apart("-p", "xdist", "-n", "3", "--model-version=2.0", "--modelcheck-update")
    spread.assert_outcomes(passed=8)
    spread.stdout.fnmatch_lines(["approved: triage 2.0, 7 checks in baselines"])
    assert written() == alone
    assert sum(name.endswith(".jsonl") for name in alone) == 7
    assert len(alone) == 8
    project.forget_calls()
    project.run("--model-version=2.0").assert_outcomes(passed=8)
    assert project.calls == []  # all workers use one cache
