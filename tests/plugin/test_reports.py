"""Output of pytest about a check: verbosity, tracebacks, junit, the section at the end."""

import os
import shlex
import xml.etree.ElementTree as ET

import pytest

from tests.conftest import known

FAILING = known()


@pytest.fixture
def failing(project):
    project.test(FAILING)
    return project


@pytest.mark.parametrize("style", ["auto", "long", "short", "line", "native", "no"])
def test_every_traceback_style_carries_the_verdict_and_nothing_of_ours(failing, style):
    result = failing.fails("--model-version=2.1", f"--tb={style}", "--junitxml=junit.xml")
    assert "reproduce one" in ET.parse(failing.path / "junit.xml").find(".//failure").text
    result.stdout.fnmatch_lines(["FAILED test_triage.py::test_known - 8/10 cases pass (80%), all required"])
    assert "pytest_modelcheck/" not in result.stdout.str()
    assert "Traceback" not in result.stdout.str()
    if style != "no":
        assert result.stdout.str().count("8/10 cases pass (80%), all required") >= 2
    if style == "line":
        result.stdout.fnmatch_lines(["*test_triage.py:*: 8/10 cases pass (80%), all required"])
        assert "reproduce one" not in result.stdout.str()


@pytest.mark.parametrize(
    "options",
    [
        *("-q", "-qq", "-v", "-vv", "-rA", "--no-header", "-s", "-l --full-trace"),
        *("--assert=plain", "--capture=no", "--capture=sys"),
        *(f"-p no:{plugin}" for plugin in ("assertion", "terminal", "capture", "logging", "warnings")),
    ],
)
def test_runs_with_every_option_of_pytest_and_without_its_plugins(project, options):
    if "terminal" in options and "pytest_assume" in os.environ.get("MODELCHECK_NEIGHBOURS", ""):
        pytest.skip("pytest-assume reads an option of the terminal's")
    project.test(FAILING)
    passing = project.run("--model-version=2.0", *options.split())
    assert passing.ret == 0
    quiet = "-q" in options or "no-header" in options or "terminal" in options
    assert ("approved: none yet" in passing.stdout.str()) != quiet
    assert ("1 passed; answers" in passing.stdout.str()) != (options == "-qq" or "terminal" in options)
    result = project.run("--model-version=2.1", *options.split())
    assert result.ret == 1
    assert "8/10" in result.stdout.str() or "terminal" in options
    if "--full-trace" not in options:  # it shows everything about a check
        assert ("8 of 10 cases, between" in result.stdout.str()) == options.startswith("-v")
        assert ("       model       triage 2.1" in result.stdout.str()) == (options == "-vv")


def test_the_header_names_only_models_that_the_collected_tests_use(project):
    project.model(
        "@model_fixture\ndef triage():\n    return str\n\n@model_fixture\ndef judge():\n    return str\n"
    )
    project.test("def test_plain(triage): pass")
    result = project.run()
    result.stdout.fnmatch_lines(["modelcheck: triage *"])
    result.stdout.no_fnmatch_line("*judge*")


def test_the_command_names_the_versions_of_other_models_too(project):
    """Without its version a judge graded differently, and the case that failed passed."""
    project.model("""
        @model_fixture
        def triage(model_version):
            return lambda text: text

        @model_fixture
        def judge(model_version):
            return lambda answer: model_version != "strict"

        @model_fixture
        def spare():
            return lambda answer: True
    """)
    body = "assert judge(triage(case.input)) and spare(1)"
    project.golden('["a"], model="triage"', body, "triage, judge, spare, case")
    result = project.run("--model-version=triage=1", "--model-version=judge=strict")
    (line,) = (line for line in result.stdout.lines if "reproduce one:" in line)
    assert "--model-version=triage=1 --model-version=judge=strict --modelcheck-case=" in line
    assert "spare" not in line
    project.fails(*line.partition("pytest ")[2].split())


def test_reproduce_one_is_a_command_that_runs_that_case(project):
    """Also where the node id has blanks and brackets."""
    project.test("""
        @pytest.mark.parametrize("word", ["a b"])
        @pytest.mark.golden("tickets.yaml")
        def test_it(triage, case, word):
            assert triage(case.input) == case.expected
    """)
    result = project.run("--model-version=2.1")
    (line,) = (line for line in result.stdout.lines if "reproduce one:" in line)
    again = project.fails(*shlex.split(line.partition("pytest ")[2]))
    verdict = project.verdict(again)
    assert (verdict.cases.failed, verdict.cases.total) == (1, 1)


def test_assertions_of_shown_cases_are_explained(project):
    project.answers("words", "str.split")
    project.golden('["a b c"]', 'assert words(case.input) == ["a", "x", "c"]', "words, case")
    result = project.run("--model-version=1")
    result.stdout.fnmatch_lines(["*assert [[]'a', 'b', 'c'[]] == [[]'a', 'x', 'c'[]]*"])


def test_a_body_that_does_not_fail_again_explains_nothing(project):
    """Only the first failures are explained when they fail; here, worse ones follow."""
    project.answers("echo", "str", "deterministic=True")
    body = """
        import collections

        seen = collections.Counter()

        @pytest.mark.golden([{{"id": f"case-{{n:02}}", "input": str(n)}} for n in range(60)], at_least=0.25)
        def test_it(echo, case):
            number = int(echo(case.input))
            seen[case.id] += 1
            assert number >= {failing}
            assert not {once} or number < 50 or seen[case.id] > 1
        """
    project.test(body.format(failing=30, once=False))
    project.run("--model-version=1", "--modelcheck-update")
    project.test(body.format(failing=30, once=True))
    result = project.run("--model-version=1")
    shown = project.verdict(result).shown
    assert {case.note for case in shown} == {"regressed"}
    assert {case.message for case in shown} == {
        "it failed differently when it was run again to be explained: not its case alone decides"
    }


def test_five_of_a_thousand_failing_cases_are_shown_without_taking_minutes(project):
    project.answers("echo", "list", "batch=True")
    cases = "[str(number) for number in range(1_000)]"
    project.golden(cases, 'assert echo(case.input) == case.input + "!" * 50', "echo, case")
    result = project.fails("--model-version=1")
    verdict = project.verdict(result)
    assert (verdict.cases.failed, len(verdict.shown), verdict.hidden) == (1_000, 5, 995)
    result.stdout.fnmatch_lines(["*failing cases (1*000; *5 shown)*"])
    assert result.duration < 60  # it took minutes


def test_a_long_answer_without_an_expectation_is_shown(project):
    end = "('We can.' if model_version < '2' else 'We cannot.')"
    project.answers("writer", f"lambda text: 'Thank you. ' * 40 + {end}")
    project.golden('["letter"]', 'assert "We can." in writer(case.input)', "writer, case")
    project.run("--model-version=1", "--modelcheck-update")
    output = project.run("--model-version=2").stdout.str()
    assert "Thank you. We {+cannot+}." in output
    assert "Thank you. We [-can-]." in output


def test_a_long_wait_for_calls_one_by_one_names_the_option_that_shortens_it(project, monkeypatch):
    """Not if the fixture has decided, or the model takes several inputs at once anyway."""
    monkeypatch.setattr("pytest_modelcheck.reports.wording._LONG_WAIT", 0.1)
    project.model("""
        import asyncio, time

        def slow(text):
            time.sleep(0.06)
            return text

        @model_fixture
        def plain(model_version):
            return slow

        @model_fixture(concurrency=1)
        def decided(model_version):
            return slow

        @model_fixture(batch=True, batch_size=1)
        def batches(model_version):
            return lambda texts: [slow(text) for text in texts]

        @model_fixture
        def awaited(model_version):
            async def model(text):
                await asyncio.sleep(0.06)
                return text
            return model
    """)
    check = '@pytest.mark.golden(["a", "b"])\ndef test_{0}({0}, case):\n    assert {0}(case.input)\n\n'
    project.test("".join(map(check.format, ("plain", "decided", "batches", "awaited"))))
    cold = project.run("--model-version=1.0")
    costs = [line for line in cold.stdout.lines if " 1.0: 2 calls, median" in line]
    assert [line.split()[0] for line in costs] == ["plain", "decided", "batches", "awaited"]
    cold.stdout.fnmatch_lines(
        ["plain 1.0: 2 calls, *; 0.* s in all*", "  one after another: @model_fixture(concurrency=8) makes*"]
    )
    assert cold.stdout.str().count("one after another") == 1
    assert "one after another" not in project.run("--model-version=1.0").stdout.str()
