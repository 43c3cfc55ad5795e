"""A model that calls another model while it answers, and threads that bodies start."""

import shutil

import pytest

from pytest_modelcheck.baselines.candidates import CandidateStore

NESTED = """
import random

@model_fixture
def here(inner):
    return lambda text: inner(text) + "!"

@model_fixture(concurrency=4)
def threads(inner):
    return lambda text: inner(text) + "!"

@model_fixture(timeout=60)
def timed(inner):
    return lambda text: inner(text) + "!"

@model_fixture(batch=True)
def batch(inner):
    return lambda texts: [inner(text) + "!" for text in texts]

@model_fixture
def inner():
    return lambda text: text + str(random.random())
"""
SHAPES = ("here", "threads", "timed", "batch")


def test_each_run_of_the_outer_model_hears_an_answer_of_its_own(project):
    """Under one cached answer of the inner model, the outer one would seem not to vary."""
    project.model(NESTED)
    for shape in SHAPES:
        project.test(
            f"""
HEARD = []

@pytest.mark.golden(["a", "b", "c"], model="{shape}", repeats=4)
def test_it({shape}, case):
    HEARD.append({shape}(case.input))
    assert len(HEARD) < 12 or len(set(HEARD)) == 12
""",
            f"test_{shape}.py",
        )
    project.run().assert_outcomes(passed=len(SHAPES))


def test_answers_of_the_inner_model_are_cached_for_the_same_run(project):
    project.model(NESTED)
    project.golden(
        '["a", "b"], model="here"', 'assert here(case.input) == inner(case.input) + "!"', "here, inner, case"
    )
    project.passes()


@pytest.mark.parametrize("options", ["", "concurrency=8"])
def test_no_case_is_given_the_answer_that_a_thread_of_another_heard(project, options):
    """The saved answer of a case becomes its approved answer."""
    project.answers("model", "str.upper", options)
    project.test("""
        import threading, time

        @pytest.mark.golden([f"a{number}" for number in range(20)])
        def test_it(model, case):
            heard = []
            later = lambda: (time.sleep(0.001), heard.append(model(case.input + "t")))
            thread = threading.Thread(target=later)
            thread.start()
            assert model(case.input) == case.input.upper()
            thread.join()
            assert heard == [case.input.upper() + "T"]
    """)
    project.passes("--model-version=1")
    store = CandidateStore(project.path / ".modelcheck_cache" / "candidates")
    found = store.read("model", "test_triage.py::test_it", "1")
    answers = {
        record.about: {raw.decode().strip('"') for _, raw in record.trials[0].calls}
        for record in found.values()
    }
    assert len(answers) == 20
    for text, heard in answers.items():
        assert heard
        assert heard <= {text.upper(), text.upper() + "T"}


COUNTS = """
import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context

HELD = []

async def counts(number):
    return await HELD[0](number - 1) + 1

def counted(number):
    return HELD[0](number - 1) + 1

async def on_loop(number):
    return counted(number)

def elsewhere(pool, function, *arguments):
    # In an empty context, as plain threads have: pytest-check gives them that of their maker.
    return pool.submit(Context().run, function, *arguments)

@model_fixture({options})
def model(model_version):
    {model}
    return one
"""

WAYS = {
    "of a thread": """def one(number):
        with ThreadPoolExecutor(1) as pool:
            return number and elsewhere(pool, counted, number).result()""",
    "on a loop": """async def one(number):
        loop = asyncio.get_running_loop()
        return number and await loop.run_in_executor(None, counted, number)""",
    "on a loop, of a thread": """async def one(number):
        with ThreadPoolExecutor(1) as pool:
            return number and await asyncio.wrap_future(elsewhere(pool, counted, number))""",
    "on a loop, of a loop of a thread": """async def one(number):
        with ThreadPoolExecutor(1) as pool:
            return number and await asyncio.wrap_future(elsewhere(pool, asyncio.run, counts(number)))""",
    "of a loop of a thread": """def one(number):
        with ThreadPoolExecutor(1) as pool:
            return number and elsewhere(pool, asyncio.run, counts(number)).result()""",
    "of a loop of the model's": """async def awaits(number):
        loop = asyncio.get_running_loop()
        return number and await loop.run_in_executor(None, Context().run, counted, number)

    def one(number):
        return asyncio.run(awaits(number))""",
    "of its own thread": """def one(number):
        return number and counted(number)""",
    "on the test's loop": """def one(number):
        return number and asyncio.run_coroutine_threadsafe(on_loop(number), HELD[1]).result()""",
    "on a loop that stands still": """async def one(number):
        with ThreadPoolExecutor(1) as pool:
            return number and elsewhere(pool, counted, number).result()""",
}
GOLDEN = """
from conftest import HELD

@pytest.mark.golden([2, 1, 0, 2, 1])
def test_it(model, case):
    HELD[:] = [model]
    assert model(case.input) == case.input
"""


def counting(project, monkeypatch, way, options, test=GOLDEN):
    """Run a model that calls itself from threads of its own."""
    monkeypatch.setattr("pytest_modelcheck.calls.waiting.QUIET", 0.2)
    project.model(COUNTS.format(options=options, model=WAYS[way]))
    project.test(test)
    return project.run("--model-version=1")


@pytest.mark.parametrize(
    ("way", "options"),
    [
        ("of a thread", "retries=1"),
        ("of a thread", "concurrency=2"),
        ("of a thread", "executor=lambda: ThreadPoolExecutor(1)"),
        ("of its own thread", "executor=lambda: ThreadPoolExecutor(1)"),
        ("of a loop of the model's", "retries=1"),
        *((way, "max_cost=9.0, cost=lambda answer: 1.0") for way in WAYS if "loop" not in way),
        ("on a loop, of a loop of a thread", "concurrency=4, max_cost=9.0, cost=lambda answer: 1.0"),
        *((way, "concurrency=1") for way in WAYS if way.startswith("on a loop") and "still" not in way),
    ],
)
def test_a_model_may_call_itself_from_threads_of_its_own(project, monkeypatch, way, options):
    """A call from there looks like one of a body, and waited for a place that the call around it had."""
    result = counting(project, monkeypatch, way, options)
    result.assert_outcomes(passed=1)
    calls = project.verdicts(result)["test_it"].calls.new
    # A call in the thread of another one does not wait for an equal call that is made ahead.
    assert calls == 3 or (way == "of its own thread" and calls in (4, 5))


def test_a_model_may_call_itself_from_threads_in_an_async_test(project, monkeypatch):
    """Its calls wait in the queue of threads that all wait for them."""
    test = GOLDEN.replace("def test", "async def test").replace("assert model(", "assert await model(")
    result = counting(project, monkeypatch, "of a loop of a thread", "retries=1", test)
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize("way", ["on a loop, of a thread", "on a loop, of a loop of a thread"])
def test_a_model_may_call_itself_from_threads_where_calls_are_gathered(project, monkeypatch, way):
    """A call from there was queued behind the one around it, which waited for it."""
    test = GOLDEN.replace("1])", "1], gather=True)")
    counting(project, monkeypatch, way, "concurrency=1", test).assert_outcomes(passed=1)


def test_a_call_that_needs_the_loop_which_waits_for_it_fails_and_names_the_remedy(project, monkeypatch):
    test = GOLDEN.replace("def test", "async def test").replace("assert model(", "assert await model(")
    test = "import asyncio\n" + test.replace("[model]", "[model, asyncio.get_running_loop()]")
    result = counting(project, monkeypatch, "on the test's loop", "", test)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*model 1 does not answer: its call waits for a thread or an event loop*"])
    result.stdout.fnmatch_lines(["*await asyncio.to_thread(model, text)*"])
    conftest = (project.path / "conftest.py").read_text()
    remedy = "return await asyncio.to_thread(HELD[0], number - 1) + 1"
    (project.path / "conftest.py").write_text(conftest.replace("return counted(number)", remedy, 1))
    shutil.rmtree(project.path / ".modelcheck_cache")  # or calls are made ahead, before a body fills HELD
    project.run("--model-version=1").assert_outcomes(passed=1)


def test_a_model_that_another_one_calls_on_its_own_loop_stays_in_the_thread_of_the_test(project):
    project.model("""
import asyncio, sqlite3

@model_fixture
def inner():
    connection = sqlite3.connect(":memory:")
    return lambda text: connection.execute("select upper(?)", (text,)).fetchone()[0]

@model_fixture
def outer(inner):
    async def answer(text):
        return inner(text)
    return lambda text: asyncio.run(answer(text))
""")
    project.golden(
        '["a", "b"], model="outer"', "assert outer(case.input) == case.input.upper()", "outer, case"
    )
    project.passes()


def test_equal_calls_that_wait_for_each_other_are_both_made(project, monkeypatch):
    """The second one waited ten minutes for the first before it was made."""
    monkeypatch.setattr("pytest_modelcheck.calls.waiting.QUIET", 0.2)
    project.model(
        """
import threading

@model_fixture(concurrency=2)
def model(model_version):
    meeting = threading.Barrier(2)
    return lambda text: meeting.wait() in (0, 1) and text
"""
    )
    project.test(
        """
from concurrent.futures import ThreadPoolExecutor

@pytest.mark.golden(["a", "b"])
def test_it(model, case):
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(model, [case.input] * 2)) == [case.input] * 2
"""
    )
    result = project.run("--model-version=1")
    result.assert_outcomes(passed=1)
    assert project.verdicts(result)["test_it"].calls.requests == 4


def test_a_call_for_which_the_event_loop_stands_still_fails_and_names_the_remedy(project, monkeypatch):
    result = counting(project, monkeypatch, "on a loop that stands still", "concurrency=4")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*model 1 was called from a thread that an `async` model waits for*"])
    result.stdout.fnmatch_lines(["*await asyncio.to_thread(function)*"])
    remedy = "return number and await asyncio.to_thread(counted, number)"
    project.model(COUNTS.format(options="concurrency=4", model=f"async def one(number):\n        {remedy}"))
    shutil.rmtree(project.path / ".modelcheck_cache")  # or calls are made ahead, before a body fills HELD
    project.passes("--model-version=1")


@pytest.mark.parametrize(
    ("form", "waits", "options"), [("", "", ""), ("async ", "await ", ""), ("", "", "timeout=60, ")]
)
def test_a_model_with_a_budget_may_call_itself(project, form, waits, options):
    """The inner call waited for the cost of the call around it, which waited for the inner one."""
    project.model(f"""
HELD = []

@model_fixture({options}max_cost=7.0, cost=lambda answer: 1.0)
def model(model_version):
    {form}def one(number):
        return number and {waits}HELD[0](number - 1) + 1
    return one
    """)
    project.test("""
from conftest import HELD

@pytest.mark.golden([2, 4, 9])
def test_it(model, case):
    HELD[:] = [model]
    assert model(case.input) == case.input
    """)
    result = project.run("--model-version=1")
    result.stdout.fnmatch_lines(["*max_cost=7 is reached: model 1 has cost 5, and was not called any more*"])
    assert project.verdicts(result)["test_it"].calls.requests == 7
