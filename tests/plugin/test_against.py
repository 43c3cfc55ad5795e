"""``--against``: two versions in one run, compared with each other case by case."""

import pytest

from tests.conftest import known

GOLDEN = known("at_least=0.5")


@pytest.fixture
def tested(project):
    project.test(GOLDEN)
    return project


def test_both_versions_are_called_once_and_compared_though_nothing_was_approved(tested):
    result = tested.fails("--model-version=2.1", "--against=2.0")
    verdict = tested.verdict(result)
    assert (verdict.comparison.version, verdict.comparison.regressed) == ("2.0", ("t-07", "t-08"))
    # Ten of each version, and two fresh sets of 2.1.
    assert tested.verdict(result).calls.new == 10 + 30
    result.stdout.fnmatch_lines(["modelcheck: triage 2.1 (approved: none yet), against 2.0, cache: *"])
    assert "triage 2.0 was run for comparison: 10 new answers" in verdict.notes
    tested.forget_calls()
    result = tested.passes("--model-version=2.0", "--against=2.1")
    assert tested.verdict(result).comparison.fixed == ("t-07", "t-08")
    assert tested.calls == []
    result.stdout.fnmatch_lines(
        [
            "  pass test_known *",
            "  changed answers (2)",
            "    t-07 *",
            "    t-08 *",
            "  see all: *modelcheck diff 2.1 2.0",
        ]
    )
    assert "changed answers" not in tested.run("--model-version=2.0", "--against=2.1", "-q").stdout.str()


def test_under_xdist_it_is_the_same(tested):
    pytest.importorskip("xdist")
    result = tested.run_apart("-p", "xdist", "-n", "2", "--model-version=2.1", "--against=2.0")
    result.stdout.fnmatch_lines(["FAILED test_triage.py::test_known - 2 broke, 0 fixed: *"])


def test_it_takes_the_place_of_what_is_approved(tested):
    tested.approve("2.0")
    tested.fails("--model-version=2.1")
    tested.run("--model-version=2.1", "--against=1.9").assert_outcomes(passed=0, failed=1)
    tested.fails("--model-version=2.1", "--against=2.1-copy")
    before = tested.baselines()
    tested.passes("--model-version=2.0", "--against=1.9")
    assert tested.baselines() == before


def test_todays_run_of_the_approved_version_is_not_called_approved(tested):
    """Its answers may differ from those that were approved."""
    tested.approve("2.0")
    result = tested.fails("--model-version=2.1", "--against=2.0", "--modelcheck-report=report.md")
    result.stdout.fnmatch_lines(["  pass rate   80%   (2.0: 100%)", "*got 'other'   (2.0: 'refund')"])
    assert "| case | input | expected | got | `2.0` |" in (tested.path / "report.md").read_text()
    tested.fails("--model-version=2.1").stdout.fnmatch_lines(["  pass rate   80%   (approved: 100%)"])


def test_a_body_that_compares_with_the_approved_answer_gets_the_other_versions(project):
    project.test("""
        @pytest.mark.golden("tickets.yaml", max_changed=1)
        def test_answers(triage, case):
            assert triage(case.input) == case.approved
    """)
    result = project.fails("--model-version=2.1", "--against=2.0")
    assert "2/10 answers changed" in project.verdict(result).headline


def test_results_of_the_other_version_can_be_shown_and_not_approved(tested):
    result = tested.run("--model-version=2.1", "--against=2.0")
    result.stdout.fnmatch_lines(
        [
            "  pass rate   80%   (2.0: 100%)",
            "  reproduce one:   pytest test_triage.py::test_known --model-version=2.1 --against=2.0 *",
            "  see all:         modelcheck diff 2.0 2.1",
        ]
    )
    tested.command("diff", "2.0", "2.1").stdout.fnmatch_lines(
        ["  triage 2.0 → 2.1   2 broke, 8 cases the same"]
    )
    refused = tested.command("approve", "2.0")
    assert refused.ret == 1
    refused.stdout.fnmatch_lines(["    it was only run to compare triage 2.1 with*"])


def test_results_of_a_run_of_the_other_version_are_used_and_not_replaced(tested):
    tested.run("--model-version=2.0")
    tested.run("--model-version=2.1")
    verdict = tested.verdict(tested.run("--model-version=2.1", "--against=2.0"))
    assert verdict.calls.cached == 10  # those of each version are counted by themselves
    assert "triage 2.0 was run for comparison: 0 new answers" in verdict.notes
    assert tested.command("approve", "2.0").ret == 0


BROKEN = """
    @model_fixture(deterministic=True, give_up_after={given_up})
    def triage(model_version):
        def predict(text):
            if model_version == "1" and text in {texts!r}:
                raise {error}("gone")
            return text
        return predict
"""
COMPARES = """
@pytest.mark.golden(["a", "b", "c"], {limits})
def test_known(triage, case):
    assert triage(case.input){equals}
"""
CHANGED = {"limits": "max_changed=0", "equals": " == case.approved"}
SCORED = {"limits": "max_regressed=0, max_drop=0.0", "equals": ""}


@pytest.mark.parametrize(
    ("broken", "test", "message"),
    [
        (("bc", 5, "ValueError"), SCORED, "2/3 cases raised an error with triage 1"),
        (("abc", 2, "ValueError"), CHANGED, "3/3 cases raised an error with triage 1"),
        (
            ("abc", 2, "ConnectionError"),
            CHANGED,
            "triage 1 was given up after 2 calls in a row failed: ConnectionError",
        ),
    ],
)
def test_a_version_that_breaks_is_nothing_to_compare_with_and_no_missing_baseline(
    project, broken, test, message
):
    texts, given_up, error = broken
    project.model(BROKEN.format(texts=texts, given_up=given_up, error=error))
    project.test(COMPARES.format(**test))
    result = project.fails("--model-version=2", "--against=1")
    (found,) = [finding.summary for finding in project.verdict(result).findings if not finding.met]
    assert found.startswith(message)
    assert found.endswith("so the two cannot be compared")
    assert "triage 2 was given up" not in result.stdout.str()


def test_an_unfinished_version_is_reported_with_the_reason(tested):
    verdict = tested.verdict(tested.run("--model-version=2.1", "--against=2.0", "--modelcheck-max-calls=4"))
    assert verdict.headline == (
        "--modelcheck-max-calls=4 is used up: triage 2.0 was not called any more; 6 of 10 cases have no "
        "outcome with it, so the two cannot be compared"
    )


def test_some_cases_only(tested):
    tested.fails("--model-version=2.1", "--against=2.0", "--modelcheck-case=t-07")
    assert set(tested.calls) == {"Quiero un reembolso"}


def test_invariance_of_two_versions(project):
    project.test("""
        @pytest.mark.invariance("tickets.yaml", under=str.upper, max_drop=0)
        def test_shouting(triage, case):
            assert triage(case.perturbed) == triage(case.input)
    """)
    result = project.passes("--model-version=2.1", "--against=2.0")
    assert project.verdict(result).comparison.shared == 10


def test_awaited_bodies_and_fixtures_that_clean_up(project):
    project.model("""
        from pathlib import Path
        LOG = Path(__file__).with_name("events.log")

        @model_fixture
        def triage(model_version):
            async def predict(text):
                return "other" if model_version == "2.1" else "refund"
            with LOG.open("a") as log:
                log.write(f"open {model_version};")
            yield predict
            with LOG.open("a") as log:
                log.write(f"close {model_version};")
    """)
    project.test("""
        @pytest.mark.golden("tickets.yaml", at_least=0.1)
        async def test_known(triage, case):
            assert await triage(case.input) == case.expected
    """)
    result = project.run("--model-version=2.1", "--against=2.0")
    assert project.verdict(result).comparison.version == "2.0"
    assert (project.path / "events.log").read_text() == "open 2.1;open 2.0;close 2.0;close 2.1;"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--against=2.1"], "*triage 2.1 would be compared with itself*"),
        (["--against=2.0", "--modelcheck-baseline=1.9"], "*it cannot be combined with*"),
        (["--against=2.0", "--modelcheck-update"], "*it cannot be combined with*"),
        (["--against=2.0", "--against=1.9"], "*--against: '2.0' and '1.9' are both requested*"),
    ],
)
def test_contradictions_are_refused(tested, arguments, message):
    result = tested.run("--model-version=2.1", *arguments)
    assert result.ret != 0
    assert any(message.strip("*") in line for line in result.outlines + result.errlines)
    assert tested.calls == []


def test_a_fixture_that_takes_no_version_cannot_load_another(project):
    project.answers("triage", 'lambda text: "refund"', takes="")
    project.test(GOLDEN)
    result = project.run("--model-version=2.1", "--against=2.0")
    result.assert_outcomes(errors=1)
    assert "takes no `model_version`, so that no other version can be loaded" in result.stdout.str()


def test_cases_that_broke_stand_before_those_that_only_differ(project):
    project.model("""
        @model_fixture(deterministic=True)
        def triage(model_version):
            return lambda text: text if model_version == "1" or text in "ab" else text.upper()
    """)
    project.test("""
        import pytest

        @pytest.mark.golden(["a", "b", "c", "d", "e"], at_least=0.5, max_drop=0.5)
        def test_known(triage, case):
            assert triage(case.input) != "D"
    """)
    result = project.passes("--model-version=2", "--against=1")
    result.stdout.fnmatch_lines(["  cases that differ (3)", '    *"d"', '    *"c"', '    *"e"'])
