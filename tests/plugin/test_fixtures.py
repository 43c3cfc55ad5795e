"""Other fixtures work beside ours as in any test; they are set up once a test, not once a case."""

import textwrap

import pytest

from pytest_modelcheck.records import Tally

ECHO = "@model_fixture\ndef echo(model_version):\n    return str\n"


@pytest.fixture
def echo(project):
    project.model(ECHO)
    return project


def test_a_function_scoped_fixture_is_set_up_once_a_test(echo):
    echo.test(
        """
        ups = []

        @pytest.fixture
        def client():
            ups.append("up")
            yield "client"
            print("torn down")

        @pytest.mark.golden(["a", "b", "c"])
        def test_it(echo, case, client):
            assert echo(case.input) == case.input
            assert client == "client"
            assert ups == ["up"]
        """
    )
    result = echo.run("-s")
    result.assert_outcomes(passed=1)
    assert result.stdout.str().count("torn down") == 1


def test_an_autouse_fixture_applies(echo):
    echo.test(
        """
        import os

        @pytest.fixture(autouse=True)
        def setting(monkeypatch):
            monkeypatch.setenv("SETTING", "on")

        @pytest.mark.golden(["a", "b"])
        def test_it(echo, case):
            assert echo(case.input)
            assert os.environ["SETTING"] == "on"
        """
    )
    echo.run().assert_outcomes(passed=1)


def test_usefixtures_applies(echo):
    echo.test(
        """
        state = []

        @pytest.fixture
        def prepared():
            state.append(1)

        @pytest.mark.usefixtures("prepared")
        @pytest.mark.golden(["a", "b"])
        def test_it(echo, case):
            assert echo(case.input)
            assert state == [1]
        """
    )
    echo.run().assert_outcomes(passed=1)


def test_a_parametrized_fixture_gives_one_check_a_parameter(echo):
    echo.test(
        """
        @pytest.fixture(params=["x", "y"])
        def suffix(request):
            return request.param

        @pytest.mark.golden(["a", "b"])
        def test_it(echo, case, suffix):
            assert echo(case.input + suffix) != "ay"
        """
    )
    result = echo.run("--model-version=1")
    result.assert_outcomes(passed=1, failed=1)
    verdicts = echo.verdicts(result)
    assert verdicts["test_it[x]"].cases == Tally(passed=2)
    assert verdicts["test_it[y]"].cases == Tally(passed=1, failed=1)


def test_a_fixture_may_take_case_and_use_it_while_a_body_runs(echo):
    echo.test(
        """
        @pytest.fixture
        def shout(case):
            return lambda: case.input.upper() + case["mark"] + case.id

        @pytest.mark.golden([{"id": name, "input": name, "metadata": {"mark": "!"}} for name in "ab"])
        def test_it(echo, case, shout):
            assert echo(shout()) == case.input.upper() + "!" + case.id
        """
    )
    result = echo.run()
    result.assert_outcomes(passed=1)
    assert echo.verdict(result).cases == Tally(passed=2)


def test_a_fixture_may_record_an_answer_for_the_case(echo):
    echo.test(
        """
        @pytest.fixture
        def ask(echo, case):
            def ask():
                answer = echo(case.input)
                case.record({"short": answer[:1]})
                return answer
            return ask

        @pytest.mark.golden(["alpha", "beta"])
        def test_it(ask, case):
            assert ask() == case.input
        """
    )
    echo.run("--model-version=1", "--modelcheck-update").assert_outcomes(passed=1)
    lines = next(text for name, text in echo.baselines().items() if name.endswith(".jsonl"))
    assert b'{"short":"a"}' in lines.replace(b" ", b"")


def test_a_fixture_that_uses_the_case_at_its_own_setup_is_told_why_not(echo):
    echo.test(
        """
        @pytest.fixture
        def text(case):
            return case.input

        @pytest.mark.golden(["a"])
        def test_it(echo, text, case):
            assert echo(text)
        """
    )
    result = echo.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*the case is known only while the test's body runs, *"])
    result.stdout.no_fnmatch_line("*pytest_modelcheck/*")


def test_a_body_that_takes_only_a_fixture_that_takes_case(echo):
    echo.test(
        """
        @pytest.fixture
        def answer(echo, case):
            return lambda: echo(case.input)

        @pytest.mark.golden(["a", "b"])
        def test_it(answer):
            assert answer() in "ab"
        """
    )
    result = echo.run()
    result.assert_outcomes(passed=1)
    assert echo.verdict(result).cases == Tally(passed=2)


def test_getfixturevalue_works_in_a_body(echo):
    echo.test(
        """
        @pytest.fixture
        def late():
            return "late"

        @pytest.mark.golden(["a", "b"])
        def test_it(echo, case, request):
            assert request.getfixturevalue("late") == "late"
            assert request.getfixturevalue("echo")(case.input) == case.input
        """
    )
    echo.run().assert_outcomes(passed=1)


def test_a_fixture_that_fails_is_an_error_of_setup(echo):
    echo.test(
        """
        @pytest.fixture
        def broken():
            raise OSError("no database")

        @pytest.mark.golden(["a"])
        def test_it(echo, case, broken):
            assert echo(case.input)
        """
    )
    result = echo.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["E *OSError: no database"])


def test_teardown_errors_are_pytests_own(echo):
    echo.test(
        """
        @pytest.fixture
        def broken():
            yield
            raise OSError("still open")

        @pytest.mark.golden(["a"])
        def test_it(echo, case, broken):
            assert echo(case.input)
        """
    )
    echo.run().assert_outcomes(passed=1, errors=1)


def test_tmp_path_is_shared_by_all_cases_of_a_test(echo):
    echo.test(
        """
        @pytest.mark.golden(["a", "b"])
        def test_it(echo, case, tmp_path):
            (tmp_path / case.input).write_text(echo(case.input))
            assert (tmp_path / case.input).read_text() == case.input
        """
    )
    echo.run().assert_outcomes(passed=1)


PATCHING = {
    "monkeypatch": (
        "monkeypatch.setenv('WHO', case.input); echo(case.input); assert os.environ['WHO'] == case.input"
    ),
    "capsys": "print(case.input); echo(case.input); assert capsys.readouterr().out.strip() == case.input",
    "caplog": (
        "caplog.clear(); logging.error(case.input); echo(case.input); assert caplog.messages == [case.input]"
    ),
    "recwarn": "recwarn.clear(); warnings.warn(case.input); echo(case.input); assert len(recwarn) == 1",
}


def test_a_parametrized_model_fixture_is_refused_or_told_apart(echo):
    """``model_fixture`` takes no params: a version is what tells models of one kind apart."""
    echo.model("@model_fixture(params=[1, 2])\ndef echo(request):\n    return str\n")
    echo.test("def test_it(echo): pass")
    result = echo.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*@model_fixture has no option 'params'*"])


def test_setup_and_teardown_of_modules_classes_and_methods_apply(echo):
    echo.test(
        """
        steps = []

        def setup_module(): steps.append("module")

        class TestIt:
            def setup_method(self): steps.append("method")

            def teardown_method(self): print("steps", steps)

            @pytest.mark.golden(["a", "b"])
            def test_it(self, echo, case):
                assert echo(case.input) == case.input
                assert steps == ["module", "method"]
        """
    )
    result = echo.run("-s")
    result.assert_outcomes(passed=1)
    assert "steps ['module', 'method']" in result.stdout.str()


ARGUMENTS = {
    "positions": """
def test_it(echo, case, word):
    assert (echo(case.input), word) == ("x", "w")
""",
    "names only": """
def test_it(word, *, case, echo):
    assert (echo(case.input), word) == ("x", "w")
""",
    "default": """
def test_it(case, echo, word="default"):
    assert (echo(case.input), word) == ("x", "default")
""",
    "decorated": """
@mock.patch.object(os, "sep", "!")
def test_it(word, case, echo):
    assert (echo(case.input), word, os.sep) == ("x", "w", "!")
""",
    "given by a decorator": """
@mock.patch.object(os, "getcwd")
def test_it(getcwd, word, case, echo):
    assert (echo(case.input), word, os.getcwd) == ("x", "w", getcwd)
""",
    "static": """
@staticmethod
def test_it(word, case, echo):
    assert (echo(case.input), word) == ("x", "w")
""",
}


def test_each_parameter_gets_its_own_argument(echo):
    """In functions and in methods, a file each."""
    head = "import os\nfrom unittest import mock\n\n@pytest.fixture\ndef word():\n    return 'w'\n\n"
    for number, (kind, source) in enumerate(ARGUMENTS.items()):
        function = f"@pytest.mark.golden(['x']){source}"
        method = function if kind == "static" else function.replace("test_it(", "test_it(self, ", 1)
        if kind != "static":
            echo.test(head + function, f"test_{number}.py")
        echo.test(head + "class TestIt:\n" + textwrap.indent(method, "    "), f"test_method_{number}.py")
    echo.run().assert_outcomes(passed=2 * len(ARGUMENTS) - 1)
