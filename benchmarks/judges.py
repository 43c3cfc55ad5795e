"""Do corrected verdicts keep their promise? Rates are enumerated exactly, means simulated.

    python benchmarks/judges.py            a fifth of the grid: a minute of one core
    python benchmarks/judges.py --full     all of it: some minutes

For each judge, number of labels, share of labels that say yes, and number of cases: how often a version that
just meets ``at_least`` fails at a level of 1%, by the corrected verdict and by the interval of Lang and
Reiczigel; and how often one that is 15 points worse fails, corrected, and if people had labelled all cases.
"by the word" is how often the version that just meets it fails if the judge's word is taken for the truth. A
row ends in "BROKEN" where the promise is broken, and the exit code is then 1.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from statistics import NormalDist

import numpy as np
from promises import kept
from scipy.stats import binom

from pytest_modelcheck.stats.judging import Errors, JudgedMean, JudgedRate
from pytest_modelcheck.stats.rates import lower_tail

LEVEL = 0.01
JUDGES = ((0.75, 0.99), (0.8, 0.8), (0.9, 0.8), (0.95, 0.95), (0.99, 0.75), (0.99, 0.99))
LABELS = (30, 100, 500)
YES = (0.5, 0.9)
CASES = (20, 100, 500)
REQUIRED = (0.8, 0.9, 0.95)
WORSE = 0.15


def lang_reiczigel_fails(count: int, cases: int, errors: Errors, required: float) -> bool:
    """Return whether the upper bound of Lang and Reiczigel (2014, eq. 3) is below the required rate."""
    z = NormalDist().inv_cdf(1 - LEVEL)
    n, yes, no = cases + z * z, errors.yes + 2, errors.no + 2
    p, se, sp = (count + z * z / 2) / n, (errors.yes_right + 1) / yes, (errors.no_right + 1) / no
    strength = se + sp - 1
    if strength <= 0:
        return False
    rate = (p + sp - 1) / strength
    shift = 2 * z * z * (rate * se * (1 - se) / yes - (1 - rate) * sp * (1 - sp) / no)
    spread = p * (1 - p) / n + rate**2 * se * (1 - se) / yes + (1 - rate) ** 2 * sp * (1 - sp) / no
    return rate + shift + z * spread**0.5 / strength < required


def most_failing(cases: int, fails) -> int:
    """The greatest number of judged passes that fails; -1 where none does."""
    low, high = -1, cases
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fails(middle) else (low, middle)
    return low


def of_design(
    judge, labels: int, share: float, cases: int, required: float, *, exact: bool
) -> dict[str, float]:
    """The rate at which each verdict fails, without labels by which the judge is too weak."""
    se, sp = judge
    yes = round(labels * share)
    no = labels - yes
    right = round(required * cases)
    required = right / cases

    def judged_passes(true: float):
        """The chances of at most so many judged passes."""
        own = round(true * cases)
        if exact:
            of_right = binom.pmf(range(own + 1), own, se)
            return np.convolve(of_right, binom.pmf(range(cases - own + 1), cases - own, 1 - sp)).cumsum()
        return binom.cdf(range(cases + 1), cases, true * se + (1 - true) * (1 - sp))

    met, worse = judged_passes(required), judged_passes(max(0.0, required - WORSE))
    found = dict.fromkeys(("fails", "interval", "finds"), 0.0)
    weights = np.outer(binom.pmf(range(yes + 1), yes, se), binom.pmf(range(no + 1), no, sp))
    for a, b in np.argwhere(weights >= 2e-4).tolist():
        weight, errors = weights[a, b], Errors(yes, a, no, b)
        if not errors.strength >= 0.5:
            continue
        most = most_failing(
            cases,
            lambda count, errors=errors: (
                JudgedRate(count, cases, errors, exact=exact).p_value(required) <= LEVEL
            ),
        )
        other = most_failing(
            cases, lambda count, errors=errors: lang_reiczigel_fails(count, cases, errors, required)
        )
        for name, count, chances in (("fails", most, met), ("interval", other, met), ("finds", most, worse)):
            found[name] += weight * float(chances[count]) if count >= 0 else 0.0
    raw = most_failing(cases, lambda count: lower_tail(count, cases, required) <= LEVEL)
    found["word"] = float(met[raw]) if raw >= 0 else 0.0
    truly = binom.cdf(raw, cases, required - WORSE) if raw >= 0 else 0.0
    found["people"] = 1.0 if exact else float(truly)
    return found


def means(rng: np.random.Generator, tries: int) -> int:
    """The rate at which a mean that is just met fails, by the corrected verdict."""
    broken = 0
    print("\nscores: how often a mean that is just met fails")
    for kind, labels, cases in itertools.product(("noisy", "rarely wrong"), LABELS, CASES):
        fails = 0
        for _ in range(tries):
            truth, grades = scores(kind, cases, rng)
            people, judge = scores(kind, labels, rng)
            fails += JudgedMean(tuple(grades), tuple(people - judge)).p_value(truth.mean()) <= LEVEL
        bad = not kept(fails / tries, LEVEL, tries)
        broken += bad
        print(
            f"{kind:>14} {labels:>5} labels {cases:>4} cases  {fails / tries:7.2%}{'  BROKEN' if bad else ''}"
        )
    return broken


def scores(kind: str, size: int, rng: np.random.Generator):
    """True scores, and the judge's: noisy, or rarely and grossly wrong."""
    truth = np.clip(rng.beta(6, 2, size), 0, 1)
    if kind == "noisy":
        return truth, np.clip(truth + rng.normal(-0.05, 0.15, size), 0, 1)
    return truth, np.where(rng.random(size) < 0.04, 0.0, truth)


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true")
    full = parser.parse_args().full
    broken, worst = 0, 0.0
    print("rates, at 1%:                          a version that just meets it     15 points worse")
    print("  se   sp labels yes cases at_least  corrected interval by the word  corrected all labelled")
    grid = list(itertools.product(JUDGES, LABELS, YES, CASES, REQUIRED, (True, False)))
    for judge, labels, share, cases, required, exact in grid if full else grid[::5]:
        found = of_design(judge, labels, share, cases, required, exact=exact)
        bad = found["fails"] > LEVEL
        broken, worst = broken + bad, max(worst, found["fails"])
        design = f"{judge[0]:.2f} {judge[1]:.2f} {labels:>5} {share:>4.0%} {cases:>4} {required:>6.0%}"
        rates = f"{found['fails']:8.2%} {found['interval']:9.2%} {found['word']:8.1%}"
        power = f"{found['finds']:10.1%} {found['people']:10.1%}"
        kind = "given" if exact else "vary"
        print(f"{design} {kind:>6} {rates} {power}{'  BROKEN' if bad else ''}", flush=True)
    print(f"worst: {worst:.2%}")
    broken += means(np.random.default_rng(3), 1_000 if full else 300)
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main())
