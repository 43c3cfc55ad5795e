"""Versions that shut down: the run says when, warns in time, and stores the date with the approval."""

from datetime import date, timedelta

import pytest

from tests.conftest import known

MODEL = """
    from datetime import date, timedelta

    @model_fixture(retires={retires})
    def triage(model_version):
        return lambda text: "refund" if "efund" in text or "reembolso" in text else "other"
"""

TEST = known("at_least=0.5", "test_known_tickets")


def in_days(days):
    return date.today() + timedelta(days=days)  # noqa: DTZ011 - days of the calendar


@pytest.fixture
def retiring(project):
    project.test(TEST)

    def write(retires):
        project.model(MODEL.format(retires=retires))
        return project

    return write


def test_the_date_is_in_header_report_list_and_approval_and_known_without_the_fixture(retiring):
    day = in_days(90)
    project = retiring(f'{{"2.0": date({day.year}, {day.month}, {day.day})}}')
    project.approve()
    message = f"approved 2.0 shuts down on {day}, in 90 days"
    result = project.run("--modelcheck-report=out.md", "--modelcheck-report=report.json", "-W", "error")
    result.stdout.fnmatch_lines([f"modelcheck: triage: {message}"])
    assert message in (project.path / "out.md").read_text()
    assert project.report().models[0].retires == str(day)
    (approved,) = (project.path / "baselines").rglob("approved.yaml")
    assert f"retires: '{day}'" in approved.read_text()
    project.command("list").stdout.fnmatch_lines([f"*{message}"])
    retiring("None").run("--model-version=2.1").stdout.fnmatch_lines([f"*approved 2.0 shuts down on {day}*"])


@pytest.mark.parametrize(("days", "warns"), [(59, True), (60, False)])
def test_a_warning_from_60_days_before(retiring, days, warns):
    project = retiring(f"lambda version: date.today() + timedelta(days={days})")
    result = project.run("--model-version=2.0")
    found = f"2.0 shuts down on {in_days(days)}, in {days} days. Run another version" in result.stdout.str()
    assert found is warns


def test_a_version_that_is_gone(retiring):
    project = retiring("lambda version: date.today() - timedelta(days=1)")
    project.run("--model-version=2.0").stdout.fnmatch_lines(
        [f"*2.0 was shut down on {in_days(-1)}, 1 day ago"]
    )


@pytest.mark.parametrize(
    ("retires", "message"),
    [
        ('{"2.0": "2027-01-14"}', "write dates by version"),
        ("lambda version: 'soon'", "retires= must give a date or None, not soon, for version 2.0"),
        ("lambda version: 1 / 0", "retires= raised ZeroDivisionError: division by zero, for version 2.0"),
    ],
)
def test_an_invalid_date_is_refused(retiring, retires, message):
    result = retiring(retires).run("--model-version=2.0")
    assert result.ret != 0
    assert message in result.stdout.str() + result.stderr.str()
    assert "INTERNALERROR" not in result.stdout.str()


def test_an_approved_date_that_is_none(retiring):
    project = retiring("None")
    project.approve()
    (approved,) = (project.path / "baselines").rglob("approved.yaml")
    approved.write_text(approved.read_text() + "retires: soon\n")
    result = project.run()
    assert result.ret != 0
    assert "retires: 'soon' is not a date" in result.stdout.str() + result.stderr.str()
