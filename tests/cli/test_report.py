import json

import pytest

from pytest_modelcheck.baselines import lines


@pytest.fixture
def two(project, command):
    """2.0 is approved, 2.1 was run."""
    project.run({"a": "x", "b": "x", "c": "x"}, version="2.0")
    project.run({"a": 1}, "test_other", version="2.0")
    command("approve", "2.0")
    project.run({"a": "y", "b": "z", "c": "x"}, failed="a")
    return project


CHANGES = (
    "tests/test_triage.py::test_known\n"
    "  triage 2.0 → 2.1   1 broke, 1 changed, 1 case the same\n"
    "\n"
    "  broke (1)\n"
    "    a  about a\n"
    "      'x' → 'y'\n"
    "\n"
    "  changed (1)\n"
    "    b  about b\n"
    "      'x' → 'z'\n"
    "\n"
)
NOT_RUN = "tests/test_triage.py::test_other\n  was not run with 2.1\n\n"


@pytest.mark.parametrize("versions", [[], ["2.1"], ["2.0", "2.1"], ["triage=2.1"]])
def test_it_shows_what_changed_case_by_case(two, command, versions):
    assert (
        command("diff", *versions).output == CHANGES + NOT_RUN + "2 checks: 1 broke, 1 changed, 1 not run\n"
    )


def test_one_check_alone(two, command):
    assert command("diff", "2.1", "--check", "test_known").output == CHANGES + "1 check: 1 broke, 1 changed\n"


def test_backwards(two, command):
    assert "  fixed (1)\n    a  about a\n      'y' → 'x'\n" in command("diff", "2.1", "2.0").output


def test_the_last_run_of_the_approved_version_is_compared_with_its_approval(two, command):
    two.run({"a": "x", "b": "drifted", "c": "x"}, version="2.0")
    output = command("diff", "2.0").output
    assert "triage 2.0 as approved → as last run   1 changed, 2 cases the same" in output
    assert "'x' → 'drifted'" in output


def test_an_approval_is_no_run_to_compare_with_itself(two, command):
    (two.candidates.root / "triage" / "2.0").rename(two.root / "lost")
    assert "no run of triage 2.0 is stored" in command("diff", "2.0", "--exit-code", code=2).output
    two.run({"a": 1}, "test_other", version="2.0")
    output = command("diff", "2.0", "--exit-code", code=1).output
    assert "test_known\n  was not run with 2.0\n" in output


def test_of_several_models_the_version_beside_is_known_without_a_run(two, command):
    two.run({"a": 1}, model="tone", version="7")
    command("approve", "2.1", "--beside", "--force")
    (two.candidates.root / "triage").rename(two.root / "lost")
    assert CHANGES in command("diff", "2.0", "2.1").output.replace("      expected", "")
    assert "pytest --model-version=triage=2.1" in command("approve", "triage=2.1", code=2).output


@pytest.mark.parametrize(("arguments", "code"), [(["2.1"], 1), (["2.0"], 0), (["2.0", "2.0"], 0)])
def test_the_exit_code_says_whether_anything_differs_on_request_only(two, command, arguments, code):
    command("diff", *arguments)
    command("diff", *arguments, "--exit-code", code=code)


def test_before_the_first_approval_there_is_nothing_to_compare_with(project, command):
    project.run({"a": 1, "b": 1})
    output = command("diff", "2.1").output
    assert "  is not approved yet: 2 cases\n" in output
    assert output.endswith("1 check: 1 new\n")


def test_candidates_may_come_from_an_artifact(two, command, tmp_path_factory):
    artifact = tmp_path_factory.mktemp("artifact")
    (two.root / ".modelcheck_cache").rename(artifact / "cache")
    assert CHANGES in command("diff", "2.1", "--from", str(artifact / "cache")).output


def test_a_version_that_never_ran_is_an_error_that_lists_those_that_did(two, command):
    for arguments in (["9"], ["9", "2.1"], ["2.1", "9"]):
        output = command("diff", *arguments, code=2).output
        assert "no run of triage 9 is stored" in output
        assert "runs of 2.0, 2.1" in output


def test_without_a_version_among_several_it_is_an_error_that_lists_them(two, command):
    two.run({"a": 1}, version="2.2")
    assert "There are runs of 2.1, 2.2. Name one." in command("diff", code=2).output


def test_with_the_approved_version_alone_there_is_nothing_to_choose(project, command):
    project.run({"a": 1}, version="2.0")
    command("approve", "2.0")
    message = (
        "of triage, only 2.0 was run here, which is the approved version. Name it for its last run, or run"
    )
    assert message in command("diff", code=2).output
    project.run({"a": 2}, version="2.0")
    assert "2.0 as approved → as last run   1 changed" in command("diff", "2.0").output  # the remedy


def test_two_models_are_not_compared(two, command):
    two.run({"a": 1}, model="tone")
    assert (
        "tone=2.1 and triage=2.1 are different models"
        in command("diff", "tone=2.1", "triage=2.1", code=2).output
    )


def test_a_version_alone_is_shown_of_every_model_that_has_it(two, command):
    two.run({"a": 1}, "test_other", model="tone", version="2.0")
    two.run({"a": 2}, "test_other", model="tone", version="2.1")
    for versions in (["2.1"], ["2.0", "2.1"]):
        output = command("diff", *versions).output
        assert output.index("tests/test_triage.py::test_other\n") < output.index("::test_known\n")
    assert "  tone 2.0 → 2.1   1 changed" in output
    assert "  triage 2.0 → 2.1   " in output
    assert output.count("3 checks: ") == 1
    output = command("diff", "2.1", "--format", "html", code=2).output
    assert output.endswith("a page is about one model; write one of:\n  tone=2.1\n  triage=2.1\n")


def test_without_a_version_every_model_that_has_another_one_is_compared(two, command):
    two.run({"a": 1}, "test_other", model="tone", version="3")
    two.run({"a": 1}, "test_third", model="same", version="1")
    command("approve", "same=1")
    output = command("diff").output
    assert "test_other\n  is not approved yet: 1 case\n" in output
    assert "  triage 2.0 → 2.1   " in output
    assert "test_third" not in output
    two.run({"a": 1}, "test_other", model="tone", version="4")
    assert "which version of tone? There are runs of 3, 4." in command("diff", code=2).output


def test_a_check_that_means_nothing_is_an_error(two, command):
    output = command("diff", "2.1", "--check", "nope", code=2).output
    assert "no check of triage matches 'nope'. There are:\n  tests/test_triage.py::test_known\n" in output
    output = command("diff", "2.1", "--check", "known", code=2).output
    assert "write the whole name, or use wildcards ('*known*')" in output


def test_a_damaged_baseline_is_named(two, command):
    path = two.root / "baselines/triage/tests/test_triage.py/test_known.jsonl"
    path.write_text(path.read_text() + "<<<<<<< HEAD\n")
    assert "test_known.jsonl:5: an unresolved git conflict" in command("diff", "2.1", code=1).output


def test_answers_cannot_drive_the_terminal_nor_overflow_it(two, command):
    two.run({"a": "\x1b[31m" + "long " * 100, "b": "x", "c": "x"})
    output = command("diff", "2.1").output
    assert "\x1b" not in output
    assert max(map(len, output.splitlines())) <= 80


@pytest.fixture
def mixed(project, command):
    project.run(dict.fromkeys("abcd", "old"), version="2.0", failed="b")
    project.run({"x": "same"}, "test_other", version="2.0")
    command("approve", "2.0", "--force")
    project.run({"a": "new", "b": "new", "c": "new", "d": "old"}, failed="a")
    project.run({"x": "same"}, "test_other")


@pytest.mark.parametrize(
    ("flags", "cases"),
    [
        (["--regressed"], "a"),
        (["--fixed"], "b"),
        (["--changed"], "c"),
        (["--regressed", "--fixed"], "ab"),
        ([], "abc"),
    ],
)
def test_only_some_kinds_of_change(mixed, command, flags, cases):
    output = command("diff", "2.1", *flags).output
    assert [case for case in "abcd" if f"    {case}  about {case}" in output] == list(cases)
    assert ("test_other" in output) == (not flags)


def test_the_exit_code_speaks_of_what_is_meant(mixed, command):
    command("diff", "2.1", "--regressed", "--exit-code", code=1)
    command("diff", "2.1", "--regressed", "--check", "test_other", "--exit-code")


def test_as_json(mixed, command):
    found = json.loads(command("diff", "2.1", "--format", "json").output)
    assert [check["check"].rpartition("::")[2] for check in found] == ["test_known", "test_other"]
    assert (found[0]["before"], found[0]["after"], found[0]["same"]) == ("2.0", "2.1", 1)
    assert found[0]["cases"][0] == {
        "id": "a",
        "note": "regressed",
        "about": "about a",
        "perturbation": None,
        "perturbed": None,
        "new_expectation": False,
        "before": {"outcome": "passed", "answer": "old"},
        "after": {"outcome": "failed", "answer": "new"},
    }


def test_json_cannot_drive_the_terminal_and_means_the_same(project, command):
    evil = "\x9b2J\u202eevil\U000e0041\x07 caf\xe9\n"
    project.run({"a": evil}, version="2.0")
    command("approve", "2.0", "--reason", evil)
    project.run({"a": "tame"})
    for arguments in (["diff", "2.1"], ["show", "test_known"], ["history"]):
        output = command(*arguments, "--format", "json").output
        assert not set("\x9b\u202e\U000e0041\x07") & set(output)
        for line in [output] if arguments != ["show", "test_known"] else output.splitlines():
            json.loads(line)
    found = json.loads(command("diff", "2.1", "--format", "json").output)
    assert found[0]["cases"][0]["before"]["answer"] == evil
    assert "caf\xe9" in command("diff", "2.1", "--format", "json").output


def test_as_json_where_nothing_is_meant(mixed, command):
    assert (
        json.loads(command("diff", "2.1", "--fixed", "--check", "test_other", "--format", "json").output)
        == []
    )


def test_the_right_answer_is_the_one_that_the_last_run_noted(project, command):
    project.run({"a": "refund", "b": 1}, version="2.0")
    command("approve", "2.0")
    project.run({"a": "other", "b": 2}, failed="a")
    candidate = project.candidates.path("triage", "tests/test_triage.py::test_known", "2.1")
    head, first, second, _ = candidate.read_bytes().splitlines(keepends=True)
    first = lines.with_details(first.rstrip(), '"expected":"refund"')
    candidate.write_bytes(b"".join([head, *lines.closed([first, second.rstrip()])]))
    output = command("diff", "2.1").output
    assert "      'refund' → 'other'\n      expected 'refund'\n" in output
    assert output.count("expected") == 1
    assert (
        "| case | input | expected | `2.0` | `2.1` |" in command("diff", "2.1", "--format", "markdown").output
    )
    (found,) = json.loads(command("diff", "2.1", "--format", "json").output)
    assert [case.get("expected", "?") for case in found["cases"]] == ["refund", "?"]
