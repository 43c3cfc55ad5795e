"""Asking ahead: the next checks' questions are under way while one check waits for its answers."""

from types import SimpleNamespace

import pytest

from pytest_modelcheck.plugin import upcoming as looking

MODEL = """
import threading
from collections import Counter

ASKED = []
BEGUN = threading.Condition()

@model_fixture({options})
def triage({parameters}):
    def answer(text):
        with BEGUN:
            ASKED.append(text)
            BEGUN.notify_all()
            if text == "first":  # waits for what is asked beside it, for as long as that may take
                BEGUN.wait_for(lambda: len(ASKED) >= {together}, {seconds})
                BESIDE.extend(ASKED)
        if text == "breaks":
            raise ValueError("cannot read this")
        return text

    return answer

BESIDE = []

def pytest_unconfigure():
    from pathlib import Path
    here = Path(__file__).parent
    if not ASKED:
        return  # the controller of pytest-xdist
    (here / "beside").write_text("\\n".join(BESIDE))
    (here / "calls.log").write_text("\\n".join(ASKED))
"""

FIRST = """
@pytest.mark.golden(["first"])
def test_first(triage, case):
    assert triage(case.input) == "first"
"""

NEXT = """
@pytest.mark.golden(["a", "b"])
def test_next(triage, case):
    assert triage(case.input) in "ab"
"""


@pytest.fixture
def tested(project):
    """``tested(test, ...)`` runs tests after a first one, and gives back what was asked beside that."""

    def run(*tests, options="concurrency=4", together=3, seconds=5.0, arguments=(), parameters=""):
        values = {"options": options, "together": together, "seconds": seconds, "parameters": parameters}
        source = MODEL
        for name, value in values.items():
            source = source.replace(f"{{{name}}}", str(value))
        project.model(source)
        project.test("".join([FIRST, *tests]))
        run.result = project.run(*arguments)
        run.verdicts = project.verdicts(run.result)
        run.calls = project.calls
        return sorted((project.path / "beside").read_text().split())

    run.project = project
    return run


def alone(tested, *tests, **options):
    """Whether nothing is asked beside the first test, which waits a moment for it."""
    return tested(*tests, **{"together": 2, "seconds": 0.1, **options}) == ["first"]


def test_the_next_check_is_asked_for_while_one_waits(tested):
    assert tested(NEXT) == ["a", "b", "first"]
    tested.result.assert_outcomes(passed=2)


def test_what_was_asked_ahead_is_asked_once_and_counted_where_it_is_used(tested):
    tested(NEXT)
    assert sorted(tested.calls) == ["a", "b", "first"]
    asked = {name: (verdict.calls.asked, verdict.calls.cached) for name, verdict in tested.verdicts.items()}
    assert asked == {"test_first": (1, 0), "test_next": (2, 0)}
    assert [len(verdict.calls.latencies) for verdict in tested.verdicts.values()] == [1, 2]


def test_as_many_checks_are_asked_for_ahead_as_there_is_room_for(tested):
    third = NEXT.replace("next", "third").replace('["a", "b"]', '["a", "c", "d"]').replace('"ab"', '"acd"')
    assert set(tested(NEXT, third, together=4)) >= {"a", "b", "c", "first"}
    assert sorted(tested.calls) == ["a", "b", "c", "d", "first"]  # what two checks ask, once
    assert tested.verdicts["test_third"].calls.cached == 1


def test_a_model_that_is_awaited_is_asked_ahead(project):
    project.model("""
        import asyncio
        BEGUN = []

        @model_fixture(concurrency=4)
        def triage():
            together = None

            async def answer(text):
                nonlocal together
                together = together or asyncio.Event()
                BEGUN.append(text)
                if len(BEGUN) == 3:
                    together.set()
                await asyncio.wait_for(together.wait(), 5)
                return text

            return answer
        """)
    project.test(FIRST + NEXT)
    project.run().assert_outcomes(passed=2)


def test_an_error_is_not_asked_again_and_belongs_to_the_check(tested):
    breaks = NEXT.replace('["a", "b"]', '["breaks", "b"]')
    assert tested(breaks) == ["b", "breaks", "first"]
    tested.result.assert_outcomes(passed=1, failed=1)
    assert sorted(tested.calls) == ["b", "breaks", "first"]
    assert tested.verdicts["test_next"].headline.startswith(
        "1/2 cases broke with an error: ValueError: cannot"
    )
    assert tested.verdicts["test_next"].calls.failed == 1
    assert tested.verdicts["test_first"].calls.failed == 0


def test_a_second_question_is_asked_ahead_once_the_first_is_answered(tested):
    tested(
        """
SHOUTED = []

def shout(text):
    SHOUTED.append(text)
    return text.upper()

@pytest.mark.invariance(["a", "breaks"], under=shout)
def test_next(triage, case):
    before, after = triage(case.input), triage(case.perturbed)
    assert before.upper() == after

def test_nothing_is_perturbed_twice():
    assert SHOUTED == ["a", "breaks"]
""",
        together=4,
    )
    assert sorted(tested.calls) == ["A", "a", "breaks", "first"]  # "BREAKS" no body would have asked
    tested.result.assert_outcomes(passed=2, failed=1)


def test_each_run_of_a_repeated_case_has_its_own_answer(tested):
    repeated = NEXT.replace('["a", "b"]', '["a"], repeats=2')
    assert tested(repeated) == ["a", "a", "first"]
    assert sorted(tested.calls) == ["a", "a", "first"]
    assert tested.verdicts["test_next"].calls.asked == 2


@pytest.mark.parametrize(
    "arguments", [["-x"], ["--maxfail=3"], ["--modelcheck-no-lookahead"], ["--stepwise"]]
)
def test_options_that_end_a_run_early_or_forbid_it(tested, arguments):
    assert alone(tested, NEXT, arguments=arguments)
    tested.result.assert_outcomes(passed=2)


def test_the_ini_file_forbids_it(tested):
    tested.project.ini("modelcheck_lookahead = false")
    assert alone(tested, NEXT)


def test_a_budget_of_calls_forbids_it(tested):
    assert alone(tested, NEXT, arguments=["--modelcheck-max-calls=10"])


@pytest.mark.parametrize(
    "option", ["rate_limit='6000/minute'", "max_cost=99, cost=len", "concurrency=1, timeout=5"]
)
def test_a_model_that_one_waits_for_anyway_is_not_asked_ahead(tested, option):
    options = option if "concurrency" in option else f"concurrency=4, {option}"
    assert alone(tested, NEXT, options=options)
    tested.result.assert_outcomes(passed=2)


@pytest.mark.parametrize(
    "test",
    [
        "\ndef test_between(): pass\n" + NEXT,
        "\n@pytest.mark.skipif(False, reason='?')" + NEXT,
        "\n@pytest.mark.xfail(strict=False)" + NEXT,
        NEXT.replace("(triage,", "(monkeypatch, triage,"),
        "\n@pytest.fixture(scope='module')\ndef new(): pass\n" + NEXT.replace("(triage,", "(new, triage,"),
        NEXT.replace("    assert", "    if case.id: assert"),
        NEXT.replace("    assert", "    with __import__('contextlib').nullcontext(): assert"),
        NEXT.replace('["a", "b"]', '["a", "b"], early_stop=True, at_least=0.5'),
        "\n@pytest.fixture\ndef cases(): return ['a']\n"
        + NEXT.replace('["a", "b"]', "").replace("(triage", "(cases, triage"),
    ],
    ids=["between", "skipif", "xfail", "monkeypatch", "new fixture", "branch", "with", "early stop", "cases"],
)  # fmt: skip
def test_what_is_not_certain_to_be_asked_is_not(tested, test):
    assert alone(tested, test)


def test_nothing_is_asked_beside_a_test_that_may_patch_something(tested):
    patches = FIRST.replace("(triage,", "(monkeypatch, triage,").replace('"first"', '"second"')
    tested(patches.replace("test_first", "test_patches"), NEXT, together=2, seconds=0.1)
    assert tested.calls == ["first", "second", "a", "b"]


@pytest.mark.parametrize("hook", ["setup(item)", "call(item)", "protocol(item, nextitem)"])
def test_a_hook_of_the_project_around_tests_may_do_anything(tested, hook):
    tested.project.write("sub/conftest.py", f"def pytest_runtest_{hook}: pass")
    tested.project.write("sub/test_sub.py", f"import pytest\n{FIRST}{NEXT}")
    assert alone(tested, arguments=["sub"])


def test_what_lasts_in_a_module_keeps_the_next_module_from_being_asked(tested):
    patched = "\n@pytest.fixture(scope='module', autouse=True)\ndef patched(): pass\n"
    tested.project.write("test_z.py", f"import pytest\n{NEXT}")
    assert alone(tested, patched)
    assert tested("", together=3) == ["a", "b", "first"]


def test_cases_that_cannot_be_read_are_reported_by_their_own_check(tested):
    tested.project.write("broken.jsonl", '{"input": "a"}\n{"input": ')
    assert alone(tested, NEXT.replace('["a", "b"]', '"broken.jsonl"'))
    tested.result.assert_outcomes(passed=1, failed=1)


def test_a_worker_of_xdist_asks_for_the_one_test_that_it_knows_comes_next(tested):
    pytest.importorskip("xdist")
    project, last = (
        tested.project,
        NEXT.replace("next", "last").replace('["a", "b"]', '["c"]').replace("ab", "c"),
    )
    alone(tested, NEXT, last, arguments=["--modelcheck-no-lookahead"])
    conftest = project.path / "conftest.py"
    conftest.write_text(conftest.read_text().replace(">= 2, 0.1", ">= 3, 5"))
    project.run_apart("-p", "xdist", "-n1", timeout=180).assert_outcomes(passed=3)
    assert sorted((project.path / "beside").read_text().split()) == ["a", "b", "first"]


@pytest.mark.parametrize(
    ("worker", "following", "expected"),
    [
        (False, 2, [2, 3, 4, 5]),
        (False, 4, [4]),  # somebody has changed the order
        (True, 2, [2]),
        (True, 4, [4]),  # 2 and 3 are another worker's
        (True, 0, []),  # run by now, or again
        (True, None, []),
    ],
)
def test_only_tests_that_this_process_is_known_to_run_are_looked_at(worker, following, expected):
    upcoming = object.__new__(looking.Upcoming)
    config = SimpleNamespace(stash={looking.NEXT: following}, **({"workerinput": {}} if worker else {}))
    upcoming._session = SimpleNamespace(items=list(range(6)), config=config)
    upcoming._places = {item: item for item in range(6)}
    upcoming._now, upcoming._at = 1, 2
    queue = upcoming._queue()
    assert list(queue[upcoming._at :]) == expected
