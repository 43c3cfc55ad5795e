"""``--model-version``: which version of which model is tested."""

import pytest

ECHO = """
@model_fixture
def triage(model_version):
    print("loading triage", model_version)
    return lambda text: f"{text} {model_version}"
"""

TWO = (
    ECHO
    + """
@model_fixture
def judge(model_version):
    print("loading judge", model_version)
    return lambda text: f"{text} {model_version}"
"""
)

TEST = """
@pytest.mark.golden(["a", "b"])
def test_it(triage, case):
    assert triage(case.input)
"""

BOTH = """
@pytest.mark.golden(["a", "b"], model="triage")
def test_it(triage, judge, case):
    assert judge(triage(case.input))
"""


def test_is_given_on_the_command_line(project):
    project.model(ECHO)
    project.test(TEST)
    result = project.run("--model-version=2.1", "-s")
    result.stdout.fnmatch_lines(["modelcheck: triage 2.1 *", "*loading triage 2.1*"])
    assert project.verdict(result).version == "2.1"


def test_is_given_by_the_ini_file(project):
    project.ini("model_version = 2.1")
    project.model(ECHO)
    project.test(TEST)
    assert project.verdict(project.run()).version == "2.1"


def test_on_the_command_line_wins_over_the_ini_file(project):
    project.ini("model_version = 2.1")
    project.model(ECHO)
    project.test(TEST)
    assert project.verdict(project.run("--model-version=3")).version == "3"


def test_is_the_approved_one_where_none_is_given(project):
    project.model(ECHO)
    project.test(TEST)
    project.approve("2.0")
    result = project.run("-s")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["modelcheck: triage 2.0 (approved: 2.0)*", "*loading triage 2.0*"])


@pytest.mark.parametrize("version", ["../../etc", "a b", "ünï", "x" * 300, "1.0:rc/2", "-1"])
def test_is_any_text(project, version):
    project.model(ECHO)
    project.test(TEST)
    result = project.run(f"--model-version={version}", "--modelcheck-update")
    result.assert_outcomes(passed=1)
    assert project.verdict(result).version == version
    again = project.run()
    again.assert_outcomes(passed=1)
    assert project.verdict(again).version == version
    outside = [path.name for path in project.path.parent.iterdir() if path.name.startswith("etc")]
    assert outside == []


def test_is_given_for_each_model_by_name(project):
    project.model(TWO)
    project.test(BOTH)
    result = project.run("--model-version", "triage=2.1", "--model-version", "judge=7", "-s")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["modelcheck: judge 7 *", "modelcheck: triage 2.1 *"])
    assert project.verdict(result).others == (("judge", "7"),)


def test_is_given_for_each_model_by_name_in_the_ini_file(project):
    project.ini("model_version =", "    triage=2.1", "    judge=7")
    project.model(TWO)
    project.test(BOTH)
    result = project.run()
    assert project.verdict(result).version == "2.1"
    assert project.verdict(result).others == (("judge", "7"),)


def test_for_one_model_leaves_the_others_as_approved(project):
    project.model(TWO)
    project.test(BOTH)
    project.test(
        """
        @pytest.mark.golden(["a"])
        def test_judge(judge, case):
            assert judge(case.input)
        """,
        "test_judge.py",
    )
    project.run("--model-version", "triage=1", "--model-version", "judge=7", "--modelcheck-update")
    verdict = project.verdicts(project.run("--model-version", "triage=2"))["test_it"]
    assert verdict.version == "2"
    assert verdict.others == (("judge", "7"),)


def test_without_a_name_is_that_of_every_model(project):
    project.model(TWO)
    project.test(BOTH)
    result = project.run("--model-version=3")
    assert project.verdict(result).version == "3"
    assert project.verdict(result).others == (("judge", "3"),)


def test_a_name_is_a_prefix_only_where_there_is_such_a_model(project):
    project.model(ECHO)
    project.test(TEST)
    result = project.run("--model-version", "temperature=0.7")
    assert project.verdict(result).version == "temperature=0.7"
    result = project.run("--model-version", "triage=temperature=0.7")
    assert project.verdict(result).version == "temperature=0.7"


def test_names_of_models_whose_conftest_is_not_loaded_are_no_versions(project):
    project.test(TEST)
    result = project.run("--noconftest", "--model-version=triage=1", "--model-version=judge=2")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*(models: none was found; is the conftest.py that defines them loaded?)"])


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (("1", "2"), "*--model-version: '1' and '2' are both requested*(models: judge, triage)"),
        (("triage=1", "triage=2"), "*--model-version: triage cannot be both 1 and 2"),
        (("triage=",), "*--model-version=triage=: no version after triage="),
    ],
)
def test_that_contradicts_itself_is_a_usage_error(project, asked, message):
    project.model(TWO)
    project.test(BOTH)
    result = project.run(*(f"--model-version={each}" for each in asked))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])


def test_a_model_that_takes_no_version_has_the_one_that_is_named_all_the_same(project):
    project.model("@model_fixture\ndef triage():\n    return str.upper\n")
    project.test(TEST)
    assert project.verdict(project.run("--model-version=2")).version == "2"


# -- unversioned ------------------------------------------------------------------------------------


def test_an_unversioned_model_runs(project):
    project.model(ECHO)
    project.test(TEST)
    result = project.run("-s")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["modelcheck: triage (unversioned) *", "*loading triage None*"])


def test_an_unversioned_model_is_asked_anew_in_every_run(project):
    project.test()
    project.run()
    project.run()
    assert len(project.calls) == 20


ASKED = """
    @model_fixture(fingerprint="prompt 7")
    def triage(model_version):
        def ask(text):
            with open("calls.log", "a") as log:
                log.write("asked\\n")
            return text
        return ask
    """


@pytest.mark.parametrize(
    ("source", "calls"),
    [
        # What the fixture loads cannot depend on the version, so a change of the model would be hidden.
        pytest.param(
            ASKED.replace('(fingerprint="prompt 7")', "").replace("model_version", ""), 4, id="none"
        ),
        pytest.param(ASKED.replace("model_version", ""), 2, id="fingerprint"),
    ],
)
def test_answers_are_kept_where_the_fixture_takes_a_version_or_has_a_fingerprint(project, source, calls):
    project.model(source)
    project.test(TEST)
    project.run("--model-version=1")
    project.run("--model-version=1")
    assert len(project.calls) == calls


def test_another_fingerprint_is_another_model(project):
    project.model(ASKED)
    project.test(TEST)
    project.run("--model-version=1")
    project.model(ASKED.replace("prompt 7", "prompt 8"))
    project.run("--model-version=1")
    assert len(project.calls) == 4


def test_the_content_of_files_is_a_fingerprint(project):
    project.write("prompt.txt", "Be kind.")
    project.model("""
        from pytest_modelcheck import files

        @model_fixture(fingerprint=files("prompt.txt"))
        def triage():
            def ask(text):
                with open("calls.log", "a") as log:
                    log.write("asked\\n")
                return text
            return ask
    """)
    project.test(TEST)
    project.run("--model-version=1")
    project.run("--model-version=1")
    assert len(project.calls) == 2
    project.write("prompt.txt", "Be stern.")
    project.run("--model-version=1")
    assert len(project.calls) == 4


SHELF = """
    from pathlib import Path
    from pytest_modelcheck import files

    @model_fixture(fingerprint=files("*.bin"))
    def triage(model_version):
        answer = Path(f"triage-{model_version}.bin").read_text()
        return lambda text: answer
    """


def test_a_file_for_another_version_says_how_to_name_those_of_each(project):
    project.write("triage-1.bin", "yes")
    project.model(SHELF)
    project.test(TEST)
    project.run("--model-version=1", "--modelcheck-update")
    project.write("triage-2.bin", "no")
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*triage 1 is not the 1 that was approved:*version of its own. Were only files of another version*"]
    )
    project.model(SHELF.replace("*.bin", "triage-{version}.bin"))
    project.run("--model-version=1", "--modelcheck-update")
    project.write("triage-3.bin", "no")
    project.run().assert_outcomes(passed=1)
    project.write("triage-1.bin", "maybe")
    result = project.run()
    result.stdout.fnmatch_lines(["*triage 1 is not the 1 that was approved:*"])
    result.stdout.no_fnmatch_line("*files of another version*")


def test_an_unversioned_model_cannot_be_approved_and_says_how_to_name_it(project):
    project.model(ECHO)
    project.test(TEST)
    result = project.run("--modelcheck-update")
    result.stdout.fnmatch_lines(
        ["*not approved: triage has no version. Name it: pytest --model-version=VERSION"]
    )
    assert project.baselines() == {}


def test_an_unversioned_model_that_fails_says_how_to_name_it(project):
    project.model(ECHO)
    project.test(TEST.replace("assert triage(case.input)", "assert triage(case.input) is None"))
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*pytest --model-version=VERSION"])


def test_an_unversioned_model_leaves_no_candidate(project):
    project.model(ECHO)
    project.test(TEST)
    project.run()
    assert [name for name in project.files() if "candidates" in name] == []


# -- the fixture model_version ------------------------------------------------------------------------


def test_the_fixture_model_version_is_the_version(project):
    project.test("def test_it(triage, model_version): assert model_version == '2.1'")
    project.run("--model-version=2.1").assert_outcomes(passed=1)


def test_the_fixture_model_version_is_none_where_nobody_names_one(project):
    project.test("def test_it(triage, model_version): assert model_version is None")
    project.run().assert_outcomes(passed=1)


def test_the_fixture_model_version_is_an_error_where_several_versions_differ(project):
    project.model(TWO)
    project.test("def test_it(triage, judge, model_version): pass")
    result = project.run("--model-version", "triage=1", "--model-version", "judge=2")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*`model_version`*versions differ (judge 2, triage 1)*"])
    result.stdout.no_fnmatch_line("*pytest_modelcheck/*")
    same = project.run("--model-version", "triage=1", "--model-version", "judge=1")
    same.assert_outcomes(passed=1)


def test_each_model_fixture_gets_its_own_version_where_several_differ(project):
    project.model(TWO)
    project.test("def test_it(triage, judge): assert judge(triage('x')) == 'x 1 2'")
    result = project.run("--model-version", "triage=1", "--model-version", "judge=2")
    result.assert_outcomes(passed=1)


def test_the_fixture_model_version_works_without_any_model_of_ours(project):
    project.model("")
    project.test("def test_it(model_version): assert model_version == '5'")
    project.run("--model-version=5").assert_outcomes(passed=1)
