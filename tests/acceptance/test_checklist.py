"""CheckList's sentiment suite, written as by a user (in ``checklist/``), gives CheckList's counts."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from pytest_modelcheck.plugin.received import REPORT
from pytest_modelcheck.records import Verdict
from pytest_modelcheck.records.packing import unpack

DATA = os.environ.get("MODELCHECK_DATA")
if not DATA:
    pytest.skip("MODELCHECK_DATA does not name the folder that holds the suite", allow_module_level=True)

PROJECT = Path(__file__).with_name("checklist")
REFERENCE = json.loads(Path(DATA, "checklist-sentiment", "reference.json").read_text(encoding="utf-8"))
QUESTIONS = 164_771  # different ones, in 86,420 cases of 38 tests


class Reader:
    """A plugin that takes the verdict of each test off its report, by CheckList's name of the test."""

    def __init__(self):
        self.verdicts = {}

    def pytest_runtest_logreport(self, report):
        for verdict in (unpack(packed, Verdict) for packed in getattr(report, REPORT, ())):
            self.verdicts[verdict.check.partition("[")[2].removesuffix("]")] = verdict


@pytest.fixture
def run(tmp_path):
    """Run the suite, and return its verdicts. Runs share a cache and results."""
    places = [f"--override-ini=modelcheck_{name}_dir={tmp_path / name}" for name in ("cache", "baseline")]
    alone = ["--disable-plugin-autoload", "-p", "modelcheck", "-p", "no:cacheprovider", "-q"]

    def run(version, *options):
        reader = Reader()
        arguments = [str(PROJECT), f"--model-version={version}", *places, *alone, *options]
        assert pytest.main(arguments, plugins=[reader]) == pytest.ExitCode.OK
        return reader.verdicts

    return run


def counts(verdicts):
    """The counts in the form of the reference; no case has another outcome."""
    for verdict in verdicts.values():
        cases = verdict.cases
        assert (cases.error, cases.new, cases.xfailed, cases.xpassed) == (0, 0, 0, 0)
    return {
        name: {
            "applicable": verdict.cases.judged,
            "fails": verdict.cases.failed,
            "fail_rate": round(100 * verdict.cases.failed / verdict.cases.judged, 6),
            "example_checks": verdict.trials.judged,
            "example_fails": verdict.trials.failed,
        }
        for name, verdict in verdicts.items()
    }


def new_calls(verdicts):
    return sum(verdict.calls.new for verdict in verdicts.values())


def test_the_recorded_model_is_counted_as_checklist_counts_it(run):
    found = run("recorded")
    assert counts(found) == REFERENCE["vader"]
    assert sum(verdict.cases.total for verdict in found.values()) == 86_420
    assert new_calls(found) == QUESTIONS


def test_the_live_model_is_counted_alike_answers_as_recorded_and_is_called_once(run):
    """In ten tests, some of each kind: all of them would take half a minute."""
    pytest.importorskip("vaderSentiment")
    some = ("-k", "single or reducers or intensifiers or phrases or typos or punctuation")
    expected = {name: REFERENCE["vader"][name] for name in run("recorded", *some)}
    assert len(expected) == 10
    live = run("3.3.2", *some)
    assert counts(live) == expected
    recorded = run("recorded", *some, "--modelcheck-baseline=3.3.2")
    assert counts(recorded) == expected
    assert new_calls(recorded) == 0
    compared = [verdict.comparison for verdict in recorded.values()]
    assert sum(comparison.shared for comparison in compared) == sum(
        verdict.cases.total for verdict in live.values()
    )
    assert [one.regressed + one.fixed for one in compared] == [()] * 10
    # VADER adds with sum(), which since Python 3.12 rounds once: two answers have another last digit.
    assert sum(len(one.changed) for one in compared) == (2 if sys.version_info >= (3, 12) else 0)
