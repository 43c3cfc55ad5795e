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


@pytest.fixture
def echo(project):
    """One model and one check."""
    project.model(ECHO)
    project.test(TEST)
    return project


@pytest.fixture
def two(project):
    """A check of one model, in which another takes part."""
    project.model(TWO)
    project.test(BOTH)
    return project


def versions(project, *arguments):
    """The versions of the judged model and of the other in a run."""
    verdict = project.verdict(project.run(*arguments))
    return verdict.version, *(version for _, version in verdict.others)


def test_is_given_by_the_ini_file_or_before_it_on_the_command_line(echo):
    echo.ini("model_version = 2.1")
    assert echo.verdict(echo.run()).version == "2.1"
    result = echo.run("--model-version=3", "-s")
    result.stdout.fnmatch_lines(["modelcheck: triage 3 *", "*loading triage 3*"])
    assert echo.verdict(result).version == "3"


def test_is_the_approved_one_where_none_is_given(echo):
    echo.approve("2.0")
    result = echo.passes("-s")
    result.stdout.fnmatch_lines(["modelcheck: triage 2.0 (approved: 2.0)*", "*loading triage 2.0*"])


@pytest.mark.parametrize("version", ["../../etc", "a b", "ünï", "x" * 300, "1.0:rc/2", "-1"])
def test_is_any_text(echo, version):
    result = echo.passes(f"--model-version={version}", "--modelcheck-update")
    assert echo.verdict(result).version == version
    again = echo.passes()
    assert echo.verdict(again).version == version
    outside = [path.name for path in echo.path.parent.iterdir() if path.name.startswith("etc")]
    assert outside == []


def test_is_given_for_each_model_by_name(two):
    result = two.passes("--model-version", "triage=2.1", "--model-version", "judge=7", "-s")
    result.stdout.fnmatch_lines(["modelcheck: judge 7 *", "modelcheck: triage 2.1 *"])
    assert two.verdict(result).others == (("judge", "7"),)
    two.ini("model_version =", "    triage=2.2", "    judge=8")
    assert versions(two) == ("2.2", "8")


def test_for_one_model_leaves_the_others_as_approved(two):
    two.test(
        "@pytest.mark.golden(['a'])\ndef test_judge(judge, case):\n    assert judge(case.input)\n",
        "test_judge.py",
    )
    two.run("--model-version", "triage=1", "--model-version", "judge=7", "--modelcheck-update")
    verdict = two.verdicts(two.run("--model-version", "triage=2"))["test_it"]
    assert verdict.version == "2"
    assert verdict.others == (("judge", "7"),)


def test_without_a_name_is_that_of_every_model(two):
    assert versions(two, "--model-version=3") == ("3", "3")


def test_a_name_is_a_prefix_only_where_there_is_such_a_model(echo):
    for version in "temperature=0.7", "triage=temperature=0.7":
        assert versions(echo, f"--model-version={version}") == ("temperature=0.7",)


def test_names_of_models_whose_conftest_is_not_loaded_are_no_versions(project):
    project.test(TEST)
    project.refuses(
        "*(models: none was found; is the conftest.py that defines them loaded?)*",
        "--noconftest",
        "--model-version=triage=1",
        "--model-version=judge=2",
    )


@pytest.mark.parametrize(
    ("versions", "message"),
    [
        (("1", "2"), "*--model-version: '1' and '2' are both requested*(models: judge, triage)*"),
        (("triage=1", "triage=2"), "*--model-version: triage cannot be both 1 and 2"),
        (("triage=",), "*--model-version=triage=: no version after triage="),
    ],
)
def test_that_contradicts_itself_is_a_usage_error(two, versions, message):
    result = two.run(*(f"--model-version={each}" for each in versions))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])


# -- cached answers of a version ----------------------------------------------------------------------

NOTING = """
    from pytest_modelcheck import files

    @model_fixture(fingerprint=FINGERPRINT)
    def triage(TAKES):
        def ask(text):
            with open("calls.log", "a") as log:
                log.write("called\\n")
            return text
        return ask
    """


@pytest.mark.parametrize(
    ("takes", "fingerprint", "calls"),
    [
        # The data of the fixture cannot depend on the version, so that a change of the model would be hidden.
        ("", "None", 4),
        ("", '"prompt 7"', 2),
        ("", 'files("prompt.txt")', 2),
        ("model_version", "None", 2),
    ],
)
def test_answers_are_kept_where_the_fixture_takes_a_version_or_has_a_fingerprint(
    project, takes, fingerprint, calls
):
    project.write("prompt.txt", "Be kind.")
    project.model(NOTING.replace("TAKES", takes).replace("FINGERPRINT", fingerprint))
    project.test(TEST)
    for _ in range(2):
        assert versions(project, "--model-version=1") == ("1",)
    assert len(project.calls) == calls


@pytest.mark.parametrize("fingerprint", ['"prompt 7"', 'files("prompt.txt")'])
def test_another_fingerprint_is_another_model(project, fingerprint):
    source = NOTING.replace("TAKES", "model_version").replace("FINGERPRINT", fingerprint)
    project.test(TEST)
    for text in "Be kind.", "Be stern.":
        project.write("prompt.txt", text)
        project.model(source.replace("prompt 7", text))
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
    result = project.fails()
    result.stdout.fnmatch_lines(
        ["*is not the 1 that was approved: its fingerprint is ???????????… (approved: ???????????…). If *"]
    )
    result.stdout.fnmatch_lines(["*approve it as 1. If only files of other versions *"])
    project.model(SHELF.replace("*.bin", "triage-{version}.bin"))
    project.run("--model-version=1", "--modelcheck-update")
    project.write("triage-3.bin", "no")
    project.passes()
    project.write("triage-1.bin", "maybe")
    result = project.run()
    result.stdout.fnmatch_lines(["*triage 1 is not the 1 that was approved:*"])
    result.stdout.no_fnmatch_line("*files of other versions*")


# -- unversioned ------------------------------------------------------------------------------------


def test_an_unversioned_model_runs_and_leaves_no_candidate(echo):
    result = echo.passes("-s")
    result.stdout.fnmatch_lines(["modelcheck: triage (unversioned) *", "*loading triage None*"])
    assert [name for name in echo.files() if "candidates" in name] == []


def test_an_unversioned_model_is_called_again_in_every_run(project):
    project.test()
    project.run()
    project.run()
    assert len(project.calls) == 20


def test_an_unversioned_model_cannot_be_approved_and_says_how_to_name_it(echo):
    result = echo.run("--modelcheck-update")
    result.stdout.fnmatch_lines(
        ["*not approved: triage has no version. Name it: pytest --model-version=VERSION"]
    )
    assert echo.baselines() == {}


def test_an_unversioned_model_that_fails_says_how_to_name_it(echo):
    echo.golden('["a"]', "assert triage(case.input) is None")
    result = echo.fails()
    result.stdout.fnmatch_lines(["*pytest --model-version=VERSION"])


# -- the fixture model_version ------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["2.1", None])
@pytest.mark.parametrize("models", [ECHO, ""], ids=["with a model", "without"])
def test_the_fixture_model_version_is_the_version(project, models, version):
    project.model(models)
    takes = "triage, model_version" if models else "model_version"
    project.test(f"def test_it({takes}): assert model_version == {version!r}")
    project.passes(*([f"--model-version={version}"] if version else []))


def test_each_model_gets_its_own_version_and_the_shared_fixture_is_an_error(two):
    two.test(
        "def test_it(triage, judge, model_version): pass\n"
        "def test_own(triage, judge): assert judge(triage('x')) == 'x 1 2'\n"
    )
    result = two.run("--model-version", "triage=1", "--model-version", "judge=2")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*`model_version`*versions differ (judge 2, triage 1)*"])
    result.stdout.no_fnmatch_line("*pytest_modelcheck/*")
    same = two.run("--model-version", "triage=1", "--model-version", "judge=1", "-k", "test_it")
    same.assert_outcomes(passed=1, deselected=1)
