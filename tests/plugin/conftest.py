"""Every run of these tests also writes a JSON report, which is validated against its schema."""

from __future__ import annotations

import importlib.util
import inspect
import json
import os
import re
import shutil
import subprocess
import textwrap
from functools import cache
from pathlib import Path

import jsonschema
import pytest

from pytest_modelcheck.reports.jsons import SCHEMA

_LEFT_ALONE = ("test_idle", "test_report_command", "test_report_option", "test_xdist")
"""Tests that compare with runs without a report, or write their own."""


@cache
def validator():
    return jsonschema.Draft202012Validator(json.loads(SCHEMA.read_bytes()))


def kind_of(case):
    """The kind of a case of a report: one of each kind is validated, as all took a tenth of all time."""
    fields = tuple(name for trial in (case, *case["trials"]) for name, value in trial.items() if value)
    return case["outcome"], case.get("change"), fields


@pytest.fixture(autouse=True)
def _every_report_is_valid(request, monkeypatch):
    """Have runs in this process write a report, unless they write their own, and validate it."""
    if "project" not in request.fixturenames or request.module.__name__.endswith(_LEFT_ALONE):
        return
    project = request.getfixturevalue("project")
    path = request.getfixturevalue("tmp_path_factory").mktemp("report") / "report.json"
    run = project.run

    def run_and_validate(*arguments):
        if any("modelcheck-report" in argument for argument in arguments):
            return run(*arguments)
        result = run(*arguments, f"--modelcheck-report={path}")
        if path.exists():
            report = json.loads(path.read_bytes())
            for check in report["checks"]:
                check["cases"] = list({kind_of(case): case for case in check["cases"]}.values())
            validator().validate(report)
            path.unlink()
        return result

    monkeypatch.setattr(project, "run", run_and_validate)


# -- with other caches: MODELCHECK_AGAIN=1 pytest tests/plugin ------------------------------------

AGAIN = os.environ.get("MODELCHECK_AGAIN") == "1"
"""Repeat runs in this process with a full cache, and with one that has one case."""

_ABOUT_CALLS = re.compile(
    r"\bcalls\b|cached|uncalled|max-calls|offline|revalidate|--modelcheck-cache|-update|counter"
)
"""Words of tests that look at calls, or depend on results of earlier runs."""
_NO_TWO_ALIKE = (
    *("test_caught", "test_edited_tests", "test_executor", "test_identity", "test_killed", "test_levels"),
    *("test_out_of_reach", "test_outcomes_page", "test_pdb", "test_progress", "test_report_option"),
    *("test_statistics", "test_varying_models", "test_whole_answers"),
)
"""Modules with models that answer differently each time, runs that end early, or places that a copy lacks."""


@pytest.fixture(autouse=True)
def _other_caches_change_nothing(request, monkeypatch, tmp_path_factory, _every_report_is_valid):
    """Repeat each run in copies of the project with a filled cache; compare the verdicts."""
    if not AGAIN or "project" not in request.fixturenames or request.module.__name__.endswith(_NO_TWO_ALIKE):
        return
    if _ABOUT_CALLS.search(inspect.getsource(request.function)):
        return
    project, run = request.getfixturevalue("project"), request.getfixturevalue("project").run

    def run_again(*arguments):
        if "--modelcheck-update" in arguments:
            return run(*arguments)
        folder = tmp_path_factory.mktemp("again")
        shutil.copytree(project.path, folder / "before")
        path = folder / "report.json"
        result = run(*arguments, f"--modelcheck-report={path}")
        if path.exists() and not any("modelcheck-report" in each for each in arguments):
            report = json.loads(path.read_bytes())
            cases = [case["id"] for check in report["checks"] for case in check["cases"]]
            for name, first in {
                "warm": [],
                "partly": [f"--modelcheck-case={each}" for each in cases[:1]],
            }.items():
                with monkeypatch.context() as patch:
                    patch.chdir(shutil.copytree(folder / "before", folder / name))
                    run(*arguments, *first)
                    assert verdicts_of(project, run(*arguments)) == verdicts_of(project, result), name
        return result

    monkeypatch.setattr(project, "run", run_again)


def verdicts_of(project, result):
    """The exit code of a run and the outcomes of its checks, without its calls."""
    found = project.verdicts(result)
    return result.ret, {name: (each.status, each.cases, each.trials) for name, each in found.items()}


# -- each body once, alone -------------------------------------------------------------------------

HERE = Path(__file__).parent
ALONE = """
import asyncio, collections, contextlib, contextvars, datetime, decimal, functools, gc, inspect, io, itertools
import json, logging, os, queue, random, sqlite3, sys, tempfile, threading, time, warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest import mock
import pytest
from pytest_modelcheck import Case, model_fixture
from models import log, model

KIND, NAME = "{kind}", "{name}"
echo = model(KIND, NAME)
LOCK = threading.Lock()

async def application(model, text):
    return await model(text)

CASES = pytest.mark.golden([Case(str(n), id=f"c{n}", expected=str(n)) for n in range(1, 7)]{gather})
"""
"""The beginning of every test file of these projects."""
ALL = ("loop", "cold", "warm", "one", "partly", "reversed", "alone")


def pytest_generate_tests(metafunc):
    """A test that takes ``outcomes_by_run`` is run for each check of its module, with models of two kinds."""
    if "outcomes_by_run" in metafunc.fixturenames:
        names = [name for name, _, _ in alone_checks(metafunc.module)]
        metafunc.parametrize("check", names, scope="module")


def alone_checks(module):
    """The names, sources and expected counts of the checks of a module, a few of its kinds for each.

    A check is its source, of which all six cases pass, or the counts and its source. Its test is marked with
    the six cases, unless it has a marker of its own.
    """
    kinds = module.KINDS
    gather = getattr(module, "GATHER", "")
    for number, (about, check) in enumerate(checks_of(module).items()):
        expected, source = ({"passed": 6}, check) if isinstance(check, str) else check
        for kind in dict.fromkeys(kinds[(number + more) % len(kinds)] for more in range(kinds_each(module))):
            name = re.sub(r"\W+", "_", f"{about} {kind}")
            head = ALONE.replace("{kind}", kind).replace("{name}", name).replace("{gather}", gather)
            source = textwrap.dedent(source)
            if "@CASES" not in source and "mark.golden" not in source:
                source = re.sub(r"^( *)((async )?def test_)", r"\1@CASES\n\1\2", source, flags=re.MULTILINE)
            yield name, head + source, expected


def kinds_each(module):
    """The number of kinds of models with which each check of a module is run."""
    return min(getattr(module, "KINDS_EACH", 2), len(module.KINDS))


def checks_of(module):
    """The checks that a module has, or borrows from others."""
    if not hasattr(module, "CHECKS_OF"):
        return module.CHECKS
    found = {}
    for name in module.CHECKS_OF:
        spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
        other = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(other)
        checks = {about: check for about, check in other.CHECKS.items() if about not in module.EXCEPT}
        assert not found.keys() & checks.keys(), "two checks of one name"
        found |= checks
    return found


def lay_out(module, folder, runs):
    """Write the project of a module, and the plan of its runs."""
    project = folder / "project"
    project.mkdir()
    (project / "pytest.ini").write_text("\n".join(["[pytest]", *getattr(module, "INI", ())]))
    (project / "conftest.py").write_text(textwrap.dedent(getattr(module, "CONFTEST", "")), encoding="utf-8")
    shutil.copy(HERE / "alone_models.py", project / "models.py")
    files = []
    for name, source, _ in alone_checks(module):
        files.append(f"test_{name}.py")
        (project / files[-1]).write_text(source, encoding="utf-8")
    plan = {
        "timeout": 20,
        "seconds": 60,
        "in all": 240,
        "runs": runs,
        "options": list(getattr(module, "OPTIONS", ())),
        "one": getattr(module, "CACHED", "c3"),
        "alone": files[:: 4 * kinds_each(module)],
    }
    (folder / "plan.json").write_text(json.dumps(plan))


@pytest.fixture(scope="module")
def alone(request, tmp_path_factory, warm):
    """The outcomes of each check of the module in each run, and the calls of each run."""
    folder = tmp_path_factory.mktemp("alone")
    lay_out(request.module, folder, getattr(request.module, "RUNS", ALL))
    environment = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "", "COLUMNS": "120"}
    subprocess.run(
        [warm / "script", HERE / "alone.py", folder], env={**os.environ, **environment}, check=True
    )
    return json.loads((folder / "found.json").read_bytes())


@pytest.fixture
def outcomes_by_run(request, alone, check):
    """Outcomes of one check by run, and the expected ones, as two mappings to compare."""
    expected = next(expected for name, _, expected in alone_checks(request.module) if name == check)
    file = f"test_{check}.py"
    found = {}
    for run, results in alone.items():
        mine = [counts for name, counts in results["checks"].items() if name.startswith(file)]
        if run != "one" and (mine or not run.startswith("alone")):
            found[run] = mine[0] if mine else "no verdict"
    return found, dict.fromkeys(found, expected)
