"""Do whole checks keep their promises? False failures and power of simulated models, through a session.

    python benchmarks/stats_end_to_end.py              some minutes on one core
    python benchmarks/stats_end_to_end.py --runs 50    with so many models a line
    python benchmarks/stats_end_to_end.py --only early only the lines that have this in their name

Every line runs the check as pytest would, from its cases to its verdict, with a new model for each run, and
counts those that fail. A line ends in "ok" if that keeps its promise (three standard errors of the
simulation aside), in "BROKEN" where it does not, and in nothing where it only describes. The exit code is 1
where a promise is broken.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from contextlib import nullcontext
from dataclasses import replace
from math import inf
from pathlib import Path

from promises import kept

from pytest_modelcheck.baselines.store import ApprovedVersion
from pytest_modelcheck.cases import load
from pytest_modelcheck.checks.drift import Reference
from pytest_modelcheck.checks.limits import NAMES, limits_from
from pytest_modelcheck.checks.spec import CheckSpec
from pytest_modelcheck.engine.view import give_score
from pytest_modelcheck.models.definition import Definition
from pytest_modelcheck.perturb import append, as_perturbations, levels
from pytest_modelcheck.records import CHANGE, GRADE, Outcome, Scale
from pytest_modelcheck.session import RunOptions, Session

CHECK = "test_simulated.py::test"
ANYWHERE = Scale(-inf, inf)
SHOUT = as_perturbations([str.upper])


def classify(error):
    if isinstance(error, AssertionError):
        return Outcome.FAILED
    return Outcome.ERROR if isinstance(error, Exception) else None


def known(model, case):
    assert model(case.input) == "right"


def scored(model, case):
    give_score(case, model(case.input))


def moves(model, case):
    give_score(case, model(case.perturbed) - model(case.input))


def asks(model, case):
    model(case.input)


def rated(model, case):
    give_score(case, model(case.perturbed))


def agree(model, case):
    assert model(case.perturbed) == model(case.input)


def run(folder, model, cases, body, version="1", approve=False, suite=None, concurrency=None, **options):
    """One check in a session of its own; its verdict."""
    session = Session(RunOptions(folder / "baselines", folder / "cache", suite_false_fail_rate=suite), "0")
    definition = Definition(
        "simulated", "s", "simulated.py:1", takes_version=True, deterministic=False, concurrency=concurrency
    )
    opened = session.open_model(definition, model, version)
    scale = options.get("scale", GRADE)
    of_limits = GRADE if "levels" in options else scale
    limits = limits_from({name: options.pop(name) for name in NAMES if name in options}, of_limits)
    spec = CheckSpec(
        id=CHECK,
        kind=options.pop("kind", "golden"),
        cases=list(load(cases)),
        body=lambda case: body(opened, case),
        subject=opened,
        classify=classify,
        render=str,
        quietly=nullcontext,
        limits=limits,
        **options,
    )
    try:
        verdict = session.run(spec).verdict
        if approve:
            candidate = session.candidates.read("simulated", CHECK, version)
            header = replace(candidate.header, approved_at="2026-01-01T00:00:00Z")
            session.store.write(header, candidate.lines())
            session.store.set_approved("simulated", ApprovedVersion(version))
        return verdict
    finally:
        session.close()


def cases(n, templates=1):
    return [
        {"id": str(number), "input": f"question {number}", "metadata": {"template": number // templates}}
        for number in range(n)
    ]


def number_of(x):
    return int(x.split()[-1])


def of_chances(chances, rng):
    """A model that is right with a chance of its own for each case."""
    return lambda x: "right" if rng.random() < chances[number_of(x)] else "wrong"


def unequal(n, mean, rng):
    """Chances that differ from case to case, with just this mean."""
    drawn = [rng.betavariate(4 * mean, 4 * (1 - mean)) for _ in range(n)]
    for _ in range(200):
        shift = mean - sum(drawn) / n
        drawn = [min(1.0, max(0.0, each + shift)) for each in drawn]
    return drawn


def flipping(own, under, rng):
    """A model that answers "odd" now and then, and more often where it reads capitals."""
    return lambda x: "odd" if rng.random() < (own + under if x.isupper() else own) else "usual"


def at_limit(n, *, confirm=True, **options):
    def one(folder, rng):
        model = of_chances(unequal(n, 0.9, rng), rng)
        return run(folder, model, cases(n), known, at_least=0.9, confirm=confirm, **options)

    return one


def at_limit_scored(n):
    def one(folder, rng):
        return run(folder, lambda x: rng.betavariate(9, 1), cases(n), scored, at_least=0.9)

    return one


def at_limit_sampled(groups, each):
    """Templates that are good or bad as a whole, drawn again in each run: 90% of them good."""

    def one(folder, rng):
        good = [rng.random() < 0.9 for _ in range(groups)]
        chances = [float(good[number // each]) for number in range(groups * each)]
        limits = {"at_least": 0.9, "population": "sample", "cluster": "template"}
        return run(folder, of_chances(chances, rng), cases(groups * each, each), known, **limits)

    return one


def against_approved(n, repeats, worse=0.0, body=known, graded=False, **options):
    def one(folder, rng):
        before = [rng.betavariate(1, 0.4) for _ in range(n)]
        now = [max(0.0, each - 0.4 * (rng.random() < 0.15)) if worse else each for each in before]

        def model(chances):
            if not graded:
                return of_chances(chances, rng)
            return lambda x: min(1.0, max(0.0, rng.gauss(chances[number_of(x)], 0.1)))

        run(folder, model(before), cases(n), body, approve=True, repeats=repeats, at_least=0.0)
        return run(folder, model(now), cases(n), body, version="2", repeats=repeats, **options)

    return one


def invariance(n, own, under, **options):
    def one(folder, rng):
        shouted = {"kind": "invariance", "perturbations": SHOUT, **options}
        return run(folder, flipping(own, under, rng), cases(n), agree, **shouted)

    return one


def of_rate(n, rate, **options):
    def one(folder, rng):
        return run(folder, of_chances([rate] * n, rng), cases(n), known, **options)

    return one


def changed_since(n, moved, **options):
    """A noisy model that is approved and called again, with ``moved`` of the cases answered otherwise."""

    def one(folder, rng):
        noisy = [rng.random() < 0.25 for _ in range(n)]

        def answering(moved):
            def answer(x):
                if number_of(x) < moved * n:
                    return "moved"
                return "right" if not noisy[number_of(x)] or rng.random() < 0.7 else "wrong"

            return answer

        limits = {"at_least": 0.0, "max_drop": 0.999}
        run(folder, answering(0.0), cases(n), known, approve=True, repeats=3, **limits)
        return run(folder, answering(moved), cases(n), known, version="2", **limits, **options)

    return one


def rises(n, rise, at_least, **options):
    """The mean of graded changes."""

    def one(folder, rng):
        model = lambda x: rng.gauss(0.5 + rise * x.isupper(), 0.05)  # noqa: E731
        kind = {"kind": "directional", "perturbations": SHOUT, "scale": CHANGE}
        return run(folder, model, cases(n), moves, at_least=at_least, **kind, **options)

    return one


def drifts(n, before, now):
    """Labels of other inputs than those that were approved."""

    def one(folder, rng):
        share = {"1": before, "2": now}
        drift = {"kind": "drift", "drift": Reference()}
        for version, first in (("1", 0), ("2", n)):
            model = lambda x, version=version: "refund" if rng.random() < share[version] else "other"  # noqa: E731
            inputs = [f"question {first + number}" for number in range(n)]
            verdict = run(folder, model, inputs, asks, version=version, approve=version == "1", **drift)
        return verdict

    return one


def numbers_or_features(n, features):
    """Numbers, or vectors of them, of other inputs than those that were approved; nothing moved."""

    def one(folder, rng):
        def model(x):
            return [rng.gauss(0, 1), rng.random(), rng.randrange(3)] if features else rng.gauss(0, 1)

        for version, first in (("1", 0), ("2", n)):
            inputs = [f"question {first + number}" for number in range(n)]
            approve = {"version": version, "approve": version == "1"}
            verdict = run(folder, model, inputs, asks, kind="drift", drift=Reference(), **approve)
        return verdict

    return one


def together(chances, rng):
    """A model that is right or wrong for a whole template of ten cases, drawn afresh for each version."""
    right = [rng.random() < chance for chance in chances]
    return lambda x: "right" if right[number_of(x) // 10] else "wrong"


def groups_unchanged(groups, **options):
    def one(folder, rng):
        chances = [rng.betavariate(1, 0.4) for _ in range(groups)]
        rows = cases(groups * 10, 10)
        run(folder, together(chances, rng), rows, known, approve=True, at_least=0.0, cluster="template")
        now = {"version": "2", "cluster": "template", **options}
        return run(folder, together(chances, rng), rows, known, **now)

    return one


def many_lose_a_little(n):
    """A sample of inputs of which nine in ten lose 0.1 and the tenth gains 0.9, so that the mean stays."""

    def one(folder, rng):
        gains = [rng.random() < 0.1 for _ in range(n)]
        before = lambda x: 0.05 if gains[number_of(x)] else 0.95  # noqa: E731
        now = lambda x: 0.95 if gains[number_of(x)] else 0.85  # noqa: E731
        sampled = {"population": "sample", "at_least": 0.0}
        run(folder, before, cases(n), scored, approve=True, **sampled)
        return run(folder, now, cases(n), scored, version="2", **sampled)

    return one


def at_margin(n, margin, repeats, **options):
    """Chances that fall by just ``margin`` on average, in few cases by much."""

    def one(folder, rng):
        before = [rng.choice([1.0, 0.9, 0.6]) for _ in range(n)]
        now, left = list(before), margin * n
        for number in rng.sample(range(n), n):
            fall = min(now[number], rng.choice([0.2, 0.5, 1.0]), left)
            now[number] -= fall
            left -= fall
        run(folder, of_chances(before, rng), cases(n), known, approve=True, repeats=repeats, at_least=0.0)
        model = of_chances(now, rng)
        return run(folder, model, cases(n), known, version="2", repeats=repeats, max_drop=margin, **options)

    return one


def runs_unequal(n, then, now, score_as=None, chance=0.95, **options):
    """As good as the approved version, which was run more or less often."""

    def one(folder, rng):
        model = of_chances([chance] * n, rng)
        run(folder, model, cases(n), known, approve=True, repeats=then, score_as=score_as, at_least=0.0)
        return run(folder, model, cases(n), known, version="2", repeats=now, score_as=score_as, **options)

    return one


def two_of_two_at_limit(n):
    def one(folder, rng):
        chances = [rng.choice([0.7, 0.9, 1.0]) for _ in range(n)]
        limit = sum(chance**2 for chance in chances) / n
        model = of_chances(chances, rng)
        return run(folder, model, cases(n), known, repeats=3, score_as="pass^2", at_least=limit)

    return one


def dropped(n, drop, repeats=1, **options):
    """A version that is right ``drop`` less often than the approved one."""

    def one(folder, rng):
        before, now = (of_chances([chance] * n, rng) for chance in (0.9, 0.9 - drop))
        run(folder, before, cases(n), known, approve=True, repeats=repeats, at_least=0.0)
        return run(folder, now, cases(n), known, version="2", repeats=repeats, **options)

    return one


def over_levels(n, slope):
    """Scores at four levels, with noise of 0.1."""

    def one(folder, rng):
        model = lambda x: rng.gauss(0.5 + slope * x.count("!"), 0.1)  # noqa: E731
        steps = levels(append("!"), append("!!"), append("!!!"))
        kind = {"kind": "directional", "perturbations": steps.steps, "levels": steps, "scale": ANYWHERE}
        return run(folder, model, cases(n), rated, at_least=1.0, **kind)

    return one


def slow_when_right(chances, rng):
    """The same with wrong answers that return sooner than right ones."""
    draw = of_chances(chances, rng)

    def model(x):
        answer = draw(x)
        time.sleep(0.002 if answer == "right" else 0.0)
        return answer

    return model


def early_at_limit(n, concurrency=None, kind=of_chances, **options):
    def one(folder, rng):
        limits = {"at_least": 0.9, "tolerance": 0.05, "early_stop": True, "false_fail_rate": 0.05, **options}
        model = kind(unequal(n, 0.9, rng), rng)
        return run(folder, model, cases(n), known, concurrency=concurrency, **limits)

    return one


def early_settled_at_limit(n):
    """Cases each of which always passes or always fails, drawn without replacement, watched as if noisy."""

    def one(folder, rng):
        wrong = set(rng.sample(range(n), round(0.1 * n)))
        limits = {"at_least": 0.9, "tolerance": 0.05, "early_stop": True, "false_fail_rate": 0.05}
        model = of_chances([float(number not in wrong) for number in range(n)], rng)
        return run(folder, model, cases(n), known, seed=rng.randrange(1 << 30), **limits)

    return one


def early_scored_at_limit(n):
    def one(folder, rng):
        limits = {"at_least": 0.9, "tolerance": 0.05, "early_stop": True, "false_fail_rate": 0.05}
        return run(folder, lambda x: rng.betavariate(9, 1), cases(n), scored, **limits)

    return one


def at_most(limit):
    return f"at most {limit:g}", lambda share, runs: kept(share, limit, runs)


def passes_at_most(limit):
    """A model that falls short by the tolerance."""
    what, keeps = at_most(limit)
    return f"passes {what}", keeps


def at_least(limit):
    return f"at least {limit:g}", lambda share, runs: kept(1 - share, 1 - limit, runs)


LINES = [
    *(
        (
            f"rate of {n} unequal cases at its limit, confirm={confirm}",
            at_limit(n, confirm=confirm),
            at_most(0.01),
        )
        for n in (10, 40, 200)
        for confirm in (True, False)
    ),
    ("  the same, 5 runs of 40 cases", at_limit(40, repeats=5), at_most(0.01)),
    ("  the same, 40 cases, false_fail_rate=0.05", at_limit(40, false_fail_rate=0.05), at_most(0.05)),
    ("mean score of 40 cases at its limit", at_limit_scored(40), at_most(0.01)),
    ("20 templates of 10 cases, 90% good, required 90%", at_limit_sampled(20, 10), at_most(0.01)),
    ("unchanged, 40 cases, 1 run", against_approved(40, 1), at_most(0.01)),
    ("unchanged, 100 cases, 5 runs, 0.05", against_approved(100, 5, false_fail_rate=0.05), at_most(0.05)),
    (
        "unchanged, 40 cases, scores of 3 runs, 0.05",
        against_approved(40, 3, body=scored, graded=True, false_fail_rate=0.05),
        at_most(0.05),
    ),
    ("invariant, 30 cases, disagrees with itself 13%", invariance(30, 0.07, 0.0), at_most(0.01)),
    (
        "invariant, 100 cases, disagrees with itself 13%, 0.05",
        invariance(100, 0.07, 0.0, false_fail_rate=0.05),
        at_most(0.05),
    ),
    ("  the same, at_least=0.95", invariance(100, 0.07, 0.0, at_least=0.95), at_most(0.01)),
    (
        "a rate of 75% that 40 cases reveal, confirm=False",  # only warns
        of_rate(40, 0.748, at_least=0.95, confirm=False),
        at_most(0),
    ),
    ("  the same, confirmed", of_rate(40, 0.748, at_least=0.95), at_least(0.9)),
    (
        "15% of 100 cases 40 points worse, 5 runs, 0.05, confirm=False",
        against_approved(100, 5, 1.0, false_fail_rate=0.05, confirm=False),
        at_most(0),
    ),
    ("  the same, confirmed", against_approved(100, 5, 1.0, false_fail_rate=0.05), at_least(0.69)),
    ("perturbed answers change 30% more, 60 cases", invariance(60, 0.07, 0.3), None),
    *(
        (f"early: {n} unequal cases at their limit, 0.05", early_at_limit(n), at_most(0.05))
        for n in (10, 40, 200, 500)
    ),
    ("early: 200 cases that always pass or always fail, 0.05", early_settled_at_limit(200), at_most(0.05)),
    (
        "early: 200 cases, 8 at once, wrong answers faster, 0.05",
        early_at_limit(200, 8, slow_when_right),
        at_most(0.05),
    ),
    ("early: 100 cases, 3 runs of each, 0.05", early_at_limit(100, repeats=3), at_most(0.05)),
    ("early: 200 scores at their limit, 0.05", early_scored_at_limit(200), at_most(0.05)),
    (
        "early: unchanged, 100 cases, tolerance=0.1, 0.05",
        against_approved(100, 1, early_stop=True, tolerance=0.1, false_fail_rate=0.05),
        at_most(0.05),
    ),
    (
        "early: a rate of 0.99, 0.95 required, tolerance=0.05, 0.05",
        of_rate(233, 0.99, at_least=0.95, tolerance=0.05, early_stop=True, false_fail_rate=0.05),
        at_most(0.05),
    ),
    (
        "early: a rate of 0.80, 0.95 required, tolerance=0.05, 0.05",
        of_rate(233, 0.80, at_least=0.95, tolerance=0.05, early_stop=True, false_fail_rate=0.05),
        at_least(0.99),
    ),
    (
        "early: a rate of 0.90, 0.95 required, tolerance=0.05, 0.05",
        of_rate(233, 0.90, at_least=0.95, tolerance=0.05, early_stop=True, false_fail_rate=0.05),
        passes_at_most(0.1),
    ),
    (
        "unchanged, 100 cases, 1 run, max_drop=0.05, 0.05",
        against_approved(100, 1, max_drop=0.05, false_fail_rate=0.05),
        at_most(0.05),
    ),
    *(
        (
            f"unchanged, 100 cases, noisy, {limit}={allowed}",
            changed_since(100, 0.0, **{limit: allowed}),
            at_most(0.01),
        )
        for limit in ("max_changed", "max_regressed")
        for allowed in (0, 0.02)
    ),
    ("  15% of them answered otherwise, max_changed=0.02", changed_since(100, 0.15, max_changed=0.02), None),
    (
        "  15% of them answered otherwise, max_regressed=0.02",
        changed_since(100, 0.15, max_regressed=0.02),
        None,
    ),
    ("mean change of 40 cases just 0, required 0", rises(40, 0.0, 0.0), at_most(0.01)),
    ("  it falls by 0.05", rises(40, -0.05, 0.0), at_least(0.9)),
    ("mean change of 40 cases just 0.05, required 0.05", rises(40, 0.05, 0.05), at_most(0.01)),
    ("200 labels a side, nothing moved", drifts(200, 0.3, 0.3), at_most(0.01)),
    ("50 labels a side, nothing moved", drifts(50, 0.3, 0.3), at_most(0.01)),
    ("200 labels a side, 31% became 14%", drifts(200, 0.31, 0.14), at_least(0.85)),
    ("50 numbers a side, nothing moved", numbers_or_features(50, features=False), at_most(0.01)),
    ("60 vectors a side, nothing moved", numbers_or_features(60, features=True), at_most(0.01)),
    ("20 templates unchanged, 0.05", groups_unchanged(20, false_fail_rate=0.05), at_most(0.05)),
    (
        "  the same as a sample, 0.05",
        groups_unchanged(20, population="sample", false_fail_rate=0.05),
        at_most(0.05),
    ),
    ("a sample of 20: many lose a little, few gain much", many_lose_a_little(20), at_most(0.01)),
    (
        "100 cases just at max_drop=0.05, 1 run, 0.05",
        at_margin(100, 0.05, 1, false_fail_rate=0.05),
        at_most(0.05),
    ),
    (
        "60 cases just at max_drop=0.05, 3 runs, 0.05",
        at_margin(60, 0.05, 3, false_fail_rate=0.05),
        at_most(0.05),
    ),
    (
        "unchanged, approved with 1 run, 5 now, 0.05",
        runs_unequal(60, 1, 5, false_fail_rate=0.05),
        at_most(0.05),
    ),
    (
        "unchanged, approved with 3 runs, 1 now, 0.05",
        runs_unequal(60, 3, 1, false_fail_rate=0.05),
        at_most(0.05),
    ),
    (
        "unchanged, pass^5 of 5 runs, then called again, 0.05",
        runs_unequal(40, 5, 5, "pass^5", 0.99, false_fail_rate=0.05),
        at_most(0.05),
    ),
    (
        "unchanged, pass^5 of 5 runs then and 10 now, 0.05",
        runs_unequal(40, 5, 10, "pass^5", 0.99, false_fail_rate=0.05, confirm=False),
        at_most(0.05),
    ),
    ("30 cases at their limit, pass^2 of 3 runs", two_of_two_at_limit(30), at_most(0.01)),
    (
        "proof: a rate of 0.90, 0.95 required, 200 cases",
        of_rate(200, 0.90, at_least=0.95, tolerance=0.05, require_proof=True),
        passes_at_most(0.1),
    ),
    (
        "proof: a rate of 0.98, all required, 120 cases",
        of_rate(120, 0.98, at_least=1.0, tolerance=0.02, require_proof=True),
        passes_at_most(0.1),
    ),
    (
        "proof: 10 points worse, 100 cases",
        dropped(100, 0.1, tolerance=0.1, require_proof=True),
        passes_at_most(0.1),
    ),
    (
        "proof: 10 points worse, 60 cases, 3 runs",
        dropped(60, 0.1, 3, tolerance=0.1, require_proof=True),
        passes_at_most(0.1),
    ),
    (
        "early: 10 points worse, tolerance=0.1, 200 cases, 0.05",
        dropped(200, 0.1, tolerance=0.1, early_stop=True, false_fail_rate=0.05),
        passes_at_most(0.1),
    ),
    ("40 cases at 4 levels, nothing rises", over_levels(40, 0.0), passes_at_most(0.1)),
    ("  fails", over_levels(40, 0.0), at_most(0.01)),
    ("  falls by a tenth of its noise a level", over_levels(40, -0.01), None),
]


def main() -> int:
    """Run all lines and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=300, help="models a line")
    parser.add_argument("--only", default="", help="part of a line's name")
    given = parser.parse_args()
    runs = given.runs
    broken = 0
    print(f"{'':<62} {'failed':>7} {'warned':>7} {'calls':>7}")
    for number, (what, one, promise) in enumerate(LINES):
        if given.only not in what:
            continue
        began = time.perf_counter()
        verdicts = []
        for seed in range(runs):
            with tempfile.TemporaryDirectory() as folder:
                verdicts.append(one(Path(folder), random.Random(f"{number}/{seed}")))
        failed = sum(verdict.failed for verdict in verdicts) / runs
        passed = sum(verdict.passed for verdict in verdicts) / runs
        warned = sum(verdict.status.value == "inconclusive" for verdict in verdicts) / runs
        calls = sum(verdict.calls.new for verdict in verdicts) / runs
        words, keeps = promise or ("", lambda *_: True)
        is_stored = keeps(passed if words.startswith("passes") else failed, runs)
        broken += not is_stored
        mark = "" if promise is None else "ok" if is_stored else "BROKEN"
        seconds = time.perf_counter() - began
        print(
            f"{what:<62} {failed:>7.3f} {warned:>7.3f} {calls:>7.0f}  {words:<18} {mark:<7} {seconds:.0f} s",
            flush=True,
        )
    print(f"\n{broken} broken" if broken else "\nevery promise is kept")
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
