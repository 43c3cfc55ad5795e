"""Whether two samples differ, by how much, and in a unit that people can read.

Each function returns a :class:`Drift`: the distance, what chance alone makes of it, and the p-value of a
permutation test. A sample has drifted where the p-value is small *and* the excess is more than what one is
willing to tolerate: with many cases every tiny difference is significant, with few the distance is mostly
chance.

``paired`` says that the i-th of both samples belong together, such as the answers of two versions to the same
input: then what belongs together is exchanged, and not everything with everything, which sees far less.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_modelcheck.stats.resampling import chunks, resamples_for

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_TIE = 1e-9


@dataclass(frozen=True, slots=True)
class Drift:
    """How far two samples are apart.

    Attributes:
        distance: What was observed.
        expected: The mean of the same over permuted samples: what chance alone makes of it.
        p_value: The chance of a distance at least as large if nothing differed.
        spread: The standard deviation of the distance over permuted samples.
    """

    distance: float
    expected: float
    p_value: float
    spread: float

    @property
    def excess(self) -> float:
        """The distance that chance does not explain."""
        return self.distance - self.expected


def judged(distance: float, permuted: Floats) -> Drift:
    """Hold a distance against those of permuted samples; the observed one counts among them.

    >>> import numpy as np
    >>> judged(0.5, np.array([0.125, 0.25, 0.25, 0.375]))
    Drift(distance=0.5, expected=0.25, p_value=0.2, spread=0.08838834764831845)
    """
    import numpy as np

    as_far = int(np.count_nonzero(permuted >= distance - _TIE * max(1.0, distance)))
    p_value = (as_far + 1) / (len(permuted) + 1)
    return Drift(distance, float(permuted.mean()), p_value, float(permuted.std()))


def total_variation(before: Sequence[Hashable], now: Sequence[Hashable]) -> float:
    """Return the share of labels that would have to change for one sample to look like the other, in [0, 1].

    >>> total_variation(["a", "a", "b", "b"], ["a", "a", "a", "b"])
    0.25
    """
    import numpy as np

    old, new, kinds = _codes(before, now)
    old_counts, new_counts = (np.bincount(codes, minlength=kinds) for codes in (old, new))
    return float(np.abs(old_counts / len(old) - new_counts / len(new)).sum() / 2)


def label_drift(
    before: Sequence[Hashable],
    now: Sequence[Hashable],
    false_fail_rate: float,
    *,
    paired: bool = False,
    seed: int = 0,
) -> Drift:
    """Compare two samples of labels by their total variation.

    Args:
        before: Labels of the one sample, at least one.
        now: Labels of the other; equally many where they are paired.
        false_fail_rate: The level of the test: it decides how many permutations are drawn.
        paired: Whether the i-th of both belong together.
        seed: Of the permutations.

    Raises:
        ValueError: A sample is empty, or paired samples are of different size.

    >>> found = label_drift(["refund"] * 80 + ["other"] * 20, ["refund"] * 50 + ["other"] * 50, 0.01)
    >>> f"{found.distance:.0%} of the labels moved, p = {found.p_value}"
    '30% of the labels moved, p = 0.0005'
    """
    import numpy as np

    old, new, kinds = _codes(before, now)
    generator, resamples = np.random.default_rng(seed), resamples_for(false_fail_rate)
    old_counts, new_counts = (np.bincount(codes, minlength=kinds) for codes in (old, new))
    if paired:
        _same_size(len(old), len(new))
        permuted = np.abs(_swapped_labels(old, new, kinds, resamples, generator)) / len(old)
    else:
        together = old_counts + new_counts
        drawn = generator.multivariate_hypergeometric(together, len(old), size=resamples)
        permuted = np.abs(drawn / len(old) - (together - drawn) / len(new))
    distance = total_variation(before, now)
    return judged(distance, permuted.sum(axis=1) / 2)


def _swapped_labels(
    old: NDArray[np.int_], new: NDArray[np.int_], kinds: int, resamples: int, generator: np.random.Generator
) -> NDArray[np.int_]:
    """Return the differences of the counts once each pair was swapped, or not, at random."""
    import numpy as np

    pairs, times = np.unique(np.stack([old, new])[:, old != new], axis=1, return_counts=True)
    flow = times - 2 * generator.binomial(times, 0.5, size=(resamples, len(times)))
    return np.asarray(flow @ (np.eye(kinds, dtype=int)[pairs[0]] - np.eye(kinds, dtype=int)[pairs[1]]))


def wasserstein(before: ArrayLike, now: ArrayLike) -> float:
    """Return how far scores have to move, on average, for one sample to look like the other; in their unit.

    >>> wasserstein([0.5, 0.7], [0.6, 0.8])
    0.1
    """
    old, new = _sample(before), _sample(now)
    values, weights = _pooled(old, new)
    return round(float(_transport(values, weights[None])[0]), 12)


def score_drift(
    before: ArrayLike, now: ArrayLike, false_fail_rate: float, *, paired: bool = False, seed: int = 0
) -> Drift:
    """Compare two samples of scores by their Wasserstein distance, in the scores' unit.

    Args:
        before: Scores of the one sample, at least one.
        now: Scores of the other; equally many where they are paired.
        false_fail_rate: The level of the test: it decides how many permutations are drawn.
        paired: Whether the i-th of both belong together.
        seed: Of the permutations.

    Raises:
        ValueError: A sample is empty or holds what is no finite number, or paired samples are of different
            size.

    >>> steady = [0.005 * step for step in range(200)]
    >>> score_drift(steady, [score + 0.02 for score in steady], 0.01).p_value > 0.5
    True
    >>> score_drift(steady, [score + 0.02 for score in steady], 0.01, paired=True).p_value < 0.01
    True
    """
    import numpy as np

    old, new = _sample(before), _sample(now)
    if paired:
        _same_size(len(old), len(new))
    generator, resamples = np.random.default_rng(seed), resamples_for(false_fail_rate)
    values, weights = _pooled(old, new)
    place = np.argsort(np.argsort(np.concatenate([old, new]), kind="stable"), kind="stable")
    found = []
    for size in chunks(resamples, len(values)):
        if paired:
            signs = generator.choice(np.array([-1.0, 1.0]), size=(size, len(old))) / len(old)
            drawn = np.empty((size, len(values)))
            drawn[:, place] = np.concatenate([signs, -signs], axis=1)
        else:
            drawn = generator.permuted(np.broadcast_to(weights, (size, len(values))), axis=1)
        found.append(_transport(values, drawn))
    return judged(float(_transport(values, weights[None])[0]), np.concatenate(found))


def _pooled(old: Floats, new: Floats) -> tuple[Floats, Floats]:
    """Return all scores in order, and what each adds to the difference of the two distributions."""
    import numpy as np

    scores = np.concatenate([old, new])
    order = np.argsort(scores, kind="stable")
    weights = np.repeat([1 / len(old), -1 / len(new)], [len(old), len(new)])
    return scores[order], weights[order]


def _transport(values: Floats, weights: Floats) -> Floats:
    """Return the area between the two distribution functions, for each row of weights."""
    import numpy as np

    return np.asarray(np.abs(np.cumsum(weights[:, :-1], axis=1)) @ np.diff(values))


def _codes(
    before: Sequence[Hashable], now: Sequence[Hashable]
) -> tuple[NDArray[np.int_], NDArray[np.int_], int]:
    import numpy as np

    if not before or not now:
        raise ValueError("a sample is empty: there is nothing to compare")
    kinds: dict[Hashable, int] = {}
    codes = np.array([kinds.setdefault(label, len(kinds)) for label in (*before, *now)])
    return codes[: len(before)], codes[len(before) :], len(kinds)


def _sample(scores: ArrayLike) -> Floats:
    import numpy as np

    found = np.asarray(scores, dtype=float)
    if found.ndim != 1 or not found.size or not np.isfinite(found).all():
        raise ValueError("a sample must be a flat sequence of at least one finite number")
    return found


def _same_size(before: int, now: int) -> None:
    if before != now:
        raise ValueError(f"paired samples must be of one size, not {before} and {now}")
