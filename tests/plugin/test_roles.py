"""Several models in one test: each has a role and a version, and one is judged."""

import pytest

from pytest_modelcheck.baselines.lines import decode
from pytest_modelcheck.records import Grade

SCOPE = "asyncio_default_fixture_loop_scope=function"

MODELS = """
from pytest_modelcheck import judge_fixture

@model_fixture
def assistant(model_version):
    return lambda text: f"{text} by {model_version}"

@judge_fixture(labels="labels/helpful.jsonl")
def helpful(model_version):
    return lambda question, answer: "7" not in answer and model_version != "strict"

@model_fixture(role="support")
def embed(model_version):
    return lambda text: [float(len(text))]
"""
TEST = """
@pytest.mark.golden(["a", "b"])
def test_it(assistant, helpful, embed, case):
    assert helpful(question=case.input, answer=assistant(case.input))
"""


JUDGED = """
@pytest.mark.golden([{"input": {"question": "q", "answer": "a"}, "expected": True}], model="helpful")
def test_the_judge(helpful, case):
    assert helpful(**case.input) == case.expected
"""


@pytest.fixture
def roles(project):
    project.model(MODELS)
    project.test(TEST)
    return project


def left(project):
    """The saved results of the only check, case by case."""
    (path,) = project.path.glob(".modelcheck_cache/candidates/**/*.jsonl")
    return [decode(line) for line in path.read_bytes().splitlines() if line.startswith(b'{"id"')]


def test_a_version_without_a_name_is_that_of_the_judged_models(roles):
    result = roles.passes("--model-version=2.0")
    verdict = roles.verdict(result)
    assert (verdict.model, verdict.version) == ("assistant", "2.0")
    assert dict(verdict.others) == {"helpful": "unversioned", "embed": "unversioned"}


def test_a_name_gives_a_judge_its_version_on_the_command_line_and_in_the_ini_file(roles):
    result = roles.fails("--model-version=2.0", "--model-version=helpful=strict")
    assert dict(roles.verdict(result).others)["helpful"] == "strict"
    roles.ini("model_version = 1.0\n  helpful=mild")
    verdict = roles.verdict(roles.run())
    assert (verdict.version, dict(verdict.others)) == ("1.0", {"helpful": "mild", "embed": "unversioned"})
    verdict = roles.verdict(roles.run("--model-version=2.0"))
    assert (verdict.version, dict(verdict.others)["helpful"]) == ("2.0", "mild")


def test_a_judge_keeps_its_approved_version(roles):
    roles.test(TEST + JUDGED)
    roles.run("--model-version=1.0", "--model-version=helpful=mild", "--modelcheck-update")
    verdicts = roles.verdicts(roles.run("--model-version=2.0"))
    assert verdicts["test_the_judge"].version == "mild"
    assert dict(verdicts["test_it"].others)["helpful"] == "mild"


def test_several_judged_models_still_need_a_choice(roles):
    roles.model(MODELS + "\n@model_fixture\ndef other(model_version):\n    return str\n")
    roles.golden('["a"]', "assert assistant(case.input)", "assistant, other, helpful, case")
    result = roles.run("--model-version=1")
    result.stderr.fnmatch_lines(["*several models (assistant, helpful, other); say which one is judged*"])


def test_a_judge_alone_is_judged_only_where_the_marker_says_so_and_what_it_says_is_its_answer(roles):
    roles.test(JUDGED.replace(', model="helpful"', ""))
    result = roles.run("--model-version=helpful=1")
    result.stderr.fnmatch_lines(["*uses only supporting models (helpful)*model='helpful'*"])
    roles.test(JUDGED)
    roles.passes("--model-version=helpful=1")
    (case,) = left(roles)
    assert case.trials[0].grades == ()
    assert case.trials[0].calls[0][1] == b"true"


def test_the_imperative_check_judges_the_only_model_that_is_judged(roles):
    roles.test("""
        def test_it(assistant, helpful, modelcheck):
            def body(case):
                assert assistant(case.input)

            assert modelcheck.golden(body, ["a"]).model == "assistant"
    """)
    roles.passes("--model-version=1")


def test_the_answer_of_a_judge_is_in_the_result_and_not_in_the_baseline(roles):
    roles.passes("--model-version=2.0", "--modelcheck-update")
    grades = [case.trials[0].grades for case in left(roles)]
    assert grades[0] == (Grade("helpful", b'{"question":"a","answer":"a by 2.0"}', b"true"),)
    assert b"grades" not in b"".join(roles.baselines().values())


def test_an_awaited_judge_is_recorded_too(project):
    project.model("""
        from pytest_modelcheck import judge_fixture

        @model_fixture
        def assistant(model_version):
            async def answer(text):
                return text.upper()
            return answer

        @judge_fixture
        def helpful(model_version):
            async def judge(answer):
                return True
            return judge
    """)
    project.test("""
        @pytest.mark.asyncio
        @pytest.mark.golden(["a", "b"])
        async def test_it(assistant, helpful, case):
            assert await helpful(await assistant(case.input))
    """)
    project.passes("--model-version=1", "-p", "asyncio", "-o", SCOPE)
    grades = [case.trials[0].grades for case in left(project)]
    assert [one.given for (one,) in grades] == [b'{"answer":"A"}', b'{"answer":"B"}']


def test_if_the_approved_version_of_a_judge_is_lost_the_advice_names_the_judge(roles):
    roles.test(JUDGED)
    roles.run("--model-version=helpful=mild", "--modelcheck-update")
    (roles.path / "baselines/helpful/approved.yaml").unlink()
    roles.run().stderr.fnmatch_lines(["*or name the version: --model-version=helpful=mild*"])
    roles.passes("--model-version=helpful=mild")


PIPELINE = """
@model_fixture
def triage(model_version):
    return lambda text: f"{text} by triage {model_version}"

@model_fixture
def judge(model_version):
    return lambda text: "good" if "bad" not in text and model_version != "broken" else "bad"
"""

PIPED = """
@pytest.mark.golden(["a", "b"], model="triage")
def test_it(triage, judge, case):
    assert judge(triage(case.input)) == "good"
"""


def test_another_version_of_a_supporting_model_is_reported_and_its_answers_are_not_approved(project):
    project.model(PIPELINE)
    project.test(PIPED)
    versions = ("--model-version", "triage=1", "--model-version", "judge=7")
    project.run(*versions, "--modelcheck-update")
    (lines,) = (text for name, text in project.baselines().items() if name.endswith(".jsonl"))
    assert b"a by triage 1" in lines
    assert b"good" not in lines
    assert project.verdict(project.run(*versions)).notes == ()
    result = project.fails("--model-version", "triage=1", "--model-version", "judge=broken")
    assert project.verdict(result).notes == ("judge broken took part; in the baseline it was 7",)
    result.stdout.fnmatch_lines(["*judge broken took part; in the baseline it was 7*"])


def test_only_the_judged_model_must_be_called(project):
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
