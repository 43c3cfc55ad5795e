import asyncio
import sys

import pytest

from pytest_modelcheck.engine.body import STRIDE, by_repeat
from pytest_modelcheck.records import Case, Trial


def test_each_body_runs_once_alone_and_in_order(lab):
    triage = lab.model(lambda xs: [x.upper() for x in xs], batch=True, batch_size=2)
    log = []

    def body(case):
        log.append(f"{case.input} begins")
        triage(case.input)
        log.append(f"{case.input} ends")

    lab.run(body, "abc")
    lab.run(body, "abc")  # with all answers at hand
    assert log == [f"{x} {what}" for x in "abc" for what in ("begins", "ends")] * 2


def test_state_that_bodies_leave_is_the_same_cold_and_warm(lab):
    triage = lab.model(lambda xs: xs, batch=True)

    def totals():
        seen = []

        def body(case):
            seen.append(triage(case.input))
            case.record(list(seen))

        return [result.recorded for result in lab.run(body, "abcd").results]

    assert totals() == totals() == [["a"], ["a", "b"], ["a", "b", "c"], ["a", "b", "c", "d"]]


def test_outcomes_are_those_of_the_bodies(lab, outcomes):
    triage = lab.model(str.upper)

    def body(case):
        answer = triage(case.input)
        assert answer != "B"
        return 1 / 0 if answer == "C" else None

    run = lab.run(body, ["a", "b", "c", Case("b", id="known", known_failure="#1")])
    assert outcomes(run) == ["passed", "failed", "error", "xfailed"]
    assert isinstance(run.first_failure, AssertionError)


def test_a_body_that_never_calls_its_model_says_nothing(lab, outcomes):
    lab.model(str.upper)
    run = lab.run(lambda case: None, "a")
    assert outcomes(run) == ["error"]
    assert "the body never called the model 'triage'" in run.results[0].message


def test_a_refused_call_is_an_error_whatever_the_body_does_with_it(labs, outcomes):
    lab = labs(calls=1)
    triage = lab.model(str.upper)

    def body(case):
        try:
            triage(case.input)
        except Exception:
            return

    run = lab.run(body, "ab")
    assert outcomes(run) == ["passed", "error"]
    assert (run.uncalled, run.stopped) == (
        1,
        "--modelcheck-max-calls=1 is used up: triage 1 was not called any more",
    )


@pytest.mark.parametrize("end", [SystemExit, GeneratorExit, StopIteration, asyncio.CancelledError])
def test_an_exception_of_a_model_concerns_its_case_alone(lab, outcomes, end):
    def model(x):
        if x == "b":
            raise end
        return x

    triage = lab.model(model)
    assert outcomes(lab.run(lambda case: triage(case.input), "abc")) == ["passed", "error", "passed"]

    async def body(case):
        await triage(case.input + "!" if case.input != "b" else "b")

    assert outcomes(lab.run_async(body, "abc")) == ["passed", "error", "passed"]


def test_an_interrupt_ends_everything_and_what_was_answered_is_kept(lab):
    def model(x):
        if x == "b":
            raise KeyboardInterrupt
        return x

    triage = lab.model(model)
    with pytest.raises(KeyboardInterrupt):
        lab.run(lambda case: triage(case.input), "abc")
    assert triage.answers.find(triage.key("a")) == b'"a"'


def test_answers_are_noted_with_their_case_in_the_order_of_the_calls(lab):
    triage = lab.model(str.upper)

    async def body(case):
        first, second = triage(case.input), triage(case.input * 2)
        await second
        await first

    [result] = lab.run_async(body, "a").results
    assert [raw for _, raw in result.calls] == [b'"A"', b'"AA"']


def test_each_reader_gets_a_copy_of_an_answer(lab):
    triage = lab.model(lambda x: [x])

    def body(case):
        answer = triage(case.input)
        answer.append("spoilt")
        assert triage(case.input) == [case.input]

    assert lab.run(body, "a").first_failure is None


def test_results_are_handed_on_as_they_come(lab):
    triage = lab.model(lambda xs: xs, batch=True)
    taken, progress = [], []
    run = lab.run(
        lambda case: triage(case.input),
        [f"x{number}" for number in range(600)],
        take=lambda results: taken.append(len(results)),
        progress=progress.append,
    )
    assert (sum(taken), max(taken), run.results) == (600, 256, [])
    assert progress == sorted(progress)


def test_equal_calls_may_have_an_answer_each(lab):
    count = [0]

    def model(x):
        count[0] += 1
        return f"{x}{count[0]}"

    triage = lab.model(model)

    def body(case):
        case.record([triage(case.input), triage(case.input)])

    assert lab.run(body, "a").results[0].recorded == ["a1", "a1"]
    trials = [Trial(n, Case("b", id="b"), repeat=n) for n in range(2)]
    run = lab.run(body, trials, choose_repeat=by_repeat)
    assert [result.recorded for result in run.results] == [["b2", "b3"], ["b4", "b5"]]
    assert by_repeat(trials[1], b"", 2) == 1 + 2 * STRIDE


def test_calls_in_place_are_counted_where_they_could_have_been_made_together(lab):
    triage = lab.model(lambda xs: xs, batch=True)
    run = lab.run(lambda case: triage(f"prompt {case.input}"), "abc")
    assert run.direct == 3
    plain = lab.model(str.upper, "plain", source="plain")
    assert lab.run(lambda case: (triage("x"), plain(case.input)), "abc").direct == 1


@pytest.mark.skipif(sys.version_info < (3, 13), reason="a TaskGroup itself hides the cancellation")
def test_a_cancellation_ends_the_run_although_a_task_group_hides_it_behind_an_error(lab):
    triage, ran = lab.model(str.upper), []

    async def breaks_when_cancelled():
        try:
            await asyncio.sleep(20)
        except asyncio.CancelledError:
            raise OSError("broken") from None

    async def body(case):
        ran.append(case.input)
        if case.input == "a":
            asyncio.get_running_loop().call_later(0.05, asyncio.current_task().cancel)
            async with asyncio.TaskGroup() as group:
                group.create_task(breaks_when_cancelled())
        await asyncio.sleep(0)
        await triage(case.input)

    with pytest.raises(asyncio.CancelledError):
        lab.run_async(body, "abc")
    assert ran == ["a", "b"]
