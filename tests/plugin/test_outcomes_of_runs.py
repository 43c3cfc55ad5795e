"""Each row of docs/reference/outcomes.md, produced by a run."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.conftest import known

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "outcomes.md"
GOLDEN = """
@pytest.mark.golden({cases}{options})
def test_it(triage, case):
    assert triage(case.input) == case.expected
"""
NOISY = """
import itertools

@model_fixture
def triage(model_version):
    flips = itertools.count()
    return lambda text: "refund" if text == "sure" or next(flips) % {every} else "other"
"""
FAILING = "@model_fixture\ndef triage(model_version):\n    raise OSError('no weights')\n"
UNREACHABLE = """
@model_fixture
def triage(model_version):
    def ask(text):
        raise ConnectionError("no route to host")
    return ask
"""


def rows():
    table = PAGE.read_text(encoding="utf-8").partition("<!-- outcomes -->")[2].partition("\n\n")[0]
    lines = [re.split(r" *\| *", line.strip("| \n")) for line in table.strip().splitlines()]
    return {line[0]: line[1:] for line in lines[2:]}


def golden(options="", cases='"tickets.yaml"'):
    return GOLDEN.format(cases=cases, options=f", {options}" if options else "")


SCENARIOS = {
    "every limit is met": {"test": golden("at_least=0.9")},
    "a limit is missed": {"test": golden("at_least=0.9"), "arguments": ["--model-version=2.1"]},
    "a limit is missed, and noise could explain it": {
        "model": NOISY.format(every=20),
        "test": golden("at_least=0.99, confirm=False", '[(f"unsure {n}", "refund") for n in range(30)]'),
    },
    "the same, with `modelcheck_inconclusive = fail`": {
        "model": NOISY.format(every=20),
        "test": golden("at_least=0.99, confirm=False", '[(f"unsure {n}", "refund") for n in range(30)]'),
        "ini": ["modelcheck_inconclusive = fail"],
    },
    "nothing is approved, and no limit depends on it": {"test": golden()},
    "nothing is approved, and a limit depends on it": {"test": golden("max_drop=0")},
    "cases are new since the approval, and pass": {
        "approve": golden("max_drop=0", '[("refund", "refund"), ("parcel", "shipping")]'),
        "test": golden("max_drop=0", '[("refund", "refund"), ("parcel", "shipping"), ("hello", "other")]'),
    },
    "the model cannot be reached": {"model": UNREACHABLE, "test": golden()},
    "the budget of calls is used up": {"test": golden(), "arguments": ["--modelcheck-max-calls=3"]},
    "an answer is not cached, with `--modelcheck-offline`": {
        "test": golden(),
        "arguments": ["--modelcheck-offline"],
    },
    "the check was stopped early, and met its limits": {
        "test": golden("at_least=0.1, early_stop=True"),
    },
    "there are no cases": {"test": golden(cases="[]")},
    "a limit is missed in a test marked `xfail`": {
        "test": "@pytest.mark.xfail" + golden(),
        "arguments": ["--model-version=2.1"],
    },
    "the baseline is damaged": {
        "approve": golden("max_drop=0"),
        "damage": True,
        "test": golden("max_drop=0"),
    },
    "the model fixture fails": {"model": FAILING, "test": golden()},
    "a marker is written wrongly": {"test": golden("atleast=1")},
}


def test_the_page_and_these_tests_know_the_same_outcomes():
    assert list(rows()) == list(SCENARIOS)


def junit(path):
    if not path.exists():
        return "–"
    cases = list(ET.parse(path).iter("testcase"))
    if not cases:
        return "–"
    (case,) = cases
    kinds = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
    if not kinds:
        return "passed"
    skipped = case.find("skipped")
    if skipped is not None and skipped.get("type") == "pytest.xfail":
        return "xfailed"
    return {"failure": "failed", "error": "error"}[kinds[0]]


@pytest.mark.parametrize("quiet", [[], ["-q"]], ids=["plain", "quiet"])
@pytest.mark.parametrize("name", SCENARIOS)
def test_an_outcome_is_what_the_page_says(project, monkeypatch, name, quiet):
    scenario = SCENARIOS[name]
    project.ini(*scenario.get("ini", ()))
    if "model" in scenario:
        project.model(scenario["model"])
    if "approve" in scenario:
        project.test(scenario["approve"])
        project.approve()
    if "damage" in scenario:
        (path,) = (project.path / "baselines").rglob("*.jsonl")
        path.write_bytes(path.read_bytes()[:-40])
    project.test(scenario["test"])
    arguments = scenario.get("arguments", [])
    if not any("version" in argument for argument in arguments):
        arguments = [*arguments, "--model-version=2.0"]
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    result = project.run(*arguments, *quiet, "--junitxml=junit.xml")
    text = result.stdout.str()
    code, outcome, annotation, mark = rows()[name]
    assert result.ret == int(code), text
    assert junit(project.path / "junit.xml") == outcome
    found = {kind for kind in ("error", "warning") if f"\n::{kind} " in text}
    assert found == ({annotation} - {"none"}), text
    if mark == "–" or (quiet and mark == "pass"):
        assert not re.search(r"^ +(pass|xfail|warn|FAIL) ", text, re.MULTILINE), text
    else:
        assert re.search(rf"^ +{mark} test_it", text, re.MULTILINE), text


WARNS = known("at_least=0.5")
OPTION = "--modelcheck-exit-inconclusive=125"


@pytest.fixture
def inconclusive(project):
    """Version 2.1 misses a limit that only further calls could judge, and none may be made."""
    project.test(WARNS)
    project.run("--model-version=2.1")
    project.test(WARNS.replace("0.5", "0.95"))
    return project


def test_an_inconclusive_check_is_neither_good_nor_bad_unless_another_test_fails(inconclusive):
    for options, code in (([OPTION], 125), ([], 0)):
        result = inconclusive.run("--model-version=2.1", "--modelcheck-offline", *options)
        result.assert_outcomes(passed=1, warnings=1)
        assert result.ret == code
    inconclusive.write("test_other.py", "def test_other():\n    assert False\n")
    assert inconclusive.run("--model-version=2.1", "--modelcheck-offline", OPTION).ret == 1


def test_passing_is_good(project):
    project.test(WARNS)
    assert project.run("--model-version=2.0", OPTION).ret == 0


@pytest.mark.parametrize("code", ["0", "256", "skip", "-1"])
def test_an_invalid_exit_code_is_refused(project, code):
    project.test(WARNS)
    project.refuses(f"*'{code}': write an exit code from 1 to 255*", f"--modelcheck-exit-inconclusive={code}")
