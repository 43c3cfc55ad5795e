"""Checks without pytest around them: a session in a folder, and a way to run it."""

from __future__ import annotations

import random
from contextlib import nullcontext
from dataclasses import replace

import pytest

from pytest_modelcheck.cases import load
from pytest_modelcheck.checks.limits import NAMES, limits_from
from pytest_modelcheck.checks.spec import CheckSpec, Provenance
from pytest_modelcheck.errors import ModelcheckError
from pytest_modelcheck.models.definition import Definition
from pytest_modelcheck.records import GRADE, Outcome
from pytest_modelcheck.session import RunOptions, Session, lines, results

CHECK = "test_triage.py::test_known"


def classify(error):
    if isinstance(error, AssertionError):
        return Outcome.FAILED
    return Outcome.ERROR if isinstance(error, Exception) else None


class Project:
    """A folder with results, baselines and cache, and the sessions that use it."""

    def __init__(self, folder):
        self.folder = folder
        self.run_options = RunOptions(baselines=folder / "baselines", cache=folder / "cache")

    def run(self, function, cases, body, version="1.0", *, run_options=None, definition=None, **options):
        """Run one check in a session of its own and return its verdict."""
        session = Session(replace(self.run_options, **(run_options or {})), "0")
        try:
            definition = {"name": "triage", "source": "s", "location": "conftest.py:1", **(definition or {})}
            model = session.open_model(Definition(takes_version=True, **definition), function, version)
            limits = {key: options.pop(key) for key in list(options) if key in NAMES}
            spec = CheckSpec(
                id=CHECK,
                kind=options.pop("kind", "golden"),
                cases=load(cases),
                body=lambda case: body(model, case),
                subject=model,
                classify=classify,
                render=str,
                quietly=nullcontext,
                limits=limits_from(limits, options.get("scale", GRADE)),
                provenance=Provenance(options.pop("edition", "1")),
                rerun="pytest test_triage.py",
                **options,
            )
            return session.run(spec).verdict
        finally:
            session.close()

    def approve(self, version="1.0"):
        """Approve as ``modelcheck approve`` does, without a look at the test's file."""
        session = Session(self.run_options, "0")
        candidate = session.candidates.read("triage", CHECK, version)
        assert candidate is not None
        session.store.write(replace(candidate.header, run={}, reads_approved=False), candidate.lines())
        from pytest_modelcheck.baselines.store import ApprovedVersion

        session.store.set_approved("triage", ApprovedVersion(version))
        session.close()


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def noisy(rate, seed=0):
    """A model that answers right with a probability, differently each time it is called."""
    generator = random.Random(seed)
    return lambda x: "right" if generator.random() < rate else "wrong"


@pytest.fixture
def varying():
    return noisy


def comparable(verdict):
    """A verdict without its times, or the message of the error raised in its place."""
    if isinstance(verdict, ModelcheckError):
        return str(verdict)
    return replace(verdict, calls=replace(verdict.calls, seconds=0.0, latencies=()))


@pytest.fixture
def both(tmp_path, monkeypatch, project):
    """Run the same story in two projects: with room for lines and trials in memory, and without any."""

    def both(story):
        outcomes = []
        for number, room in enumerate((1 << 20, 0)):
            monkeypatch.setattr(lines, "_ROOM", room)
            monkeypatch.setattr(results, "_TRIALS", room)
            own = type(project)(tmp_path / str(number))
            verdicts = story(own)
            outcomes.append((list(map(comparable, verdicts)), candidates(own)))
        assert outcomes[0] == outcomes[1]
        return verdicts

    return both


def candidates(project):
    """The lines of every result file."""
    return {
        path.relative_to(project.folder): path.read_bytes().splitlines()[1:]
        for path in sorted(project.folder.rglob("candidates/**/*.jsonl"))
    }
