"""Whether scores rise over three or more ordered levels of a perturbation.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def page_trend(scores: ArrayLike) -> float:
    """Return the p-value of "the scores do not rise over the levels", by Page's test.

    Small where they rise. Give the levels in the opposite order for evidence that they fall.

    Args:
        scores: A row a case, a column a level, at least three of them, in the order in which the score should
            rise.

    Raises:
        ValueError: There is no row, there are less than three columns, or a score is no finite number.

    Source: Page, JASA 58 (1963) 216-230; :func:`scipy.stats.page_trend_test`.

    >>> page_trend([[1, 2, 3, 4], [1, 3, 2, 4], [2, 1, 3, 4]]) < 0.01
    True
    """
    import numpy as np

    found = np.asarray(scores, dtype=float)
    if found.ndim != 2 or not len(found) or found.shape[1] < 3 or not np.isfinite(found).all():
        raise ValueError("a trend needs a row a case and at least three levels, all finite numbers")
    varying = found[np.ptp(found, axis=1) > 0]
    if len(varying) < 2:
        return 1.0  # nothing moved, or in one case only: every order is about as good
    from scipy.stats import page_trend_test

    method = "asymptotic" if _ties(varying) else "auto"  # which is careful where there are ties
    return float(page_trend_test(varying, method=method).pvalue)


def _ties(rows: ArrayLike) -> bool:
    import numpy as np

    return bool((np.diff(np.sort(rows, axis=1), axis=1) == 0).any())
