"""Calls made ahead: their order, their batches, and those made in vain."""

import asyncio
import contextlib
import json
import threading
import time
from contextvars import ContextVar, copy_context

import pytest

from pytest_modelcheck.engine.body import by_repeat
from pytest_modelcheck.engine.recipe import Recipe
from pytest_modelcheck.records import Case, Trial

TENANT = ContextVar("TENANT", default="nobody")


def noting(calls, function=str.upper):
    def model(xs):
        calls.append(list(xs))
        return [function(x) for x in xs]

    return model


def test_the_first_call_of_the_first_body_foresees_a_whole_window(lab, outcomes):
    calls = []
    triage = lab.model(noting(calls), batch=True, batch_size=4)
    run = lab.run(lambda case: triage(case.input), "abcdefghi")
    assert calls == [["a", "b", "c", "d"], ["e", "f", "g", "h"], ["i"]]
    assert (outcomes(run), run.direct, run.vain) == (["passed"] * 9, 0, 0)


def test_the_first_call_is_made_with_those_of_the_other_bodies(lab, outcomes):
    """It was made alone: a check of a few cases took twice as long in its first run."""
    together = threading.Barrier(4)

    def model(x):
        together.wait(5)
        return x

    triage = lab.model(model, concurrency=4)
    run = lab.run(lambda case: triage(case.input), "abcd")
    assert (outcomes(run), run.direct, run.vain) == (["passed"] * 4, 0, 0)


def test_each_further_call_of_the_first_body_foresees_that_of_all_others(lab):
    """Also for the trials whose first call was foreseen before the second one was known."""
    calls = []
    triage = lab.model(noting(calls), batch=True, batch_size=3)
    cases = [Case(x, expected=x * 2, id=x) for x in "abcd"]
    run = lab.run(lambda case: [triage(case.input), triage(case.expected)], cases)
    assert calls == [["a", "b", "c"], ["aa", "bb", "cc"], ["d", "dd"]]
    assert (run.direct, run.vain) == (0, 0)


def test_a_call_that_the_first_body_repeats_after_an_error_is_made_again(lab, outcomes):
    """The stored error made it look like a further call that others may make, too."""
    made = []

    def model(x):
        made.append(x)
        if made.count(x) < 3:
            raise ValueError(x)
        return x

    def body(case):
        for _ in range(2):
            with contextlib.suppress(ValueError):
                triage(case.input)
        triage(case.input)

    triage = lab.model(model, concurrency=3)
    assert outcomes(lab.run(body, "abcdef")) == ["passed"] * 6
    assert sorted(made) == sorted("abcdef" * 3)


@pytest.mark.timeout(30)
def test_a_call_in_place_may_want_a_lock_of_one_that_wants_a_lock_of_the_body(lab, outcomes):
    """The call in the thread of the body waited for a lock that was never given back."""
    held, inner = threading.RLock(), threading.RLock()

    def taking(x):
        with inner:
            time.sleep(0.02)
            with held:
                return x

    triage = lab.model(taking, concurrency=4)

    def body(case):
        triage(case.input)
        with held:
            assert triage(f"no part of the trial: {case.input}")

    assert outcomes(lab.run(body, "abcdefgh")) == ["passed"] * 8


def test_calls_of_an_earlier_body_are_not_attributed_to_an_unwatched_one(lab, monkeypatch):
    """The recipe foresaw a second call in each body if the first ones of a warm run failed."""

    def failing(x):
        if x % 2 == 0:
            raise ValueError(x)
        return x

    triage = lab.model(failing, concurrency=8, give_up_after=0)
    cases = [Case([f"q{n}", n % 2], id=f"c{n}", metadata={"k": n % 4}) for n in range(40)]
    trials = [
        Trial(2 * number + repeat, case, number=number, repeat=repeat)
        for number, case in enumerate(cases)
        for repeat in (0, 1)
    ]
    learned, learn = [], Recipe.learn

    def noting_size(recipe, trial, made, **options):
        learned.append(len(made))
        learn(recipe, trial, made, **options)

    monkeypatch.setattr(Recipe, "learn", noting_size)
    for _ in "cold", "warm":
        lab.run(lambda case: triage(case.metadata["k"]), trials, choose_repeat=by_repeat)
    assert max(learned) == 1  # each body makes one call


def test_no_trial_is_made_while_a_body_runs(lab, trials):
    """Its perturbation would see the patches of the body."""
    running = []

    def made():
        for trial in trials(*"abcdefghijkl"):
            assert not running
            yield trial

    def body(case):
        running.append(case)
        triage(case.input)
        running.clear()

    triage = lab.model(lambda x: x, concurrency=3)
    assert lab.make(body).run(made()).direct == 0


@pytest.mark.parametrize("wrapped", [False, True])
def test_calls_that_are_awaited_at_once_are_foreseen_in_the_order_in_which_they_begin(lab, outcomes, wrapped):
    """The later one ends first: the earlier one was foreseen twice, and the later one not at all."""
    rated = {x: asyncio.Event() for x in "abcd"}

    async def model(x):
        await asyncio.wait_for(rated[x].wait(), 5)
        return x

    async def rating(x):
        rated[x[0]].set()
        return x

    triage = lab.model(model, concurrency=4)
    rate = lab.model(rating, "rate", concurrency=4, source="rate")

    async def call(of, x):
        return await of(x)

    async def body(case):
        one = call if wrapped else lambda of, x: of(x)
        await asyncio.gather(one(triage, case.input), one(rate, case.expected))

    run = lab.run_async(body, [Case(x, expected=x * 2, id=x) for x in "abcd"])
    assert (outcomes(run), run.direct, run.vain) == (["passed"] * 4, 0, 0)


def test_a_call_made_ahead_goes_on_if_its_body_gives_it_up(lab):
    """It was not made where it still waited for a thread when its body ended: the next run made it."""
    release, called = threading.Event(), []

    def model(x):
        release.wait(5)
        called.append(x)
        return x

    triage = lab.model(model, concurrency=2)

    async def body(case):
        task = asyncio.ensure_future(triage(case.input))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

    lab.run_async(body, "abcdefgh")
    release.set()
    for _ in range(500):
        if len(called) == 8:
            break
        time.sleep(0.01)
    assert sorted(called) == list("abcdefgh")


def test_a_constant_is_confirmed_by_the_second_body_also_where_an_earlier_call_is_known(lab):
    """Nothing was learned from the second body: no call of such a judge was made ahead."""
    ask = lab.model(str.upper, concurrency=4)
    grade = lab.model(lambda x, language: True, "judge", concurrency=4, source="judge")
    run = lab.run(lambda case: grade(ask(case.input), language="en"), "abcdefgh")
    assert (run.direct, run.vain) == (1, 0)


def test_a_recipe_of_an_earlier_run_foresees_the_first_body_too(lab):
    calls = []
    triage = lab.model(noting(calls), batch=True, batch_size=4)
    run = lab.run(
        lambda case: triage(case.input), "abcd", recipe=Recipe.decode(b'[["triage",["part","input"]]]')
    )
    assert (calls, run.direct) == ([["a", "b", "c", "d"]], 0)


def test_calls_are_foreseen_for_the_context_of_the_test(lab):
    """Foreseen while a body had changed it, a call was cached as one of the changed context."""
    triage = lab.model(lambda x: f"{x} for {TENANT.get()}", concurrency=4, context=[TENANT])
    rate = lab.model(str.upper, "rate", source="rate")
    triage("a")  # the first body misses nothing until it has changed the context

    def body(case):
        triage(case.input)
        token = TENANT.set("shop")
        rate(case.input)
        TENANT.reset(token)

    lab.run(body, "abcd", recipe=Recipe.decode(b'[["triage",["part","input"]]]'))
    shop = copy_context()
    shop.run(TENANT.set, "shop")
    stored = {x: triage.answers.find(triage.key(x)) for x in "abcd"}
    assert stored == {x: f'"{x} for nobody"'.encode() for x in "abcd"}
    assert [triage.answers.find(shop.run(triage.key, x)) for x in "abcd"] == [None] * 4


def test_only_models_that_say_so_are_called_ahead(lab):
    order = []
    triage = lab.model(lambda x: order.append(f"call {x}"))

    def body(case):
        order.append(f"body {case.input}")
        triage(case.input)

    lab.run(body, "abc")
    assert order == ["body a", "call a", "body b", "call b", "body c", "call c"]


def test_judges_are_called_after_assistants_with_their_answers(lab):
    assistant, judge = [], []
    ask = lab.model(noting(assistant, lambda x: x * 2), batch=True, batch_size=3)
    grade = lab.model(noting(judge, lambda x: x["answer"]), "judge", batch=True, batch_size=3, source="judge")

    def body(case):
        assert grade(question=case.input, answer=ask(case.input)) == case.input * 2

    run = lab.run(body, "abcd")
    assert run.first_failure is None
    assert assistant == [["a", "b", "c"], ["d"]]
    assert judge == [[{"question": x, "answer": x * 2} for x in some] for some in ("abc", "d")]
    assert run.vain == 0


def test_an_answer_that_is_none_is_one(lab):
    judge = []
    ask = lab.model(noting([], lambda x: None), batch=True, batch_size=3)
    grade = lab.model(noting(judge, str), "judge", batch=True, batch_size=3, source="judge")
    lab.run(lambda case: grade([case.input, ask(case.input)]), "abcde")
    assert judge == [[["a", None], ["b", None], ["c", None]], [["d", None], ["e", None]]]


def test_an_answer_that_the_body_has_changed_is_not_taken_for_the_whole(lab):
    ask = lab.model(noting([], lambda x: {"id": 1, "text": x}), batch=True, batch_size=4)
    grade = lab.model(noting([], str), "judge", batch=True, batch_size=4, source="judge")

    def body(case):
        answer = ask(case.input)
        answer.pop("id")
        grade(answer)

    lab.run(body, "ab")
    [_, (_, expressions)] = lab.bodies.prefetch.recipe.calls
    assert ("answer", 0) not in expressions
    assert ("map", {"text": ("answer", 0, ["key", "text"])}) in expressions
    run = lab.run(body, "cdefgh")
    assert (run.vain, lab.meter("judge").new) == (0, 8)


def test_equal_inputs_are_called_once_and_cached_ones_not_at_all(lab):
    calls = []
    triage = lab.model(noting(calls), batch=True, batch_size=8)
    lab.run(lambda case: triage(case.input), "abacab")
    assert sorted(x for call in calls for x in call) == ["a", "b", "c"]
    calls.clear()
    run = lab.run(lambda case: triage(case.input), "cab")
    assert (calls, run.direct, run.vain) == ([], 0, 0)


def test_a_recipe_that_no_longer_holds_costs_half_a_window(lab, outcomes):
    calls = []
    triage = lab.model(noting(calls), batch=True, batch_size=8)
    recipe = Recipe.decode(b'[["triage",["part","input"]],["triage",["part","expected"]]]')
    run = lab.run(
        lambda case: triage(case.input),
        [Case(x, expected=x * 2, id=x) for x in "abcdefghijklmnop"],
        recipe=recipe,
    )
    assert outcomes(run) == ["passed"] * 16
    made = [x for call in calls for x in call]
    wasted = [x for x in made if len(x) == 2]
    assert 0 < len(wasted) <= 8
    assert run.vain == len(wasted)
    assert sorted(set(made) - set(wasted)) == sorted("abcdefghijklmnop")
    assert recipe.encode() == b'[["triage",["part","input"]]]'


def test_bodies_that_fail_early_do_not_hide_the_calls_that_others_make(lab):
    calls = []
    triage = lab.model(noting(calls), batch=True, batch_size=4)

    def body(case):
        assert triage(case.input) != "A"
        triage(case.expected)

    cases = [Case(x, expected=x * 2, id=f"{x}{n}") for n, x in enumerate("abcdefghi")]
    run = lab.run(body, cases)
    assert run.vain == 0
    assert len(calls) < 9  # and not one call for each of 17


def test_answers_of_bodies_that_never_ran_are_in_vain(lab):
    triage = lab.model(noting([]), batch=True, batch_size=4)

    def body(case):
        if case.input == "d":
            raise KeyboardInterrupt
        triage(case.input)

    with pytest.raises(KeyboardInterrupt):
        lab.run(body, "abcdefgh")
    assert lab.bodies.prefetch.vain == 1  # of a, b, c and d


def test_calls_that_an_outage_prevented_are_not_in_vain(lab):
    calls = []

    def model(x):
        calls.append(x)
        if len(calls) > 4:
            raise ConnectionError("down")
        return x

    triage = lab.model(model, concurrency=4, give_up_after=2)

    def body(case):
        triage(case.input["question"])
        triage(case.input["again"])

    run = lab.run(body, [Case({"question": f"q{n}", "again": f"a{n}"}) for n in range(40)])
    assert run.vain <= sum(call.startswith("a") for call in calls)


def test_calls_go_on_in_threads_while_bodies_run(lab, outcomes):
    both = threading.Barrier(4)

    def model(x):
        if x != "a":  # its place is free for the last one when its body ends
            both.wait(5)
        return x

    triage = lab.model(model, concurrency=4)
    run = lab.run(lambda case: triage(case.input), "abcde")
    assert outcomes(run) == ["passed"] * 5


def test_a_property_that_raises_ends_no_check(lab, outcomes):
    class Odd:
        @property
        def text(self):
            raise RuntimeError("not loaded")

    triage = lab.model(lambda xs: xs, batch=True, batch_size=2)
    recipe = Recipe.decode(b'[["triage",["part","input",["attr","text"]]]]')
    run = lab.run(lambda case: triage("x"), [Case(Odd(), id="1"), Case(Odd(), id="2")], recipe=recipe)
    assert outcomes(run) == ["passed"] * 2


def test_nothing_is_left_of_a_check(lab):
    triage = lab.model(lambda xs: [1 / 0 for _ in xs], batch=True, batch_size=4)
    lab.run(lambda case: triage(case.input), "abcdefgh")
    handle = lab.bodies.handle_of(triage)
    assert not lab.switchboard._tickets
    assert (len(handle.waiting), handle.under_way) == (0, 0)


@pytest.mark.parametrize("fails", [True, False])
def test_a_call_behind_one_that_may_have_failed_before_waits_for_it(lab, fails):
    """With a full cache it was made in vain: only answers are cached, and failed calls are made again."""
    calls = []

    def one(x):
        if fails and "second" in x:
            raise ValueError(x)
        return x

    triage = lab.model(noting(calls, one), batch=True, batch_size=2)
    names = ("first", "second", "third")
    inputs = [{name: f"{name} {number}" for name in names} for number in range(4)]
    lab.run(lambda case: triage(case.input["first"]), inputs)
    calls.clear()
    parts = [["triage", ["part", "input", ["key", name]]] for name in names]
    recipe = Recipe.decode(json.dumps(parts).encode())
    run = lab.run(lambda case: [triage(case.input[name]) for name in names], inputs, recipe=recipe)
    assert run.vain == 0
    made = [x for batch in calls for x in batch]
    assert sum("third" in x for x in made) == (0 if fails else 4)
    assert fails or run.direct == 0  # all are made ahead


@pytest.mark.parametrize("way", ["run", "run_async"])
def test_after_many_cached_answers_calls_are_made_ahead_again(lab, way):
    """Prefetching pauses while everything is cached, until the first call that is not."""
    triage = lab.model(noting([]), batch=True, batch_size=8)
    run = getattr(lab, way)

    def plain(case):
        triage(case.input)

    async def awaited(case):
        await triage(case.input)

    body = plain if way == "run" else awaited
    known = [f"known {number}" for number in range(400)]
    run(body, known)
    assert run(body, [*known, *(f"new {number}" for number in range(200))]).direct < 40


def test_a_call_that_failing_bodies_leave_out_in_a_repeat_is_not_made_with_a_full_cache(labs):
    """It was called ahead: a call that such a body leaves out says nothing, and no cache has its answer."""
    cases = [Case(x, id=x) for x in "abc"]
    repeated = [
        Trial(2 * n + repeat, case, repeat=repeat) for n, case in enumerate(cases) for repeat in (0, 1)
    ]
    calls = []

    def run(lab, concurrency):
        triage = lab.model(calls.append, concurrency=concurrency)
        judge = lab.model(str.upper, "judge", source="judge")
        seen = set()

        def once(case):
            found = judge("constant")
            if case.input not in seen:
                seen.add(case.input)
                triage(found)
            time.sleep(0.02)  # time for a call in another thread
            pytest.fail("wrong")

        lab.run(once, repeated)

    one, other = labs(), labs()
    other.cache = one.cache
    run(one, concurrency=1)  # nothing is called ahead
    run(other, concurrency=8)
    assert calls == ["CONSTANT"]
