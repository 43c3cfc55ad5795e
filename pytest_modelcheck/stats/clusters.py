"""Cases that depend on each other, such as those of one template: the group is then the unit.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence


def cluster_means(values: Sequence[float], clusters: Sequence[Hashable]) -> list[float]:
    """Return the mean of each cluster, in the order in which the clusters first appear.

    >>> cluster_means([1, 0, 1, 1], ["refund", "refund", "refund", "parcel"])
    [0.6666666666666666, 1.0]
    """
    return [sum(members) / len(members) for members in _members(values, clusters)]


def cluster_sums(values: Sequence[float], clusters: Sequence[Hashable]) -> list[float]:
    """Return the sum of each cluster: what to flip the sign of, where clusters are of different size.

    >>> cluster_sums([1, 0, 1, -1], ["refund", "refund", "refund", "parcel"])
    [2, -1]
    """
    return [sum(members) for members in _members(values, clusters)]


def _members(values: Sequence[float], clusters: Sequence[Hashable]) -> list[list[float]]:
    found: dict[Hashable, list[float]] = {}
    for value, cluster in zip(values, clusters, strict=True):
        found.setdefault(cluster, []).append(value)
    return list(found.values())
