"""Baselines of any version that was ever run or approved (``--modelcheck-baseline``), or without a test."""

import pytest

from tests.conftest import known

GOLDEN = known("at_least=0.5")


def test_compares_with_any_version_that_was_approved_or_run_instead_of_the_approved_one(project):
    project.test(GOLDEN)
    project.approve("2.0")
    project.run("--model-version=1.9")
    result = project.run("--model-version=2.1", "--modelcheck-baseline=1.9")
    comparison = project.verdict(result).comparison
    assert comparison.version == "1.9"
    assert comparison.regressed == ("t-07", "t-08")
    assert comparison.fixed == ("t-05",)
    result = project.fails("--model-version=2.1", "--modelcheck-baseline=2.0")
    assert project.verdict(result).comparison.version == "2.0"
    project.passes("--model-version=2.1", "--modelcheck-baseline=2.1")
    project.ini("modelcheck_baseline = 1.9")
    assert project.verdict(project.run("--model-version=2.0")).comparison.version == "1.9"


def test_of_a_version_that_was_never_run_fails_with_the_command_that_runs_it(project):
    project.test(GOLDEN)
    project.approve("2.0")
    result = project.fails("--model-version=2.1", "--modelcheck-baseline=7")
    result.stdout.fnmatch_lines(["*test_known*triage 7*pytest --model-version=7"])
    result.stdout.no_fnmatch_line("*pytest_modelcheck/*")


def test_calls_no_model_for_the_other_version(project):
    project.test(GOLDEN)
    project.run("--model-version=1.9")
    project.run("--model-version=2.0")
    project.forget_calls()
    project.passes("--model-version=2.0", "--modelcheck-baseline=1.9")
    assert project.calls == []


def test_a_version_that_broke_tells_nothing(project):
    project.model("""
        @model_fixture
        def triage(model_version):
            def predict(text):
                if model_version == "1" and "refund" not in text.lower():
                    raise ValueError("out of order")
                return "refund"
            return predict
    """)
    project.test("""
        @pytest.mark.golden("tickets.yaml", max_regressed=0, max_drop=0.0)
        def test_known(triage, case):
            assert triage(case.input) == case.expected
    """)
    project.run("--model-version=1")
    result = project.fails("--model-version=2", "--modelcheck-baseline=1")
    assert project.verdict(result).headline == (
        "8 cases raised an error with triage 1, so the two cannot be compared; run it again: "
        "pytest --model-version=1"
    )


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
    for options in [], ["-q"]:
        result = approved.run(*options)
        result.stdout.fnmatch_lines([LINE, "of a renamed test: modelcheck baselines rename OLD NEW; *"])
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


def test_nothing_is_listed_while_every_test_exists_whichever_are_selected(approved):
    for selection in [], ["-k", "kept"], ["test_triage.py::test_kept"], ["--modelcheck-case=t-01"]:
        assert "unused baseline" not in approved.run(*selection).stdout.str()
