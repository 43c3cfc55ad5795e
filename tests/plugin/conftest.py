"""Every run of these tests also leaves a JSON report, and what it says is held against its schema."""

from __future__ import annotations

import json
from functools import cache

import jsonschema
import pytest

from pytest_modelcheck.reports.jsons import SCHEMA

_LEFT_ALONE = ("test_idle", "test_report_command", "test_report_option", "test_xdist")
"""These compare with runs that leave no report, or ask for their own."""


@cache
def validator():
    return jsonschema.Draft202012Validator(json.loads(SCHEMA.read_bytes()))


@pytest.fixture(autouse=True)
def _every_report_is_valid(request, monkeypatch):
    """Ask runs in this process for a report, unless they ask for their own, and validate it."""
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
            content = path.read_bytes()
            validator().validate(json.loads(content))
            path.unlink()
        return result

    monkeypatch.setattr(project, "run", run_and_validate)
