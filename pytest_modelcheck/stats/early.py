"""Stopping early: tests that stay valid although they are looked at after every answer.

An e-process is the wealth of a player who bets, at fair odds, against a requirement. If the requirement is
met, the wealth does not grow on average, whatever the strategy: the chance that it ever reaches ``1 / rate``
is at most ``rate`` (Ville's inequality). An exact test that is repeated after each answer has no such
promise. Where a limit is exact, :class:`Curtailment` stops as soon as the rest cannot change the verdict.

Answers must be fed in an order that does not depend on them, such as that of submission: an order of
completion in which wrong answers come first causes false alarms.

Sources: Waudby-Smith and Ramdas, Estimating means of bounded random variables by betting, arXiv 2010.09686
(2020); for cases drawn without replacement, their Confidence sequences for sampling without replacement,
arXiv 2006.04347 (2020). With a single stake it is Wald's sequential probability ratio test.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from pytest_modelcheck.numeric import count, fraction, probability

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


Decision = Literal["passed", "failed"]

_STAKES = 12
_RATIO = 0.6  # of one stake to the next larger
_BOLDEST = 0.9  # of the stake that could lose everything at once
_ROUNDING = 1e-9


class BettingTest:
    """Bets against "the mean of these values in [0, 1] is at least ``null``".

    The wealth is divided among several stakes; each part is multiplied by ``1 + stake * (null - x)`` at every
    value ``x``. If the values are drawn without replacement from a finite set, the mean that the remaining
    values must have takes the place of ``null``.

    Args:
        null: The mean that is bet against.
        expected: The mean that is expected if the requirement is not met; below ``null``.
        on_expected: The share of the wealth with the stake that is best for 0/1 values of mean ``expected``.
            The rest is divided evenly among twelve stakes, each 0.6 times the next larger one; the largest
            is 0.9 of the highest possible stake.
        total: The number of all values if they are drawn without replacement; else ``None``.

    >>> bet = BettingTest(null=0.9, expected=0.5, on_expected=1.0)
    >>> round(bet.feed(0), 9)  # a wrong answer is five times as likely under the one as under the other
    5.0
    """

    __slots__ = ("_logs", "_null", "_seen", "_stakes", "_sum", "_total")

    def __init__(self, null: float, expected: float, on_expected: float, total: int | None = None) -> None:
        if not 0 <= expected < null <= 1:
            raise ValueError(f"expected must lie below null, both in [0, 1]: {expected!r}, {null!r}")
        # A larger stake could lose more than the wealth, which would become negative and prove nothing.
        boldest = 1 / (1 - null) if null < 1 else math.inf
        spread = [_BOLDEST * boldest * _RATIO**step for step in range(_STAKES)]
        self._stakes = [(null - expected) / null * boldest, *spread]
        shares = [fraction("on_expected", on_expected), *[(1 - on_expected) / _STAKES] * _STAKES]
        self._logs = [math.log(share) if share else -math.inf for share in shares]
        self._null, self._total = null, total
        self._seen, self._sum = 0, 0.0

    def feed(self, value: float) -> float:
        """Settle the bets on one more value and return the wealth, which began as 1."""
        fraction("a value", value)
        null = self._rest()
        self._seen += 1
        self._sum += value
        if null > 1 + _ROUNDING:  # even if all the rest were 1, the mean would stay below
            self._logs = [math.inf] * len(self._logs)
        elif null > 0:
            boldest = math.inf  # without a total, no stake is too bold
            if self._total is not None and null < 1 - _ROUNDING:
                boldest = _BOLDEST / (1 - null)
            self._logs = [
                log + _log_factor(min(stake, boldest), null - value)
                for log, stake in zip(self._logs, self._stakes, strict=True)
            ]
        return self.wealth

    @property
    def wealth(self) -> float:
        """Return the wealth of the bets: large where the mean is below ``null``."""
        highest = max(self._logs)
        if math.isinf(highest):
            return math.inf if highest > 0 else 0.0
        # exp() overflows just above 709. This much wealth has decided long before.
        return math.exp(min(highest, 700.0)) * sum(math.exp(log - highest) for log in self._logs)

    def leave_out(self) -> None:
        """Expect one value less."""
        if self._total is not None:
            self._total -= 1

    def _rest(self) -> float:
        """Return the mean that the values not seen yet must have for the mean of all to be ``null``."""
        if self._total is None:
            return self._null
        left = count("values seen", self._total - self._seen, at_least=1)
        return (self._total * self._null - self._sum) / left


def _log_factor(stake: float, gain: float) -> float:
    if abs(gain) < _ROUNDING:
        return 0.0
    factor = 1 + stake * gain
    return math.log(factor) if factor > 0 else -math.inf


class Monitor:
    """Watches a check while its answers come in, and says when enough have been seen.

    Made by :func:`watch_mean` and :func:`watch_drop`. The decision is the first that was reached, and stays.
    """

    __slots__ = ("_fail_at", "_failing", "_pass_at", "_passing", "_score", "decision", "seen")

    def __init__(
        self,
        failing: BettingTest,
        passing: BettingTest | None,
        false_fail_rate: float,
        false_pass_rate: float,
        score: Callable[[float], float],
    ) -> None:
        self._failing, self._passing, self._score = failing, passing, score
        self._fail_at = 1 / probability("false_fail_rate", false_fail_rate)
        self._pass_at = 1 / probability("false_pass_rate", false_pass_rate)
        self.seen = 0
        self.decision: Decision | None = None

    def feed(self, values: Iterable[float]) -> Decision | None:
        """Take more values, in order of submission, and return the decision, or ``None`` if more are needed.

        Values after the one that decided are not counted.
        """
        for value in values:
            if self.decision is not None:
                break
            score = self._score(value)
            self.seen += 1
            # Ville's inequality: if the null hypothesis is true, wealth ever reaches 1/rate with a chance of
            # at most rate, however often it is looked at.
            if self._failing.feed(score) >= self._fail_at:
                self.decision = "failed"
            elif self._passing is not None and self._passing.feed(1 - score) >= self._pass_at:
                self.decision = "passed"
        return self.decision

    def leave_out(self) -> None:
        """Expect one case less: it does not count."""
        self._failing.leave_out()
        if self._passing is not None:
            self._passing.leave_out()


def watch_mean(
    at_least: float,
    tolerance: float | None,
    false_fail_rate: float,
    false_pass_rate: float,
    *,
    graded: bool = False,
    total: int | None = None,
) -> Monitor:
    """Watch a rate, or a mean of scores in [0, 1].

    It fails a model whose mean is ``at_least`` or more with a chance of at most ``false_fail_rate``, and
    passes one whose mean is ``at_least - tolerance`` or less with a chance of at most ``false_pass_rate``.

    Args:
        at_least: The required mean, in (0, 1].
        tolerance: The shortfall that must be noticed, in (0, ``at_least``]; ``None`` if none is declared:
            then nothing passes early.
        false_fail_rate: See above.
        false_pass_rate: See above.
        graded: Whether the values are scores rather than 0 or 1.
        total: The number of cases, if the model does not vary and only these cases matter; ``None`` if the
            cases are a sample, or the model varies.

    >>> monitor = watch_mean(at_least=0.95, tolerance=0.05, false_fail_rate=0.05, false_pass_rate=0.10)
    >>> monitor.feed([1, 1, 0, 0, 1, 0, 0, 0, 1]), monitor.seen
    ('failed', 7)
    """
    if tolerance is None:
        failing = BettingTest(at_least, 0.0, 0.0, total)
        return Monitor(failing, None, false_fail_rate, false_pass_rate, float)
    _check_tolerance(tolerance, at_least)
    share = 0.5 if graded else 0.8
    poor = max(at_least - tolerance, 0.0)
    failing = BettingTest(at_least, poor, share, total)
    passing = BettingTest(1 - poor, 1 - at_least, share, total)
    return Monitor(failing, passing, false_fail_rate, false_pass_rate, float)


def watch_drop(
    max_drop: float,
    tolerance: float | None,
    false_fail_rate: float,
    false_pass_rate: float,
    *,
    total: int | None = None,
) -> Monitor:
    """Watch paired differences: 1 for a case that broke, -1 for one that was fixed, 0 otherwise.

    Or anything between: the baseline's score minus the candidate's. It fails a model whose true drop is
    ``max_drop`` or less with a chance of at most ``false_fail_rate``, and passes one whose drop is
    ``max_drop + tolerance`` or more with a chance of at most ``false_pass_rate``.

    The bets are fed ``(1 - difference) / 2``, so that their factors are ``1 + stake * (d - max_drop) / 2``.

    >>> monitor = watch_drop(max_drop=0, tolerance=0.05, false_fail_rate=0.01, false_pass_rate=0.10)
    >>> monitor.feed([0] * 20 + [1] * 12), monitor.seen
    ('failed', 31)
    """
    if not 0 <= max_drop < 1:
        raise ValueError(f"max_drop must lie in [0, 1), not {max_drop!r}")
    # A drop lies in [-1, 1], and a bet takes values in [0, 1]: half of 1 - drop.
    at_least = (1 - max_drop) / 2
    failing, passing = BettingTest(at_least, 0.0, 0.0, total), None
    if tolerance is not None:
        _check_tolerance(tolerance, 1 - max_drop)
        passing = BettingTest(1 - max((1 - max_drop - tolerance) / 2, 0.0), 1 - at_least, 0.0, total)
    return Monitor(failing, passing, false_fail_rate, false_pass_rate, lambda drop: (1 - drop) / 2)


def _check_tolerance(tolerance: float, most: float) -> None:
    if not 0 < tolerance <= most:
        raise ValueError(f"tolerance must be positive and at most {most:g}, not {tolerance!r}")


Range = tuple[float, float]
"""The least and the most that one case may lose."""


class Curtailment:
    """Decides a limit on losses as soon as the remaining cases cannot change the verdict.

    A loss is what a case contributes to missing the limit: 1 for a wrong answer and 0 for a right one; its
    approved pass rate minus its current one; 1 minus its score. The limit is met if the sum of the losses is
    at most ``altogether``, plus ``each`` for every case that counts. Some of the remaining cases may turn out
    not to count.

    Args:
        ranges: The range of the loss of each case.
        each: The mean loss that is allowed.
        altogether: The sum of losses that is allowed.

    >>> all_required_95_percent = Curtailment([(0, 1)] * 200, each=1 - 0.95)
    >>> for loss in [0] * 60 + [1] * 11:
    ...     all_required_95_percent.feed(loss, (0, 1))
    >>> all_required_95_percent.decision
    'failed'
    """

    __slots__ = ("_altogether", "_each", "_least", "_most", "_seen")

    def __init__(self, ranges: Iterable[Range], each: float = 0.0, altogether: float = 0.0) -> None:
        self._each, self._altogether = each, altogether
        self._seen = self._least = self._most = 0.0
        for least, most in ranges:
            self._least += min(0.0, least - each)
            self._most += max(0.0, most - each)

    def feed(self, loss: float | None, expected: Range) -> None:
        """Add the loss of a case, or ``None`` if it does not count; ``expected`` is its range."""
        least, most = expected
        # The case moves from the possible losses to the observed ones.
        self._least -= min(0.0, least - self._each)
        self._most -= max(0.0, most - self._each)
        if loss is not None:
            self._seen += loss - self._each

    @property
    def decision(self) -> Decision | None:
        """Return the decision, or ``None`` while it may still turn."""
        room = self._altogether + _ROUNDING
        if self._seen + self._most <= room:
            return "passed"
        return "failed" if self._seen + self._least > room else None
