"""Other fixtures work beside ours as in any test; they are set up once a test, not once a case."""

import textwrap

import pytest

ECHO = "@model_fixture\ndef echo(model_version):\n    return str\n"


@pytest.fixture
def echo(project):
    project.model(ECHO)
    return project


def test_fixtures_are_set_up_once_a_test_and_serve_every_body(echo):
    echo.test("""
        import os

        ups, state, steps = [], [], []

        @pytest.fixture(autouse=True)
        def setting(monkeypatch):
            monkeypatch.setenv("SETTING", "on")

        @pytest.fixture
        def client():
            ups.append("up")
            yield "client"
            print("torn down")

        @pytest.mark.golden(["a", "b", "c"])
        def test_once(echo, case, client):
            assert echo(case.input) == case.input
            assert (client, ups) == ("client", ["up"])

        @pytest.mark.golden(["a", "b"])
        def test_autouse(echo, case):
            assert echo(case.input)
            assert os.environ["SETTING"] == "on"

        @pytest.fixture
        def prepared():
            state.append(1)

        @pytest.mark.usefixtures("prepared")
        @pytest.mark.golden(["a", "b"])
        def test_usefixtures(echo, case):
            assert echo(case.input)
            assert state == [1]

        @pytest.fixture
        def shout(case):
            return lambda: case.input.upper() + case["mark"] + case.id

        @pytest.mark.golden([{"id": name, "input": name, "metadata": {"mark": "!"}} for name in "ab"])
        def test_it_takes_case(echo, case, shout):
            assert echo(shout()) == case.input.upper() + "!" + case.id

        @pytest.fixture
        def answer(echo, case):
            return lambda: echo(case.input)

        @pytest.mark.golden(["a", "b"])
        def test_it_alone_takes_case(answer):
            assert answer() in "ab"

        @pytest.fixture
        def late():
            return "late"

        @pytest.mark.golden(["a", "b"])
        def test_getfixturevalue(echo, case, request):
            assert request.getfixturevalue("late") == "late"
            assert request.getfixturevalue("echo")(case.input) == case.input

        @pytest.mark.golden(["a", "b"])
        def test_tmp_path(echo, case, tmp_path):
            (tmp_path / case.input).write_text(echo(case.input))
            assert all((tmp_path / name).exists() for name in "ab"[: "ab".index(case.input) + 1])

        def setup_module(): steps.append("module")

        class TestClass:
            def setup_method(self): steps.append("method")

            def teardown_method(self): print("steps", steps)

            @pytest.mark.golden(["a", "b"])
            def test_setup(self, echo, case):
                assert echo(case.input) == case.input
                assert steps == ["module", "method"]
    """)
    result = echo.run("-s")
    result.assert_outcomes(passed=8)
    assert {verdict.cases.passed for verdict in echo.verdicts(result).values()} == {2, 3}
    assert result.stdout.str().count("torn down") == 1
    assert "steps ['module', 'method']" in result.stdout.str()


def test_a_fixture_may_record_an_answer_for_the_case(echo):
    echo.test("""
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
    """)
    echo.passes("--model-version=1", "--modelcheck-update")
    lines = next(text for name, text in echo.baselines().items() if name.endswith(".jsonl"))
    assert b'{"short":"a"}' in lines.replace(b" ", b"")


def test_a_fixture_that_fails_or_uses_the_case_at_its_own_setup_is_an_error(echo):
    echo.test("""
        @pytest.fixture
        def text(case):
            return case.input

        @pytest.fixture
        def broken():
            raise OSError("no database")

        @pytest.fixture
        def left_open():
            yield
            raise OSError("still open")

        @pytest.mark.golden(["a"])
        def test_case(echo, text, case):
            assert echo(text)

        @pytest.mark.golden(["a"])
        def test_setup(echo, case, broken):
            assert echo(case.input)

        @pytest.mark.golden(["a"])
        def test_teardown(echo, case, left_open):
            assert echo(case.input)
    """)
    result = echo.run()
    result.assert_outcomes(passed=1, errors=3)
    result.stdout.fnmatch_lines(
        [
            "*the case is known only while the test's body runs, *",
            "E *OSError: no database",
            "*ERROR at teardown of test_teardown*",
        ]
    )
    result.stdout.no_fnmatch_line("*pytest_modelcheck/*")


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


def test_a_decorator_that_shows_the_signature_of_its_test_gets_arguments_by_name(echo):
    echo.test("""
        import inspect

        def logged(function):
            def test_it(**arguments):
                assert arguments["case"].input in "ab"
                function(**arguments)

            test_it.__signature__ = inspect.signature(function)
            return test_it

        @pytest.mark.golden(["a", "b"])
        @logged
        def test_it(echo, case):
            assert echo(case.input) == case.input
    """)
    echo.passes()
