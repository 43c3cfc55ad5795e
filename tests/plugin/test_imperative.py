"""The fixture ``modelcheck``: the same checks as function calls, for cases only known at run time."""

import pytest

from pytest_modelcheck.records import Tally

ECHO = """
@model_fixture
def echo(model_version):
    return lambda text: text.upper() if model_version == "2" else text
"""


@pytest.fixture
def echo(project):
    project.model(ECHO)
    return project


def test_returns_its_verdict(echo):
    echo.test(
        """
        from pytest_modelcheck import Verdict

        def test_it(echo, modelcheck):
            def same(case):
                assert echo(case.input) == case.input

            verdict = modelcheck.golden(same, [str(number) for number in range(5)], at_least=0.9)
            assert isinstance(verdict, Verdict)
            assert verdict.passed and verdict.rate == 1.0
            assert verdict.cases.passed == 5
        """
    )
    result = echo.run("--model-version=1")
    result.assert_outcomes(passed=1)
    assert echo.verdicts(result)["test_it::same"].cases == Tally(passed=5)


def test_a_failed_verdict_fails_the_test_when_its_body_ends(echo):
    echo.test(
        """
        def test_it(echo, modelcheck):
            def same(case):
                assert echo(case.input) == case.input

            verdict = modelcheck.golden(same, ["a", "b", "1"])
            assert verdict.failed
            print("went on")
        """
    )
    result = echo.run("--model-version=2")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*went on*", "FAILED *::test_it - 1/3 cases pass (33.3%), all required"])
    result.stdout.no_fnmatch_line("*pytest_modelcheck/*")


def test_fail_false_leaves_it_to_the_test(echo):
    echo.test(
        """
        def test_it(echo, modelcheck):
            def same(case):
                assert echo(case.input) == case.input

            verdict = modelcheck.golden(same, ["a", "b", "1"], fail=False)
            assert verdict.failed
        """
    )
    result = echo.run("--model-version=2")
    result.assert_outcomes(passed=1)
    assert echo.verdict(result).failed


def test_a_failed_assert_of_the_test_itself_is_shown_as_ever(echo):
    echo.test(
        """
        def test_it(echo, modelcheck):
            def same(case):
                assert echo(case.input) == case.input

            verdict = modelcheck.golden(same, ["a", "b"], fail=False)
            assert verdict.rate == 0.25
        """
    )
    result = echo.run("--model-version=1")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([">* assert verdict.rate == 0.25", "E *assert 1.0 == 0.25"])


def test_several_checks_in_one_test_are_told_apart_by_their_bodies(echo):
    echo.test(
        """
        def test_it(echo, modelcheck):
            def same(case):
                assert echo(case.input) == case.input

            def short(case):
                assert len(echo(case.input)) == 1

            modelcheck.golden(same, ["a"])
            modelcheck.golden(short, ["b"])
        """
    )
    echo.approve("1")
    assert len([name for name in echo.baselines() if name.endswith(".jsonl")]) == 2
    result = echo.run()
    assert set(echo.verdicts(result)) == {"test_it::same", "test_it::short"}


def test_two_checks_of_one_name_are_refused(echo):
    echo.test(
        """
        def test_it(echo, modelcheck):
            def same(case):
                assert echo(case.input) == case.input

            modelcheck.golden(same, ["a"])
            modelcheck.golden(same, ["b"])
        """
    )
    result = echo.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*modelcheck.golden(): a second check is called 'same' *name=\"...\"*"])


def test_name_tells_them_apart(echo):
    echo.test(
        """
        def test_it(echo, modelcheck):
            def same(case):
                assert echo(case.input) == case.input

            for language in ("en", "es"):
                modelcheck.golden(same, [language], name=language)
        """
    )
    result = echo.run()
    assert set(echo.verdicts(result)) == {"test_it::en", "test_it::es"}


def test_invariance_and_directional_are_there_too(echo):
    echo.test(
        """
        def test_it(echo, modelcheck):
            def spaces(case):
                assert echo(case.perturbed).strip() == echo(case.input)

            def longer(case):
                assert len(echo(case.perturbed)) > len(echo(case.input))

            pad = lambda text: f" {text} "
            modelcheck.invariance(spaces, ["a", "b"], under=pad)
            modelcheck.directional(longer, ["a", "b"], under=pad)
        """
    )
    result = echo.run()
    result.assert_outcomes(passed=1)
    assert {one.kind for one in echo.verdicts(result).values()} == {"invariance", "directional"}


def test_cases_may_come_from_a_file_beside_the_test(project):
    project.test(
        """
        def test_it(triage, modelcheck):
            def right(case):
                assert triage(case.input) == case.expected

            modelcheck.golden(right, "tickets.yaml")
        """
    )
    result = project.run("--model-version=2.0")
    result.assert_outcomes(passed=1)
    assert project.verdict(result).cases == Tally(passed=10)


def test_a_baseline_holds_it_as_it_holds_a_marked_test(project):
    project.test(
        """
        def test_it(triage, modelcheck):
            def right(case):
                assert triage(case.input) == case.expected

            modelcheck.golden(right, "tickets.yaml", at_least=0.5)
        """
    )
    project.approve("2.0")
    result = project.run("--model-version=2.1")
    result.assert_outcomes(failed=1)
    assert project.verdict(result).headline == "2 broke, 0 fixed: net -2, none allowed"


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
}


@pytest.mark.parametrize(("arguments", "message"), MISTAKES.values(), ids=MISTAKES)
def test_is_refused_in_words_with(echo, arguments, message):
    echo.test(
        f"""
        def test_it(echo, modelcheck):
            def same(case):
                assert echo(case.input) == case.input

            modelcheck.golden({arguments})
        """
    )
    result = echo.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"modelcheck.golden(): {message}"])
    result.stdout.no_fnmatch_line("*pytest_modelcheck/*")


def test_a_test_without_a_model_is_told_so(echo):
    echo.test("def test_it(modelcheck): modelcheck.golden(lambda case: None, ['a'])")
    result = echo.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["modelcheck.golden(): say which model is judged: *(the test uses: none)"])


def test_an_async_body_is_refused(echo):
    echo.test(
        """
        def test_it(echo, modelcheck):
            async def same(case):
                assert await echo(case.input)

            modelcheck.golden(same, ["a"])
        """
    )
    result = echo.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["modelcheck.golden(): takes an ordinary function as its body; *"])


def test_a_check_inside_a_check_is_refused(echo):
    echo.test(
        """
        @pytest.mark.golden(["a"])
        def test_it(echo, case, modelcheck):
            echo(case.input)
            modelcheck.golden(lambda inner: echo(inner.input), ["b"])
        """
    )
    result = echo.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*cannot be called from the body of another check*"])


def test_a_lambda_that_returns_its_claim_is_warned_of(echo):
    echo.test(
        """
        def test_it(echo, modelcheck):
            modelcheck.golden(lambda case: echo(case.input) == "never", ["b"])
        """
    )
    result = echo.run()
    result.stdout.fnmatch_lines(["*did you mean `assert` instead of `return`?"])


def test_bodies_that_patch_through_a_fixture_of_the_test_run_one_by_one(echo):
    echo.test(
        """
        import os

        def test_it(echo, modelcheck, monkeypatch):
            def same(case):
                monkeypatch.setenv("WHO", case.input)
                echo(case.input)
                assert os.environ["WHO"] == case.input

            modelcheck.golden(same, ["a", "b", "c"])
        """
    )
    echo.run("--model-version=1").assert_outcomes(passed=1)


def test_may_be_called_in_a_fixture(echo):
    """A check that every test of a module rests on."""
    echo.test(
        """
        @pytest.fixture
        def sound(echo, modelcheck):
            def same(case):
                assert echo(case.input) == case.input
            return modelcheck.golden(same, ["a", "b"])

        def test_it(sound):
            assert sound.cases.judged == 2
        """
    )
    result = echo.run("--model-version=1")
    result.assert_outcomes(passed=1)
    assert echo.verdict(result).cases == Tally(passed=2)
    result = echo.run("--model-version=2")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["FAILED *::test_it - 0/2 cases pass (0%), all required"])


def test_pytest_exit_in_a_body_ends_the_run(echo):
    echo.test(
        """
        def test_it(echo, modelcheck):
            def same(case):
                echo(case.input)
                pytest.exit("enough", returncode=9)
            modelcheck.golden(same, ["a"])
        """
    )
    assert echo.run().ret == 9


def test_works_under_xdist(echo):
    pytest.importorskip("xdist")
    echo.test(
        """
        @pytest.mark.parametrize("n", range(4))
        def test_it(echo, modelcheck, n):
            def same(case):
                assert echo(case.input) == case.input
            modelcheck.golden(same, ["a", "b"])
        """
    )
    result = echo.run_apart("-p", "xdist", "-n", "1", "--model-version=2")
    result.assert_outcomes(failed=4)
    result.stdout.fnmatch_lines(["*4 failed; answers: *"])
