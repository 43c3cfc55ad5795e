"""``gather=True``: bodies are cut off at a missing answer and started again; state that is set is right."""

import pytest

from pytest_modelcheck.records import Tally

KINDS = ("batched", "threaded", "awaited", "plain")
CHECKS_OF = ("test_alone_state_set", "test_alone_locks")
"""The checks of other modules under ``gather=True``, except those that cannot be cut off and restarted."""

EXCEPT = {
    # Cut off between taking and releasing, without with or finally: ``gather=True`` was a wrong promise.
    "acquire and no finally",
    "in a helper of a helper",
    "an exit stack that a constructor enters",
    "a generator that is suspended inside a with",
    "an enter that calls the model",
    "an exit that calls the model",
    "a semaphore of one",
    "a queue with one place",
    "a write lock of a database",
    "a lock that fails where it is taken",
    "a lock that is never released",
    "a threading lock across an await",
    "a threading lock across an await without a with",
    # A body that is started again finds the folder that it made.
    "the current folder",
    "a generator that holds a patch",
    # Many tasks at once share one process.
    "set in an async body",
}
GATHER = ", gather=True"
OPTIONS = ("-Werror::UserWarning",)
RUNS = ("loop", "cold", "warm", "one", "partly", "xdist")
KINDS_EACH = 1


def test_gathered(outcomes_by_run):
    found, expected = outcomes_by_run
    assert found == expected


MODEL = """
@model_fixture(batch=True, deterministic=True)
def echo(model_version):
    def ask(texts):
        with open("calls.log", "a") as log:
            log.write(" ".join(texts) + "\\n")
        return list(texts)
    return ask
"""
DEEP = """
def prompt(text):
    return f"Say {text}"

@pytest.mark.golden([str(n) for n in range(40)]%s)
def test_it(echo, case):
    assert echo(prompt(case.input)) == f"Say {case.input}"
"""


@pytest.mark.parametrize(
    ("ini", "marker", "most"),
    [
        ("", ", gather=True", 4),
        ("modelcheck_gather = true", "", 4),
        ("modelcheck_gather = true", ", gather=False", 40),
        ("", "", 40),
    ],
)
def test_calls_that_no_recipe_foresees_are_made_together_where_that_is_wanted(project, ini, marker, most):
    project.model(MODEL)
    project.ini(ini)
    project.test(DEEP % marker)
    result = project.run("--model-version=1")
    assert project.verdict(result).cases == Tally(passed=40)
    assert len(project.calls) == most if most == 40 else len(project.calls) <= most
    assert " ".join(project.calls).count("Say") == 40


def test_output_logs_and_warnings_of_a_discarded_run_are_dropped(project):
    project.model(MODEL)
    project.test("""
        import logging, warnings

        @pytest.mark.golden([str(n) for n in range(3)], gather=True)
        def test_it(echo, case, capsys, caplog):
            print("printed", case.input)
            logging.getLogger("app").warning("logged %s", case.input)
            warnings.warn(f"warned {case.input}")
            echo("about " + case.input.upper() + "!")
            out = capsys.readouterr().out
            assert out.count("printed") == 1
            assert [record.args for record in caplog.records].count((case.input,)) == 1
    """)
    result = project.run("--model-version=1", "-Wdefault")
    assert project.verdict(result).cases == Tally(passed=3)
    for number in range(3):
        assert result.stdout.str().count(f"UserWarning: warned {number}") <= 1


def test_a_body_that_cannot_be_restarted_fails_with_an_error_that_names_the_option(project):
    project.model(MODEL)
    project.test("""
        @pytest.mark.golden([str(n) for n in range(4)], gather=True)
        def test_it(echo, case, tmp_path):
            (tmp_path / case.input).mkdir()
            assert echo("about " + case.input.upper()) == f"about {case.input}"
    """)
    result = project.fails("--model-version=1")
    result.stdout.fnmatch_lines(["*gather=True*"])


def test_nothing_hangs_where_a_body_asks_something_else_each_time_or_releases_its_lock(project):
    project.model(MODEL)
    project.test("""
        import itertools, threading
        numbers, LOCK = itertools.count(), threading.Lock()

        @pytest.mark.golden(["a", "b", "c"], gather=True)
        def test_something_else(echo, case):
            question = f"{case.input} {next(numbers)}"
            assert echo(question) == question

        @pytest.mark.golden([str(n) for n in range(20)], gather=True)
        def test_with(echo, case):
            with LOCK:
                answer = echo("about " + case.input.upper())
            assert answer == f"about {case.input}"

        @pytest.mark.golden([str(n) for n in range(20)], gather=True)
        def test_finally(echo, case):
            LOCK.acquire()
            try:
                answer = echo("so " + case.input.upper())
            finally:
                LOCK.release()
            assert answer == f"so {case.input}"
    """)
    result = project.run_apart("--model-version=1", "-p", "timeout", "--timeout=20")
    result.assert_outcomes(passed=3)


def test_async_bodies_run_side_by_side(project):
    project.model("""
        import asyncio

        under_way = []

        @model_fixture(concurrency=20, deterministic=True)
        def echo(model_version):
            async def ask(text):
                under_way.append(text)
                with open("calls.log", "a") as log:
                    log.write(f"{len(under_way)}\\n")
                await asyncio.sleep(0.05)
                under_way.remove(text)
                return text
            return ask
    """)
    project.test("""
        @pytest.mark.golden([str(n) for n in range(20)], gather=True)
        async def test_it(echo, case):
            assert await echo("about " + case.input.upper()) == f"about {case.input}"
    """)
    result = project.run("--model-version=1")
    assert project.verdict(result).cases == Tally(passed=20)
    assert max(map(int, project.calls)) > 10
