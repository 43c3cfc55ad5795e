import json


def test_what_is_approved_is_shown_with_who_and_why(project, command):
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


def test_a_version_that_was_only_run_is_shown_too(project, command):
    project.run({"a": "refund"}, version="2.2")
    assert '→ "refund"' in command("show", "test_known", "2.2").output
    assert "no check approved is meant" in command("show", "test_known", code=2).output


def test_as_json_it_is_the_file(project, command):
    project.run({"a": "refund", "b": 1})
    command("approve", "2.1")
    head, *cases = map(json.loads, command("show", "test_known", "--format", "json").output.splitlines())
    assert head["version"] == "2.1"
    assert [(case["id"], case["answer"]) for case in cases] == [("a", "refund"), ("b", 1)]


def test_what_a_case_says_cannot_drive_the_terminal(project, command):
    project.run({"a": "\x1b[2J"})
    command("approve", "2.1")
    assert "\x1b" not in command("show", "test_known").output


def test_an_unknown_check_is_refused_with_what_to_type(project, command):
    project.run({"a": 1})
    assert "There is none. See all: modelcheck list" in command("show", "test_nothing", code=2).output
    command("approve", "2.1")
    told = "no check approved is meant by 'test_nothing'. There are:\n  tests/test_triage.py::test_known"
    assert told in command("show", "test_nothing", code=2).output
    assert "no run of triage 9 is remembered" in command("show", "test_known", "9", code=2).output
    assert "no check that triage 2.1 ran is meant by" in command("show", "other", "2.1", code=2).output
