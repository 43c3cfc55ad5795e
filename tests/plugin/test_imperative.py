"""The fixture ``modelcheck``: the same checks as function calls, for cases only known at run time."""

import pytest

from pytest_modelcheck.records import Tally

ECHO = """
import pytest

@pytest.fixture
def same(echo):
    def same(case):
        assert echo(case.input) == case.input
    return same

@model_fixture
def echo(model_version):
    return lambda text: text.upper() if model_version == "2" else text
"""


@pytest.fixture
def echo(project):
    project.model(ECHO)
    return project


def test_a_verdict_is_returned_and_every_kind_of_check_is_there(echo):
    echo.test("""
        import os
        from pytest_modelcheck import Verdict

        def test_verdict(same, modelcheck):
            verdict = modelcheck.golden(same, [str(number) for number in range(5)], at_least=0.9)
            assert isinstance(verdict, Verdict)
            assert verdict.passed and verdict.rate == 1.0
            assert verdict.cases.passed == 5

        def test_two(same, echo, modelcheck):
            def short(case):
                assert len(echo(case.input)) == 1
            modelcheck.golden(same, ["a"])
            modelcheck.golden(short, ["b"])

        def test_names(same, modelcheck):
            for language in ("en", "es"):
                modelcheck.golden(same, [language], name=language)

        def test_kinds(echo, modelcheck):
            def spaces(case):
                assert echo(case.perturbed).strip() == echo(case.input)

            def longer(case):
                assert len(echo(case.perturbed)) > len(echo(case.input))

            pad = lambda text: f" {text} "
            modelcheck.invariance(spaces, ["a", "b"], under=pad)
            modelcheck.directional(longer, ["a", "b"], under=pad)

        def test_patched(echo, modelcheck, monkeypatch):
            def patched(case):
                monkeypatch.setenv("WHO", case.input)
                echo(case.input)
                assert os.environ["WHO"] == case.input
            modelcheck.golden(patched, ["a", "b", "c"])
    """)
    result = echo.run("--model-version=1", "--modelcheck-update")
    result.assert_outcomes(passed=5)
    verdicts = echo.verdicts(result)
    assert {name: verdict.kind for name, verdict in verdicts.items()} == {
        "test_verdict::same": "golden",
        "test_two::same": "golden",
        "test_two::short": "golden",
        "test_names::en": "golden",
        "test_names::es": "golden",
        "test_kinds::spaces": "invariance",
        "test_kinds::longer": "directional",
        "test_patched::patched": "golden",
    }
    assert verdicts["test_verdict::same"].cases == Tally(passed=5)
    assert len([name for name in echo.baselines() if name.endswith(".jsonl")]) == len(verdicts)


def test_a_failed_verdict_fails_the_test_when_its_body_ends_unless_the_test_judges_itself(echo):
    echo.test("""
        def test_fails(same, modelcheck):
            assert modelcheck.golden(same, ["a", "b", "1"]).failed
            print("went on")

        def test_judges_itself(same, modelcheck):
            assert modelcheck.golden(same, ["a", "b", "1"], fail=False).failed

        def test_asserts(same, modelcheck):
            verdict = modelcheck.golden(same, ["1"], fail=False)
            assert verdict.rate == 0.25
    """)
    result = echo.run("--model-version=2")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*went on*",
            ">* assert verdict.rate == 0.25",
            "E *assert 1.0 == 0.25",
            "FAILED *::test_fails - 1/3 cases pass (33.3%), all required",
        ]
    )
    result.stdout.no_fnmatch_line("*pytest_modelcheck/*")
    assert echo.verdicts(result)["test_judges_itself::same"].failed


def test_a_baseline_holds_it_as_it_holds_a_marked_test_with_cases_of_a_file_beside_it(project):
    project.test("""
        def test_it(triage, modelcheck):
            def right(case):
                assert triage(case.input) == case.expected

            modelcheck.golden(right, "tickets.yaml", at_least=0.5)
    """)
    project.approve("2.0")
    result = project.fails("--model-version=2.1")
    assert project.verdict(result).headline == "2 broke, 0 fixed: a net loss of 2 cases, none allowed"
    assert project.verdict(result).cases == Tally(passed=8, failed=2)


MISTAKES = {
    "an unknown keyword": ("same, ['a'], atleast=0.9", "golden() has no keyword 'atleast'; did you mean *"),
    "a percentage": ("same, ['a'], at_least=95", "at_least=95 is not a rate: *"),
    "no cases": ("same, []", "there are no cases, so the check would test nothing"),
    "a missing file": ("same, 'ticket.yaml'", "no file ticket.yaml: *did you mean tickets.yaml[?]"),
    "a model that the test does not use": ("same, ['a'], model='judge'", "*(the test uses: echo)"),
    "the cases first": ("['a'], same", "takes a function of a case as its body, then the cases, not *'a'*"),
    "a list for a model": ("same, ['a'], model=['echo']", "model=*: write the name of a model, as a text"),
    "a list for a name": ("same, ['a'], name=['x']", "name=*: write a text"),
    "a word for False": ("same, ['a'], fail='no'", "fail='no': write True or False"),
    "an async body": ("awaited, ['a']", "takes an ordinary function as its body; *"),
    "a check in a body": (
        "lambda case: (echo('a'), modelcheck.golden(lambda inner: echo('b'), ['b'])), ['a']",
        "*cannot be called from the body of another check*",
    ),
    "a claim for an assertion": (
        "lambda case: echo(case.input) == 'never', ['b']",
        "*did you mean `assert` instead of `return`?*",
    ),
    "two checks of one name": (
        "same, ['a']); modelcheck.golden(same, ['b']",
        "this test already has a check called 'same'*name=\"...\"*",
    ),
}


def test_is_refused_in_words(echo):
    calls = [
        f"def test_{number}(echo, same, modelcheck):\n    modelcheck.golden({arguments})\n"
        for number, (arguments, _) in enumerate(MISTAKES.values())
    ]
    echo.test("async def awaited(case):\n    pass\n" + "\n".join(calls))
    result = echo.run()
    result.assert_outcomes(failed=len(MISTAKES))
    result.stdout.no_fnmatch_line("*pytest_modelcheck/*")
    for number, (_, message) in enumerate(MISTAKES.values()):
        message = message if message.startswith("*") else f"modelcheck.golden(): {message}"
        result.stdout.fnmatch_lines([f"*_ test_{number} _*", message])


def test_a_test_without_a_model_is_reported(echo):
    echo.test("def test_it(modelcheck): modelcheck.golden(lambda case: None, ['a'])")
    result = echo.fails()
    result.stdout.fnmatch_lines(["modelcheck.golden(): say which model is judged: *(the test uses: none)"])


def test_pytest_exit_in_a_body_ends_the_run(echo):
    echo.test("""
        def test_it(echo, modelcheck):
            modelcheck.golden(lambda case: pytest.exit("enough", returncode=9), ["a"])
    """)
    assert echo.run().ret == 9
