"""Cases that were added, removed or changed since the approval."""

GOLDEN = """
@pytest.mark.golden("tickets.yaml", at_least=0.1{more})
def test_known(triage, case):
    assert triage(case.input) == case.expected
"""


def tickets(project):
    return (project.path / "tickets.yaml").read_text().splitlines(keepends=True)


def test_added_cases_count_for_the_rate_and_not_for_the_comparison_and_a_new_check_has_none(project):
    project.test(GOLDEN.format(more=""))
    project.approve("2.0")
    added = "- {id: t-11, input: reembolso, expected: other}\n"
    project.write("tickets.yaml", "".join([*tickets(project), added]))
    project.test(GOLDEN.format(more="") + GOLDEN.format(more="").replace("test_known", "test_new"))
    result = project.run("--model-version=2.0")
    result.assert_outcomes(passed=2)
    verdict = project.verdicts(result)["test_known"]
    assert (verdict.cases.judged, verdict.cases.failed) == (11, 1)
    assert (verdict.comparison.shared, verdict.comparison.added) == (10, 1)
    assert verdict.comparison.regressed == ()
    assert project.verdicts(result)["test_new"].comparison is None


def test_removed_cases_are_counted_and_too_many_fail_the_check(project):
    lenient = GOLDEN.format(more=", min_overlap=0.5").replace("test_known", "test_half")
    project.test(GOLDEN.format(more="") + lenient)
    project.approve("2.0")
    project.write("tickets.yaml", "".join(tickets(project)[:-1]))
    result = project.run("--model-version=2.0")
    result.assert_outcomes(passed=2)
    comparison = project.verdicts(result)["test_known"].comparison
    assert (comparison.shared, comparison.removed) == (9, 1)
    project.write("tickets.yaml", "".join(tickets(project)[:-2]))
    result = project.run("--model-version=2.0")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["only 7/10 approved cases *(70%, at least 80% required)*"])


def test_a_case_whose_input_was_edited_is_another_case(project):
    project.test(GOLDEN.format(more=""))
    project.approve("2.0")
    edited = "".join(tickets(project)).replace("Quiero un reembolso", "Quiero el reembolso")
    project.write("tickets.yaml", edited)
    result = project.run("--model-version=2.1")
    comparison = project.verdict(result).comparison
    assert comparison.shared == 9
    assert comparison.regressed == ("t-08",)


def test_reordering_the_file_changes_nothing(project):
    project.test(GOLDEN.format(more=""))
    project.approve("2.0")
    before = project.baselines()
    project.write("tickets.yaml", "".join(reversed(tickets(project))))
    project.passes("--model-version=2.0")
    project.approve("2.0")
    after = project.baselines()
    name = "baselines/triage/test_triage.py/test_known.jsonl"
    assert after[name].splitlines()[1:] == before[name].splitlines()[1:]


def test_cases_without_ids_keep_theirs_when_others_come_and_go(project):
    project.write("plain.jsonl", '{"input": "a refund"}\n{"input": "a parcel"}\n')
    project.test("""
        @pytest.mark.golden("plain.jsonl")
        def test_known(triage, case):
            assert triage(case.input) != "other"
    """)
    project.approve("2.0")
    project.write("plain.jsonl", '{"input": "a password"}\n{"input": "a parcel"}\n{"input": "a refund"}\n')
    comparison = project.verdict(project.run("--model-version=2.0")).comparison
    assert (comparison.shared, comparison.added, comparison.removed) == (2, 1, 0)
