import json
from dataclasses import replace

import pytest

from pytest_modelcheck.cli.show import sparkline
from pytest_modelcheck.records import Finding, Outcome, Status


def test_an_approval_is_shown_with_its_author_and_reason(project, command):
    project.run({"a": "refund", "b": {"label": "other"}}, failed="b", rate=0.5, judged=2, fingerprint="f1")
    command("approve", "2.1", "--reason", "first")
    output = command("show", "test_known").output
    assert output.startswith("tests/test_triage.py::test_known\n  triage 2.1, 2 cases, 50% pass\n")
    assert (
        "by Ada <ada@example.org>\n  approved with: modelcheck approve\n  reason: first\n  fingerprint: f1\n"
        in output
    )
    assert '    passed  a  about a\n            → "refund"\n' in output
    assert '    failed  b  about b\n            → {"label":"other"}\n' in output


def test_a_case_that_varies_shows_the_outcome_of_each_run_and_an_equal_answer_once(project, command):
    passed, failed = Outcome.PASSED, Outcome.FAILED
    project.run({"a": {"word": "x" * 100}}, runs=(passed, failed, passed))
    output = command("show", "test_known", "2.1").output
    assert "    failed  a  about a\n            run 1 passed → {" in output
    assert output.endswith(
        "\n            run 2 failed → the same answer\n            run 3 passed → the same answer\n\n"
    )
    assert max(map(len, output.splitlines())) <= 80


def test_a_version_that_was_only_run_is_shown_too(project, command):
    project.run({"a": "refund"}, version="2.2")
    assert '→ "refund"' in command("show", "test_known", "2.2").output
    assert "no check that is approved matches" in command("show", "test_known", code=2).output


def test_the_check_says_which_model_is_meant_where_several_have_the_version(project, command):
    project.run({"a": "refund"}, version="2.2")
    project.run({"a": "glad"}, "test_tone", version="2.2", model="tone")
    assert '→ "refund"' in (one := command("show", "test_known", "2.2").output)
    assert "glad" not in one
    assert "glad" in (both := command("show", "test_*", "2.2").output)
    assert "refund" in both
    output = command("show", "other", "2.2", code=2).output
    assert "no check that tone 2.2 and triage 2.2 ran matches 'other'" in output


def test_as_json_it_is_the_file(project, command):
    project.run({"a": "refund", "b": 1})
    command("approve", "2.1")
    head, *cases = map(json.loads, command("show", "test_known", "--format", "json").output.splitlines())
    assert head["version"] == "2.1"
    assert [(case["id"], case["answer"]) for case in cases] == [("a", "refund"), ("b", 1)]


def test_texts_of_a_case_cannot_drive_the_terminal(project, command):
    project.run({"a": "\x1b[2J"})
    command("approve", "2.1")
    assert "\x1b" not in command("show", "test_known").output


def test_an_unknown_check_is_refused_with_what_to_type(project, command):
    project.run({"a": 1})
    assert "There is none. See all: modelcheck list" in command("show", "test_nothing", code=2).output
    command("approve", "2.1")
    message = (
        "no check that is approved matches 'test_nothing'. There are:\n  tests/test_triage.py::test_known"
    )
    assert message in command("show", "test_nothing", code=2).output
    assert "no run of triage 9 is stored" in command("show", "test_known", "9", code=2).output
    assert "no check that triage 2.1 ran matches" in command("show", "other", "2.1", code=2).output


RED = Finding("at_least", Status.FAILED, "1/2 cases pass")


def test_unapproved_runs_are_listed(project, command):
    project.run({"a": 1, "b": 1})
    assert command("list").output == (
        "triage  nothing approved\n"
        "  run with 2.1, not approved:\n"
        "    tests/test_triage.py::test_known  2 cases\n"
    )


def test_approvals_are_listed_with_author_and_reason(project, command):
    project.run({"a": 1}, fingerprint="f1")
    command("approve", "2.1", "--reason", "first")
    output = command("list").output
    assert output.startswith(
        "triage  approved: 2.1 (fingerprint f1)\n  tests/test_triage.py::test_known\n    2.1, 1 case, "
    )
    assert "by Ada <ada@example.org>: first" in " ".join(output.split())
    assert "not approved" not in output


def test_checks_that_were_approved_together_say_so_once(project, command):
    for name in ("test_known", "test_other"):
        project.run({"a": 1}, name)
    command("approve", "2.1", "--reason", "first")
    heading, together, *checks = command("list").output.splitlines()
    assert heading == "triage  approved: 2.1"
    assert together.startswith("  all 2 checks, approved 20")
    assert together.endswith(" by Ada <ada@example.org>: first")
    assert [line.strip() for line in checks] == [
        "tests/test_triage.py::test_known",
        "2.1, 1 case",
        "tests/test_triage.py::test_other",
        "2.1, 1 case",
    ]


def test_a_partial_approval_is_seen(project, command):
    for name in ("test_known", "test_other"):
        project.run({"a": 1}, name, version="2.0")
    command("approve", "2.0")
    project.run({"a": 2})
    command("approve", "2.1")
    output = " ".join(command("list").output.split())
    assert "test_known 2.1, 1 case" in output
    assert "test_other 2.0 (the application is held to 2.1), 1 case" in output


def test_a_forced_approval_is_marked(project, command):
    project.run({"a": 1}, findings=(RED,))
    command("approve", "2.1", "--force")
    assert "    forced: 1/2 cases pass\n" in command("list").output


def later(**changes):
    """The results of a run after any approval, compared with version 2.1."""
    comparison = {"version": "2.1", "regressed": [], "fixed": [], "changed": [], "added": 0, "removed": 0}
    return {"when": "2999-01-01T00:00:00Z", "verdict": {"comparison": comparison | changes}}


def test_a_later_run_of_what_is_approved_shows_its_differences(project, command):
    project.run({"a": 1, "b": 1})
    command("approve", "2.1")
    assert "last run" not in command("list").output
    project.run({"a": 1, "b": 2}, run=later(changed=["b"], regressed=["b"], added=3), findings=(RED,))
    message = "    last run: failed, 1 broke, 1 changed, 3 added (modelcheck diff triage=2.1)\n"
    assert message in command("list").output
    assert command("diff", "triage=2.1").output.endswith("1 check: 1 changed\n")
    project.run({"a": 1, "b": 2}, run=later(version="2.0", changed=["b"]), findings=(RED,))
    assert "    last run: failed\n" in command("list").output  # it was compared with another version
    change = replace(RED, against_baseline=True)
    project.run({"a": 1, "b": 2}, run=later(version="2.0", changed=["b"]), findings=(change,))
    assert "last run" not in command("list").output
    project.run({"a": 1, "b": 1}, run=later())
    assert "last run" not in command("list").output


def test_a_run_before_the_approval_is_what_was_approved(project, command):
    project.run({"a": 1}, run=later(changed=["a"]) | {"when": "2001-01-01T00:00:00Z"})
    command("approve", "2.1")
    assert "last run" not in command("list").output


def test_one_check_alone(project, command):
    project.run({"a": 1})
    project.run({"a": 1}, "test_other")
    output = command("list", "--check", "test_other").output
    assert "test_other" in output
    assert "test_known" not in output
    output = command("list", "--check", "nope", code=2).output
    assert (
        "no check approved or run here matches 'nope'. There are:\n  tests/test_triage.py::test_known\n"
        in output
    )


def test_several_models_are_listed_one_after_the_other(project, command):
    for model in ("triage", "tone"):
        project.run({"a": 1}, model=model)
    assert [line for line in command("list").output.splitlines() if not line.startswith(" ")] == [
        "tone  nothing approved",
        "triage  nothing approved",
    ]


def test_nothing_runs_past_eighty_columns(project, command):
    project.run({"a": 1})
    command("approve", "2.1", "--reason", "because " * 30)
    assert max(map(len, command("list").output.splitlines())) <= 80


def test_a_damaged_file_is_named_and_everything_else_is_listed(project, command):
    project.run({"a": 1})
    command("approve", "2.1")
    project.run({"a": 1}, "test_other")
    project.run({"a": 1}, model="tone")
    (cut,) = (project.root / ".modelcheck_cache" / "candidates" / "tone").rglob("*.jsonl")
    cut.write_bytes(cut.read_bytes()[:40])
    (project.root / "baselines" / "triage" / "approved.yaml").write_text("version: [2")
    result = command("list", code=1)
    assert "tests/test_triage.py::test_known\n" in result.stdout
    assert "run with 2.1, not approved:\n    tests/test_triage.py::test_other  1 case\n" in result.stdout
    assert f"Error: {cut}:1: the first line is not JSON" in result.stderr
    assert "approved.yaml: not YAML" in result.stderr


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


def test_a_drift_check_has_no_rate(project, command):
    for version in ("1.0", "2.0"):
        project.run({"a": version}, version=version, kind="drift", rate=1.0, judged=1)
        command("approve", version)
    _, first, _ = command("history").output.splitlines()
    assert first.split()[0] == "1.0"
    assert first.endswith("of 1 case")
    assert "%" not in first + command("show", "test_known").output


@pytest.mark.parametrize(
    ("kind", "rates", "name", "before", "after", "fall"),
    [
        ({"mean": "mean"}, (4.5, 4.25), "mean", "4.5", "4.25", "0.25"),
        (
            {"mean": "mean change", "kind": "directional"},
            (0.25, 0.125),
            "mean change",
            "+0.25",
            "+0.125",
            "0.125",
        ),
        ({"metric": "max_error"}, (-0.5, -1.5), "max_error", "-0.5", "-1.5", "1"),
    ],
)
def test_a_mean_or_metric_is_no_percentage(project, command, kind, rates, name, before, after, fall):
    for version, rate in zip(("1.0", "2.0"), rates, strict=True):
        project.run({"a": version}, version=version, rate=rate, judged=1, **kind)
        approved = command("approve", version).output
    assert f"{name} {fall} below the first approval: 1.0 {before} → 2.0 {after}\n" in approved
    _, trend, first, _ = command("history").output.splitlines()
    assert trend.endswith(f"  {name} -{fall} since 1.0, {before} → {after}")
    assert first.split()[2:] == [before, "of", "1", "case"]
    assert f"  triage 2.0, 1 case, {name} {after}\n" in command("show", "test_known").output


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
    assert "no check that is approved matches" in command("history", "test_nothing", code=2).output


def test_the_model_is_named_where_there_are_several(grown, project, command):
    project.run({"a": 1}, model="tone", rate=1.0, judged=1)
    command("approve", "tone=2.1")
    assert "tests/test_triage.py::test_known (tone)" in command("history").output


def test_a_row_of_equal_rates_is_level_and_an_empty_one_blank():
    assert (sparkline([0.9, 0.9, 0.9]), sparkline([None, None]), sparkline([])) == ("▄▄▄", "  ", "")


def test_versions_are_listed_by_their_numbers(project, command):
    for model in ("tone", "triage"):
        for version in ("1.9", "1.10"):
            project.run({"a": 1}, version=version, model=model, name=f"test_{model}")
    output = command("show", "test_tone", "7", code=2).output
    assert output.endswith("  tone=1.9\n  tone=1.10\n  triage=1.9\n  triage=1.10\n"), output


def test_the_list_says_when_the_version_beside_shuts_down(project, command):
    project.run({"a": 1}, version="2.0")
    command("approve", "2.0")
    project.run({"a": 1}, version="2.1", retires="9999-12-31")
    command("approve", "2.1", "--beside")
    output = command("list").output
    assert "beside it: 2.1, held to its own approval:\n    2.1 shuts down on 9999-12-31, in " in output
