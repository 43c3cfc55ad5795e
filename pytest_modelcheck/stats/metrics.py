"""Metrics over a whole set of cases, such as macro F1, of which no single case has a share.

To tell a fall from noise, each run of a case is given the metric's *influence*: how much one more such answer
would raise the metric over all runs, approved and current, pooled (Hampel, J. Am. Stat. Assoc. 69 (1974)
383). The pool does not know which run is of which version, so that exchanging influences between versions is
as exact a test as exchanging scores. Against a fixed value, and with a margin, cases are drawn with
replacement, and what their influences add up to is added to the metric: the percentile bootstrap, to first
order (Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapters 13 and 21; for AUC its variance
is that of DeLong et al., Biometrics 44 (1988) 837).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Hashable, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical import digest
from pytest_modelcheck.errors import ModelcheckError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

Score = Callable[[Sequence[Any], Sequence[Any]], float]
"""A metric of what is expected and what was answered; higher is better, not a number where undefined."""

Answers = Sequence[Sequence[Any]]
"""For each case the answers of its runs, at least one."""

_BINS: Final = 100
"""Numbers are rounded to so many ranks to find their influence: a metric may take milliseconds."""

_TIE: Final = 1e-9


def score_of_runs(score: Score, expected: Sequence[Any], answers: Answers) -> float:
    """Return the metric of each run of all cases, averaged; a case with fewer runs starts again.

    >>> accuracy = lambda expected, answers: sum(map(str.__eq__, expected, answers)) / len(expected)
    >>> score_of_runs(accuracy, ["a", "b"], [["a", "b"], ["b", "b"]])
    0.75
    """
    runs = max(map(len, answers))
    return (
        # Cases may have different numbers of runs; those with fewer start over, so that each turn is a
        # whole set.
        math.fsum(score(expected, [own[turn % len(own)] for own in answers]) for turn in range(runs)) / runs
    )


def influences(score: Score, expected: Sequence[Any], answers: Answers) -> list[tuple[float, ...]]:
    """Return how much each answer raises the metric over all of them, in units of one case."""
    right = [one for one, runs in zip(expected, answers, strict=True) for _ in runs]
    flat = list(chain.from_iterable(answers))
    ranked = _ranked(flat)
    known: dict[Hashable, float] = {}
    with quietly():
        before = score(right, flat)
        for one, answer, rank in zip(right, flat, ranked, strict=True):
            key = (_identity(one), rank)
            if key not in known:
                # The influence of a case by adding it once more, which any metric allows. Leaving it out
                # may leave a class empty.
                raised = (score([*right, one], [*flat, answer]) - before) * (len(flat) + 1)
                known[key] = 0.0 if math.isnan(raised) else raised
    found = iter(known[_identity(one), rank] for one, rank in zip(right, ranked, strict=True))
    return [tuple(next(found) for _ in runs) for runs in answers]


def _ranked(answers: Sequence[Any]) -> list[Hashable]:
    """Answers by what tells them apart: many different numbers by their rank, in about a hundred steps."""
    numbers = sorted({one for one in answers if isinstance(one, (int, float))})
    if len(numbers) <= _BINS:
        return list(map(_identity, answers))
    # Scores with all different numbers would call the metric once a case; near neighbours share an
    # influence.
    steps = {number: place * _BINS // len(numbers) for place, number in enumerate(numbers)}
    return [steps[one] if isinstance(one, (int, float)) else _identity(one) for one in answers]


def _identity(value: Any) -> Hashable:
    """A key that only equal values share; the ``repr`` of an array leaves out most of it."""
    if isinstance(value, (str, int, float)):
        return repr(value)
    try:
        return digest(value)
    except ModelcheckError:
        return id(value)


def bootstrap(value: float, parts: Sequence[float], level: float, *, seed: int = 0) -> NDArray[np.float64]:
    """Return what a metric would come to over cases drawn with replacement, to first order.

    Args:
        value: The metric of all cases, or its fall.
        parts: The influence of each unit on it: the mean over the unit's runs, summed over its cases, and
            divided by the number of all cases.
        level: The level that a bound is wanted at, which decides how many draws are made.
        seed: Of the draws.

    >>> values = bootstrap(0.75, [0.1, -0.1, 0.2, -0.2], 0.1)
    >>> len(values), bool(abs(values.mean() - 0.75) < 0.1)
    (1999, True)
    """
    import numpy as np

    from pytest_modelcheck.stats.permutation import chunks, resamples_for

    generator, own = np.random.default_rng(seed), np.asarray(parts, dtype=float)
    own = own - own.mean()
    sums = [
        own[generator.integers(len(own), size=(size, len(own)))].sum(axis=1)
        for size in chunks(resamples_for(level), len(own))
    ]
    return np.concatenate(sums) + value


def chance_of(values: NDArray[np.float64], *, at_least: float) -> float:
    """Return the share of draws that reach a value, the observed one counted among them."""
    return (int((values >= at_least - _TIE).sum()) + 1) / (len(values) + 1)


@contextmanager
def quietly() -> Iterator[None]:
    """Hide what a metric warns of, some hundred times over: that it is undefined for so few cases."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
