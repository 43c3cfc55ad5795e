"""Do the verdicts keep their promises? Long simulations of false alarms and of power, as one table.

    python benchmarks/stats_simulations.py              everything, some minutes on one core
    python benchmarks/stats_simulations.py --scale 0.1  with a tenth of the runs: it sees large errors only
    python benchmarks/stats_simulations.py paired drift only these parts

A line ends in "ok" if the measured figure keeps its promise, in "BROKEN" if it does not, and in
nothing if it only describes, such as a naive rule. A promise that is kept looks broken by chance
once in ten thousand times, at every scale: fewer runs widen the bounds. The exit code is 1 where a promise is
broken.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass

import numpy as np
from scipy import stats

from pytest_modelcheck.stats.drift import label_drift, score_drift
from pytest_modelcheck.stats.early import watch_drop, watch_mean
from pytest_modelcheck.stats.exchange import exchange_p_value, page_trend
from pytest_modelcheck.stats.means import cluster_means, gaffke_bounds, mean_p_value, student_p_value
from pytest_modelcheck.stats.noise import disagreements, noise_calibrated_excess
from pytest_modelcheck.stats.paired import drop_p_value, drop_power, mcnemar_exact, tango_score
from pytest_modelcheck.stats.permutation import scores_test, sign_flip_test
from pytest_modelcheck.stats.rates import clopper_pearson, failing_count, lower_tail

SIZES = (10, 20, 50, 100, 500)
CHANCE = 1e-4  # of calling a promise broken that is kept


@dataclass(frozen=True)
class Line:
    """One figure: the simulation, the share (or mean) measured, and its promise."""

    what: str
    measured: float
    promised: str = ""
    kept: bool | None = None


def p_of_repeats(old, old_runs, new, new_runs):
    """The p-value of a drop, from the numbers of passing runs of each case."""
    sides = (
        [[1] * passed + [0] * (runs - passed) for passed in side.tolist()]
        for side, runs in ((old, old_runs), (new, new_runs))
    )
    return exchange_p_value(*sides)


def at_most(what, hits, limit):
    """A share that must not exceed a limit."""
    hits = np.asarray(hits)
    chance = stats.binom.sf(hits.sum() - 1, len(hits), limit)
    return Line(what, hits.mean(), f"at most {limit:g}", bool(chance >= CHANCE))


def about(what, measured, quoted, within):
    """A figure that the statistics quote: a number, or the mean of many."""
    measured = np.ravel(measured)
    if len(measured) > 1:
        spread = quoted * (1 - quoted) if measured.dtype == bool else measured.var(ddof=1)
        within = max(within, stats.norm.isf(CHANCE / 2) * (spread / len(measured)) ** 0.5)
    mean = measured.mean()
    return Line(what, mean, f"about {quoted:g}", bool(abs(mean - quoted) <= within))


def describes(what, measured, remark=""):
    """A figure without a promise."""
    return Line(what, float(np.mean(measured)), remark)


def rate(runs):
    """A golden set against a requirement."""
    passed = 1 - lower_tail(37, 40, 0.95)
    failed = lower_tail(failing_count(40, 0.95, 0.01), 40, 0.95)
    yield about("40 cases at a true 0.95, required 0.95: passed", passed, 0.68, 0.005)
    yield about("  inconclusive", 1 - passed - failed, 0.32, 0.005)
    yield about("  failed", failed, 0.003, 0.0005)
    rng = np.random.default_rng(1)
    for n in SIZES:
        chances = np.clip(rng.beta(0.9, 0.1, n), 0, 1)
        limit = chances.mean()
        passes = (rng.random((20 * runs, n)) < chances).sum(axis=1)
        yield at_most(
            f"fixed list of {n} unequal cases at its limit: failed at 0.01",
            passes <= failing_count(n, limit, 0.01),
            0.01,
        )
        passes = rng.binomial(n * 5, 0.9, 20 * runs)
        yield at_most(
            f"{n} cases of 0.9, 5 runs each: failed at 0.05", passes <= failing_count(5 * n, 0.9, 0.05), 0.05
        )
    passes = rng.binomial(20, 0.99, 20 * runs)
    share = passes / 20
    middle, spread = share + 1.645**2 / 40, 1.645 * np.sqrt(share * (1 - share) / 20 + 1.645**2 / 1600)
    high = (middle + spread) / (1 + 1.645**2 / 20)
    yield describes("Wilson, n=20, rate 0.99: failed at 0.05", high < 0.99, "0.18: why not Wilson")
    pooled = []
    for _ in range(runs):
        chances = rng.beta(0.95, 0.05, 50)
        pooled.append(rng.binomial(10, chances).sum() <= failing_count(500, 0.95, 0.05))
    yield describes(
        "repeats pooled though the list is a sample: failed at 0.05", pooled, "0.24: why the case is the unit"
    )


def score_samples(rng):
    """Kinds of scores, each with its true mean."""
    return {
        "0/1": (lambda n: rng.binomial(1, 0.95, n).astype(float), 0.95),
        "mostly 1, rarely 0": (lambda n: 1.0 - (rng.random(n) < 0.02), 0.98),
        "mostly 1, else anything": (lambda n: np.where(rng.random(n) < 0.8, 1.0, rng.random(n)), 0.9),
        "beta(8, 2)": (lambda n: rng.beta(8, 2, n), 0.8),
        "beta(0.3, 0.1)": (lambda n: rng.beta(0.3, 0.1, n), 0.75),
        "means of 3 runs": (lambda n: rng.binomial(3, rng.beta(4, 1, n)) / 3, 0.8),
    }


def scores(runs):
    """Mean scores against a requirement, the cases being a sample."""
    rng = np.random.default_rng(2)
    for name, (draw, mean) in score_samples(rng).items():
        for n in SIZES:
            p_values = np.array([mean_p_value(draw(n), mean) for _ in range(runs)])
            yield at_most(f"{name}, n={n}, at its limit: failed at 0.05", p_values <= 0.05, 0.05)
            proofs = np.array([mean_p_value(1 - draw(n), 1 - mean) for _ in range(runs)])
            yield at_most(f"{name}, n={n}, at its limit: proved at 0.10", proofs <= 0.10, 0.10)
    t_low, boot_low = [], []
    for _ in range(2 * runs):
        values = 1.0 - (rng.random(20) < 0.02)
        t_low.append(values.mean() - 1.729 * values.std(ddof=1) / 20**0.5 > 0.98)
        boot = np.quantile(rng.choice(values, (300, 20)).mean(axis=1), 0.05)
        boot_low.append(boot > 0.98)
    yield describes("t, mostly 1, rarely 0, n=20: false proof at 0.05", t_low, "0.35 to 0.82: why not t")
    yield describes("bootstrap, the same", boot_low, "0.35 to 0.82: why not the bootstrap")


def paired(runs):
    """Against the approved baseline."""
    rng = np.random.default_rng(3)
    yield about("McNemar: 6 broken and none fixed", mcnemar_exact(6, 0), 0.0156, 0.0001)
    yield about("McNemar: 7 broken and none fixed", mcnemar_exact(7, 0), 0.0078, 0.0001)
    for n in SIZES:
        chances = rng.beta(0.9, 0.3, n)
        p_values = []
        for _ in range(5 * runs):
            old, new = rng.random((2, n)) < chances
            p_values.append(mcnemar_exact(int((old & ~new).sum()), int((~old & new).sum())))
        yield at_most(
            f"unchanged model, {n} unequal cases, single runs: failed at 0.05",
            np.array(p_values) <= 0.05,
            0.05,
        )
    for n in (20, 60, 100, 200, 400):
        ours = {fixed: _first_failing(drop_p_value, fixed, n) for fixed in range(12)}
        theirs = {fixed: _first_failing(tango_p, fixed, n) for fixed in range(12)}
        for fix_rate in (0.001, 0.01):
            tables = rng.multinomial(n, [fix_rate + 0.05, fix_rate, 0.95 - 2 * fix_rate], 100 * runs)
            tables = tables[tables[:, 1] < 12]
            limits = np.array([[ours[fixed], theirs[fixed]] for fixed in range(12)])[tables[:, 1]]
            fails = tables[:, :1] >= limits
            yield at_most(f"at max_drop=0.05, n={n}, {fix_rate:g} fixed: failed at 0.01", fails[:, 0], 0.01)
            yield describes("  the same by Tango's interval", fails[:, 1], "nominal 0.01")
    for n in (40, 100, 200):
        limits = np.array([_first_failing(drop_p_value, fixed, n) for fixed in range(40)])
        for broken in (0.05, 0.0):
            noisy = rng.beta(0.9, 0.3, n)
            old = np.where(np.arange(n) < broken * n, 1.0, noisy)
            new = np.where(np.arange(n) < broken * n, 0.0, noisy) if broken else np.clip(noisy - 0.05, 0, 1)
            was, now = (rng.random((10 * runs, n)) < chances for chances in (old, new))
            regressed, fixed = (was & ~now).sum(axis=1), (~was & now).sum(axis=1)
            how = "5% of the cases break for sure" if broken else "every case fell by 5 points"
            yield at_most(f"at max_drop=0.05, n={n}, {how}: failed at 0.01", regressed >= limits[fixed], 0.01)


def tango_p(regressed, fixed, n, drop):
    """Tango's score test, which is asymptotic."""
    return float(stats.norm.sf(float(tango_score(regressed, fixed, n, drop))))


def _first_failing(p_value, fixed, n):
    return next((b for b in range(n - fixed + 1) if p_value(b, fixed, n, 0.05) <= 0.01), n + 1)


def repeats(runs):
    """Several runs of the same cases, and scores."""
    rng = np.random.default_rng(4)
    for n in (10, 50, 200):
        p_values = []
        for _ in range(2 * runs):
            chances = rng.beta(1, 0.4, n)
            p_values.append(p_of_repeats(rng.binomial(5, chances), 5, rng.binomial(3, chances), 3))
        yield at_most(
            f"unchanged model, {n} cases, 5 and 3 runs: failed at 0.05", np.array(p_values) <= 0.05, 0.05
        )
    p_values = []
    for _ in range(runs // 2):
        centre = rng.beta(4, 2, (30, 1))
        old, new = np.clip(centre + rng.normal(0, 0.1, (2, 30, 3)), 0, 1)
        p_values.append(scores_test(list(old), list(new), 0.05).p_value)
    yield at_most(
        "unchanged model, 30 cases, scores of 3 and 3 runs: failed at 0.05", np.array(p_values) <= 0.05, 0.05
    )
    for n in (20, 100):
        margins = []
        for _ in range(2 * runs):
            chances = rng.beta(2, 0.5, n)
            now = np.where(rng.random(n) < 0.1, chances * 0.5, chances)
            limit = (chances - now).mean()
            drops = (rng.binomial(5, chances) - rng.binomial(5, now)) / 5
            margins.append(mean_p_value((1 - drops) / 2, (1 - limit) / 2) <= 0.05)
        yield at_most(f"{n} cases, 5 and 5 runs, at max_drop: failed at 0.05", margins, 0.05)
    seen = []
    for _ in range(2 * runs):
        chances = rng.beta(1, 0.4, 100)
        now = np.clip(chances - 0.4 * (rng.random(100) < 0.15), 0, 1)
        old, new = rng.binomial(5, chances), rng.binomial(5, now)
        pooled = stats.hypergeom.cdf(new.sum(), 1000, old.sum() + new.sum(), 500)
        was, is_now = old >= 3, new >= 3
        majority = mcnemar_exact(int((was & ~is_now).sum()), int((~was & is_now).sum()))
        seen.append(np.array([p_of_repeats(old, 5, new, 5), pooled, majority]) <= 0.05)
    within, unpaired, majority = np.transpose(seen)
    yield about("power, 100 cases, 5 and 5 runs, 0.05: within cases", within, 0.74, 0.05)
    yield about("  unpaired", unpaired, 0.53, 0.10)
    yield about("  on majority votes", majority, 0.32, 0.05)
    swings = []
    for _ in range(2 * runs):
        means = rng.beta(1, 0.4, (2, 100))  # each version good at other cases, equally good on average
        old, new = rng.binomial(5, means)
        swings.append(
            [
                p_of_repeats(old, 5, new, 5) <= 0.05,
                sign_flip_test((old - new) / 5, 0.05).p_value <= 0.05,
            ]
        )
    within, flipped = np.array(swings).T
    yield describes(
        "versions good at different cases, cases a sample: within cases, 0.05",
        within,
        "not for population=sample",
    )
    yield at_most("  the same, sign-flip of the cases' differences", flipped, 0.05)


def clusters(runs):
    """Cases that depend on each other."""
    rng = np.random.default_rng(5)
    for groups in (10, 20, 50):
        names = np.repeat(np.arange(groups), 10)
        alone, together, bounded = [], [], []
        for _ in range(runs):
            change = rng.choice([-1, 0, 1], p=[0.2, 0.6, 0.2], size=groups)[names] * (
                rng.random(len(names)) < 0.6
            )
            alone.append(mcnemar_exact(int((change > 0).sum()), int((change < 0).sum())) <= 0.05)
            together.append(
                sign_flip_test(cluster_means(change.tolist(), names.tolist()), 0.05).p_value <= 0.05
            )
            bounded.append(mean_p_value(rng.binomial(10, rng.beta(4.5, 0.5, groups)) / 10, 0.9) <= 0.05)
        yield at_most(f"{groups} clusters of 10, unchanged: failed at 0.05", together, 0.05)
        yield describes("  the same, every case its own", alone, "why clusters")
        yield at_most(f"{groups} clusters of 10, rate at its limit: failed at 0.05", bounded, 0.05)


def noisy_answers(rng, cases, moved=0.0):
    """Three base runs and one variant of each case; 13% of the answers to one input differ."""
    error = np.where(rng.random(cases) < 0.5, 0.0, rng.beta(2, 9, cases))
    base = rng.random((cases, 3)) < error[:, None]
    variant = rng.random(cases) < np.where(rng.random(cases) < moved, 1 - error, error)
    return np.column_stack([base, variant])


def invariance(runs):
    """A noisy model that is perfectly invariant, and one that is not."""
    rng = np.random.default_rng(6)
    for n in SIZES:
        naive, calibrated, at_limit, beyond = [], [], [], []
        for _ in range(runs // (4 if n > 100 else 1)):
            answers = noisy_answers(rng, n)
            flips = int((answers[:, 0] != answers[:, 3]).sum())
            naive.append(clopper_pearson(flips, n, 0.95)[0] > 0.02)
            found = noise_calibrated_excess([disagreements(row.tolist()) for row in answers], 3, 0.05)
            calibrated.append(found.p_value <= 0.05)
            for moved, low in ((0.0625, at_limit), (0.25, beyond)):
                tables = [disagreements(row.tolist()) for row in noisy_answers(rng, n, moved)]
                low.append(noise_calibrated_excess(tables, 3, 0.05).low > 0.05)
        yield at_most(f"invariant, n={n}, nothing allowed: failed at 0.05", calibrated, 0.05)
        yield describes("  the same by a naive flip rule", naive, "1.00 at n=100")
        yield at_most(f"excess of 5%, n={n}, 5% allowed: failed at 0.05", at_limit, 0.05)
        yield describes("  excess of 20%: failed", beyond, "power")


def mean_changes(runs):
    """A mean change just as required: 0 by flipping signs, more by Gaffke and by Student."""
    rng = np.random.default_rng(12)
    kinds = {
        "normal": lambda n: rng.normal(0, 0.1, n),
        "few rise much, most fall a little": lambda n: np.where(rng.random(n) < 0.1, 0.45, -0.05),
    }
    for name, draw in kinds.items():
        for n in (20, 50, 200):
            flips, gaffke, student = [], [], []
            for _ in range(runs):
                drawn = np.clip(draw(n), -1, 1)
                flips.append(sign_flip_test(-drawn, 0.05).p_value <= 0.05)
                gaffke.append(mean_p_value((drawn + 1) / 2, 0.5) <= 0.05)
                student.append(student_p_value(drawn, 0.0) <= 0.05)
            honest = name == "normal"
            tell = (lambda what, hits: at_most(what, hits, 0.05)) if honest else describes
            yield tell(f"{name}, n={n}: flipped signs", flips)
            yield at_most(f"{name}, n={n}: Gaffke", gaffke, 0.05)
            yield tell(f"{name}, n={n}: Student", student)


def trend(runs):
    """Page's test over four levels: a rise that is shown though there is none, and one that is there."""
    rng = np.random.default_rng(13)
    for n in (10, 40, 100):
        for slope in (0.0, 0.25, 0.5, 1.0):
            rows = [rng.normal(size=(n, 4)) + slope * np.arange(4) / 3 for _ in range(runs)]
            shown = [page_trend(each) <= 0.1 for each in rows]
            if slope:
                yield describes(f"n={n}, rises by {slope:g} of its noise: shown", shown)
            else:
                yield at_most(f"n={n}, does not rise: shown", shown, 0.1)
                failed = [page_trend(each[:, ::-1]) <= 0.01 for each in rows]
                yield at_most(f"n={n}, does not rise: failed", failed, 0.01)


def early_stop(runs):
    """Verdicts that may be looked at after every answer."""
    rng = np.random.default_rng(7)

    def watch(draw, make):
        monitors = [make() for _ in range(runs)]
        decisions = [monitor.feed(draw().tolist()) for monitor in monitors]
        return np.array(decisions), np.array([monitor.seen for monitor in monitors])

    def a_rate():
        return watch_mean(0.95, 0.05, 0.05, 0.10)

    for true, calls in ((0.99, 52), (0.80, 33)):
        _, seen = watch(lambda true=true: rng.binomial(1, true, 3000), a_rate)
        yield about(f"calls until a verdict at a true rate of {true}", seen, calls, 3)
    decided, seen = watch(lambda: rng.binomial(1, 0.95, 3000), a_rate)
    yield at_most("rate at its limit: failed at 0.05", decided == "failed", 0.05)
    yield describes("  calls", seen)
    decided, _ = watch(lambda: rng.binomial(1, 0.90, 3000), a_rate)
    yield at_most("rate short by the tolerance: passed at 0.10", decided == "passed", 0.10)
    for concurrency in (8, 40, 200):
        decided, _ = watch(
            lambda c=concurrency: np.sort(rng.binomial(1, 0.95, 2000).reshape(-1, c)).ravel(), a_rate
        )
        yield describes(
            f"fed as completed, {concurrency} at once, wrong ones first: failed",
            decided == "failed",
            "why not",
        )
    for n in (20, 100, 500):
        chances = np.where(np.arange(n) < 0.1 * n, 0.5, 1.0)  # a fixed list of unequal cases, mean 0.95
        decided, _ = watch(lambda c=chances: (rng.random(len(c)) < rng.permutation(c)).astype(int), a_rate)
        yield at_most(
            f"shuffled list of {n} unequal cases at its limit: failed at 0.05", decided == "failed", 0.05
        )
        whole = np.arange(n) < round(0.95 * n)
        decided, seen = watch(
            lambda w=whole: rng.permutation(w).astype(int),
            lambda n=n: watch_mean(0.95, 0.05, 0.05, 0.1, total=n),
        )
        yield at_most(f"deterministic list of {n} at its limit: failed at 0.05", decided == "failed", 0.05)
    decided, _ = watch(lambda: rng.beta(18, 2, 2000), lambda: watch_mean(0.9, 0.05, 0.05, 0.1, graded=True))
    yield at_most("scores at their limit: failed at 0.05", decided == "failed", 0.05)
    for drop, verdict, limit in ((0.02, "failed", 0.05), (0.12, "passed", 0.10)):
        decided, seen = watch(
            lambda drop=drop: rng.choice([1, 0, -1], 1500, p=[drop + 0.05, 0.9 - drop, 0.05]),
            lambda: watch_drop(0.02, 0.1, 0.05, 0.10),
        )
        yield at_most(
            f"paired, drop of {drop}, 0.02 allowed, tolerance 0.1: {verdict}", decided == verdict, limit
        )
        yield describes("  calls", seen)
    limits = np.array(
        [max((k for k in range(n) if lower_tail(k, n, 0.95) <= 0.05), default=-1) for n in range(1, 301)]
    )
    passed = np.cumsum(rng.binomial(1, 0.95, (4 * runs, 300)), axis=1)
    yield describes(
        "exact test after each of 300 calls: failed at 0.05",
        (passed <= limits).any(axis=1),
        "0.13 to 0.30: why not",
    )


def drift(runs):
    """Two samples."""
    rng = np.random.default_rng(8)
    for n in (50, 500):
        labels, values = [], []
        for _ in range(runs // 2):
            labels.append(label_drift(*rng.choice(5, (2, n)).tolist(), 0.05).p_value <= 0.05)
            values.append(score_drift(*rng.exponential(size=(2, 50)), 0.05).p_value <= 0.05)
        yield at_most(f"labels, n={n}, nothing changed: p at most 0.05", labels, 0.05)
        yield at_most("scores, n=50, nothing changed: p at most 0.05", values, 0.05)
    fires = []
    for _ in range(4 * runs):
        old, new = rng.multinomial(50, np.full(6, 1 / 6), 2) / 50 + 1e-4
        fires.append(((new - old) * np.log(new / old)).sum() > 0.1)
    yield describes("PSI of six labels > 0.1, n=50, nothing changed", fires, "0.82: why not")
    fires = []
    for _ in range(4 * runs):
        old, new = rng.multinomial(10_000, [0.5, 0.3, 0.2]), rng.multinomial(10_000, [0.515, 0.29, 0.195])
        fires.append(stats.chi2_contingency([old, new]).pvalue <= 0.05)
    yield describes("chi-squared, n=10,000, 1.5 points moved: p at most 0.05", fires, "why a tolerance too")
    swapped, pooled = [], []
    for _ in range(runs // 8):
        before = rng.normal(0, 1, 200)
        now = before + rng.normal(0.04, 0.2, 200)
        swapped.append(score_drift(before, now, 0.05, paired=True).p_value <= 0.05)
        pooled.append(score_drift(before, now, 0.05).p_value <= 0.05)
    yield about("same 200 inputs, two versions: swapped within pairs", swapped, 0.60, 0.15)
    yield about("  across the pool", pooled, 0.0, 0.02)


def power(runs):
    """Changes called detectable are detected."""
    rng = np.random.default_rng(10)
    tables = rng.multinomial(200, [0.12, 0.03, 0.85], 10 * runs)
    measured = [mcnemar_exact(int(b), int(c)) <= 0.01 for b, c, _ in tables]
    yield about(
        "drop of 9 points, 200 cases, 0.01", measured, round(drop_power(200, 0.09, 0.03, 0.01), 3), 0.03
    )
    failed = [
        p_of_repeats(rng.binomial(4, np.full(50, 0.8873)), 4, rng.binomial(4, np.full(50, 0.7673)), 4) <= 0.01
        for _ in range(runs)
    ]
    yield about(
        "drop of 12 points, 50 cases, 4 and 4 runs",
        failed,
        round(drop_power(200, 0.12, 0.0865, 0.01), 3),
        0.05,
    )
    spread = [gaffke_bounds(rng.beta(8, 2, 100), 0.99) for _ in range(runs // 4)]
    yield at_most(
        "Gaffke, both bounds at 0.99, n=100: mean outside",
        [not low <= 0.8 <= high for low, high in spread],
        0.02,
    )


PARTS = {
    part.__name__: part
    for part in (
        rate,
        scores,
        paired,
        repeats,
        clusters,
        invariance,
        mean_changes,
        trend,
        early_stop,
        drift,
        power,
    )
}


def main() -> int:
    """Run the chosen parts and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "parts", nargs="*", choices=[*PARTS, []], default=[], help="of the table; all by default"
    )
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of runs")
    options = parser.parse_args()
    broken = 0
    for name in options.parts or PARTS:
        began = time.perf_counter()
        print(f"\n{name}: {PARTS[name].__doc__}")
        for line in PARTS[name](max(40, int(1_000 * options.scale))):
            verdict = "" if line.kept is None else "ok" if line.kept else "BROKEN"
            print(f"  {line.what:<78} {line.measured:>9.4g}  {line.promised:<34} {verdict}", flush=True)
            broken += line.kept is False
        print(f"  ({time.perf_counter() - began:.0f} s)")
    print(f"\n{broken} broken" if broken else "\nevery promise is kept")
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
