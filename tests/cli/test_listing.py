from pytest_modelcheck.records import Finding, Status

RED = Finding("at_least", Status.FAILED, "1/2 cases pass")


def test_what_was_run_and_not_approved_is_listed(project, command):
    project.run({"a": 1, "b": 1})
    assert command("list").output == (
        "triage  nothing approved\n"
        "  run with 2.1, not approved:\n"
        "    tests/test_triage.py::test_known  2 cases\n"
    )


def test_what_is_approved_is_listed_with_who_and_why(project, command):
    project.run({"a": 1}, fingerprint="f1")
    command("approve", "2.1", "--reason", "first")
    output = command("list").output
    assert output.startswith(
        "triage  approved: 2.1 (fingerprint f1)\n  tests/test_triage.py::test_known\n    2.1, 1 case, "
    )
    assert "by Ada <ada@example.org>: first" in " ".join(output.split())
    assert "not approved" not in output


def test_a_partial_approval_is_seen(project, command):
    for name in ("test_known", "test_other"):
        project.run({"a": 1}, name, version="2.0")
    command("approve", "2.0")
    project.run({"a": 2})
    command("approve", "2.1")
    output = " ".join(command("list").output.split())
    assert "test_known 2.1, 1 case" in output
    assert "test_other 2.0 (the application is held to 2.1), 1 case" in output


def test_what_was_forced_is_seen(project, command):
    project.run({"a": 1}, findings=(RED,))
    command("approve", "2.1", "--force")
    assert "    forced: 1/2 cases pass\n" in command("list").output


def test_one_check_alone(project, command):
    project.run({"a": 1})
    project.run({"a": 1}, "test_other")
    output = command("list", "--check", "test_other").output
    assert "test_other" in output
    assert "test_known" not in output
    told = command("list", "--check", "nope", code=2).output
    assert (
        "no check approved or run is meant by 'nope'. There are:\n  tests/test_triage.py::test_known\n"
        in told
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


def test_what_is_damaged_is_named_and_all_else_is_listed(project, command):
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
