"""``@model_fixture``: whatever can be called is a model, and the fixture is a fixture like any other."""

import re
from pathlib import Path

import pytest

USE = """
@pytest.mark.golden([("a", "A"), ("b", "B"), ("c", "C")])
def test_upper(upper, case):
    assert upper(case.input) == case.expected
"""

KINDS = {
    "a function of one input": """
@model_fixture
def upper():
    def ask(text):
        assert isinstance(text, str)
        return text.upper()
    return ask
""",
    "a builtin": """
@model_fixture()
def upper():
    return str.upper
""",
    "a function of a batch": """
@model_fixture(batch=True)
def upper():
    def ask(texts):
        assert isinstance(texts, list)
        return [text.upper() for text in texts]
    return ask
""",
    "a batch answered with a generator": """
@model_fixture(batch=True)
def upper():
    return lambda texts: (text.upper() for text in texts)
""",
    "a coroutine function": """
@model_fixture
def upper():
    async def ask(text):
        return text.upper()
    return ask
""",
    "a coroutine function of a batch": """
@model_fixture(batch=True)
def upper():
    async def ask(texts):
        return [text.upper() for text in texts]
    return ask
""",
    "an object with predict": """
class Estimator:
    def predict(self, texts):
        return [text.upper() for text in texts]

@model_fixture
def upper():
    return Estimator()
""",
    "an object with predict for one input": """
class Estimator:
    def predict(self, text):
        return text.upper()

@model_fixture(batch=False)
def upper():
    return Estimator()
""",
    "a method by name": """
class Estimator:
    def predict(self, texts):
        raise AssertionError("not this one")

    def transform(self, texts):
        return [text.upper() for text in texts]

@model_fixture(method="transform")
def upper():
    return Estimator()
""",
    "an object that is called": """
class Client:
    def __call__(self, text):
        return text.upper()

@model_fixture
def upper():
    return Client()
""",
    "an object that is awaited": """
class Client:
    async def __call__(self, text):
        return text.upper()

@model_fixture
def upper():
    return Client()
""",
    "a function in several threads": """
@model_fixture(concurrency=3)
def upper():
    return str.upper
""",
    "a partial": """
from functools import partial

def convert(how, text):
    return how(text)

@model_fixture
def upper():
    return partial(convert, str.upper)
""",
}


def test_takes_whatever_can_be_called(project):
    """Each in a test file of its own."""
    for number, source in enumerate(KINDS.values()):
        text = re.sub(r"(?<!\.)upper\b", f"upper_{number}", f"{source}{USE}")
        project.test(f"from pytest_modelcheck import model_fixture\n{text}", f"test_{number}.py")
    result = project.run()
    result.assert_outcomes(passed=len(KINDS))
    passed = {name: verdict.cases.passed for name, verdict in project.verdicts(result).items()}
    assert passed == {f"test_upper_{number}": 3 for number in range(len(KINDS))}


def test_in_an_ordinary_test_a_model_is_simply_called(project):
    project.test("""
        def test_plain(triage):
            assert triage("I want a refund") == "refund"
            assert triage("I want a refund") == "refund"
            assert triage("Hello") == "other"
    """)
    result = project.run("--model-version=2.0")
    result.assert_outcomes(passed=1)
    assert project.calls == ["I want a refund", "Hello"]
    assert "= modelcheck =" not in result.stdout.str()


def test_is_loaded_once_a_session(project):
    project.model("""
        @model_fixture
        def upper():
            with open("loaded.log", "a") as log:
                log.write("loaded\\n")
            return str.upper
    """)
    project.test(USE + "\ndef test_plain(upper): assert upper('x') == 'X'\n")
    project.test(USE, "test_more.py")
    project.run().assert_outcomes(passed=3)
    assert (project.path / "loaded.log").read_text() == "loaded\n"


def test_may_be_loaded_more_often(project):
    project.model("""
        @model_fixture(scope="function")
        def upper():
            with open("loaded.log", "a") as log:
                log.write("loaded\\n")
            return str.upper
    """)
    project.test(USE + "\ndef test_plain(upper): assert upper('x') == 'X'\n")
    project.run().assert_outcomes(passed=2)
    assert (project.path / "loaded.log").read_text() == "loaded\nloaded\n"


def test_takes_its_version_and_other_fixtures(project):
    project.model("""
        import pytest

        @pytest.fixture(scope="session")
        def suffix():
            return "!"

        @model_fixture
        def upper(suffix, model_version, tmp_path_factory):
            assert tmp_path_factory.getbasetemp().is_dir()
            return lambda text: text.upper() + suffix + model_version
    """)
    project.test("def test_plain(upper): assert upper('x') == 'X!7'")
    project.run("--model-version=7").assert_outcomes(passed=1)


def test_takes_request(project):
    project.model("""
        @model_fixture
        def upper(request):
            assert request.fixturename == "upper"
            assert request.scope == "session"
            request.addfinalizer(lambda: print("finalized"))
            return str.upper
    """)
    project.test(USE)
    result = project.run("-s")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*finalized*"])


def test_cleans_up_after_yield(project):
    project.model("""
        @model_fixture
        def upper(model_version):
            print("opened", model_version)
            yield str.upper
            print("closed", model_version)
    """)
    project.test(USE)
    result = project.run("-s", "--model-version=7")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*opened 7*", "*closed 7*"])


def test_cleans_up_after_yield_where_the_check_fails(project):
    project.model("""
        @model_fixture
        def upper():
            yield str.lower
            print("closed")
    """)
    project.test(USE)
    result = project.run("-s")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*closed*"])


def test_a_second_yield_is_pytests_own_error(project):
    project.model("""
        @model_fixture
        def upper():
            yield str.upper
            yield str.lower
    """)
    project.test(USE)
    result = project.run()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*fixture function has more than one 'yield'*"])


def test_in_a_class(project):
    project.test("""
        from pytest_modelcheck import model_fixture

        class TestUpper:
            suffix = "!"

            @model_fixture(scope="class")
            def upper(self):
                return lambda text: text.upper() + self.suffix

            @pytest.mark.golden(["a", "b"])
            def test_it(self, upper, case):
                assert upper(case.input) == case.input.upper() + "!"
    """)
    project.run().assert_outcomes(passed=1)


def test_name_is_the_models_name(project):
    project.model("""
        @model_fixture(name="loud/1")
        def upper(model_version):
            return str.upper
    """)
    project.test(USE)
    result = project.run("--model-version=7", "--modelcheck-update")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["modelcheck: loud/1 7 *"])
    assert project.verdict(result).model == "loud/1"
    folders = {Path(name).parts[1] for name in project.baselines()}
    assert len(folders) == 1
    assert folders != {"loud"}
    project.run("--model-version", "loud/1=7").assert_outcomes(passed=1)


def test_may_stand_in_the_test_file(project):
    project.test("from pytest_modelcheck import model_fixture\n" + KINDS["a builtin"] + USE)
    project.run().assert_outcomes(passed=1)


def test_may_be_used_through_another_fixture(project):
    project.model(
        KINDS["a function of a batch"]
        + """
import pytest

@pytest.fixture
def pipeline(upper):
    return lambda text: upper(text.strip())
"""
    )
    project.test("""
        @pytest.mark.golden([(" a", "A"), ("b ", "B")])
        def test_pipeline(pipeline, case):
            assert pipeline(case.input) == case.expected
    """)
    result = project.run()
    result.assert_outcomes(passed=1)
    assert project.verdict(result).model == "upper"


def test_two_definitions_of_one_name_are_a_usage_error(project):
    project.model("""
        @model_fixture(name="triage")
        def first():
            return str.upper

        @model_fixture(name="triage")
        def second():
            return str.lower
    """)
    project.test("def test_plain(first): assert first('x')")
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["*two different models are called 'triage': at *conftest.py:3 and at *conftest.py:7. *"]
    )
    assert "Traceback" not in result.stderr.str()


def test_a_fixture_that_overrides_a_model_of_the_same_name_differently_is_a_usage_error(project):
    project.write(
        "sub/conftest.py",
        """
        from pytest_modelcheck import model_fixture

        @model_fixture
        def triage():
            return str.upper
        """,
    )
    project.test("def test_plain(triage): assert triage('x')", "sub/test_sub.py")
    project.test()
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*two different models are called 'triage'*"])


def test_one_definition_imported_in_two_places_is_one_model(project):
    project.ini("pythonpath = .")
    project.model("")
    project.write(
        "models.py",
        """
        from pytest_modelcheck import model_fixture

        @model_fixture
        def upper():
            return str.upper
        """,
    )
    for name in ("test_one.py", "test_two.py"):
        project.test("from models import upper\n" + USE, name)
    project.run().assert_outcomes(passed=2)


MISTAKES = {
    "nothing to call": ("", "3", "*conftest.py:*'upper' made a int; it must return something to call*"),
    "None": ("", "None", "*conftest.py:*'upper' made a NoneType*"),
    "no such method": (
        '(method="predict_proba")',
        "str.upper",
        "*conftest.py:*which has no method 'predict_proba'*",
    ),
}


@pytest.mark.parametrize(("options", "made", "message"), MISTAKES.values(), ids=MISTAKES)
def test_is_refused_where_it_makes(project, options, made, message):
    project.model(f"@model_fixture{options}\ndef upper():\n    return {made}\n")
    project.test(USE)
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])
    result.stdout.no_fnmatch_line("*pytest_modelcheck/*")


OPTIONS = {
    "an unknown option": ("btch=True", "@model_fixture has no option 'btch'; did you mean batch[?]"),
    "an option like none": ("zzz=True", "@model_fixture has no option 'zzz' (it takes name, *"),
    "a batch of nothing": ("batch_size=0", "@model_fixture(batch_size=0): write a whole number from 1"),
    "no thread at all": ("concurrency=0", "@model_fixture(concurrency=0): write a whole number from 1"),
    "a batch size without batches": ("batch=False, batch_size=8", "*contradicts itself"),
}


@pytest.mark.parametrize(("option", "message"), OPTIONS.values(), ids=OPTIONS)
def test_is_refused_with(project, option, message):
    project.model(f"@model_fixture({option})\ndef upper():\n    return str.upper\n")
    project.test(USE)
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*conftest.py:2: {message}"])


def test_an_async_fixture_function_is_refused(project):
    project.model("@model_fixture\nasync def upper():\n    return str.upper\n")
    project.test(USE)
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*conftest.py:2: the model fixture 'upper' is itself `async`; write *"])


def test_a_fixture_that_fails_to_load_its_model_is_an_error_as_ever(project):
    project.model("""
        @model_fixture
        def upper(model_version):
            raise FileNotFoundError(f"no weights for {model_version}")
    """)
    project.test(USE)
    result = project.run("--model-version=7")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            '*raise FileNotFoundError(f"no weights*',
            "E *no weights for 7",
            "E *the model fixture 'upper' (*conftest.py:*) got version 7; no version is approved",
        ]
    )
    result.stdout.no_fnmatch_line("*pytest_modelcheck/plugin/*")


@pytest.mark.parametrize("body", ["return open(model_version + '.b')", "yield open(model_version + '.b')"])
def test_a_fixture_that_fails_without_a_version_says_how_to_name_one(project, body):
    project.model(f"""
        @model_fixture
        def upper(model_version):
            {body}
        """)
    project.test(USE)
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["no version of 'upper' is approved yet, and none was named: *pytest --model-version=VERSION *"]
    )
    result.stdout.no_fnmatch_line("*pytest_modelcheck/plugin/*")


def test_a_fixture_that_cannot_load_the_other_version_names_that_one(project):
    project.model("""
        @model_fixture
        def upper(model_version):
            return {"7": str.upper}[model_version]
    """)
    project.test(USE)
    result = project.run("--model-version=7", "--against=6")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["E *got version 6; no version is approved"])


def test_a_fixture_that_takes_no_version_fails_as_any_other(project):
    project.model("""
        @model_fixture
        def upper():
            raise RuntimeError("no luck")
    """)
    project.test(USE)
    result = project.run()
    result.stdout.fnmatch_lines(["E *no luck"])
    result.stdout.no_fnmatch_line("*got version*")


def test_may_stand_in_a_plugin(project):
    project.ini("pythonpath = .", "addopts = -p company_models")
    project.model("")
    project.write("company_models.py", "from pytest_modelcheck import model_fixture\n" + KINDS["a builtin"])
    project.test(USE)
    project.run().assert_outcomes(passed=1)


def test_a_fingerprint_of_files_that_are_not_there_is_refused_in_words(project):
    project.model("""
        from pytest_modelcheck import files

        @model_fixture(fingerprint=files("weights.bin"))
        def upper():
            return str.upper
    """)
    project.test(USE)
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fingerprint=files('weights.bin'): no file matches*"])
    result.stdout.no_fnmatch_line("*pytest_modelcheck/*")
