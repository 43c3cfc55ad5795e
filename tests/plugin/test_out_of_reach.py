"""Our own files are out of a test's reach: no change of files by a test changes the verdict."""

import json

import pytest

CHECK = """
import builtins
import os
import pathlib
import pytest

ROOT = pathlib.Path(__file__).parent

@pytest.fixture
def reach({takes}):
    {before}
    yield
    {after}

@pytest.mark.golden("tickets.yaml", max_drop=0)
def test_known_tickets(reach, triage, case):
    {body}
    assert triage(case.input) == case.expected
"""
PLAIN = {"takes": "", "before": "pass", "after": "pass", "body": "pass"}
FAKE = {"takes": "fs", "before": "fs.create_file('/fake/a.txt')"}
REACHES = {
    "a patched open": {
        "takes": "monkeypatch",
        "before": "monkeypatch.setattr(builtins, 'open', lambda *_, **__: 1 / 0)",
    },
    "an open that breaks, from the body": {
        "before": "kept = builtins.open",
        "after": "builtins.open = kept",
        "body": "builtins.open = lambda *_, **__: 1 / 0",
    },
    "a fake file system": FAKE,
    "a fake file system that is written to": {
        "takes": "fs",
        "body": "pathlib.Path('/new').mkdir(exist_ok=True); assert os.listdir('/new') == []",
    },
    "a baseline that a fixture removes": {
        "before": "[path.unlink() for path in (ROOT / 'baselines').rglob('*.jsonl') if NAME in str(path)]"
    },
    "another folder for each case": {"body": "os.chdir(os.path.sep)"},
    "another folder": {"before": "os.chdir(os.path.sep)"},
    # Last, since the others read them too.
    "cases that a fixture removes": {"before": "(ROOT / 'tickets.yaml').write_text('[]')"},
}


MODEL = """
UNKNOWN = {"2.1": "reembolso"}
LABELS = {"refund": "refund", "reembolso": "refund", "parcel": "shipping", "password": "account"}

@model_fixture
def triage(model_version):
    words = {word: label for word, label in LABELS.items() if word != UNKNOWN.get(model_version)}
    return lambda text: next((label for word, label in words.items() if word in text.lower()), "other")
"""


def test_the_baseline_is_read_and_the_candidate_is_kept(project):
    """One file for each reach; no other is hurt by it."""
    pytest.importorskip("pyfakefs")
    project.model(MODEL)
    names = {f"test_{number}.py": reach for number, reach in enumerate(REACHES.values())}
    for name in names:
        project.test(CHECK.format(**PLAIN), name)
    project.approve()
    for name, reach in names.items():
        project.test(CHECK.format(**PLAIN | reach).replace("NAME", repr(name)), name)
    fake = ("-p", "pyfakefs.pytest_plugin")
    result = project.run_apart(*fake, "--model-version=2.1", "--modelcheck-report=r.json")
    result.assert_outcomes(failed=len(REACHES))
    result.stdout.fnmatch_lines(["*2 broke, 0 fixed: a net loss of 2 cases, none allowed*"] * len(REACHES))
    left = project.path / ".modelcheck_cache/candidates/triage/2.1"
    candidates = [(left / name / "test_known_tickets.jsonl").read_text() for name in names]
    assert [len(text.splitlines()) for text in candidates] == [12] * len(REACHES)
    checks = json.loads((project.path / "r.json").read_text())["checks"]
    assert [check["verdict"]["status"] for check in checks] == ["failed"] * len(REACHES)


def test_a_warm_cache_is_used_within_a_fake_file_system(project):
    pytest.importorskip("pyfakefs")
    project.model(MODEL)
    project.test(CHECK.format(**PLAIN))
    project.approve()
    project.test(CHECK.format(**PLAIN | FAKE))
    result = project.run_apart("-p", "pyfakefs.pytest_plugin", "--model-version=2.0", "--modelcheck-offline")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["1 passed; answers: 10 cached, 0 new*"])


def test_a_working_directory_that_a_fixture_leaves_behind_or_removes_changes_nothing(project):
    check = """
@pytest.mark.golden("tickets.yaml", max_drop=0)
def test_{}({}triage, case):
    assert triage(case.input) == case.expected
"""
    checks = [check.format(number, takes) for number, takes in enumerate(("left, ", "", "gone, ", ""))]
    project.test(
        """
import os
import pytest

@pytest.fixture
def left(tmp_path):
    os.chdir(tmp_path)

@pytest.fixture
def gone(left, tmp_path):
    tmp_path.rmdir()
"""
        + "".join(checks)
    )
    assert project.run_apart("--model-version=2.0", "--modelcheck-update").ret == 0
    result = project.run_apart("--model-version=2.1", "--modelcheck-report=report.json")
    result.assert_outcomes(failed=4)
    assert result.stdout.str().count("          (tickets.yaml:7)") == 4
    names = [check.verdict.check for check in project.report().checks]
    assert names == [f"test_triage.py::test_{number}" for number in range(4)]
