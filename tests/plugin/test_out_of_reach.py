"""Our own files are out of a test's reach: whatever it does to files, the verdict is the same."""

import json

import pytest

CHECK = """
import builtins
import os
import pathlib
import pytest

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
REACHES = {
    "nothing": {},
    "another folder": {"before": "os.chdir(os.path.sep)"},
    "another folder for each case": {"body": "os.chdir(os.path.sep)"},
    "a patched open": {
        "takes": "monkeypatch",
        "before": "monkeypatch.setattr(builtins, 'open', lambda *_, **__: 1 / 0)",
    },
    "an open that breaks, from the body": {
        "before": "kept = builtins.open",
        "after": "builtins.open = kept",
        "body": "builtins.open = lambda *_, **__: 1 / 0",
    },
    "a fake file system": {"takes": "fs", "before": "fs.create_file('/fake/a.txt')"},
    "a fake file system that is written to": {
        "takes": "fs",
        "body": "pathlib.Path('/new').mkdir(exist_ok=True); assert os.listdir('/new') == []",
    },
    "a baseline that a fixture removes": {
        "before": "[path.unlink() for path in pathlib.Path('baselines').rglob('*.jsonl')]"
    },
    "cases that a fixture removes": {"before": "pathlib.Path('tickets.yaml').write_text('[]')"},
}


MODEL = """
UNKNOWN = {"2.1": "reembolso"}
LABELS = {"refund": "refund", "reembolso": "refund", "parcel": "shipping", "password": "account"}

@model_fixture
def triage(model_version):
    words = {word: label for word, label in LABELS.items() if word != UNKNOWN.get(model_version)}
    return lambda text: next((label for word, label in words.items() if word in text.lower()), "other")
"""


@pytest.fixture
def approved(project):
    project.model(MODEL)
    project.test(CHECK.format(**PLAIN))
    project.approve()
    return project


@pytest.mark.parametrize("reach", REACHES)
def test_the_baseline_is_read_and_the_candidate_is_kept(approved, reach):
    plugins = ["-p", "pyfakefs.pytest_plugin"] if "fake" in reach else []
    if plugins:
        pytest.importorskip("pyfakefs")
    approved.test(CHECK.format(**PLAIN | REACHES[reach]))
    result = approved.run_apart(*plugins, "--model-version=2.1", "--modelcheck-report=r.json")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*2 broke, 0 fixed: net -2, none allowed*"])
    left = approved.path / ".modelcheck_cache/candidates/triage/2.1/test_triage.py/test_known_tickets.jsonl"
    assert len(left.read_text().splitlines()) == 12
    assert json.loads((approved.path / "r.json").read_text())["checks"][0]["verdict"]["status"] == "failed"


def test_a_warm_cache_is_used_within_a_fake_file_system(approved):
    pytest.importorskip("pyfakefs")
    approved.test(CHECK.format(**PLAIN | REACHES["a fake file system"]))
    result = approved.run_apart("-p", "pyfakefs.pytest_plugin", "--model-version=2.0", "--modelcheck-offline")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["1 passed; answers: 10 cached, 0 new*"])


@pytest.mark.parametrize("goes", [False, True], ids=["another", "removed"])
def test_a_working_directory_that_a_fixture_leaves_behind_changes_nothing(project, goes):
    project.write(
        "test_triage.py",
        f"""
        import os
        import pytest

        @pytest.fixture
        def away(tmp_path):
            folder = tmp_path / "away"
            folder.mkdir()
            os.chdir(folder)
            if {goes}:
                folder.rmdir()

        @pytest.mark.golden("tickets.yaml", max_drop=0)
        def test_first(away, triage, case):
            assert triage(case.input) == case.expected

        @pytest.mark.golden("tickets.yaml", max_drop=0)
        def test_second(triage, case):
            assert triage(case.input) == case.expected
        """,
    )
    assert project.run_apart("--model-version=2.0", "--modelcheck-update").ret == 0
    result = project.run_apart("--model-version=2.1", "--modelcheck-report=report.json")
    result.assert_outcomes(failed=2)
    assert result.stdout.str().count("          (tickets.yaml:7)") == 2
    assert [check.verdict.check for check in project.report().checks] == [
        "test_triage.py::test_first",
        "test_triage.py::test_second",
    ]
