"""Advice of the command is tested: a row has a command, its message, and a command that takes the advice."""

import pytest

REASON = "--reason=tests"

# fmt: off
ROWS = {
    "which version of triage? There are runs of 2.0, 2.1. Name one.":
        (["approve", REASON], ["approve", "2.1", REASON]),
    "names no version. Write triage=VERSION.": (["diff", "triage="], ["diff", "triage=2.1"]),
    "two versions of triage: 2.0 and 2.1. Name one.":
        (["approve", "triage=2.0", "triage=2.1", REASON], ["approve", "triage=2.1", REASON]),
    "holds no candidates. Give the cache folder of the run (.modelcheck_cache)":
        (["approve", "2.1", REASON, "--from=tests"], ["approve", "2.1", REASON, "--from=.modelcheck_cache"]),
    "write KEY=VALUE, such as language=es": (["diff", "2.1", "--slice=es"], ["diff", "2.1", "--check=*"]),
    "only the schema of whole files is installed as a file; use one":
        (["schema", "--path", "--line"], ["schema", "--line"]),
    "See all: modelcheck list": (["baselines", "rename", "a.py::b", "a.py::c"], ["list"]),
    "needs a reason: add --reason": (["approve", "2.1"], ["approve", "2.1", REASON]),
    "nothing can be seen there: name a --drop":
        (["plan", "--at-least=0.001"], ["plan", "--at-least=0.9", "--drop=0.05"]),
    "--exit-code does not work with --format html":
        (["diff", "2.1", "--format=html", "--exit-code"], ["diff", "2.1", "--format=json"]),
    "--format html shows every case, and has filters in the page itself":
        (["diff", "2.1", "--format=html", "--fixed"], ["diff", "2.1", "--fixed"]),
}
# fmt: on


@pytest.fixture
def runs(project):
    """Two versions of one model, the older approved, and a run of another."""
    for version in ("2.0", "2.1"):
        project.run({"t-01": version}, version=version)
    return project


@pytest.mark.parametrize("message", ROWS)
@pytest.mark.usefixtures("runs")
def test_a_command_that_takes_the_advice_works(command, message, monkeypatch):
    wrong, right = ROWS[message]
    if "reason" in message:
        monkeypatch.setenv("CI", "true")
    output = " ".join(command(*wrong, code=1 if "holds" in message else 2).output.split())
    assert message in output
    assert message not in " ".join(command(*right).output.split())
