"""CheckList's sentiment suite, written as a user would (in ``checklist/``), counts what CheckList did."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pytest_modelcheck.plugin.hooks import REPORT
from pytest_modelcheck.plugin.transport import unpack

DATA = os.environ.get("MODELCHECK_DATA")
if not DATA:
    pytest.skip("MODELCHECK_DATA does not name the folder that holds the suite", allow_module_level=True)

PROJECT = Path(__file__).with_name("checklist")
REFERENCE = json.loads(Path(DATA, "checklist-sentiment", "reference.json").read_text(encoding="utf-8"))
COUNTS = [pytest.param(name, counts, id=name) for name, counts in REFERENCE["vader"].items()]


class Reader:
    """Takes the verdict of each test off its report, by the name that CheckList gave the test."""

    def __init__(self):
        self.verdicts = {}

    def pytest_runtest_logreport(self, report):
        for verdict in map(unpack, getattr(report, REPORT, ())):
            self.verdicts[verdict.check.partition("[")[2].removesuffix("]")] = verdict


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Run the suite, and give back its verdicts. All runs share what they remember."""
    memory = tmp_path_factory.mktemp("memory")
    places = [f"--override-ini=modelcheck_{name}_dir={memory / name}" for name in ("cache", "baseline")]
    alone = ["--disable-plugin-autoload", "-p", "modelcheck", "-p", "no:cacheprovider", "-q"]

    def run(version, *options):
        reader = Reader()
        arguments = [str(PROJECT), f"--model-version={version}", *places, *alone, *options]
        assert pytest.main(arguments, plugins=[reader]) == pytest.ExitCode.OK
        return reader.verdicts

    return run


@pytest.fixture(scope="module")
def recorded(run):
    return run("recorded")


@pytest.fixture(scope="module")
def live(run, recorded):
    pytest.importorskip("vaderSentiment")
    return run("3.3.2", "--modelcheck-baseline=recorded")


@pytest.mark.parametrize(("name", "counts"), COUNTS)
@pytest.mark.parametrize("version", ["recorded", "live"])
def test_counts(request, version, name, counts):
    verdict = request.getfixturevalue(version)[name]
    cases, trials = verdict.cases, verdict.trials
    assert (cases.judged, cases.failed) == (counts["applicable"], counts["fails"])
    assert (trials.judged, trials.failed) == (counts["example_checks"], counts["example_fails"])
    assert (cases.error, cases.new, cases.xfailed, cases.xpassed) == (0, 0, 0, 0)


def test_every_case_is_run(recorded):
    assert sum(verdict.cases.total for verdict in recorded.values()) == 86_420


def test_what_is_live_answers_as_recorded(live):
    comparisons = [verdict.comparison for verdict in live.values()]
    assert sum(comparison.shared for comparison in comparisons) == 86_420
    assert [one.changed + one.regressed + one.fixed for one in comparisons] == [()] * 38


def test_a_second_run_asks_nothing_and_says_the_same(run, recorded):
    again = run("recorded")
    assert sum(verdict.calls.asked for verdict in recorded.values()) == 164_771
    assert sum(verdict.calls.asked for verdict in again.values()) == 0
    assert {name: verdict.trials for name, verdict in again.items()} == {
        name: verdict.trials for name, verdict in recorded.items()
    }
