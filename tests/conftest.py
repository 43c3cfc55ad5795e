"""A small project to run pytest in: a model fixture that notes its calls, and tickets for it."""

import importlib
import json
import os
import pkgutil
import subprocess
import sys
import tempfile
import textwrap
import threading
import warnings
from collections.abc import Callable, Iterator
from contextvars import copy_context
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from _pytest.assertion.rewrite import _rewrite_test
from click.testing import CliRunner
from hypothesis import HealthCheck, settings

import pytest_modelcheck
from pytest_modelcheck.cli.command import modelcheck
from pytest_modelcheck.records import Verdict
from pytest_modelcheck.records.packing import unpack
from pytest_modelcheck.reports.model import RunReport

pytest_plugins = ["pytester"]

# The first text drawn on a fresh machine waits for tables of all characters, and any text on a busy
# one for its turn: no test is to blame.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# Further plugins that every inner run loads, as `.ci/compat neighbours` asks for.
NEIGHBOURS = [word for name in os.environ.get("MODELCHECK_NEIGHBOURS", "").split() for word in ("-p", name)]

CONFTEST = """
from pathlib import Path
from pytest_modelcheck import model_fixture

LABELS = {"refund": "refund", "reembolso": "refund", "parcel": "shipping", "password": "account"}
UNKNOWN = {"2.0": (), "2.1": ("reembolso",), "1.9": ("password",), "3.0": tuple(LABELS)}
LOG = Path(__file__).with_name("calls.log")

@model_fixture(batch=True)
def triage(model_version):
    unknown = UNKNOWN.get(model_version, ())

    def predict(texts):
        with LOG.open("a") as log:
            log.writelines(text + "\\n" for text in texts)
        words = {word: label for word, label in LABELS.items() if word not in unknown}
        return [next((words[word] for word in words if word in text.lower()), "other") for text in texts]

    return predict
"""

TICKETS = """
- {id: t-01, input: "I want a refund", expected: refund, metadata: {language: en}}
- {id: t-02, input: "Refund me, please", expected: refund, metadata: {language: en}}
- {id: t-03, input: "Where is my parcel?", expected: shipping, metadata: {language: en}}
- {id: t-04, input: "The parcel is late", expected: shipping, metadata: {language: en}}
- {id: t-05, input: "I forgot my password", expected: account, metadata: {language: en}}
- {id: t-06, input: "Hello there", expected: other, metadata: {language: en}}
- {id: t-07, input: "Quiero un reembolso", expected: refund, metadata: {language: es}}
- {id: t-08, input: "Necesito el reembolso", expected: refund, metadata: {language: es}}
- {id: t-09, input: "Buenos dias", expected: other, metadata: {language: es}}
- {id: t-10, input: "Gracias", expected: other, metadata: {language: es}}
"""

TEST = """
import pytest

@pytest.mark.golden("tickets.yaml")
def test_known_tickets(triage, case):
    assert triage(case.input) == case.expected
"""


def known(limits: str = "", name: str = "test_known") -> str:
    """The source of a golden check of the tickets with some limits."""
    marked = '"tickets.yaml", ' + limits if limits else '"tickets.yaml"'
    body = "    assert triage(case.input) == case.expected\n"
    return f"\n@pytest.mark.golden({marked})\ndef {name}(triage, case):\n{body}"


@pytest.fixture(scope="session", autouse=True)
def _not_in_ci() -> Iterator[None]:
    """The plugin behaves differently in CI; tests of that set the variable themselves."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("CI", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITLAB_CI"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session")
def _everything_loaded() -> None:
    """Import modules that inner runs import late: each run forgets those that it imported first."""
    for module in pkgutil.walk_packages(pytest_modelcheck.__path__, "pytest_modelcheck."):
        importlib.import_module(module.name)
    late = (
        "diskcache",
        "hypothesis.strategies",
        "numpy",
        "orjson",
        "sklearn.tree",
        "scipy.special",
        "scipy.stats",
        "scipy.optimize",
        "unittest.mock",
        "yaml",
    )
    for name in late:
        importlib.import_module(name)


@pytest.fixture(scope="session")
def warm() -> Iterator[Path]:
    """The folder of scripts that start pytest and modelcheck without new imports."""
    with tempfile.TemporaryDirectory() as folder:
        # One thread, as only that which calls it survives a fork.
        threads = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
        command = [sys.executable, str(Path(__file__).with_name("warm.py")), folder]
        with subprocess.Popen(
            command, env=os.environ | threads, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            try:
                assert process.stdout.readline() == b"ready\n"
                yield Path(folder)
            finally:
                process.terminate()  # or leaving the block would wait for it without end


_OF_A_CASE = ("expected", "metadata", "known_failure", "origin", "approved_outcome", "change")
_OF_A_TRIAL = ("answer", "perturbed", "base_answer", "message", "approved_answer", "approved_base_answer")


def _case(fields: dict[str, Any]) -> SimpleNamespace:
    """A case of a JSON report; missing fields are ``None``."""
    trials = [SimpleNamespace(**{**dict.fromkeys(_OF_A_TRIAL), **trial}) for trial in fields["trials"]]
    return SimpleNamespace(**{**dict.fromkeys(_OF_A_CASE), **fields, "trials": trials})


def _reasoned(arguments: tuple[str, ...]) -> list[str]:
    """Arguments with a reason to approve, as no inner run has a terminal."""
    if any("reason" in argument for argument in arguments):
        return list(arguments)
    if "--modelcheck-update" in arguments:
        return [*arguments, "--modelcheck-reason=tests"]
    return [*arguments, "--reason=tests"] if arguments[:1] in (("approve",), ("review",)) else list(arguments)


class Project:
    """A folder with a model fixture, ten tickets, and a test that version 2.0 passes."""

    def __init__(self, pytester: pytest.Pytester, warm: Callable[[], Path]) -> None:
        self.pytester = pytester
        self.warm = warm
        self._rewritten: dict[tuple[Path, bytes], Any] = {}
        self.path: Path = pytester.path
        self.ini()
        self.write("conftest.py", CONFTEST)
        self.write("tickets.yaml", TICKETS)

    def ini(self, *lines: str) -> None:
        """Rewrite the ini file."""
        self.write("pytest.ini", "\n".join(["[pytest]", *lines]))

    def write(self, name: str, text: str) -> Path:
        """Write a file, with its folder."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return path

    def test(self, source: str = TEST, name: str = "test_triage.py") -> None:
        """Write the test file; ``import pytest`` may be left out."""
        source = textwrap.dedent(source)
        self.write(name, source if "import pytest\n" in source else f"import pytest\n{source}")

    def model(self, source: str) -> None:
        """Replace the conftest file; its import of ``model_fixture`` may be left out."""
        self.write("conftest.py", "from pytest_modelcheck import model_fixture\n" + textwrap.dedent(source))

    def answers(self, name: str, returned: str, options: str = "", takes: str = "model_version") -> None:
        """Replace the conftest file by one model: the name of its fixture, and its function."""
        self.model(f"\n@model_fixture({options})\ndef {name}({takes}):\n    return {returned}\n")

    def golden(self, marked: str, body: str, takes: str = "triage, case") -> None:
        """Write a test file of one golden check: the arguments of its marker, and its body."""
        body = textwrap.indent(textwrap.dedent(body).strip(), "    ")
        self.test(f"\n@pytest.mark.golden({marked})\ndef test_it({takes}):\n{body}\n")

    def run(self, *arguments: str) -> pytest.RunResult:
        """Run pytest with the plugin, and with those named by ``-p``, in this process."""
        with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
            # Warnings that are errors in this run must not be errors in the inner run.
            warnings.simplefilter("default")
            # pytest-check wraps it in every inner run: after hundreds of them no thread would start any more.
            patch.setattr(threading.Thread, "start", threading.Thread.start)
            patch.setattr("_pytest.assertion.rewrite._rewrite_test", self._rewrite)
            # The next run must not see context variables that an inner run sets.
            return copy_context().run(
                self.pytester.runpytest_inprocess, *NEIGHBOURS, "-p", "modelcheck", *_reasoned(arguments)
            )

    def _rewrite(self, path: Path, config: pytest.Config) -> Any:
        """Compile a test file as pytest does, once: its bytecode could be that of a file before it."""
        content = path.read_bytes()
        if (path, content) not in self._rewritten:
            self._rewritten[path, content] = _rewrite_test(path, config)
        return self._rewritten[path, content]

    def passes(self, *arguments: str) -> pytest.RunResult:
        """Run; the only test passes."""
        result = self.run(*arguments)
        result.assert_outcomes(passed=1)
        return result

    def fails(self, *arguments: str) -> pytest.RunResult:
        """Run; the only test fails."""
        result = self.run(*arguments)
        result.assert_outcomes(failed=1)
        return result

    def refuses(self, message: str, *arguments: str) -> pytest.RunResult:
        """Run; it ends in a usage error before any test."""
        result = self.run(*arguments)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines([message])
        return result

    def verdicts(self, result: pytest.RunResult) -> dict[str, Verdict]:
        """The verdicts on the reports of a run in this process, by test name."""
        reports = result.reprec.getreports("pytest_runtest_logreport")
        found = [
            unpack(packed, Verdict) for report in reports for packed in getattr(report, "modelcheck", ())
        ]
        return {verdict.check.partition("::")[2]: verdict for verdict in found}

    def verdict(self, result: pytest.RunResult) -> Verdict:
        """The only verdict of a run in this process."""
        (verdict,) = self.verdicts(result).values()
        return verdict

    def report(self, name: str = "report.json") -> RunReport:
        """The JSON report that a run has written, with the field names of the file."""
        fields = json.loads((self.path / name).read_bytes())
        cases = [list(map(_case, check.pop("cases"))) for check in fields["checks"]]
        found = unpack(fields, RunReport)
        checks = zip(found.checks, cases, strict=True)
        return replace(found, checks=tuple(replace(check, cases=own) for check, own in checks))

    def run_apart(self, *arguments: str, timeout: float = 180) -> pytest.RunResult:
        """Run pytest in a process of its own, which cannot affect this one."""
        options = [f"--basetemp={tempfile.mkdtemp(prefix='runpytest-', dir=self.path)}", *NEIGHBOURS]
        script = self.warm() / "pytest"
        return self.pytester.run(script, *options, "-p", "modelcheck", *_reasoned(arguments), timeout=timeout)

    def command(self, *arguments: str) -> pytest.RunResult:
        """Run the ``modelcheck`` command in this process."""
        done = CliRunner().invoke(modelcheck, _reasoned(arguments), prog_name="modelcheck")
        if not isinstance(done.exception, SystemExit | None):
            raise done.exception
        return pytest.RunResult(done.exit_code, done.stdout.splitlines(), done.stderr.splitlines(), 0)

    def approve(self, version: str = "2.0") -> None:
        """Run the tests with a version and approve its results."""
        result = self.run(f"--model-version={version}", "--modelcheck-update")
        assert result.ret == 0, result.stdout.str()

    @property
    def calls(self) -> list[str]:
        """The inputs of the model's calls, in order."""
        log = self.path / "calls.log"
        return log.read_text(encoding="utf-8").splitlines() if log.exists() else []

    def forget_calls(self) -> None:
        """Forget the calls so far."""
        (self.path / "calls.log").unlink(missing_ok=True)

    def files(self) -> dict[str, bytes]:
        """Every file in the folder, by path, except for those of Python, pytest and pytester."""
        found = (path for path in self.path.rglob("*") if path.is_file())
        names = ((path.relative_to(self.path).as_posix(), path) for path in found)
        return {
            name: path.read_bytes()
            for name, path in names
            if "__pycache__" not in name and ".pytest_cache" not in name and name not in ("stdout", "stderr")
        }

    def baselines(self) -> dict[str, bytes]:
        """The files of approved behaviour."""
        return {name: text for name, text in self.files().items() if name.startswith("baselines/")}


@pytest.fixture
def project(
    _everything_loaded: None,
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Project:
    """A project whose pytest loads only plugins named by ``-p``."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setenv("COLUMNS", "120")
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)
    return Project(pytester, lambda: request.getfixturevalue("warm"))
