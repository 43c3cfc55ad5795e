"""``@pytest.mark.golden``: does the model still give the right answers to known cases?"""

from pytest_modelcheck.records import Tally


def test_is_one_item_which_passes_where_every_case_passes(project):
    project.test()
    result = project.run("--model-version=2.0", "-v")
    result.stdout.fnmatch_lines(["*collected 1 item*", "test_triage.py::test_known_tickets PASSED *"])
    result.assert_outcomes(passed=1)
    assert project.verdict(result).cases == Tally(passed=10)
    result.stdout.fnmatch_lines(["*= modelcheck =*", "*test_known_tickets*10/10*", "1 passed; answers: *"])


def test_fails_where_one_case_fails_and_no_limit_is_set(project):
    project.test()
    result = project.fails("--model-version=1.9")
    (shown,) = project.verdict(result).shown
    assert (shown.id, shown.input, shown.expected, shown.got, shown.origin) == (
        "t-05",
        "I forgot my password",
        "'account'",
        "'other'",
        "tickets.yaml:5",
    )
    result.stdout.fnmatch_lines(
        [
            "9/10 cases pass (90%), all required",
            "*model *triage 1.9*",
            "*failing cases (1)",
            "*t-05*",
            "*= modelcheck =*",
            "*test_known_tickets* 9/10 *",
            "1 failed; answers: 0 cached, 20 new*",
            "FAILED test_triage.py::test_known_tickets - 9/10 cases pass (90%), all required",
        ]
    )


def test_at_least_is_the_rate_that_is_required_and_slices_say_where_it_is_worse(project):
    project.test("""
        @pytest.mark.golden("tickets.yaml", at_least=0.9)
        def test_met(triage, case):
            assert triage(case.input) == case.expected

        @pytest.mark.golden("tickets.yaml", at_least=0.95, slices=["language"])
        def test_missed(triage, case):
            assert triage(case.input) == case.expected
    """)
    result = project.run("--model-version=1.9")
    result.assert_outcomes(passed=1, failed=1)
    assert {name: verdict.passed for name, verdict in project.verdicts(result).items()} == {
        "test_met": True,
        "test_missed": False,
    }
    result.stdout.fnmatch_lines(["FAILED *::test_missed - 9/10 cases pass (90%), at least 95% required"])
    result = project.run("--model-version=2.1")
    result.stdout.fnmatch_lines(["*where * language=es * 2/4 pass*"])
    result.stdout.no_fnmatch_line("*language=en*")


def test_calls_are_gathered_and_each_is_made_once(project):
    project.model("""
        from pathlib import Path

        @model_fixture(batch=True)
        def triage(model_version):
            def predict(texts):
                with Path("batches.log").open("a") as log:
                    log.write(f"{len(texts)}\\n")
                return ["other" for _ in texts]
            return predict
    """)
    project.test("""
        @pytest.mark.golden([{"input": str(n % 30)} for n in range(30)])
        def test_first(triage, case):
            assert triage(case.input) == triage(case.input)

        @pytest.mark.golden([{"input": str(n)} for n in range(20, 40)])
        def test_second(triage, case):
            assert triage(case.input) == "other"
    """)
    project.run("--model-version=1").assert_outcomes(passed=2)
    assert (project.path / "batches.log").read_text().split() == ["30", "10"]


def test_calls_that_were_made_for_nothing_are_reported(project):
    project.test("""
        @pytest.mark.golden("tickets.yaml")
        def test_english(triage, case):
            if case["language"] != "en":
                pytest.skip("not English")
            assert triage(case.input) == case.expected
    """)
    result = project.passes("--model-version=2.0")
    assert project.verdict(result).cases == Tally(passed=6, skipped=4)
    assert len(project.calls) == 10
    [note] = [note for note in project.verdict(result).notes if "prefetched" in note]
    assert note == "4 prefetched calls were not used"


def test_cases_may_be_given_in_place_by_a_fixture_or_under_other_names(project):
    project.write("faq.csv", "question,answer,team\nI want a refund,refund,billing\nHello,other,desk\n")
    project.test("""
        @pytest.mark.golden([("I want a refund", "refund"), ("Hello", "other")])
        def test_pairs(triage, case):
            assert triage(case.input) == case.expected

        @pytest.mark.golden(["I want a refund", "Refund!"])
        def test_inputs(triage, case):
            assert triage(case.input) == "refund"

        @pytest.fixture
        def cases():
            return [{"input": "I want a refund", "expected": "refund"}]

        @pytest.mark.golden()
        def test_from_fixture(triage, case, cases):
            assert triage(case.input) == case.expected
            assert len(cases) == 1

        @pytest.mark.golden
        @pytest.mark.usefixtures("cases")
        def test_without_parentheses(triage, case):
            assert triage(case.input) == case.expected

        @pytest.mark.golden("faq.csv", input="question", expected="answer")
        def test_faq(triage, case):
            assert triage(case.input) == case.expected
            assert case["team"]
    """)
    project.run("--model-version=2.0").assert_outcomes(passed=5)


def test_a_check_with_no_case_or_no_applicable_one_fails(project):
    project.test("""
        @pytest.mark.golden("tickets.yaml")
        def test_french(triage, case):
            if case["language"] != "fr":
                pytest.skip("not French")
            assert triage(case.input)

        @pytest.mark.golden([])
        def test_none(triage, case):
            assert triage(case.input)
    """)
    result = project.run("--model-version=2.0")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            "FAILED *::test_french - 0 of 10 cases were applicable",
            "FAILED *::test_none - there are no cases, *",
        ]
    )
