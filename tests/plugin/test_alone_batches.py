"""A batch that fails says nothing of its inputs: each is judged by its answer when called alone."""

import signal

import pytest

from pytest_modelcheck.records import Tally

KINDS = ("batched",)

_HEAD = """
        @model_fixture(name=NAME, batch=True%s)
        def echo(model_version):
            def ask(texts):
                log(NAME, " ".join(texts))
                %s
                return list(texts)
            return ask

        @pytest.mark.golden([Case(str(n), id=f"c{n}", expected=str(n)) for n in range(1, 17)])
        %sdef test_it(echo, case):
            assert %secho(case.input) == case.expected
"""


def _check(expected, line, options="", *, awaited=False):
    before = ("async ", "await ") if awaited else ("", "")
    return expected, _HEAD % (options, line, *before)


def _raises(bad, error="ValueError('bad')"):
    return f"if set(texts) & set({bad!r}.split()): raise {error}"


GOOD_ENDS = "1 2 3 4 5 6 7 8 9 10 11 12 13 14"
CHECKS = {
    "two good of sixteen": _check({"passed": 2, "error": 14}, _raises("1 2 3 4 5 6 7 9 10 11 12 13 14 16")),
    "two good at the end": _check({"passed": 2, "error": 14}, _raises(GOOD_ENDS)),
    "two good at the beginning": _check(
        {"passed": 2, "error": 14}, _raises(GOOD_ENDS.replace("1 2 ", "") + " 15 16")
    ),
    "one good": _check({"passed": 1, "error": 15}, _raises(GOOD_ENDS + " 15")),
    "none good": _check({"error": 16}, _raises(GOOD_ENDS + " 15 16")),
    "every other": _check({"passed": 8, "error": 8}, _raises("1 3 5 7 9 11 13 15")),
    "one bad": _check({"passed": 15, "error": 1}, _raises("7")),
    "one bad in an async test": _check({"passed": 15, "error": 1}, _raises("7"), awaited=True),
    "two good in an async test": _check({"passed": 2, "error": 14}, _raises(GOOD_ENDS), awaited=True),
    "a model that takes one at a time": _check(
        {"passed": 16}, "if len(texts) > 1: raise ValueError('one, please')"
    ),
    "a model that takes three at a time": _check({"passed": 16}, "if len(texts) > 3: raise MemoryError"),
    "a skip": _check({"passed": 15, "skipped": 1}, _raises("7", "pytest.skip.Exception('no')")),
    "skips": _check(
        {"passed": 8, "skipped": 8}, _raises("1 3 5 7 9 11 13 15", "pytest.skip.Exception('no')")
    ),
    "a BaseException": _check({"passed": 15, "error": 1}, _raises("7", "GeneratorExit")),
    "a SystemExit": _check({"passed": 15, "error": 1}, _raises("7", "SystemExit(2)")),
    "an answer too few": _check({"passed": 15, "error": 1}, "if '7' in texts: texts = texts[1:]"),
    "an answer too many": _check({"passed": 15, "error": 1}, "if '7' in texts: texts = [*texts, '7']"),
    "no answers at all": _check({"passed": 15, "error": 1}, "if '7' in texts: return None"),
    "small batches": _check({"passed": 14, "error": 2}, _raises("7 8"), ", batch_size=4"),
    "several batches at once": _check(
        {"passed": 14, "error": 2}, _raises("7 8"), ", batch_size=4, concurrency=2"
    ),
}
# One answer too few is, in a plain loop, no answer at all.
RUNS = ("cold", "warm", "one", "partly", "reversed")


def test_batches_with(outcomes_by_run):
    found, expected = outcomes_by_run
    assert found == expected


KILLED = """
import os
import signal

@model_fixture(batch=True, deterministic=True)
def echo(model_version):
    answered = []

    def ask(texts):
        with open("calls.log", "a") as log:
            log.write(" ".join(texts) + "\\n")
        if len(texts) == 1 and len(answered) >= 5 and os.path.exists("kill"):
            os.kill(os.getpid(), signal.SIGKILL)
        if "3" in texts or "12" in texts:
            raise ValueError("bad")
        answered.extend(texts)
        with open("answered.log", "a") as log:
            log.write(" ".join(texts) + "\\n")
        return list(texts)

    return ask
"""
TEST = """
@pytest.mark.golden([str(n) for n in range(16)])
def test_it(echo, case):
    assert echo(case.input) == case.input
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="nothing kills a process at once here")
def test_answers_of_a_split_batch_survive_a_kill(project):
    project.model(KILLED)
    project.test(TEST)
    project.write("kill", "")
    result = project.run_apart("--model-version=1")
    assert result.ret == -signal.SIGKILL
    answered = set((project.path / "answered.log").read_text().split())
    assert len(answered) >= 5
    project.forget_calls()
    (project.path / "kill").unlink()
    result = project.run("--model-version=1")
    assert project.verdict(result).cases == Tally(passed=14, error=2)
    assert not answered & {text for call in project.calls for text in call.split()}


def test_one_bad_input_of_many_is_found_by_halving(project):
    project.model(KILLED.replace('"3" in texts or "12" in texts', '"3" in texts'))
    project.test(TEST.replace("16", "64"))
    result = project.run("--model-version=1")
    assert project.verdict(result).cases == Tally(passed=63, error=1)
    assert len(project.calls) < 20
