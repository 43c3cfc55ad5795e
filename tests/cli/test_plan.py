import pytest

from pytest_modelcheck.cli import plan
from pytest_modelcheck.stats.paired import pairs_needed
from pytest_modelcheck.stats.rates import runs_needed


def rows(output):
    """The table without its heading, split into cells."""
    lines = [line.split() for line in output.splitlines() if line.endswith(tuple("0123456789-"))]
    return [line for line in lines if line[0].endswith("%")]


def test_for_a_required_rate(project, command):
    output = command("plan", "--at-least", "0.95").output
    assert output.startswith(
        "Runs needed so that a varying model of this true rate fails at_least=0.95\nwith a chance of 90%"
    )
    assert rows(output)[3:5] == [["90%", str(runs_needed(0.95, 0.90, 0.01))], ["85%", "116"]]


def test_for_a_baseline(project, command):
    output = command("plan", "--drop", "0.05", "--drop", "0.1", "--disagreement", "0.04").output
    assert "The model answers 4% of identical inputs differently." in output
    assert rows(output) == [
        ["5%", str(pairs_needed(0.05, 0.02, 0.01))],
        ["10%", str(pairs_needed(0.1, 0.02, 0.01))],
    ]


def test_cases_that_are_there_need_so_many_repeats(project, command):
    output = command("plan", "--at-least", "0.95", "--drop", "0.05", "--cases", "100").output
    assert "repeats of 100 cases" in output
    assert rows(output) == [["90%", "368", "4"]]


def test_a_plan_that_would_take_forever_is_refused(project, command, monkeypatch):
    monkeypatch.setattr(plan, "MOST", 1000)  # it is 100,000, which takes seconds
    output = command("plan", "--at-least", "0.5", "--drop", "0.0005", "--cases", "10").output
    assert output.splitlines()[-1].split()[1:] == ["over", "1,000", "-"]


def test_a_higher_certainty_takes_more(project, command):
    usual = rows(command("plan", "--at-least", "0.95", "--drop", "0.05").output)
    surer = rows(command("plan", "--at-least", "0.95", "--drop", "0.05", "--certainty", "0.99").output)
    assert int(surer[0][1]) > int(usual[0][1])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--at-least", "95"), "Invalid value for '--at-least': 95.0 is not in the range 0<x<=1"),
        (
            ("--at-least", "0.95", "--drop", "0.99"),
            "--drop 0.99: a drop that can be detected is above 0 and at most 0.95",
        ),
        (("--drop", "0.02", "--max-drop", "0.05"), "--drop 0.02: a drop that can be detected is above 0.05"),
        (("--max-drop", "0.9"), "nothing can be seen there: name a --drop"),
        (("--certainty", "2"), "Invalid value for '--certainty': 2.0 is not in the range 0<x<1"),
        (("--false-fail-rate", "0"), "Invalid value for '--false-fail-rate': 0.0 is not in the range 0<x<1"),
        (("--disagreement", "1"), "Invalid value for '--disagreement': 1.0 is not in the range 0<=x<1"),
        (("--cases", "0"), "Invalid value for '--cases': 0 is not in the range x>=1"),
        (("--repeats", "0"), "Invalid value for '--repeats': 0 is not in the range x>=1"),
        (("--approved-runs", "0"), "Invalid value for '--approved-runs': 0 is not in the range x>=1"),
    ],
)
def test_contradictions_are_refused(project, command, arguments, says):
    assert f"Error: {says}" in command("plan", *arguments, code=2).output


def test_a_check_of_so_many_cases_is_foreseen_by_its_own_rules(project, command):
    output = command("plan", "--cases", "100", "--drop", "0.1", "--drop", "0.01").output
    assert output.startswith(
        "A check of 100 cases, each run once, against an approval on 3 runs.\n"
        "The model answers 5% of identical inputs differently."
    )
    unchanged, large, small = [line.split() for line in output.splitlines()[-3:]]
    assert unchanged[0] == "0%"
    assert float(unchanged[1].rstrip("%")) <= 2
    assert large[0] == "10%"
    assert float(large[1].rstrip("%")) > 95
    assert float(small[1].rstrip("%")) < 10
    assert float(small[3].rstrip("%")) > 90  # one case that is broken for good never passes in silence


def test_more_runs_of_both_sides_show_more(project, command):
    few, many = (
        command("plan", "--cases", "60", "--drop", "0.1", *more).output.splitlines()[-1].split()
        for more in ((), ("--repeats", "5", "--approved-runs", "5"))
    )
    assert float(many[4].rstrip("%")) > float(few[4].rstrip("%"))


def test_without_a_number_of_cases_the_message_says_how_to_plan_a_check(project, command):
    assert "How a check of 40 cases would end: --cases 40" in command("plan", "--drop", "0.1").output
