"""Whether a classifier can tell two samples apart: drift of whatever has features.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_modelcheck.stats.drift import Drift, judged
from pytest_modelcheck.stats.resampling import chunks, resamples_for

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_LEAST = 8  # of either sample: half of it to learn from, half to be judged on


def feature_drift(
    before: ArrayLike, now: ArrayLike, false_fail_rate: float, *, paired: bool = False, seed: int = 0
) -> Drift:
    """Compare two samples of feature vectors by how well a classifier tells them apart.

    A random forest learns on one half of both samples and is judged on the other. The distance is its Gini
    coefficient, ``2 * AUC - 1``: 0 where it can only guess (or less, by chance), 1 where it is always right.
    Its p-value is of a permutation of the judged half alone, so that nothing is learned anew.

    Args:
        before: Features of the one sample, a row each, at least 8 rows.
        now: Features of the other; equally many rows where they are paired.
        false_fail_rate: The level of the test: it decides how many permutations are drawn.
        paired: Whether the i-th rows of both belong together. Pairs are then halved, and exchanged, as such.
        seed: Of the halves, the forest and the permutations.

    Raises:
        ValueError: A sample is too small, is not a table of finite numbers, or they do not fit together.

    Source: Lopez-Paz and Oquab, Revisiting Classifier Two-Sample Tests, arXiv 1610.06545 (2017).

    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> calm, moved = rng.normal(size=(200, 3)), rng.normal(size=(200, 3)) + [0, 0, 2]
    >>> feature_drift(calm, moved, 0.01).p_value < 0.01
    True
    """
    import numpy as np

    old, new = _features(before), _features(now)
    if old.shape[1] != new.shape[1] or (paired and len(old) != len(new)):
        raise ValueError(f"the samples do not fit together: shapes {old.shape} and {new.shape}")
    generator = np.random.default_rng(seed)
    old_order = generator.permutation(len(old))
    new_order = old_order if paired else generator.permutation(len(new))
    old_learn, old_judge = np.split(old[old_order], [len(old) // 2])
    new_learn, new_judge = np.split(new[new_order], [len(new) // 2])
    scores = _learnt_scores(old_learn, new_learn, np.concatenate([old_judge, new_judge]), seed)
    is_new = np.repeat([False, True], [len(old_judge), len(new_judge)])
    ranks = _ranks(scores)
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
    import numpy as np
    from sklearn.ensemble import RandomForestClassifier

    forest = RandomForestClassifier(n_estimators=100, min_samples_leaf=5, random_state=seed, n_jobs=1)
    forest.fit(np.concatenate([old, new]), np.repeat([0, 1], [len(old), len(new)]))
    return np.asarray(forest.predict_proba(rows)[:, 1])


def _features(rows: ArrayLike) -> Floats:
    import numpy as np

    found = np.asarray(rows, dtype=float)
    if found.ndim != 2 or len(found) < _LEAST or not np.isfinite(found).all():
        raise ValueError(f"features must be a table of finite numbers of at least {_LEAST} rows")
    return found


def _ranks(scores: Floats) -> Floats:
    """Return ranks from 1; equal scores share the mean of theirs."""
    import numpy as np

    _, place, times = np.unique(scores, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(times) - (times - 1) / 2)[place])


def _gini(ranks: Floats, is_new: NDArray[np.bool_]) -> Floats:
    """Return ``2 * AUC - 1`` for each row, by the rank sum of Mann and Whitney."""
    import numpy as np

    new = is_new.sum(axis=1)
    above = is_new @ ranks - new * (new + 1) / 2
    return np.asarray(2 * above / (new * (len(ranks) - new)) - 1)
