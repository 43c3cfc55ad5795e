"""Two versions in service at once, production and canary: each is held to its own approval."""

import pytest

TESTS = """
@pytest.mark.golden("tickets.yaml")
def test_known(triage, case):
    assert triage(case.input) == case.expected

@pytest.mark.golden("tickets.yaml")
def test_other(triage, case):
    assert triage(case.input) == case.expected
"""
BESIDE = "baselines/triage/beside/2.1/test_triage.py/test_known.jsonl"


@pytest.fixture
def both(project):
    """2.0 is in production; 2.1, which gets the Spanish refunds wrong, is a canary beside it."""
    project.test(TESTS)
    project.approve("2.0")
    project.run("--model-version=2.1").assert_outcomes(failed=2)
    result = project.command("approve", "2.1", "--beside", "--check", "test_known")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["triage 2.1 is approved beside 2.0, which stays approved for the application"]
    )
    return project


def test_each_version_is_held_to_its_own_approval_and_production_is_tested_where_none_is_named(both):
    production, canary = both.run("--model-version=2.0"), both.run("--model-version=2.1", "-k", "known")
    production.assert_outcomes(passed=2)
    canary.assert_outcomes(passed=1, deselected=1)
    assert both.verdicts(production)["test_known"].approved_version == "2.0"
    verdict = both.verdict(canary)
    assert (verdict.approved_version, verdict.comparison.version) == ("2.1", "2.1")
    canary.stdout.fnmatch_lines(["modelcheck: triage 2.1 (approved: 2.1), cache: *"])
    unnamed = both.verdicts(both.run())
    assert {verdict.version for verdict in unnamed.values()} == {"2.0"}


def test_a_canary_that_gets_worse_is_red_though_production_is_not(both):
    conftest = both.path / "conftest.py"
    conftest.write_text(
        conftest.read_text().replace('"2.1": ("reembolso",)', '"2.1": ("reembolso", "parcel")')
    )
    result = both.run("--model-version=2.1", "-k", "known", "--modelcheck-cache=refresh")
    assert both.verdict(result).comparison.regressed == ("t-03", "t-04")
    both.run("--model-version=2.0").assert_outcomes(passed=2)


def test_cases_that_the_canary_has_not_approved_and_a_third_version_are_compared_with_production(both):
    result = both.run("--model-version=2.1", "-k", "other")
    result.assert_outcomes(failed=1, deselected=1)
    assert both.verdict(result).comparison.version == "2.0"
    assert both.verdict(both.run("--model-version=1.9", "-k", "known")).comparison.version == "2.0"


def test_commands_know_the_canary_beside_production(both):
    both.command("list").stdout.fnmatch_lines(
        [
            "triage  approved: 2.0",
            "  all 2 checks, approved *",
            "  test_triage.py::test_known",
            "    2.0, 10 cases",
            "  test_triage.py::test_other",
            "    2.0, 10 cases",
            "  in service beside it: 2.1, held to its own approval:",
            "    test_triage.py::test_known",
            "      2.1, 10 cases, approved *",
            "  run with 2.1, not approved:",
            "    test_triage.py::test_other  10 cases",
        ]
    )
    both.command("show", "test_known").stdout.fnmatch_lines(
        [
            "test_triage.py::test_known",
            "  triage 2.0, 10 cases*",
            "test_triage.py::test_known",
            "  triage 2.1, 10 cases*",
            "  in service: beside the main version, held to this",
        ]
    )
    result = both.command("show", "test_known", "2.1")
    result.stdout.fnmatch_lines(["  triage 2.1, 10 cases*"])
    assert "triage 2.0" not in result.stdout.str()
    both.command("history", "test_known").stdout.fnmatch_lines(
        [
            "test_triage.py::test_known",
            "    2.0 *",
            "test_triage.py::test_known, 2.1 in service beside",
            "    2.1 *",
        ]
    )
    both.command("diff", "2.1", "--check", "test_known").stdout.fnmatch_lines(["*10 cases the same"])
    both.command("diff", "2.0", "2.1", "--check", "test_known").stdout.fnmatch_lines(["*2 broke*"])


def test_a_new_approval_of_the_canary_stays_beside(both):
    before = both.baselines()
    result = both.run("--model-version=2.1", "--modelcheck-update", "-k", "known")
    result.assert_outcomes(passed=1, deselected=1)
    after = both.baselines()
    assert after.keys() == before.keys()
    assert [name for name in after if after[name] != before[name]] in ([], [BESIDE])
    both.run().assert_outcomes(passed=2)


def test_a_canary_that_is_promoted_takes_the_place_of_production(both):
    both.command("approve", "2.1", "--instead", "--force").stdout.fnmatch_lines(
        ["triage 2.1 is approved (previously 2.0)"]
    )
    assert BESIDE not in both.baselines()
    result = both.run()
    result.assert_outcomes(passed=2)
    assert {verdict.version for verdict in both.verdicts(result).values()} == {"2.1"}


def test_a_canary_that_is_withdrawn_is_compared_with_production_again(both):
    (both.path / BESIDE).unlink()
    result = both.run("--model-version=2.1", "-k", "known")
    result.assert_outcomes(failed=1, deselected=1)
    assert both.verdict(result).approved_version == "2.0"


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_beside_itself_or_nothing_no_version_can_be_approved(project, version):
    project.test(TESTS)
    if version == "2.0":
        project.approve("2.0")
    else:
        project.run("--model-version=2.1")
    result = project.command("approve", version, "--beside", "--force")
    assert result.ret == 2
    held = "it already" if version == "2.0" else "nothing yet"
    result.stderr.fnmatch_lines([f"*cannot be approved beside: the application is held to {held}. Approve*"])
    project.command("approve", version, "--instead", "--force").stdout.fnmatch_lines(  # the remedy
        [f"triage {version} is approved*"]
    )
