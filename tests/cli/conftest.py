"""A small project on disk, and the command run in it as a user runs it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pytest_modelcheck.baselines import lines
from pytest_modelcheck.baselines.candidates import CandidateStore
from pytest_modelcheck.baselines.header import Header
from pytest_modelcheck.baselines.provenance import body_digest
from pytest_modelcheck.cli.command import modelcheck
from pytest_modelcheck.records import CaseResult, Outcome, TrialResult

FILE = "tests/test_triage.py"


class Project:
    """A project with candidates as runs leave them, and the command."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.candidates = CandidateStore(root / ".modelcheck_cache" / "candidates")
        (root / "tests").mkdir()
        (root / "pytest.ini").write_text("[pytest]\n")
        (root / FILE).write_text("def test_known(): pass\ndef test_other(): pass\n")

    def run(
        self,
        answers: Mapping[str, object],
        name: str = "test_known",
        version: str = "2.1",
        model: str = "triage",
        failed: str = "",
        runs: Sequence[Outcome] = (),
        **more: object,
    ) -> None:
        body = body_digest(self.root / FILE, name)
        header = Header(
            **{"test": f"{FILE}::{name}", "kind": "golden", "model": model, "version": version, "body": body}
            | more
        )
        rows = [lines.encode(self._record(case, answer, failed, runs)) for case, answer in answers.items()]
        self.candidates.write(replace(header, cases=len(rows)), rows)

    def _record(self, case: str, answer: object, failed: str, runs: Sequence[Outcome]) -> CaseResult:
        outcomes = runs or [Outcome.FAILED if case in failed.split() else Outcome.PASSED]
        calls = ((f"{case}-input", json.dumps(answer).encode()),)
        trials = tuple(TrialResult(one, calls, repeat=number) for number, one in enumerate(outcomes))
        return CaseResult(case, f"{case}-input", None, f"about {case}", trials)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("CI", raising=False)
    # A person types at a terminal; tests without one take click's stream as it is.
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda stream: "stdin" in stream.name)
    # The pytest that some commands run loads our plugin alone: others take a second to import.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", "pytest_modelcheck.plugin")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "2")
    for number, (name, value) in enumerate((("user.name", "Ada"), ("user.email", "ada@example.org"))):
        monkeypatch.setenv(f"GIT_CONFIG_KEY_{number}", name)
        monkeypatch.setenv(f"GIT_CONFIG_VALUE_{number}", value)
    return Project(tmp_path)


@pytest.fixture
def command(project: Project) -> Callable[..., Result]:
    """Run ``modelcheck`` with these arguments; anything but a clean exit is an error of the test."""

    def run(*arguments: str, code: int = 0) -> Result:
        result = CliRunner().invoke(modelcheck, arguments, prog_name="modelcheck")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result

    return run
