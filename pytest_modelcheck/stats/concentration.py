"""Concentration of regressions in a slice: two permutation tests over all slices that are looked at.

A slice that lost cases while others gained as many leaves the overall rate unchanged. Two p-values together
say that a slice really lost, each for the maximum over all slices, so that looking at many costs nothing
(Westfall and Young, Resampling-Based Multiple Testing (1993), section 2.2):

- *exchange*: approved and current runs are exchanged within each case. Small if noise cannot explain it.
- *shuffle*: drops are shuffled across cases. Small if the loss is concentrated in this slice, not the same
  small drop everywhere.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pytest_modelcheck.stats.permutation import chunks, resamples_for

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

LEAST_CHANGED = 5
"""Slices with fewer changed cases are not tested."""

_TIE = 1e-9  # of the largest number


@dataclass(frozen=True, slots=True)
class Concentration:
    """The concentration of changes in one slice.

    Attributes:
        slice: Its place among the slices that were given.
        exchange: The p-value of "noise explains the loss".
        shuffle: The p-value of "the loss is not concentrated here".
        excess: How far its mean drop exceeds that of all cases, in standard deviations under shuffling.
    """

    slice: int
    exchange: float
    shuffle: float
    excess: float = 0.0

    @property
    def p_value(self) -> float:
        """The larger of the two: both must be small."""
        return max(self.exchange, self.shuffle)


def concentrations(
    approved: Sequence[Sequence[float]],
    current: Sequence[Sequence[float]],
    slices: ArrayLike,
    false_fail_rate: float,
    *,
    clusters: Sequence[Hashable] | None = None,
    seed: int = 0,
) -> list[Concentration]:
    """Test every slice in which enough cases changed; the most suspicious come first.

    Args:
        approved: For each case, the outcome or score of each approved run, at least one.
        current: For each case, in the same order, the same of each current run, at least one.
        slices: One row per slice, one column per case: whether the case is in the slice.
        false_fail_rate: The level of the test: it decides how many resamples are drawn.
        clusters: For each case, its group of dependent cases. Groups are then exchanged and shuffled as one:
            only their means count.
        seed: Of the resamples.

    Raises:
        ValueError: The numbers of cases do not fit together.

    >>> broke, fixed, same = ([1], [0]), ([0], [1]), ([1], [1])
    >>> approved, current = zip(*[broke] * 11, *[same] * 80, *[fixed] * 11)
    >>> spanish, other = [True] * 11 + [False] * 91, [True, False] * 51
    >>> found = concentrations(approved, current, [other, spanish], 0.01)
    >>> found[0].slice, found[0].p_value < 0.01
    (1, True)
    """
    inside = np.asarray(slices, dtype=bool)
    if not len(approved) == len(current) or (inside.size and inside.shape[1] != len(approved)):
        raise ValueError(
            f"{len(approved)} approved cases, {len(current)} current ones, and slices of shape {inside.shape}"
        )
    if not inside.size:
        return []
    drop, spread = np.empty(len(approved)), np.empty(len(approved))
    for index, (before, after) in enumerate(zip(approved, current, strict=True)):
        runs = (*before, *after)
        mean = sum(runs) / len(runs)
        variance = sum((run - mean) ** 2 for run in runs) / (len(runs) - 1)
        drop[index] = sum(before) / len(before) - sum(after) / len(after)
        # The variance of the drop if the runs are exchanged.
        spread[index] = variance * (1 / len(before) + 1 / len(after))
    largest = max(abs(value) for side in (approved, current) for runs in side for value in runs)
    # Fewer changed cases could not reach a small p-value under any exchange, and would only cost the others:
    # all slices share one maximum.
    worth = (inside & (spread > (_TIE * largest) ** 2)).sum(axis=1) >= LEAST_CHANGED
    places = np.flatnonzero(worth & (inside.sum(axis=1) < len(approved)))
    if not places.size:
        return []
    rows = inside[places].astype(float)
    generator = np.random.default_rng(seed)
    exchange = _maximum_test(
        rows,
        drop,
        _exchanged(approved, current, clusters, generator),
        1 / np.sqrt(rows @ spread),
        false_fail_rate,
    )
    size = rows.sum(axis=1)
    scale = np.sqrt(len(drop) / (size * (len(drop) - size)))
    shuffle = _maximum_test(
        rows, drop - drop.mean(), _shuffled(drop - drop.mean(), clusters, generator), scale, false_fail_rate
    )
    # By the excess over the whole, not by p-value: many slices have the smallest p-value that resampling
    # can give.
    excess = (rows @ (drop - drop.mean())) * scale
    found = [
        Concentration(int(place), float(one), float(two), float(far))
        for place, one, two, far in zip(places, exchange, shuffle, excess, strict=True)
    ]
    return sorted(found, key=lambda each: (each.p_value, -each.excess))


def _maximum_test(
    rows: Floats, drop: Floats, resampled: Callable[[int], Floats], scale: Floats, false_fail_rate: float
) -> Floats:
    """Return each slice's p-value for the maximum over all slices; the observed one counts among them."""
    observed = (rows @ drop) * scale
    resamples, as_large = resamples_for(false_fail_rate), np.zeros(len(rows))
    for size in chunks(resamples, len(drop) + len(rows)):
        # The highest of all slices in each resample: whoever looks at many slices and shows the worst is
        # judged by the worst of chance.
        highest = ((resampled(size) @ rows.T) * scale).max(axis=1)
        as_large += (highest[:, None] >= observed - _TIE * np.abs(observed).max()).sum(axis=0)
    # What was observed is one of the arrangements; without it, a p-value of 0 would be possible.
    return np.asarray((as_large + 1) / (resamples + 1))


def _exchanged(
    approved: Sequence[Sequence[float]],
    current: Sequence[Sequence[float]],
    clusters: Sequence[Hashable] | None,
    generator: np.random.Generator,
) -> Callable[[int], Floats]:
    """Draw drops with approved and current runs exchanged, within cases or, as one, within clusters."""
    places: dict[tuple[int, int], list[int]] = {}
    for index, (before, after) in enumerate(zip(approved, current, strict=True)):
        # Cases with equal numbers of runs are dealt together as arrays; a loop over cases takes minutes.
        places.setdefault((len(before), len(after)), []).append(index)
    pools = {
        shape: np.array([(*approved[index], *current[index]) for index in members], dtype=float)
        for shape, members in places.items()
    }
    groups = _groups(clusters, len(approved))

    def draw(size: int) -> Floats:
        drops = np.empty((size, len(approved)))
        for shape, members in places.items():
            weights = np.repeat([1 / shape[0], -1 / shape[1]], shape)
            # Members of a cluster get the same deal: they are exchanged as a whole.
            _, group = np.unique(groups[members], return_inverse=True)
            order = generator.random((size, group.max() + 1, sum(shape))).argsort(axis=2)
            drops[:, members] = np.einsum("bgr,gr->bg", weights[order][:, group], pools[shape])
        return drops

    return draw


def _shuffled(
    drop: Floats, clusters: Sequence[Hashable] | None, generator: np.random.Generator
) -> Callable[[int], Floats]:
    """Draw drops shuffled across cases, or across clusters of the same size."""
    groups = _groups(clusters, len(drop))
    members: dict[int, list[int]] = {}
    for index, group in enumerate(groups.tolist()):
        members.setdefault(group, []).append(index)
    strata: dict[int, list[list[int]]] = {}
    for places in members.values():
        # Only clusters of one size can change places, or cases would have no place to go to.
        strata.setdefault(len(places), []).append(places)
    blocks = [np.array(places) for places in strata.values()]

    def draw(size: int) -> Floats:
        made = np.empty((size, len(drop)))
        for places in blocks:
            order = generator.random((size, len(places))).argsort(axis=1)
            made[:, places] = drop[places][order]
        return made

    return draw


def _groups(clusters: Sequence[Hashable] | None, cases: int) -> NDArray[np.int_]:
    if clusters is None:
        return np.arange(cases)
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(cluster, len(numbers)) for cluster in clusters])
