import asyncio
import contextvars
import decimal
import os
import threading
import time
import warnings
from unittest import mock

import pytest
from greenlet import getcurrent

from pytest_modelcheck.records import Case, Outcome


class Batches:
    """A batch model that notes what it was given at once."""

    def __init__(self, answer=lambda x: x):
        self.sizes = []
        self.inputs = []
        self.answer = answer

    def __call__(self, inputs):
        self.sizes.append(len(inputs))
        self.inputs += inputs
        return [self.answer(x) for x in inputs]


@pytest.fixture
def batches():
    return Batches()


@pytest.fixture
def model(bench, batches):
    return bench.model(batches, batch=True, batch_size=100)


def outcomes(run):
    return [result.outcome for result in run.results]


def test_what_bodies_ask_is_gathered_into_one_batch(bench, model, batches):
    run = bench.run(lambda case: model(case.input), range(50), model)
    assert batches.sizes == [50]
    assert outcomes(run) == [Outcome.PASSED] * 50


def test_a_batch_is_no_larger_than_allowed(bench, model, batches):
    bench.run(lambda case: model(case.input), range(230), model)
    assert batches.sizes == [100, 100, 30]


def test_equal_questions_are_asked_once(bench, model, batches):
    bench.run(lambda case: model(case.input % 3), range(30), model)
    assert batches.inputs == [0, 1, 2]


def test_a_question_that_is_answered_already_suspends_nothing(bench, model, batches):
    bench.run(lambda case: model("same"), range(3), model)
    workers = []

    def body(case):
        model("same")
        workers.append(getcurrent())

    bench.run(body, range(10), model)
    assert batches.inputs == ["same"]
    assert len(set(map(id, workers))) == 1


def test_a_body_may_ask_several_models_several_times_from_deep_inside(bench, model, batches):
    other = bench.model(Batches(lambda x: x * 10), name="other", batch=True)

    def application(x):
        return sum(part(x) for part in (model, other))

    def body(case):
        assert application(case.input) + application(case.input + 1) == 22 * case.input + 11

    run = bench.run(body, range(40), model)
    assert outcomes(run) == [Outcome.PASSED] * 40
    assert run.results[3].asked[0][1] == b"3"
    assert [raw for _, raw in run.results[3].asked] == [b"3", b"4"]


def test_each_body_gets_the_answer_to_its_own_question(bench, model):
    def body(case):
        first, second = model(case.input), model(-case.input)
        assert (first, second) == (case.input, -case.input)

    assert set(outcomes(bench.run(body, range(1000), model))) == {Outcome.PASSED}


def test_results_come_in_the_order_of_the_trials_whatever_the_order_of_the_answers(bench):
    def slow_for_the_first(x):
        time.sleep(0.03 if x == 0 else 0)
        return x

    model = bench.model(slow_for_the_first, concurrency=4)
    run = bench.run(lambda case: model(case.input), range(8), model)
    assert [result.trial.index for result in run.results] == list(range(8))


def test_outcomes(bench, model):
    def body(case):
        answer = model(case.input)
        if answer == "skip":
            raise bench.Skip
        if answer == "broken":
            raise NameError("nope")
        assert answer == "right"

    run = bench.run(body, ["right", "wrong", "skip", "broken"], model)
    assert outcomes(run) == [Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED, Outcome.ERROR]
    assert isinstance(run.results[3].error, NameError)


def test_a_known_failure_is_kept_apart(bench, model):
    cases = [Case(x, id=x, known_failure="ticket 12") for x in ("right", "wrong")]

    def body(case):
        assert model(case.input) == "right"

    assert outcomes(bench.run(body, cases, model)) == [Outcome.XPASSED, Outcome.XFAILED]


def test_a_body_that_never_asks_its_model_is_an_error(bench, model):
    run = bench.run(lambda case: None, range(2), model)
    assert outcomes(run) == [Outcome.ERROR] * 2
    assert "never asked the model 'model'" in str(run.results[0].error)


def test_asking_another_model_is_not_asking_the_one_that_is_judged(bench, model):
    other = bench.model(lambda x: x, name="other")
    assert outcomes(bench.run(lambda case: other(case.input), range(2), model)) == [Outcome.ERROR] * 2


def test_what_a_model_raises_is_raised_where_it_was_asked(bench):
    def model_function(x):
        if x == 2:
            raise ConnectionError("no route")
        return x

    model = bench.model(model_function)
    caught = []

    def body(case):
        try:
            model(case.input)
        except ConnectionError as error:
            caught.append(str(error))
            model(0)

    assert outcomes(bench.run(body, range(4), model)) == [Outcome.PASSED] * 4
    assert caught == ["no route"]


def test_an_error_that_the_body_does_not_catch_is_an_error_of_that_case_alone(bench):
    def model_function(x):
        return 1 // x

    model = bench.model(model_function)
    assert outcomes(bench.run(lambda case: model(case.input), [1, 0, 2], model)) == [
        Outcome.PASSED,
        Outcome.ERROR,
        Outcome.PASSED,
    ]


def test_the_first_failure_is_first_by_trial_and_keeps_its_traceback(bench):
    model = bench.model(lambda x: time.sleep(0.02 if x == 0 else 0), concurrency=4)

    def body(case):
        model(case.input)
        assert case.input == "never", case.input

    first = bench.run(body, range(4), model).first_failure
    assert str(first).startswith("0")
    names = []
    traceback = first.__traceback__
    while traceback is not None:
        names.append(traceback.tb_frame.f_code.co_name)
        traceback = traceback.tb_next
    assert names[-1] == "body"


def test_whatever_ends_a_test_ends_all_bodies_and_runs_their_finally_blocks(bench, model):
    closed = []

    def body(case):
        try:
            model(case.input)
            if case.input == 3:
                raise bench.Stop("stop here")
            model(case.input + 100)
        finally:
            closed.append(case.input)

    with pytest.raises(bench.Stop, match="stop here"):
        bench.run(body, range(10), model)
    assert sorted(closed) == list(range(10))


def test_a_finally_block_of_an_ended_body_asks_nothing_more(bench, model, batches):
    def body(case):
        model(case.input)
        if case.input == 0:
            raise bench.Stop
        try:
            model(case.input + 10)
        finally:
            model("too late")

    with pytest.raises(bench.Stop):
        bench.run(body, range(3), model)
    assert "too late" not in batches.inputs


def test_an_interrupt_while_the_model_works_ends_everything_and_keeps_what_was_answered(bench):
    def model_function(x):
        if x == 3:
            raise KeyboardInterrupt
        return x

    model = bench.model(model_function)
    with pytest.raises(KeyboardInterrupt):
        bench.run(lambda case: model(case.input), range(10), model)
    assert [model.answers.find(model.key(x)) is not None for x in range(5)] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_answers_are_made_anew_for_each_reader(bench):
    model = bench.model(lambda x: {"labels": ["a"]})

    def body(case):
        answer = model("same")
        assert answer == {"labels": ["a"]}
        answer["labels"].append("spoilt")

    assert set(outcomes(bench.run(body, range(5), model))) == {Outcome.PASSED}


def test_a_mutable_input_is_each_body_s_own(bench):
    model = bench.model(lambda x: len(x["words"]))
    case = Case({"words": ["a"]}, id="x")

    def body(case):
        case.input["words"].append("b")
        assert model(case.input) == 2

    assert set(outcomes(bench.run(body, [case, case], model))) == {Outcome.PASSED}


def test_context_variables_are_copied_for_each_body(bench, model):
    variable = contextvars.ContextVar("variable", default="outside")

    def body(case):
        assert variable.get() == "outside"
        variable.set(case.input)
        model(case.input)
        assert variable.get() == case.input

    assert set(outcomes(bench.run(body, range(20), model))) == {Outcome.PASSED}
    assert variable.get() == "outside"


def test_an_answer_that_cannot_be_kept_reaches_the_body_as_it_is(bench):
    class Handle:
        pass

    model = bench.model(lambda x: Handle())
    run = bench.run(lambda case: type(model(case.input)).__name__ == "Handle" or 1 / 0, range(3), model)
    assert set(outcomes(run)) == {Outcome.PASSED}
    assert "Handle" in model.answers.warnings[0]
    assert len(model.answers.warnings) == 1


def test_an_input_without_a_digest_is_asked_each_time_with_one_warning(bench):
    seen = []
    model = bench.model(lambda x: seen.append(1) or "fine")
    thing = threading.Lock()
    run = bench.run(lambda case: model(thing), range(3), model)
    assert set(outcomes(run)) == {Outcome.PASSED}
    assert len(seen) == 3
    assert len(model.answers.warnings) == 1


class TestInterleaving:
    """Bodies that change what others see are not suspended while they do."""

    @pytest.fixture
    def check(self, bench, model, batches):
        def check(body, **options):
            run = bench.run(body, range(20), model, **options)
            assert set(outcomes(run)) == {Outcome.PASSED}, run.first_failure
            return run

        return check

    def test_mock_patch_as_a_context(self, check, model, batches):
        def body(case):
            with mock.patch.dict(os.environ, {"WHO": str(case.input)}):
                model(case.input)
                assert os.environ["WHO"] == str(case.input)

        run = check(body)
        assert batches.sizes == [1] * 20
        [(reason, count)] = run.direct.items()
        assert "`with` block at" in reason
        assert "test_conductor.py" in reason
        assert count == 20

    def test_mock_patch_as_a_decorator(self, check, model, batches):
        @mock.patch.dict(os.environ, {"WHO": "me"})
        def body(case):
            os.environ["WHO"] = str(case.input)
            model(case.input)
            assert os.environ["WHO"] == str(case.input)

        check(body)
        assert batches.sizes == [1] * 20

    def test_decimal_contexts(self, check, model):
        def body(case):
            with decimal.localcontext() as context:
                context.prec = case.input + 1
                model(case.input)
                assert decimal.getcontext().prec == case.input + 1

        check(body)

    def test_warning_filters(self, check, model):
        def body(case):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                model(case.input)
                warnings.warn(str(case.input), UserWarning, stacklevel=1)
            assert [str(one.message) for one in caught] == [str(case.input)]

        check(body)

    def test_a_lock_in_application_code(self, check, model):
        lock = threading.Lock()

        def application(x):
            with lock:
                return model(x)

        check(lambda case: application(case.input))

    def test_an_event_loop_in_application_code(self, bench, check, model):
        async def application(x):
            await asyncio.sleep(0)
            return model(x)

        run = check(lambda case: asyncio.run(application(case.input)))
        assert run.direct == {"an event loop runs": 20}

    def test_an_async_model_is_awaited_by_application_code(self, bench):
        async def answer(x):
            await asyncio.sleep(0)
            return x + 1

        model = bench.model(answer)

        async def application(x):
            return await model(x)

        def body(case):
            assert asyncio.run(application(case.input)) == case.input + 1

        assert set(outcomes(bench.run(body, range(5), model))) == {Outcome.PASSED}

    def test_bodies_outside_of_blocks_are_still_gathered(self, check, model, batches):
        def body(case):
            with mock.patch.dict(os.environ, {"WHO": "me"}):
                pass
            model(case.input)

        check(body)
        assert batches.sizes == [20]

    def test_never_interleaving(self, check, model, batches):
        order = []

        def body(case):
            order.append(("in", case.input))
            model(case.input)
            order.append(("out", case.input))

        run = check(body, interleave=False)
        assert order == [(way, x) for x in range(20) for way in ("in", "out")]
        assert run.direct == {"interleave=False": 20}

    def test_always_interleaving(self, check, model, batches):
        world = {}  # not os.environ: left in another order than entered, blocks restore the wrong state

        def body(case):
            with mock.patch.dict(world, {"who": "me"}):
                model(case.input)

        check(body, interleave=True)
        assert batches.sizes == [20]


def test_a_thread_of_the_body_s_own_is_answered_directly(bench, model, batches):
    def body(case):
        answers = []
        thread = threading.Thread(target=lambda: answers.append(model(case.input)))
        thread.start()
        thread.join()
        assert answers == [case.input]

    run = bench.run(body, range(5), model)
    assert outcomes(run) == [Outcome.PASSED] * 5
    assert run.direct == {"a thread of the body's own": 5}


def test_async_models_answer_bodies_that_are_not_async_with_bounded_concurrency(bench):
    under_way, most = 0, 0

    async def answer(x):
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.001)
        under_way -= 1
        return x

    model = bench.model(answer, concurrency=7)
    assert set(outcomes(bench.run(lambda case: model(case.input), range(60), model))) == {Outcome.PASSED}
    assert 1 < most <= 7


def test_threads_answer_with_bounded_concurrency_and_bodies_go_on_at_their_own_answer(bench):
    lock, under_way, most = threading.Lock(), 0, 0

    def answer(x):
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.2 if x == 0 else 0.005)
        with lock:
            under_way -= 1
        return x

    model = bench.model(answer, concurrency=5)
    finished = []

    def body(case):
        model(case.input)
        finished.append(case.input)

    bench.run(body, range(20), model)
    assert 1 < most <= 5
    assert finished[-1] == 0  # nobody waited for the slow one


class TestApproved:
    def test_the_approved_answer_is_compared_as_a_value(self, bench):
        model = bench.model(lambda x: {"label": x})

        def body(case):
            assert model(case.input) == case.approved

        approved = {0: b'{"label":"a"}', 1: b'{"label":"a"}'}
        run = bench.run(body, ["a", "b"], model, approved=lambda trial: approved[trial.index])
        assert outcomes(run) == [Outcome.PASSED, Outcome.FAILED]
        assert run.results[0].read_approved

    @pytest.mark.parametrize("approved_first", [False, True])
    def test_the_last_bits_of_a_float_are_no_change(self, bench, approved_first):
        model = bench.model(lambda x: {"score": x})

        def body(case):
            if approved_first:
                assert case.approved == model(case.input)
            else:
                assert model(case.input) == case.approved

        run = bench.run(body, [0.1 + 1e-12, 0.11], model, approved=lambda trial: b'{"score":0.1}')
        assert outcomes(run) == [Outcome.PASSED, Outcome.FAILED]

    @pytest.mark.parametrize("approved_first", [False, True])
    def test_a_case_without_an_approved_answer_is_new_and_its_answer_is_kept(
        self, bench, model, approved_first
    ):
        reached = []

        def body(case):
            if approved_first:
                assert case.approved == model(case.input)
            else:
                assert model(case.input) == case.approved
            reached.append(case.id)

        run = bench.run(body, ["a"], model)
        assert outcomes(run) == [Outcome.NEW]
        assert [raw for _, raw in run.results[0].asked] == [b'"a"']
        assert reached == []

    def test_a_part_of_a_missing_approved_answer_is_missing_too(self, bench, model):
        def body(case):
            assert case.approved.label[0] == model(case.input)

        run = bench.run(body, ["a"], model)
        assert outcomes(run) == [Outcome.NEW]
        assert len(run.results[0].asked) == 1


def test_scores_are_kept_and_must_be_between_0_and_1(bench, model):
    def body(case):
        model(case.input)
        case._set_score(case.input)

    run = bench.run(body, [0, 0.25, 1, 1.5, -1, "x", float("nan")], model)
    assert [result.score for result in run.results[:3]] == [0.0, 0.25, 1.0]
    assert outcomes(run)[3:] == [Outcome.ERROR] * 4
    assert "a score is a number from 0.0" in str(run.results[3].error)


def test_what_a_case_does_not_have_is_an_error_that_says_so(bench, model):
    def expected(case):
        model(case.input)
        return case.expected

    def perturbed(case):
        model(case.input)
        return case.perturbed

    def metadata(case):
        model(case.input)
        return case["language"]

    messages = [
        str(bench.run(body, ["a"], model).results[0].error) for body in (expected, perturbed, metadata)
    ]
    assert "c-0 does not say what is expected" in messages[0]
    assert "case.perturbed exists only in invariance and directional checks" in messages[1]
    assert "c-0 has no metadata 'language' (it has: none)" in messages[2]


def test_ten_thousand_tracebacks_are_not_kept(bench, model):
    def body(case):
        assert model(case.input) == "never"

    run = bench.run(body, range(300), model)
    assert set(outcomes(run)) == {Outcome.FAILED}
    assert all(result.error is None for result in run.results)
    assert sum(result.message is not None for result in run.results) == 20


def test_what_broke_bodies_is_known_however_many_others_failed_before(bench):
    """Bodies that wait for a model come to their end after those that do not."""

    def slow(x):
        if x >= 100:
            raise ValueError(f"cannot read {x}")
        return "wrong"

    model = bench.model(slow)
    bench.run(lambda case: model(case.input), range(100), model)

    def body(case):
        assert model(case.input) == "right"

    run = bench.run(body, [*range(100, 140), *range(100)], model)
    broken, failed = run.results[:40], run.results[40:]
    assert {result.outcome for result in broken} == {Outcome.ERROR}
    assert [result.message for result in broken] == [f"cannot read {x}" for x in range(100, 140)]
    assert [result.error is not None for result in broken] == [True] * 20 + [False] * 20
    assert [result.message is not None for result in failed] == [True] * 20 + [False] * 80
