import json

import pytest

from pytest_modelcheck.cli.history import sparkline


@pytest.fixture
def grown(project, command):
    """Three versions, approved one after the other, the last one a little worse than the first."""
    for version, rate in (("1.0", 0.9), ("1.1", 0.95), ("2.0", 0.875)):
        project.run({"a": version}, version=version, rate=rate, judged=40)
        command("approve", version)
    return project


def test_the_rate_of_every_approval_is_shown_with_the_way_since_the_first(grown, command):
    lines = command("history").output.splitlines()
    assert lines[0] == "tests/test_triage.py::test_known"
    assert lines[1] == "  ▃█▁  -2.5 points since 1.0, 90% → 87.5%"
    assert [line.split()[0] for line in lines[2:]] == ["1.0", "1.1", "2.0"]
    assert lines[2].endswith("     90%  of 40 cases")


def test_an_approval_whose_rate_is_not_known_is_a_gap(project, command):
    project.run({"a": 1}, version="1.0")
    command("approve", "1.0")
    project.run({"a": 2}, version="2.0", rate=1.0, judged=1)
    command("approve", "2.0")
    lines = command("history").output.splitlines()
    assert lines[1] == "   ▄  nothing to compare yet"
    assert "?" in lines[2]


def test_a_check_that_was_approved_once_says_so(project, command):
    project.run({"a": 1}, rate=1.0, judged=1)
    command("approve", "2.1")
    assert "approved once" in command("history").output


def test_as_json(grown, command):
    (check,) = json.loads(command("history", "test_known", "--format", "json").output)
    assert (check["check"], check["model"]) == ("tests/test_triage.py::test_known", "triage")
    assert [(row["version"], row["rate"], row["judged"]) for row in check["approvals"]] == [
        ("1.0", 0.9, 40),
        ("1.1", 0.95, 40),
        ("2.0", 0.875, 40),
    ]


def test_a_pattern_that_means_nothing_is_refused(grown, command):
    assert "no check approved is meant by" in command("history", "test_nothing", code=2).output


def test_the_model_is_named_where_there_are_several(grown, project, command):
    project.run({"a": 1}, model="tone", rate=1.0, judged=1)
    command("approve", "tone=2.1")
    assert "tests/test_triage.py::test_known (tone)" in command("history").output


def test_a_row_of_equal_rates_is_level_and_an_empty_one_blank():
    assert (sparkline([0.9, 0.9, 0.9]), sparkline([None, None]), sparkline([])) == ("▄▄▄", "  ", "")
