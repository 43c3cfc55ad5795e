"""Drift between two samples: how much, in a unit that people can read, and whether it is chance.

Each function returns a :class:`Drift`: the distance, what chance alone makes of it, and the p-value of a
permutation test. A sample has drifted where the p-value is small *and* the excess is larger than what is
tolerated: with many cases every tiny difference is significant, with few the distance is mostly chance.

``paired`` says that the i-th values of both samples belong together, such as the answers of two versions to
the same input. Then only values that belong together are exchanged, which detects far smaller changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pytest_modelcheck.stats.permutation import chunks, resamples_for

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


_TIE = 1e-9  # of the largest distance: an absolute tolerance makes small numbers all alike
_LEAST = 8  # of either sample: half of it to learn from, half to be judged on


@dataclass(frozen=True, slots=True)
class Drift:
    """The distance of two samples.

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
    # Sums in another order differ in the last bits; a tie that is missed makes a p-value too small.
    as_far = int(np.count_nonzero(permuted >= distance - _TIE * max(distance, float(permuted.max()))))
    p_value = (as_far + 1) / (len(permuted) + 1)
    return Drift(distance, float(permuted.mean()), p_value, float(permuted.std()))


def total_variation(before: Sequence[Hashable], after: Sequence[Hashable]) -> float:
    """Return the share of labels that would have to change for one sample to look like the other, in [0, 1].

    >>> total_variation(["a", "a", "b", "b"], ["a", "a", "a", "b"])
    0.25
    """
    old, new, kinds = _codes(before, after)
    old_counts, new_counts = (np.bincount(codes, minlength=kinds) for codes in (old, new))
    return float(np.abs(old_counts / len(old) - new_counts / len(new)).sum() / 2)


def label_drift(
    before: Sequence[Hashable],
    after: Sequence[Hashable],
    false_fail_rate: float,
    *,
    paired: bool = False,
    seed: int = 0,
) -> Drift:
    """Compare two samples of labels by their total variation.

    >>> found = label_drift(["refund"] * 80 + ["other"] * 20, ["refund"] * 50 + ["other"] * 50, 0.01)
    >>> f"{found.distance:.0%} of the labels moved, p = {found.p_value}"
    '30% of the labels moved, p = 0.0005'
    """
    old, new, kinds = _codes(before, after)
    generator, resamples = np.random.default_rng(seed), resamples_for(false_fail_rate)
    old_counts, new_counts = (np.bincount(codes, minlength=kinds) for codes in (old, new))
    if paired:
        _same_size(len(old), len(new))
        # A pair of equal labels stays equal however it is swapped. Of the others, only how many swap matters.
        pairs, times = np.unique(np.stack([old, new])[:, old != new], axis=1, return_counts=True)
        flow = times - 2 * generator.binomial(times, 0.5, size=(resamples, len(times)))
        marks = np.eye(kinds, dtype=int)
        permuted = np.abs(flow @ (marks[pairs[0]] - marks[pairs[1]])) / len(old)
    else:
        together = old_counts + new_counts
        # To shuffle labels between two samples is to draw counts, which takes no longer for ten thousand
        # answers.
        drawn = generator.multivariate_hypergeometric(together, len(old), size=resamples)
        permuted = np.abs(drawn / len(old) - (together - drawn) / len(new))
    distance = total_variation(before, after)
    return judged(distance, permuted.sum(axis=1) / 2)


def score_drift(
    before: ArrayLike, after: ArrayLike, false_fail_rate: float, *, paired: bool = False, seed: int = 0
) -> Drift:
    """Compare two samples of scores by their Wasserstein distance, in the scores' unit.

    >>> steady = [0.005 * step for step in range(200)]
    >>> score_drift(steady, [score + 0.02 for score in steady], 0.01).p_value > 0.5
    True
    >>> score_drift(steady, [score + 0.02 for score in steady], 0.01, paired=True).p_value < 0.01
    True
    """
    old, new = _sample(before), _sample(after)
    if paired:
        _same_size(len(old), len(new))
    generator, resamples = np.random.default_rng(seed), resamples_for(false_fail_rate)
    scores = np.concatenate([old, new])
    order = np.argsort(scores, kind="stable")
    # All scores in order, and what each adds to the difference of the two distributions.
    values, weights = scores[order], np.repeat([1 / len(old), -1 / len(new)], [len(old), len(new)])[order]
    # Where each answer stands in the sorted list of both samples: a pair keeps opposite signs there.
    place = np.argsort(order, kind="stable")
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


def _transport(values: Floats, weights: Floats) -> Floats:
    """Return the area between the two distribution functions, for each row of weights."""
    return np.asarray(np.abs(np.cumsum(weights[:, :-1], axis=1)) @ np.diff(values))


def _codes(
    before: Sequence[Hashable], after: Sequence[Hashable]
) -> tuple[NDArray[np.int_], NDArray[np.int_], int]:
    if not before or not after:
        raise ValueError("a sample is empty: there is nothing to compare")
    kinds: dict[Hashable, int] = {}
    codes = np.array([kinds.setdefault(label, len(kinds)) for label in (*before, *after)])
    return codes[: len(before)], codes[len(before) :], len(kinds)


def _sample(scores: ArrayLike) -> Floats:
    found = np.asarray(scores, dtype=float)
    if found.ndim != 1 or not found.size or not np.isfinite(found).all():
        raise ValueError("a sample must be a flat sequence of at least one finite number")
    return found


def _same_size(before: int, after: int) -> None:
    if before != after:
        raise ValueError(f"paired samples must be of one size, not {before} and {after}")


def feature_drift(
    before: ArrayLike, after: ArrayLike, false_fail_rate: float, *, paired: bool = False, seed: int = 0
) -> Drift:
    """Compare two samples of feature vectors by how well a classifier tells them apart.

    A random forest learns on one half of both samples and is judged on the other. The distance is its Gini
    coefficient, ``2 * AUC - 1``: 0 where it can only guess (or less, by chance), 1 where it is always right.
    Its p-value is of a permutation of the judged half alone, so that nothing is learned anew.

    Source: Lopez-Paz and Oquab, Revisiting Classifier Two-Sample Tests, arXiv 1610.06545 (2017).
    """
    from scipy.stats import rankdata

    old, new = _features(before), _features(after)
    if old.shape[1] != new.shape[1] or (paired and len(old) != len(new)):
        raise ValueError(f"the samples do not fit together: shapes {old.shape} and {new.shape}")
    generator = np.random.default_rng(seed)
    # A forest that is judged on what it learned finds differences in any two samples, so half is held back.
    # Pairs stay together, or half of a pair would be known already.
    old_order = generator.permutation(len(old))
    new_order = old_order if paired else generator.permutation(len(new))
    old_learn, old_judge = np.split(old[old_order], [len(old) // 2])
    new_learn, new_judge = np.split(new[new_order], [len(new) // 2])
    scores = _learnt_scores(old_learn, new_learn, np.concatenate([old_judge, new_judge]), seed)
    is_new = np.repeat([False, True], [len(old_judge), len(new_judge)])
    ranks = np.asarray(rankdata(scores))
    permuted = []
    for size in chunks(resamples_for(false_fail_rate), len(ranks)):
        if paired:
            swapped = generator.random((size, len(old_judge))) < 1 / 2
            drawn = np.concatenate([swapped, ~swapped], axis=1)
        else:
            drawn = generator.permuted(np.broadcast_to(is_new, (size, len(ranks))), axis=1)
        permuted.append(_gini(ranks, drawn))
    return judged(float(_gini(ranks, is_new[None])[0]), np.concatenate(permuted))


def _learnt_scores(old: Floats, new: Floats, rows: Floats, seed: int) -> Floats:
    """Learn to tell old from new, and return how new each row looks."""
    from sklearn.ensemble import RandomForestClassifier

    # One thread: the order of sums, and so the verdict, is then the same on every machine.
    forest = RandomForestClassifier(n_estimators=100, min_samples_leaf=5, random_state=seed, n_jobs=1)
    forest.fit(np.concatenate([old, new]), np.repeat([0, 1], [len(old), len(new)]))
    return np.asarray(forest.predict_proba(rows)[:, 1])


def _features(rows: ArrayLike) -> Floats:
    found = np.asarray(rows, dtype=float)
    if found.ndim != 2 or len(found) < _LEAST or not np.isfinite(found).all():
        raise ValueError(f"features must be a table of finite numbers of at least {_LEAST} rows")
    return found


def _gini(ranks: Floats, is_new: NDArray[np.bool_]) -> Floats:
    """Return ``2 * AUC - 1`` for each row, by the rank sum of Mann and Whitney."""
    new = is_new.sum(axis=1)
    above = is_new @ ranks - new * (new + 1) / 2
    return np.asarray(2 * above / (new * (len(ranks) - new)) - 1)
