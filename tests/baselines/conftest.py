"""Records, headers and a small project on disk."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_modelcheck.baselines import lines
from pytest_modelcheck.baselines.atomic import Batch
from pytest_modelcheck.baselines.baseline import Written
from pytest_modelcheck.baselines.candidates import CandidateStore
from pytest_modelcheck.baselines.header import Header
from pytest_modelcheck.baselines.provenance import body_digest, file_digest
from pytest_modelcheck.baselines.store import BaselineStore
from pytest_modelcheck.canonical import short
from pytest_modelcheck.records import CaseResult, Outcome, TrialResult

TEST_FILE = """
import pytest

@pytest.mark.golden("tickets.yaml")
def test_known(triage, case):
    assert triage(case.input) == case.expected

@pytest.mark.golden("tickets.yaml")
def test_other(triage, case):
    assert triage(case.input) != "error"
"""


def _record(case: str, answer: object, outcome: str = "passed", **more: object) -> CaseResult:
    digest = str(more.pop("input", short(f"{case}-input")))
    trial = TrialResult(Outcome(outcome), ((digest, json.dumps(answer).encode()),))
    return CaseResult(case, digest, short(f"{case}-expected"), f"about {case}", (trial,))


@pytest.fixture
def record() -> Callable[..., CaseResult]:
    return _record


def write(store: BaselineStore, header: Header, records: Iterable[CaseResult]) -> Written:
    """Approve some cases."""
    return store.write(header, {one.id: lines.encode(one) for one in records})


def keep(store: BaselineStore) -> None:
    with Batch() as batch:
        store.keep(batch, "triage", "tests/test_a.py::test")


class Workbench:
    """A project with two tests, whose candidates can be left as a run would leave them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.store = BaselineStore(root / "baselines")
        self.candidates = CandidateStore(root / ".modelcheck_cache" / "candidates")
        self.test_file = root / "tests" / "test_triage.py"
        self.case_file = root / "tests" / "tickets.yaml"
        self.test_file.parent.mkdir(parents=True)
        self.test_file.write_text(TEST_FILE)
        self.case_file.write_text("- input: a\n")

    def header(self, name: str = "test_known", version: str | None = "2.1", **more: object) -> Header:
        fields: dict[str, object] = {
            "test": f"tests/test_triage.py::{name}",
            "kind": "golden",
            "model": "triage",
            "version": version,
            "body": body_digest(self.test_file, name.partition("[")[0]),
            "files": {"tests/tickets.yaml": file_digest(self.case_file)},
            "plugin": "0.1.0",
        }
        return Header(**{**fields, **more})

    def run(
        self, answers: Mapping[str, object], name: str = "test_known", version: str = "2.1", **more: object
    ) -> Header:
        """Leave a candidate."""
        header = self.header(name, version, **more)
        rows = [lines.encode(_record(case, answer)) for case, answer in answers.items()]
        header = replace(header, cases=len(rows))
        self.candidates.write(header, rows)
        return header


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path)
