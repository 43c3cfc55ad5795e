"""Choosing tests and stopping early work as ever; a check is one test among the others."""

THREE = """
@pytest.mark.golden("tickets.yaml")
def test_english(triage, case):
    if case["language"] != "en": pytest.skip()
    assert triage(case.input) == case.expected

@pytest.mark.golden("tickets.yaml")
def test_spanish(triage, case):
    if case["language"] != "es": pytest.skip()
    assert triage(case.input) == case.expected

def test_plain(triage):
    assert triage("Hello") == "other"
"""


def test_k_selects(project):
    project.test(THREE)
    result = project.run("--model-version=2.0", "-k", "english")
    result.assert_outcomes(passed=1, deselected=2)
    assert len(project.calls) == 10


def test_m_selects_by_our_markers(project):
    project.test(THREE)
    project.run("--model-version=2.0", "-m", "golden").assert_outcomes(passed=2, deselected=1)
    project.run("--model-version=2.0", "-m", "not golden").assert_outcomes(passed=1, deselected=2)


def test_a_node_id_selects(project):
    project.test(THREE)
    project.run("--model-version=2.0", "test_triage.py::test_spanish").assert_outcomes(passed=1)


def test_x_stops_at_the_first_failed_check(project):
    project.test(THREE)
    result = project.run("--model-version=3.0", "-x")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*stopping after 1 failures*"])


def test_maxfail_counts_checks_and_not_cases(project):
    project.test(THREE)
    project.run("--model-version=3.0", "--maxfail=2").assert_outcomes(failed=2)


def test_lf_runs_failed_checks_again(project):
    project.test(THREE)
    project.run("--model-version=2.1").assert_outcomes(passed=2, failed=1)
    again = project.run("--model-version=2.1", "--lf")
    again.assert_outcomes(failed=1)
    assert set(project.verdicts(again)) == {"test_spanish"}


def test_ff_runs_failed_checks_first(project):
    project.test(THREE)
    project.run("--model-version=2.1")
    again = project.run("--model-version=2.1", "--ff", "-v")
    again.stdout.fnmatch_lines(["*::test_spanish FAILED*", "*::test_english PASSED*"])


def test_collect_only_calls_no_model_and_writes_nothing(project):
    project.test(THREE)
    before = project.files()
    result = project.run("--model-version=2.0", "--collect-only", "-q")
    result.stdout.fnmatch_lines(
        ["test_triage.py::test_english", "test_triage.py::test_spanish", "test_triage.py::test_plain"]
    )
    assert project.calls == []
    assert project.files() == before


def test_collect_only_does_not_load_the_model(project):
    project.model("@model_fixture\ndef triage():\n    raise OSError\n")
    project.test(THREE)
    assert project.run("--collect-only").ret == 0


def test_setup_show_shows_the_model_fixture(project):
    project.test(THREE)
    result = project.run("--model-version=2.0", "--setup-show")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        ["SETUP    S triage", "*test_triage.py::test_english (fixtures used: *case*triage*"]
    )


def test_setup_only_calls_no_model(project):
    project.test(THREE)
    result = project.run("--model-version=2.0", "--setup-only")
    assert result.ret == 0
    assert project.calls == []


def test_fixtures_lists_ours_with_what_they_are(project):
    project.test(THREE)
    result = project.run("--fixtures")
    result.stdout.fnmatch_lines(["case -- *", "*The case that the body runs for*"])
    for name in ("score", "modelcheck", "model_version"):
        result.stdout.fnmatch_lines([f"{name}* -- *"])


def test_durations_count_the_whole_check(project):
    project.model("""
        import time

        @model_fixture
        def slow():
            def ask(text):
                time.sleep(0.02)
                return text
            return ask
    """)
    project.test("""
        @pytest.mark.golden([str(number) for number in range(10)])
        def test_slow(slow, case):
            assert slow(case.input) == case.input
    """)
    result = project.run("--durations=3", "--durations-min=0.1")
    result.stdout.fnmatch_lines(["[0-9]*.[0-9]*s call * test_triage.py::test_slow"])


def test_verdicts_do_not_depend_on_what_else_is_selected_nor_on_the_order(project):
    project.test(THREE)
    project.approve("2.0")
    whole = project.verdicts(project.run("--model-version=2.1"))
    alone = project.verdicts(project.run("--model-version=2.1", "-k", "spanish"))
    backwards = project.verdicts(
        project.run("--model-version=2.1", "test_triage.py::test_spanish", "test_triage.py::test_english")
    )
    assert alone["test_spanish"].findings == whole["test_spanish"].findings
    assert {name: one.findings for name, one in backwards.items()} == {
        name: one.findings for name, one in whole.items()
    }


def test_verdicts_do_not_depend_on_the_cache(project):
    project.test(THREE)
    project.approve("2.0")
    cold = project.run("--model-version=2.1")
    warm = project.run("--model-version=2.1")
    off = project.run("--model-version=2.1", "--modelcheck-cache=off")
    findings = [
        {name: one.findings for name, one in project.verdicts(result).items()} for result in (cold, warm, off)
    ]
    assert findings[0] == findings[1] == findings[2]
