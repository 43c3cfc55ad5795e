import asyncio
import contextlib
import contextvars
import inspect
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pytest_modelcheck.engine.router import changed_variables

TENANT = contextvars.ContextVar("tenant", default="nobody")
REQUEST = contextvars.ContextVar("request")


def test_outside_of_a_check_a_model_answers_all_the_same(lab):
    triage = lab.model(str.upper)
    assert triage("a") == "A"
    assert lab.router.result is None


def test_in_an_async_test_each_call_gives_a_coroutine_cold_and_warm(lab, outcomes):
    triage = lab.model(str.upper)

    async def body(case):
        assert inspect.iscoroutinefunction(triage)
        call = triage(case.input)
        assert inspect.iscoroutine(call)
        assert await asyncio.create_task(call) == case.input.upper()

    assert outcomes(lab.run_async(body, "aba")) == ["passed"] * 3
    assert outcomes(lab.run_async(body, "ab")) == ["passed"] * 2
    assert not inspect.iscoroutinefunction(triage)


def test_a_coroutine_that_is_never_awaited_is_no_answer(lab):
    triage = lab.model(str.upper)

    async def body(case):
        triage(case.input).close()

    [result] = lab.run_async(body, "a").results
    assert "the body never awaited an answer" in result.message


def test_awaited_grades_are_in_the_order_of_their_calls_cold_and_warm(lab):
    """They were in the order of arrival, which is another one with a full cache."""

    async def judging(x):
        await asyncio.sleep(0.05 if x.endswith("first") else 0)
        return "good"

    triage = lab.model(str.upper)
    judge = lab.model(judging, "judge", role="judge", source="judge", concurrency=2)

    async def body(case):
        await triage(case.input)
        await asyncio.gather(judge(f"{case.input} first"), judge(f"{case.input} second"))

    for _ in "cold", "warm":
        [result] = lab.run_async(body, "a").results
        assert [grade.given for grade in result.grades] == [b'{"x":"a first"}', b'{"x":"a second"}']


def test_grades_from_threads_come_last_in_an_order_of_their_own(lab):
    triage = lab.model(str.upper)
    judge = lab.model(lambda _: "good", "judge", role="judge", source="judge")

    def body(case):
        triage(case.input)
        for x in "cb":
            thread = threading.Thread(target=judge, args=(x,))
            thread.start()
            thread.join()
        judge("d")

    [result] = lab.run(body, "a").results
    assert [grade.given for grade in result.grades] == [b'{"_":"d"}', b'{"_":"b"}', b'{"_":"c"}']


def test_calls_from_threads_of_a_body_are_its_own(lab):
    triage = lab.model(str.upper)

    def body(case):
        with ThreadPoolExecutor(2) as pool:
            assert list(pool.map(triage, [case.input * 2, case.input])) == [
                x.upper() for x in (case.input * 2, case.input)
            ]

    results = lab.run(body, "ab").results
    assert [sorted(raw for _, raw in result.calls) for result in results] == [
        [b'"A"', b'"AA"'],
        [b'"B"', b'"BB"'],
    ]


def test_a_call_that_breaks_in_a_thread_teaches_no_recipe(lab):
    triage = lab.model(lambda xs: [1 / 0 if x == "bad" else x for x in xs], batch=True)

    def body(case):
        thread = threading.Thread(target=lambda: swallow(triage))
        thread.start()
        thread.join()
        triage(case.input)

    lab.run(body, "ab")
    assert lab.bodies.prefetch.recipe.calls == [("triage", [("part", "input")])]


def swallow(triage):
    with contextlib.suppress(ZeroDivisionError):
        triage("bad")


def test_calls_that_a_model_makes_are_nobodys_and_under_its_repeat(lab):
    inner = lab.model(str.upper, "inner", source="inner")
    del lab.models["inner"]
    outer = lab.model(lambda x: inner(x) + "!", "outer")
    lab.models["inner"] = inner
    [result] = lab.run(lambda case: outer(case.input), "a").results
    assert [raw for _, raw in result.calls] == [b'"A!"']
    assert inner.answers.find(inner.key("a")) == b'"A"'
    lab.switchboard.answer(lab.switchboard.handle(outer), "b", outer.key("b", 3), 3)
    assert inner.answers.find(inner.key("b", 3)) == b'"B"'
    assert inner.answers.find(inner.key("b")) is None


def test_an_async_model_within_another_is_awaited_on_one_loop(lab, outcomes):
    loops = set()

    async def innermost(x):
        loops.add(asyncio.get_running_loop())
        return x.upper()

    inner = lab.model(innermost, "inner", source="inner")
    del lab.models["inner"]

    async def outermost(x):
        loops.add(asyncio.get_running_loop())
        return await inner(x) + "!"

    outer = lab.model(outermost)
    assert outcomes(lab.run(lambda case: outer(case.input), "abc")) == ["passed"] * 3

    def own_loop(x):
        async def main():
            return await inner(x)

        return asyncio.run(main())

    lab.models.clear()
    own = lab.model(own_loop, "own", source="own")
    assert outcomes(lab.run(lambda case: own(case.input), "de")) == ["passed"] * 2
    assert len(loops) == 1


def test_an_answer_under_an_unnamed_context_is_not_kept(lab):
    triage = lab.model(lambda x: f"{x} of {TENANT.get()}")

    def body(case):
        token = TENANT.set("acme")
        case.record(triage(case.input))
        TENANT.reset(token)

    [result] = lab.run(body, "a").results
    assert result.recorded == "a of acme"
    assert triage.answers.find(triage.key("a")) is None
    assert "changed the context variable tenant" in triage.answers.warnings[0]


@pytest.mark.parametrize("options", [{}, {"batch": True, "batch_size": 2}])
def test_a_context_variable_that_the_model_sets_is_no_change_of_a_body(lab, options):
    """As the test client of Django does with each request."""

    def handle(x):
        TENANT.set(str(x))
        return [one.upper() for one in x] if options else x.upper()

    client = lab.model(handle, **options)
    for _ in "cold", "warm":
        # In a context of its own: the next tests are not to find the variable set.
        contextvars.copy_context().run(lab.run, lambda case: client(case.input), "abcdefg")
    assert lab.meter().new == 7
    assert client.answers.warnings == []


def in_a_loop(function):
    async def app():
        return function()

    return asyncio.run(app())


def as_a_tenant(function):
    token = TENANT.set("shop")
    try:
        return function()
    finally:
        TENANT.reset(token)


@pytest.mark.parametrize("called", [in_a_loop, as_a_tenant])
def test_nor_if_it_does_so_in_a_loop_of_the_body_or_where_the_body_has_changed_another(lab, called):
    """Bodies were blamed: the next one lacks a variable set in the loop, or has one that was not noted."""

    def handle(x):
        REQUEST.set(x)
        return x.upper()

    client = lab.model(handle, context=[TENANT])

    def body(case):
        called(lambda: client(case.input) + client(case.input * 2))

    for _ in "cold", "warm":
        contextvars.copy_context().run(lab.run, body, "abc")
    assert lab.meter().new == 6
    assert client.answers.warnings == []


def test_a_thread_that_lacks_a_context_variable_of_its_test_is_reported_as_such(lab):
    triage = lab.model(lambda x: f"{x} of {TENANT.get()}")

    def body(case):
        with ThreadPoolExecutor(1) as pool:
            case.record(pool.submit(contextvars.Context().run, triage, case.input).result())

    token = TENANT.set("acme")
    [result] = lab.run(body, "a").results
    TENANT.reset(token)
    assert result.recorded == "a of nobody"
    assert triage.answers.find(triage.key("a")) is None
    assert (
        "a thread of a test body has another value of the context variable tenant"
        in triage.answers.warnings[0]
    )


def test_a_named_context_variable_is_part_of_the_call(lab):
    triage = lab.model(lambda x: f"{x} of {TENANT.get()}", context=[TENANT])

    def body(case):
        token = TENANT.set(case["tenant"])
        case.record(triage(case.input))
        TENANT.reset(token)

    from pytest_modelcheck.records import Case

    cases = [Case("a", id=tenant, metadata={"tenant": tenant}) for tenant in ("acme", "initech")]
    for _ in "cold", "warm":
        run = lab.run(body, cases)
        assert [result.recorded for result in run.results] == ["a of acme", "a of initech"]
    assert lab.meter().new == 2
    assert triage.answers.warnings == []


def test_changes_of_a_body_do_not_matter_to_a_model_with_an_empty_context(lab):
    """Test clients, chains and traces set variables of theirs before each call."""
    batches = []

    def answer(xs):
        batches.append(len(xs))
        return [x.upper() for x in xs]

    triage = lab.model(answer, batch=True, batch_size=4, context=[])

    def body(case):
        token = REQUEST.set(object())
        case.record(triage(case.input))
        REQUEST.reset(token)

    for _ in "cold", "warm":
        assert [result.recorded for result in lab.run(body, "abcdefgh").results] == list("ABCDEFGH")
    assert sum(batches) == 8
    assert max(batches) == 4  # ahead
    assert triage.answers.warnings == []


def test_a_named_variable_says_nothing_of_others(lab):
    triage = lab.model(lambda x: f"{x} of {TENANT.get()}", context=[REQUEST])

    def body(case):
        tokens = REQUEST.set("one"), TENANT.set(case.input)
        case.record(triage("a"))
        TENANT.reset(tokens[1])
        REQUEST.reset(tokens[0])

    assert [result.recorded for result in lab.run(body, "xy").results] == ["a of x", "a of y"]
    assert "changed the context variable tenant before" in triage.answers.warnings[0]


def test_a_model_that_it_calls_may_read_what_a_body_sets(lab):
    inner = lab.model(lambda x: f"{x} of {TENANT.get()}", name="inner")
    outer = lab.model(lambda x: inner(x) and x.upper(), context=[])

    def body(case):
        token = TENANT.set(case.input)
        case.record(outer(case.input))
        TENANT.reset(token)

    assert [result.recorded for result in lab.run(body, "ab").results] == ["A", "B"]
    assert inner.answers.find(inner.key("a")) is None
    assert outer.answers.find(outer.key("a")) is not None
    assert "or context=[] if it reads none" in inner.answers.warnings[0]
    assert outer.answers.warnings == []


def test_changes_of_a_model_to_its_input_are_invisible(lab):
    triage = lab.model(lambda x: x.pop())

    def body(case):
        question = [case.input, "last"]
        assert triage(question) == "last"
        assert question == [case.input, "last"]
        assert triage.answers.find(triage.key(question)) == b'"last"'

    assert lab.run(body, "ab").first_failure is None


def test_changed_variables_are_found():
    base = contextvars.copy_context()
    now = contextvars.copy_context()
    assert changed_variables(base, now) == []
    now.run(TENANT.set, "acme")
    assert changed_variables(base, now) == [TENANT]
    assert changed_variables(now, base) == [TENANT]
    same = now.copy()
    same.run(TENANT.set, " acme".strip())  # equal, and not the same object
    assert changed_variables(now, same) == []
    library = contextvars.ContextVar("decimal_context")
    same.run(library.set, object())
    assert changed_variables(now, same) == []
