"""Baselines whose tests are gone are listed, and change nothing else."""

import pytest

TESTS = """
@pytest.mark.golden("tickets.yaml")
def test_kept(triage, case):
    assert triage(case.input) == case.expected

@pytest.mark.golden("tickets.yaml")
def test_removed(triage, case):
    assert triage(case.input) == case.expected
"""
LINE = "unused baseline: test_triage.py::test_removed (no such test any more)"


@pytest.fixture
def approved(project):
    project.test(TESTS)
    project.approve()
    return project


def test_the_baseline_of_a_test_that_was_removed_is_listed_and_kept(approved):
    approved.test(TESTS.replace("test_removed", "test_renamed"))
    result = approved.run()
    result.stdout.fnmatch_lines([LINE])
    assert result.ret == 0
    assert (approved.path / "baselines/triage/test_triage.py/test_removed.jsonl").exists()


def test_a_test_that_this_machine_does_not_define_still_exists(approved):
    indented = TESTS[TESTS.index("@") :].replace("\n", "\n    ")
    before, _, removed = indented.rpartition("@")
    approved.test(TESTS[: TESTS.index("@")] + f"if True:\n    {before}\nif False:\n    @{removed}\n")
    assert "unused baseline" not in approved.run().stdout.str()


def test_the_baselines_of_a_file_that_was_removed_are_listed(approved):
    (approved.path / "test_triage.py").rename(approved.path / "test_other.py")
    result = approved.run()
    result.stdout.fnmatch_lines(["unused baseline: test_triage.py::test_kept *", LINE])
    assert result.ret == 0


def test_whichever_tests_are_selected_nothing_is_listed_while_every_test_is_there(approved):
    for selection in [], ["-k", "kept"], ["test_triage.py::test_kept"], ["--modelcheck-case=t-01"]:
        assert "unused baseline" not in approved.run(*selection).stdout.str()
