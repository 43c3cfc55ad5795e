import pytest

from pytest_modelcheck.engine.certain import certain_asks
from pytest_modelcheck.engine.conductor import Conductor
from pytest_modelcheck.engine.trials import Plan
from pytest_modelcheck.records import Case, Outcome

WINDOW = 256


class Model:
    """Answers batches, and notes them and which body ran when."""

    def __init__(self, broken=()):
        self.batches = []
        self.broken = broken

    def __call__(self, inputs):
        self.batches.append(list(inputs))
        if any(x in self.broken for x in inputs):
            raise ValueError("too long")
        return [f"{x}!" for x in inputs]

    @property
    def asked(self):
        return [x for batch in self.batches for x in batch]


@pytest.fixture
def run(bench):
    """Run a body for cases, looking ahead as its instructions allow."""

    def run(function, raw, cases, *, perturbed=False, batch=True, **options):
        model = bench.model(raw, batch=batch, batch_size=100)
        asks = certain_asks(function, "case", {"model": model})
        assert asks
        work = bench.work(lambda case: function(model, case), model, asks=asks, **options)
        conductor = bench.switchboard.conductor = Conductor(work, bench.dispatcher)
        done = conductor.run(Plan(cases, [] if perturbed else None).trials())
        bench.switchboard.conductor = None
        return done, conductor

    return run


def golden(model, case):
    assert model(case.input) == f"{case.expected}!"


def both(model, case):
    before, after = model(case.input), model(case.perturbed)
    assert before[0] == after[0]


def cases_of(numbers):
    return [Case(f"text {n}", f"text {n}", id=str(n)) for n in numbers]


def test_only_the_first_bodies_are_suspended(run):
    model = Model()
    done, conductor = run(golden, model, cases_of(range(1000)))
    assert [result.outcome for result in done.results] == [Outcome.PASSED] * 1000
    assert conductor.misses == WINDOW
    assert model.asked == [f"text {n}" for n in range(1000)]
    assert done.asks == 1000


def test_both_questions_of_a_pair_are_asked_ahead_and_each_once(run):
    model = Model()
    pairs = [Case(f"text {n}", id=str(n), variants=(f"txet {n}", f"tetx {n}")) for n in range(600)]
    done, conductor = run(both, model, pairs, perturbed=True)
    assert {result.outcome for result in done.results} == {Outcome.PASSED}
    assert len(model.asked) == len(set(model.asked)) == 1800
    assert conductor.misses == 2 * WINDOW


def test_nothing_is_asked_that_a_body_without_lookahead_would_not_ask(run):
    """A model's error ends the body, so that its second question is never asked."""
    pairs = [Case(f"text {n}", id=str(n), variants=(f"txet {n}",)) for n in range(600)]
    model = Model(broken={"text 400", "text 500"})
    done, _ = run(both, model, pairs, perturbed=True)
    assert "txet 399" in model.asked
    assert "txet 400" not in model.asked
    assert [n for n, result in enumerate(done.results) if result.outcome is Outcome.ERROR] == [400, 500]
    assert done.results[400].message == "too long"


def test_a_model_s_error_is_raised_where_it_is_asked_and_not_asked_again(run):
    calls = []

    def raw(x):
        calls.append(x)
        if x in ("text 300", "text 301"):
            raise ValueError("too long")
        return f"{x}!"

    done, _ = run(golden, raw, cases_of(range(310)), batch=False)
    assert [n for n, result in enumerate(done.results) if result.outcome is Outcome.ERROR] == [300, 301]
    assert done.results[300].unanswered
    assert len(calls) == 310


def test_a_body_that_asks_again_after_an_error_asks_the_model_again(bench):
    calls = []

    def raw(x):
        calls.append(x)
        if x == "text 300" and calls.count(x) == 1:
            raise ValueError("for now")
        return x

    model = bench.model(raw)

    def body(case):
        try:
            model(case.input)
        except ValueError:
            model(case.input)

    work = bench.work(body, model, asks=((model, "input"),))
    conductor = bench.switchboard.conductor = Conductor(work, bench.dispatcher)
    done = conductor.run(Plan(cases_of(range(310)), None).trials())
    bench.switchboard.conductor = None
    assert done.results[300].outcome is Outcome.PASSED
    assert calls.count("text 300") == 2
    assert len(calls) == 311


@pytest.mark.parametrize("expected", ["input", "nothing"])
def test_the_first_surprise_ends_it(bench, expected):
    """Whatever the instructions seem to say: what the first bodies did not ask is not asked ahead."""
    raw = Model()
    model = bench.model(raw, batch=True)

    def body(case):
        assert model(case.input if expected == "input" else f"{case.input}?")

    work = bench.work(body, model, asks=((model, "input"),))
    conductor = bench.switchboard.conductor = Conductor(work, bench.dispatcher)
    conductor.run(Plan(cases_of(range(600)), None).trials())
    bench.switchboard.conductor = None
    assert len(raw.asked) == 600
    assert conductor.misses == (WINDOW if expected == "input" else 600)


def test_answers_that_are_at_hand_are_not_looked_for(run, bench):
    cases = cases_of(range(600))
    raw = Model()
    _, first = run(golden, raw, cases)
    done, again = run(golden, raw, cases)
    assert first.misses == WINDOW
    assert again.misses == 0
    assert done.asks == 600
    assert len(raw.asked) == 600


def test_what_changes_under_its_reader_is_left_to_the_bodies(run):
    """A mutable input is copied for each body; which object the model gets must not depend on us."""
    model = Model()
    done, conductor = run(lambda model, case: model(case.input), model, [Case([n]) for n in range(300)])
    assert conductor.misses == 300
    assert len(done.results) == 300


@pytest.mark.parametrize("options", [{"concurrency": 2}, {"deterministic": True}])
def test_models_that_answer_elsewhere_are_asked_by_the_bodies(bench, options):
    model = bench.model(lambda x: x, **options)
    work = bench.work(lambda case: model(case.input), model, asks=((model, "input"),))
    ahead = Conductor(work, bench.dispatcher).lookahead
    assert (ahead is None) == ("concurrency" in options)


def test_offline_and_one_by_one_nothing_is_asked_ahead(bench):
    model = bench.model(lambda x: x)
    work = bench.work(lambda case: model(case.input), model, asks=((model, "input"),), interleave=False)
    assert Conductor(work, bench.dispatcher).lookahead is None
    bench.dispatcher.offline = True
    work = bench.work(lambda case: model(case.input), model, asks=((model, "input"),))
    assert Conductor(work, bench.dispatcher).lookahead is None


def test_whatever_ends_a_test_ends_it_while_the_model_is_asked_ahead(run):
    def raw(inputs):
        if "text 300" in inputs:
            raise KeyboardInterrupt
        return inputs

    with pytest.raises(KeyboardInterrupt):
        run(golden, raw, cases_of(range(600)))


def test_each_run_of_a_trial_is_asked_under_its_own_number(bench):
    raw = Model()
    model = bench.model(raw, batch=True)
    work = bench.work(lambda case: model(case.input), model, asks=((model, "input"),))
    conductor = bench.switchboard.conductor = Conductor(work, bench.dispatcher)
    conductor.run(Plan(cases_of(range(300)), None, repeats=2).trials())
    bench.switchboard.conductor = None
    assert len(raw.asked) == 600
