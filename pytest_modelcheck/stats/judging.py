"""Rates and means corrected for the errors of a judge, which labels estimate.

Labels show how often the judge accepts answers that people accept (sensitivity), and rejects answers that
people reject (specificity). The corrected rate is Rogan and Gladen's. A requirement is tested by the chance
of so few judged passes if the true rate just met it, averaged over the sensitivities and false alarm rates
that are compatible with the labels. Each has the beta distribution whose quantiles are its lower
Clopper–Pearson bounds. As the number of labels grows, this becomes the exact binomial test. The interval of
Lang and Reiczigel, made for a level of 95%, misses the true rate in up to 5% of cases at a level of 99%; it
serves as a reference only (``benchmarks/judges.py``).

A mean score is corrected by the judge's mean error on labelled answers (prediction-powered inference).

Sources: Rogan and Gladen, Am. J. Epidemiol. 107 (1978) 71-76; Lang and Reiczigel, Prev. Vet. Med. 113 (2014)
13-22; Angelopoulos et al., arXiv 2301.09633 (2023); Schweder and Hjort, Scand. J. Statist. 29 (2002) 309-332.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import lru_cache
from statistics import fmean
from typing import TYPE_CHECKING, ClassVar, Final

from pytest_modelcheck.numeric import fraction, probability
from pytest_modelcheck.stats.means import crossing

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

_POINTS: Final = 48
"""Values of the sensitivity, and of the false alarm rate, over which a chance is averaged."""

_TOGETHER: Final = 96
"""Pairs of these values that are replaced by their mean."""

_STEPS: Final = 100
"""Steps from 0 to 1 in which the rates of two versions are compared."""


@dataclass(frozen=True, slots=True)
class Errors:
    """Counts of a judge's agreement with people.

    Attributes:
        yes: The number of labelled answers that people accept.
        yes_right: The number of those that the judge accepts, too.
        no: The number of labelled answers that people reject.
        no_right: The number of those that the judge rejects, too.

    >>> errors = Errors(yes=40, yes_right=38, no=20, no_right=16)
    >>> errors.sensitivity, errors.specificity, round(errors.strength, 2)
    (0.95, 0.8, 0.75)
    """

    yes: int
    yes_right: int
    no: int
    no_right: int

    @property
    def labels(self) -> int:
        """The number of labels."""
        return self.yes + self.no

    @property
    def sensitivity(self) -> float:
        """The share of the answers accepted by people that the judge accepts."""
        return self.yes_right / self.yes if self.yes else math.nan

    @property
    def specificity(self) -> float:
        """The share of the answers rejected by people that the judge rejects."""
        return self.no_right / self.no if self.no else math.nan

    @property
    def strength(self) -> float:
        """Youden's index: 1 for a judge that never errs, 0 for one that tosses a coin."""
        return self.sensitivity + self.specificity - 1

    @property
    def turned(self) -> Errors:
        """The same counts with yes and no exchanged."""
        return Errors(self.no, self.no_right, self.yes, self.yes_right)

    def corrected(self, rate: float) -> float:
        """The true rate if the judge accepts this share of all answers: Rogan and Gladen's, in [0, 1].

        >>> round(Errors(40, 38, 20, 16).corrected(0.8), 3)
        0.8
        """
        return min(1.0, max(0.0, (rate + self.specificity - 1) / self.strength))


@dataclass(frozen=True, slots=True)
class JudgedRate:
    """The evidence on a pass rate: a judge's answers, and people's labels of some cases.

    Attributes:
        passed: The number of cases without a label that the judge passes.
        judged: The number of cases without a label.
        errors: Counts of the judge's errors.
        right: The number of cases with a label that are right.
        known: The number of cases with a label.
        exact: Whether only the judge's errors are random: the cases are fixed, and the model does not vary.
        word: The number of cases that the judge passes, and the number of all cases, with a label or without.

    >>> judged = JudgedRate(46, 50, Errors(80, 76, 40, 30))
    >>> round(judged.rate, 3), judged.p_value(1.0) < judged.p_value(0.95)
    (0.957, True)
    """

    passed: int
    judged: int
    errors: Errors
    right: int = 0
    known: int = 0
    exact: bool = False
    word: tuple[int, int] = (0, 0)

    graded: ClassVar[bool] = False

    @property
    def cases(self) -> int:
        """The number of cases."""
        return self.judged + self.known

    @property
    def turned(self) -> JudgedRate:
        """The same evidence on the rate of wrong cases."""
        return JudgedRate(
            self.judged - self.passed,
            self.judged,
            self.errors.turned,
            self.known - self.right,
            self.known,
            self.exact,
            self.word,
        )

    @property
    def text(self) -> str:
        """Return the judge's own figure: ``judged 46/50``."""
        return f"judged {self.word[0]}/{self.word[1]}"

    @property
    def rate(self) -> float:
        """The corrected rate."""
        rest = self.errors.corrected(self.passed / self.judged) * self.judged if self.judged else 0.0
        return (self.right + rest) / self.cases

    def p_value(self, at_least: float) -> float:
        """The chance of so few judged passes if the true rate were ``at_least``."""
        fraction("at_least", at_least)
        return self._chance(at_least)

    def bounds(self, level: float) -> tuple[float, float]:
        """The lower and the upper bound of the true rate, each one-sided at ``level``."""
        return 1 - self.turned.upper(level), self.upper(level)

    def upper(self, level: float) -> float:
        """The upper bound alone."""
        tail = 1 - probability("level", level)
        return crossing(lambda rate: tail - self._chance(rate), 0.0, 1.0, within=1e-4)

    def revealed(self, at_least: float, false_fail_rate: float) -> float | None:
        """The greatest corrected rate that fails, or ``None`` where none does."""

        def with_count(count: int) -> JudgedRate:
            return replace(self, passed=count) if self.judged else replace(self, right=count)

        passing = bisect_right(
            range(self.judged or self.known),
            false_fail_rate,
            key=lambda count: with_count(count).p_value(at_least),
        )
        return with_count(passing - 1).rate if passing else None

    def _chance(self, rate: float) -> float:
        """The chance of at most so many judged passes, and right ones, at a true rate."""
        import numpy as np
        from scipy.special import bdtr

        agree, alarm = _possible(self.errors)
        if self.exact:
            right = math.ceil(rate * self.cases - 1e-9) - self.right
            if not 0 <= right <= self.judged:
                return 0.0 if right > 0 else 1.0
            return _of_two(self.passed, right, agree, self.judged - right, alarm)
        # Neighbouring values are averaged: 24 times faster, and no p-value moves by 1 in 10,000.
        says_yes = np.sort((rate * agree[:, None] + (1 - rate) * alarm[None, :]).ravel())
        says_yes = says_yes.reshape(_TOGETHER, -1).mean(axis=1)
        if not self.known:
            return float(bdtr(self.passed, self.judged, says_yes).mean())
        counts = np.arange(min(self.known, self.passed + self.right) + 1)
        # The tested rate is that of all cases, so the number of right cases with a label is random, too: for
        # each possible number, the judge decides about the rest.
        of_known = _binomial(counts, self.known, np.array([rate]))[0]
        found = 0.0
        for count, chance in zip(counts, of_known, strict=True):
            rest = min(self.judged, self.passed + self.right - count)
            if chance > 1e-12:
                found += float(chance) * float(bdtr(rest, self.judged, says_yes).mean())
        return found


@dataclass(frozen=True, slots=True)
class JudgedMean:
    """The evidence on a mean score in [0, 1]: a judge's answers, and people's labels of some cases.

    By prediction-powered inference: the mean of the judge's scores, plus the mean by which labels exceed
    them. If a judge errs rarely but grossly, the labels may show no error at all, and Student's interval
    would fail an unchanged model in up to 30% of runs. So one label and one case at the end of the scale are
    added.

    Attributes:
        scores: The judge's scores of the cases without a label.
        off: For each label, its difference from the judge's score: positive if people give more.
        truths: The labels of the cases that have one.
        word: The mean of the judge's scores over all cases.

    >>> judged = JudgedMean((0.8, 0.9, 0.7, 1.0) * 10, (-0.2, -0.1, 0.0, -0.1) * 10)
    >>> round(judged.rate, 3), judged.p_value(0.9) < 0.01 < judged.p_value(0.8)
    (0.75, True)
    """

    scores: tuple[float, ...]
    off: tuple[float, ...]
    truths: tuple[float, ...] = ()
    word: float = 0.0

    graded: ClassVar[bool] = True
    exact: ClassVar[bool] = False

    @property
    def cases(self) -> int:
        """The number of cases."""
        return len(self.scores) + len(self.truths)

    @property
    def turned(self) -> JudgedMean:
        """The same evidence on the reversed scale."""
        return JudgedMean(
            tuple(1 - score for score in self.scores),
            tuple(-each for each in self.off),
            tuple(1 - each for each in self.truths),
            1 - self.word,
        )

    @property
    def text(self) -> str:
        """Return the judge's own figure: ``judged 0.83``."""
        return f"judged {self.word:.3g} on average over {self.cases} cases"

    @property
    def rate(self) -> float:
        """The corrected mean."""
        rest = math.fsum(self.scores) + len(self.scores) * fmean(self.off)
        return min(1.0, max(0.0, (math.fsum(self.truths) + rest) / self.cases))

    def p_value(self, at_least: float) -> float:
        """The chance of so low a corrected mean if the true one were ``at_least``."""
        from scipy.special import stdtr

        mean, error, freedom = self._with_ends()
        return float(stdtr(freedom, (mean - at_least) / error)) if error else float(mean >= at_least)

    def bounds(self, level: float) -> tuple[float, float]:
        """The lower and the upper bound of the true mean, each one-sided at ``level``."""
        return 1 - self.turned.upper(level), self.upper(level)

    def revealed(self, at_least: float, false_fail_rate: float) -> float | None:
        """The greatest corrected mean that fails, or ``None`` where none does."""
        most = self.rate - (self.upper(1 - false_fail_rate) - at_least)
        return most if most > 0 else None

    def upper(self, level: float) -> float:
        """The upper bound alone."""
        from scipy.special import stdtrit

        mean, error, freedom = self._with_ends()
        return min(1.0, mean + float(stdtrit(freedom, probability("level", level))) * error)

    def _with_ends(self) -> tuple[float, float, int]:
        """The mean, its standard error and its degrees of freedom, with the added label and case."""
        import numpy as np

        # The observation added here and below keeps three labels that happen to agree from giving a standard
        # error of zero.
        off = np.append(self.off, 1.0)
        known = len(self.truths) / self.cases
        if not self.scores:
            truths = np.append(self.truths, 1.0)
            return (
                math.fsum(self.truths) / self.cases,
                float(truths.std(ddof=1)) / math.sqrt(len(truths)),
                len(truths) - 1,
            )
        scores = np.append(self.scores, 1.0)
        mean = known * _mean(self.truths) + (1 - known) * (_mean(self.scores) + float(off.mean()))
        spread = max(
            scores.var(ddof=1), off.var(ddof=1), np.append(self.truths, 1.0).var(ddof=1) if known else 0
        )
        error = math.sqrt((1 - known) ** 2 * off.var(ddof=1) / len(off) + spread / self.cases)
        return mean, error, min(len(off), self.cases + 1) - 1


def _mean(values: Sequence[float]) -> float:
    return fmean(values) if values else 0.0


@lru_cache(maxsize=8)
def drop_chance(approved: JudgedRate | JudgedMean, current: JudgedRate | JudgedMean, margin: float) -> float:
    """The chance of answers judged so much worse if the true rate, or mean, fell by no more than a margin.

    It is 1 if the corrected rates fell by no more. The p-values of each side, as a function of the true rate,
    are a confidence distribution (Schweder and Hjort); the chance is that of the difference of the two.

    >>> errors = Errors(40, 38, 40, 36)
    >>> drop_chance(JudgedRate(80, 100, errors), JudgedRate(50, 100, errors), 0.0) < 0.01
    True
    """
    import numpy as np

    if approved.rate - current.rate <= margin:
        return 1.0
    # The true rate over n fixed cases is one of n + 1 numbers: finer steps would add nothing.
    steps = min(approved.cases, _STEPS) if approved.exact else _STEPS
    rates = np.arange(steps + 1) / steps
    below = np.array([approved.turned.p_value(1 - rate) for rate in rates.tolist()])
    above = np.array([current.p_value(min(1.0, max(0.0, rate - margin))) for rate in rates.tolist()])
    # Each step counts at its lower end, which makes the chance larger: this is conservative.
    return min(1.0, float(below[0] * above[0] + (np.diff(below) * above[:-1]).sum() + 1 - below[-1]))


@lru_cache(maxsize=64)
def _possible(errors: Errors) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Equally likely sensitivities and false alarm rates, given the labels; each on the low side."""
    return (
        _low_side(errors.yes_right, errors.yes),
        _low_side(errors.no - errors.no_right, errors.no),
    )


def _low_side(count: int, of: int) -> NDArray[np.float64]:
    """The lower Clopper–Pearson bounds of a share, at evenly spaced levels."""
    import numpy as np
    from scipy.special import betaincinv

    # The lower bound of a count of zero is zero; betaincinv() has no value there.
    if not count:
        return np.zeros(_POINTS)
    middles = (np.arange(_POINTS) + 0.5) / _POINTS
    return np.asarray(betaincinv(count, of - count + 1, middles))


def _of_two(
    at_most: int, right: int, agree: NDArray[np.float64], wrong: int, alarm: NDArray[np.float64]
) -> float:
    """The chance that the judge accepts at most so many answers, right and wrong ones together."""
    import numpy as np
    from scipy.special import bdtr

    counts = np.arange(min(right, at_most) + 1)
    rest = np.minimum(at_most - counts, wrong)
    of_right = _binomial(counts, right, agree).mean(axis=0)
    return float(of_right @ bdtr(rest[None, :], wrong, alarm[:, None]).mean(axis=0))


def _binomial(counts: NDArray[np.int_], of: int, shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """The chance of each count, with one row for each share."""
    import numpy as np
    from scipy.special import gammaln, xlog1py, xlogy

    ways = gammaln(of + 1) - gammaln(counts + 1) - gammaln(of - counts + 1)
    shares = shares[:, None]
    return np.asarray(np.exp(ways + xlogy(counts, shares) + xlog1py(of - counts, -shares)))
