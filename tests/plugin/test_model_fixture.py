"""``@model_fixture``: any callable is a model, and the fixture is a fixture like any other."""

from pathlib import Path

import pytest

USE = """
@pytest.mark.golden([("a", "A"), ("b", "B"), ("c", "C")])
def test_upper(upper, case):
    assert upper(case.input) == case.expected
"""

CALLED = """
from functools import partial

def one(text):
    assert isinstance(text, str)
    return text.upper()

def each(texts):
    assert isinstance(texts, list)
    return [text.upper() for text in texts]

def convert(how, text):
    return how(text)

async def awaited(text):
    return text.upper()

async def awaited_each(texts):
    return each(texts)

class Estimator:
    predict = staticmethod(each)

class OneByOne:
    predict = staticmethod(one)

class Transformer:
    transform = staticmethod(each)

    def predict(self, texts):
        raise AssertionError("not this one")

class Client:
    def __call__(self, text):
        return text.upper()

class AwaitedClient:
    async def __call__(self, text):
        return text.upper()
"""
KINDS = {
    "a function of one input": ("", "one"),
    "a builtin": ("", "str.upper"),
    "a function of a batch": ("batch=True", "each"),
    "a batch answered with a generator": ("batch=True", "lambda texts: (text.upper() for text in texts)"),
    "a coroutine function": ("", "awaited"),
    "a coroutine function of a batch": ("batch=True", "awaited_each"),
    "an object with predict": ("", "Estimator()"),
    "an object with predict for one input": ("batch=False", "OneByOne()"),
    "a method by name": ('method="transform"', "Transformer()"),
    "an object that is called": ("", "Client()"),
    "an object that is awaited": ("", "AwaitedClient()"),
    "a function in several threads": ("concurrency=3", "str.upper"),
    "a partial": ("", "partial(convert, str.upper)"),
}


def test_takes_any_callable(project):
    """In a conftest file or, as here, where the tests are."""
    source = f"import pytest\nfrom pytest_modelcheck import model_fixture\n{CALLED}"
    for number, (options, made) in enumerate(KINDS.values()):
        source += f"\n@model_fixture({options})\ndef model_{number}():\n    return {made}\n"
        source += USE.replace("(upper", f"(model_{number}").replace("upper(case", f"model_{number}(case")
        source = source.replace("def test_upper", f"def test_{number}")
    project.test(source)
    result = project.run()
    result.assert_outcomes(passed=len(KINDS))
    passed = {name: verdict.cases.passed for name, verdict in project.verdicts(result).items()}
    assert passed == {f"test_{number}": 3 for number in range(len(KINDS))}


def test_is_loaded_once_a_session_or_as_often_as_its_scope_says(project):
    project.model("""
        def upper(name):
            with open("loaded.log", "a") as log:
                log.write(f"{name} ")
            return str.upper

        @model_fixture
        def session():
            return upper("session")

        @model_fixture(scope="function")
        def function():
            return upper("function")
    """)
    use = (
        "@pytest.mark.golden(['a'])\ndef test_check({0}, case):\n    assert {0}(case.input) == 'A'\n\n"
        "def test_plain({0}):\n    assert {0}('x') == 'X'\n"
    )
    project.test(use.format("session"))
    project.test(use.format("session"), "test_more.py")
    project.test(use.format("function"), "test_often.py")
    project.run().assert_outcomes(passed=6)
    assert (project.path / "loaded.log").read_text() == "session function function "


def test_takes_its_version_and_other_fixtures(project):
    project.model("""
        import pytest

        @pytest.fixture(scope="session")
        def suffix():
            return "!"

        @model_fixture
        def upper(suffix, model_version, request, tmp_path_factory):
            assert tmp_path_factory.getbasetemp().is_dir()
            assert (request.fixturename, request.scope) == ("upper", "session")
            request.addfinalizer(lambda: print("finalized"))
            return lambda text: text.upper() + suffix + model_version
    """)
    project.test("def test_plain(upper): assert upper('x') == 'X!7'")
    result = project.passes("-s", "--model-version=7")
    result.stdout.fnmatch_lines(["*finalized*"])


@pytest.mark.parametrize("outcome", ["passed", "failed"])
def test_cleans_up_after_yield(project, outcome):
    project.model(f"""
        @model_fixture
        def upper(model_version):
            print("opened", model_version)
            yield str.{"upper" if outcome == "passed" else "lower"}
            print("closed", model_version)
    """)
    project.test(USE)
    result = project.run("-s", "--model-version=7")
    result.assert_outcomes(**{outcome: 1})
    result.stdout.fnmatch_lines(["*opened 7*", "*closed 7*"])


def test_a_second_yield_is_pytests_own_error(project):
    project.model("@model_fixture\ndef upper():\n    yield str.upper\n    yield str.lower\n")
    project.test(USE)
    result = project.run()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*fixture function has more than one 'yield'*"])


def test_name_is_the_models_name(project):
    project.answers("upper", "str.upper", 'name="loud/1"')
    project.test(USE)
    result = project.passes("--model-version=7", "--modelcheck-update")
    result.stdout.fnmatch_lines(["modelcheck: loud/1 7 *"])
    assert project.verdict(result).model == "loud/1"
    folders = {Path(name).parts[1] for name in project.baselines()}
    assert len(folders) == 1
    assert folders != {"loud"}
    project.passes("--model-version", "loud/1=7")


def test_may_stand_in_a_class_and_in_a_plugin_and_be_used_through_another_fixture(project):
    project.ini("pythonpath = .", "addopts = -p company_models")
    project.answers("upper", "str.upper")
    (project.path / "conftest.py").rename(project.path / "company_models.py")
    project.test("""
        from pytest_modelcheck import model_fixture

        class TestUpper:
            suffix = "!"

            @model_fixture(name="of the class", scope="class")
            def loud(self):
                return lambda text: text.upper() + self.suffix

            @pytest.mark.golden(["a", "b"])
            def test_class(self, loud, case):
                assert loud(case.input) == case.input.upper() + "!"

        @pytest.fixture
        def pipeline(upper):
            return lambda text: upper(text.strip())

        @pytest.mark.golden([(" a", "A"), ("b ", "B")])
        def test_pipeline(pipeline, case):
            assert pipeline(case.input) == case.expected
    """)
    result = project.run()
    result.assert_outcomes(passed=2)
    models = {name: verdict.model for name, verdict in project.verdicts(result).items()}
    assert models == {"TestUpper::test_class": "of the class", "test_pipeline": "upper"}


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


def test_one_definition_imported_in_two_places_is_one_model(project):
    project.ini("pythonpath = .")
    project.answers("upper", "str.upper")
    (project.path / "conftest.py").rename(project.path / "models.py")
    for name in ("test_one.py", "test_two.py"):
        project.test("from models import upper\n" + USE, name)
    project.run().assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("options", "made", "message"),
    [
        ("", "3", "*conftest.py:*'upper' made a int; it must return something to call*"),
        ("", "None", "*conftest.py:*'upper' made a NoneType*"),
        ('method="predict_proba"', "str.upper", "*conftest.py:*which has no method 'predict_proba'*"),
        (
            "fingerprint=__import__('pytest_modelcheck').files('weights.bin')",
            "str.upper",
            "*fingerprint=files('weights.bin'): no file matches*",
        ),
    ],
)
def test_an_invalid_model_is_an_error_of_its_tests(project, options, made, message):
    project.answers("upper", made, options, takes="")
    project.test(USE)
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])
    result.stdout.no_fnmatch_line("*pytest_modelcheck/*")


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("btch=True", "@model_fixture has no option 'btch'; did you mean batch[?]"),
        ("zzz=True", "@model_fixture has no option 'zzz' (it takes name, *"),
        ("params=[1, 2]", "@model_fixture has no option 'params'*"),
        ("concurrency=0", "@model_fixture(concurrency=0): write a whole number from 1"),
        ("batch=False, batch_size=8", "*contradicts itself"),
    ],
)
def test_an_option_that_cannot_be_meant_is_a_usage_error(project, option, message):
    project.answers("upper", "str.upper", option)
    project.test(USE)
    project.refuses(f"*conftest.py:3: {message}")


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("label='x.jsonl'", "@judge_fixture has no option 'label'; did you mean labels[?]"),
        ("role='support'", "@judge_fixture has no option 'role' (it takes name, *, labels, scope)"),
        ("labels='x.csv'", "@judge_fixture(labels='x.csv'): write the path of a .jsonl file"),
        ("concurrency=0", "@judge_fixture(concurrency=0): write a whole number from 1"),
        ("batch=False, batch_size=8", "@judge_fixture(batch=False, batch_size=...) contradicts itself"),
    ],
)
def test_an_option_that_a_judge_cannot_have_is_a_usage_error(project, option, message):
    project.model(f"""
from pytest_modelcheck import judge_fixture

@judge_fixture({option})
def upper():
    return str.isupper
""")
    project.test(USE)
    project.refuses(f"*conftest.py:*: {message}")


def test_a_fixture_that_cannot_load_its_version_is_an_error_that_names_it(project):
    project.answers("upper", '{"7": str.upper}[model_version]')
    project.test(USE)
    result = project.run("--model-version=6")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            '*return {"7": str.upper}*',
            "E *KeyError: '6'",
            "E *the model fixture 'upper' (*conftest.py:*) got version 6; no version is approved",
        ]
    )
    result.stdout.no_fnmatch_line("*pytest_modelcheck/plugin/*")
    result = project.run("--model-version=7", "--against=6")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["E *got version 6; no version is approved"])


@pytest.mark.parametrize("body", ["return open(model_version + '.b')", "yield open(model_version + '.b')"])
def test_a_fixture_that_fails_without_a_version_says_how_to_name_one(project, body):
    project.model(f"@model_fixture\ndef upper(model_version):\n    {body}\n")
    project.test(USE)
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["no version of 'upper' is approved yet, and none was named. *pytest --model-version=VERSION *"]
    )
    result.stdout.no_fnmatch_line("*pytest_modelcheck/plugin/*")


def test_a_fixture_that_takes_no_version_fails_as_any_other(project):
    project.model("@model_fixture\ndef upper():\n    raise RuntimeError('no luck')\n")
    project.test(USE)
    result = project.run()
    result.stdout.fnmatch_lines(["E *no luck"])
    result.stdout.no_fnmatch_line("*got version*")
