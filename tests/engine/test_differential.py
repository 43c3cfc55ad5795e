"""Random suites give the outcomes of a plain loop in every run: a few of ``benchmarks/differential.py``."""

import differential


def test_random_suites_come_out_as_a_naive_loop_says():
    found = differential.compare(range(20), runs=("cold", "warm", "half", "partly"))
    assert found.differences == []
    assert found.trials > 100
    assert found.made > 80


def test_bodies_that_are_cut_off_and_started_again_come_out_as_a_naive_loop_says():
    found = differential.compare(
        range(20, 30), without={"state", "locks", "fixtures"}, runs=("cold", "warm"), gather=True
    )
    assert found.differences == []
    assert found.made > 50


def test_a_wrong_outcome_a_call_too_many_and_a_forgotten_answer_are_differences():
    """The comparison itself can fail."""
    needed = differential.Needed(
        outcomes={"c0": ["passed"], "c1": ["failed"]},
        answered=["7 m0 ('a',)"],
        in_place=["m1"],
        unstored=[],
        unclaimed=[],
        calls=1,
        calls_again=False,
        cancels=False,
        repeats=1,
    )

    def run_of(name, outcomes, calls, results=()):
        run = differential.Run.__new__(differential.Run)
        run.name, run.troubles = name, {}
        run.outcomes = {"test_suite_7.py": outcomes}
        run.answered = differential.Counter(calls)
        run.results = {"test_suite_7.py": set(results)}
        run.changed = differential.Counter({"test_suite_7.py": len(results)})
        return run

    def differences(name, outcomes, *calls, cold=(), results=()):
        found = differential.Compared()
        first = run_of("cold", needed.outcomes, cold)
        differential.hold(found, 7, needed, run_of(name, outcomes, calls, results), first)
        return [difference.partition(": ")[2] for difference in found.differences]

    assert differences("cold", needed.outcomes, "7 m0 ('a',)") == []
    assert differences("cold", {**needed.outcomes, "c1": ["passed"]}) == [
        "1 cases differ; c1 must be ['failed'], is ['passed']"
    ]
    assert differences("cold", needed.outcomes, *["7 m0 ('a',)"] * 2) == ["answered 2 times: 7 m0 ('a',)"]
    assert differences("warm", needed.outcomes, "7 m0 ('a',)") == [
        "called again with a full cache: 7 m0 ('a',)"
    ]
    assert differences("warm", needed.outcomes, results=["c0 yes"]) == [
        "other results than in the first run: ['c0 yes']"
    ]
    assert differences("approved", needed.outcomes, results=["c0 yes"]) == [
        "1 cases differ from what is approved"
    ]
    needed.repeats = 2  # two calls of one input: one may be in vain, with a full cache, too, but not two
    assert differences("warm", needed.outcomes, "7 m0 ('a',)", cold=["7 m0 ('a',)"]) == []
    assert differences("warm", needed.outcomes, "7 m0 ('a',)", cold=["7 m0 ('a',)"] * 2) == [
        "called again with a full cache: 7 m0 ('a',)"
    ]
    assert differences("cold", needed.outcomes, "7 m1 ('b',)") == ["unexpected call: 7 m1 ('b',)"]
