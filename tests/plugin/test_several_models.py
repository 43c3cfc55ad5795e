"""Several models in one test: one is judged, the versions of the others are remembered."""

PIPELINE = """
@model_fixture
def triage(model_version):
    return lambda text: f"{text} by triage {model_version}"

@model_fixture
def judge(model_version):
    return lambda text: "good" if "bad" not in text and model_version != "broken" else "bad"
"""

TEST = """
@pytest.mark.golden(["a", "b"], model="triage")
def test_it(triage, judge, case):
    assert judge(triage(case.input)) == "good"
"""


def test_another_version_of_a_model_that_takes_part_is_told_and_its_answers_are_not_approved(project):
    project.model(PIPELINE)
    project.test(TEST)
    versions = ("--model-version", "triage=1", "--model-version", "judge=7")
    project.run(*versions, "--modelcheck-update")
    (lines,) = (text for name, text in project.baselines().items() if name.endswith(".jsonl"))
    assert b"a by triage 1" in lines
    assert b"good" not in lines
    assert project.verdict(project.run(*versions)).notes == ()
    result = project.fails("--model-version", "triage=1", "--model-version", "judge=broken")
    assert project.verdict(result).notes == ("judge broken took part; in the baseline it was 7",)
    result.stdout.fnmatch_lines(["*judge broken took part; in the baseline it was 7*"])


def test_only_the_judged_model_needs_to_be_asked(project):
    project.model(PIPELINE)
    project.golden('["a", "b"], model="triage"', "assert judge(case.input)", "triage, judge, case")
    result = project.fails("--model-version=1")
    assert "never called the model 'triage'" in project.verdict(result).headline


def test_the_advice_names_the_model_and_works_as_it_is_printed(project):
    project.model("""
        @model_fixture
        def triage(model_version):
            return lambda text: f"{text} {model_version}"

        @model_fixture
        def judge(model_version):
            return str.upper
    """)
    project.test("""
        @pytest.mark.golden(["a", "b"])
        def test_triage(triage, case):
            assert triage(case.input) == case.approved

        @pytest.mark.golden(["a", "b"])
        def test_judge(judge, case):
            assert judge(case.input) == case.approved
    """)
    project.approve("1")
    result = project.run("--model-version=2")
    result.assert_outcomes(passed=1, failed=1)
    advice = dict(project.verdicts(result)["test_triage"].advice)
    assert advice["see all"] == "modelcheck diff triage=2"
    assert advice["approve it"] == "modelcheck approve triage=2"
    for command in ("see all", "approve it"):
        assert project.command(*advice[command].split()[1:]).ret == 0
