"""``modelcheck diff`` after real runs: by slice, and for a pull request."""

import pytest
from click.testing import CliRunner

from pytest_modelcheck.cli.command import modelcheck
from tests.conftest import known

GOLDEN = known("at_least=0.5")


@pytest.fixture
def changed(project):
    project.test(GOLDEN)
    project.approve("2.0")
    project.run("--model-version=2.1")
    return project


def test_only_the_cases_of_a_slice(changed):
    found = changed.command("diff", "2.1", "--slice", "language=ES")
    found.stdout.fnmatch_lines(
        ["*2.0 → 2.1   2 broke, 2 cases the same", "  broke (2)", "    t-07  *", "    t-08  *"]
    )
    nothing = changed.command("diff", "2.1", "--slice", "language=en", "--exit-code")
    assert (nothing.ret, nothing.outlines) == (0, ["0 checks: nothing changed"])


def test_a_check_without_such_cases_has_none_of_a_slice(changed):
    changed.test(
        GOLDEN
        + """
@pytest.mark.golden([("I want a refund", "refund")])
def test_others(triage, case):
    assert triage(case.input) == case.expected
"""
    )
    changed.run("--model-version=2.1")
    found = changed.command("diff", "2.1", "--slice", "language=es")
    found.stdout.fnmatch_lines(["*2.0 → 2.1   2 broke, 2 cases the same"])
    assert "test_others" not in found.stdout.str()


def test_a_slice_that_cannot_be_meant_is_refused(changed):
    mistakes = {
        "country=es": "*--slice country=...: no case of *test_known has that. There is: language",
        "language=fr": "*--slice language=fr: no case has that. In those cases, language is *es*.",
        "language": "*--slice 'language': write KEY=VALUE, such as language=es",
    }
    for mistake, message in mistakes.items():
        found = changed.command("diff", "2.1", "--slice", mistake)
        assert found.ret == 2
        found.stderr.fnmatch_lines([message])


def test_an_answer_that_was_not_accepted_in_review_is_not_taken_for_that_versions_own(changed):
    rootdir = ["--rootdir", str(changed.path)]
    reviewed = CliRunner().invoke(
        modelcheck, [*rootdir, "review", "2.1", "--reason", "seen"], input="n\ny\ny\n"
    )
    assert reviewed.exit_code == 0, reviewed.output
    assert "      'refund' → 'other'\n      expected 'refund'   (tickets.yaml:7)\nApprove" in reviewed.output
    result = changed.fails()
    result.stdout.fnmatch_lines(["  note  *1 approved answer is older than 2.1, whose own one was not*"])


def test_a_run_without_saved_cases_is_reported(changed):
    """Only digests of the approved cases are known."""
    for path in (changed.path / ".modelcheck_cache" / "candidates").rglob("*.jsonl"):
        path.unlink()
    found = changed.command("diff", "2.0", "2.0", "--slice", "language=es")
    assert found.ret == 2
    found.stderr.fnmatch_lines(["*what the cases of * are is not known from its last run*"])


def test_a_renamed_test_and_a_merged_job_can_still_be_compared(changed):
    changed.write(
        "test_triage.py", (changed.path / "test_triage.py").read_text().replace("test_known", "test_all")
    )
    assert (
        changed.command("baselines", "rename", "test_triage.py::test_known", "test_triage.py::test_all").ret
        == 0
    )
    changed.command("diff", "2.1").stdout.fnmatch_lines(["  triage 2.0 → 2.1   2 broke, 8 cases the same"])
    changed.passes("--model-version=2.0")
    changed.fails("--model-version=2.1")
    (changed.path / ".modelcheck_cache").rename(changed.path / "job")
    assert changed.command("merge", "job").ret == 0
    assert changed.command("diff", "2.1", "--slice", "language=es").ret == 0


def test_as_a_page_that_compares_both_versions(changed):
    found = changed.command("diff", "2.1", "--format", "html")
    page = found.stdout.str()
    assert page.startswith(("<!doctype html>", "<!DOCTYPE html>"))
    assert "Quiero un reembolso" in page
    for other in ("--regressed", "--exit-code"):
        assert changed.command("diff", "2.1", "--format", "html", other).ret == 2


def test_the_runs_that_confirmed_a_miss_count_as_they_did_in_the_run(project):
    project.model("""
        from collections import Counter

        SEEN = Counter()

        @model_fixture
        def triage(model_version):
            def answer(number):
                SEEN[number] += 1
                return "right" if model_version == "1" or (SEEN[number] + number) % 3 else "wrong"
            return answer
    """)
    project.test("""
        @pytest.mark.golden(range(30), max_drop=0)
        def test_numbers(triage, case):
            assert triage(case.input) == "right"
    """)
    project.run("--model-version=1")
    project.command("approve", "1", "--reason=first")
    run = project.run("--model-version=2")
    run.stdout.fnmatch_lines(["*30 broke, 0 fixed*"])
    diff = project.command("diff", "2")
    row = "      'right' → 'wrong' (1/1 runs pass → 2/3)"
    diff.stdout.fnmatch_lines(["*1 → 2   30 broke*", "  broke (30)"])
    assert diff.outlines.count(row) == 30
