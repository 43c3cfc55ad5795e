"""Slices of cases: where failures stand out, and whether regressions concentrate in one.

The slice where most fails is searched by a shallow decision tree, which always finds something. So the whole
search is done again with outcomes shuffled: that shows what a search of so many slices finds by chance
(Westfall and Young, Resampling-Based Multiple Testing (1993), section 2.2: the maximum statistic). Shuffling
ends as soon as the slice cannot be significant any more (Besag and Clifford, Biometrika 78 (1991) 301).

A slice that lost cases while others gained as many leaves the overall rate unchanged. Two p-values together
say that a slice really lost, each for the maximum over all slices:

- *exchange*: approved and current runs are exchanged within each case. Small if noise cannot explain it.
- *shuffle*: drops are shuffled across cases. Small if the loss is concentrated in this slice, not the same
  small drop everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_modelcheck.stats.permutation import chunks, resamples_for

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Table = NDArray[np.float32]


DEPTH: Final = 2
"""Conditions of a rule, at most."""

LEVEL: Final = 0.01
"""The chance that a rule is found where there is none."""

LEAST_CHANGED: Final = 5
"""Slices with fewer changed cases are not tested for concentration."""

_SMALLEST_SLICE: Final = 5
_MOST_OF_A_KIND: Final = 1_000  # cases that fail, and as many that pass, are enough to find a rule
_SHUFFLES: Final = 199
_TIE: Final = 1e-9  # of the largest number


@dataclass(frozen=True, slots=True)
class Condition:
    """One feature beyond a threshold: ``above`` it, or not."""

    feature: int
    threshold: float
    above: bool


@dataclass(frozen=True, slots=True)
class WorseSlice:
    """A slice where more fails than elsewhere.

    Attributes:
        conditions: Its cases meet all of these.
        p_value: The chance that a search finds as much if failures fall on cases at random.
    """

    conditions: tuple[Condition, ...]
    p_value: float

    def holds(self, features: Any) -> NDArray[np.bool_]:
        """For each row of a table of features, whether it is in the slice."""
        table = np.asarray(features, dtype=np.float32)
        inside = np.ones(len(table), dtype=bool)
        for one in self.conditions:
            inside &= (table[:, one.feature] > one.threshold) == one.above
        return inside


def find_rule(
    features: ArrayLike, failed: ArrayLike, clusters: Sequence[Hashable] | None = None, *, seed: int = 0
) -> WorseSlice | None:
    """The slice where failures stand out most, or ``None`` where none stands out against noise.

    Args:
        features: One row per case, one column per feature.
        failed: For each case, whether it failed.
        clusters: For each case, the group of cases that it depends on. Outcomes are then shuffled between
            groups of the same size, and never within one.
        seed: Of the shuffles, and of the sample that is taken of more than 2,000 cases.
    """
    table = np.ascontiguousarray(features, dtype=np.float32)
    outcome = np.asarray(failed, dtype=np.float64)
    generator = np.random.default_rng(seed)
    chosen = _sample(outcome, clusters, generator)
    table, outcome = table[chosen], outcome[chosen]
    if not 0 < outcome.sum() < len(outcome) or len(outcome) < 2 * _SMALLEST_SLICE:
        return None
    groups = None if clusters is None else [clusters[place] for place in chosen]
    conditions, observed = _best(table, outcome)
    strata = _strata(groups, len(outcome))
    shuffled = outcome.copy()
    most = int(LEVEL * (_SHUFFLES + 1) + 1e-9) - 1
    as_much = 0
    for _ in range(_SHUFFLES):
        for places in strata:
            shuffled[places] = outcome[generator.permutation(places)]
        as_much += _best(table, shuffled)[1] >= observed - _TIE
        # Whatever the remaining shuffles give, the rule is not significant: most searches end here.
        if as_much > most:
            return None
    return WorseSlice(conditions, (as_much + 1) / (_SHUFFLES + 1)) if conditions else None


def _sample(
    outcome: Floats, clusters: Sequence[Hashable] | None, generator: np.random.Generator
) -> NDArray[np.int_]:
    """Indexes of a limited number of cases: as many that fail as that pass, or whole clusters."""
    if clusters is None:
        kinds = [np.flatnonzero(outcome == kind) for kind in (0.0, 1.0)]
        # Each kind has its own limit: of a million cases that pass and forty that fail, all forty matter.
        return np.sort(np.concatenate([generator.permutation(kind)[:_MOST_OF_A_KIND] for kind in kinds]))
    members = _members(clusters, len(outcome))
    chosen: list[int] = []
    for number in generator.permutation(len(members)):
        if len(chosen) < 2 * _MOST_OF_A_KIND:
            chosen += members[number]
    return np.sort(np.array(chosen, dtype=int))


def _members(clusters: Sequence[Hashable] | None, cases: int) -> list[list[int]]:
    """The places of the cases of each cluster, or of each case where there are no clusters."""
    members: dict[Hashable, list[int]] = {}
    for place, cluster in enumerate(range(cases) if clusters is None else clusters):
        members.setdefault(cluster, []).append(place)
    return list(members.values())


def _strata(clusters: Sequence[Hashable] | None, cases: int) -> list[NDArray[np.int_]]:
    """The clusters by size, one row per cluster: only clusters of the same size can be exchanged."""
    by_size: dict[int, list[list[int]]] = {}
    for places in _members(clusters, cases):
        by_size.setdefault(len(places), []).append(places)
    return [np.array(rows) for rows in by_size.values()]


def _best(table: Table, outcome: Floats) -> tuple[tuple[Condition, ...], float]:
    """The node of the tree where failures stand out most, and by how many standard errors."""
    from sklearn.tree import DecisionTreeRegressor

    # On outcomes of 0 and 1, squared error is Gini impurity; a classifier would encode them first.
    tree = DecisionTreeRegressor(max_depth=DEPTH, min_samples_leaf=_SMALLEST_SLICE, random_state=0)
    tree.fit(table, outcome, check_input=False)
    nodes = tree.tree_
    leaves = nodes.apply(table)
    size = np.bincount(leaves, minlength=nodes.node_count).astype(float)
    wrong = np.bincount(leaves, outcome, minlength=nodes.node_count)
    # Children have higher numbers than their parent, so they are summed before it.
    for node in range(nodes.node_count - 1, -1, -1):
        if (left := nodes.children_left[node]) >= 0:
            right = nodes.children_right[node]
            size[node], wrong[node] = size[left] + size[right], wrong[left] + wrong[right]
    if nodes.node_count == 1:
        return (), 0.0
    total, rate = len(outcome), outcome.mean()
    spread = np.sqrt(size[1:] * rate * (1 - rate) * (total - size[1:]) / (total - 1))
    excess = (wrong[1:] - size[1:] * rate) / spread
    best = int(excess.argmax())
    return _way(nodes, best + 1), float(excess[best])


def _way(nodes: Any, node: int) -> tuple[Condition, ...]:
    """The conditions that lead to a node, of two about one feature only the narrower."""
    found: dict[tuple[int, bool], Condition] = {}
    at = 0
    while at != node:
        left, right = int(nodes.children_left[at]), int(nodes.children_right[at])
        above = node >= right  # nodes are numbered depth first
        one = Condition(int(nodes.feature[at]), float(nodes.threshold[at]), above)
        # A deeper condition on the same feature and side is the narrower one, and replaces the first.
        found[one.feature, above] = one
        at = right if above else left
    return tuple(found.values())


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
    """
    inside = np.asarray(slices, dtype=bool)
    if not len(approved) == len(current) or (inside.size and inside.shape[1] != len(approved)):
        raise ValueError(
            f"{len(approved)} approved cases, {len(current)} current ones, and slices of shape {inside.shape}"
        )
    if not inside.size:
        return []
    drop, spread = _drops(approved, current)
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


def _drops(approved: Sequence[Sequence[float]], current: Sequence[Sequence[float]]) -> tuple[Floats, Floats]:
    """Return each case's drop from approved to current mean, and the variance if runs are exchanged."""
    drop, spread = np.empty(len(approved)), np.empty(len(approved))
    for index, (before, after) in enumerate(zip(approved, current, strict=True)):
        runs = (*before, *after)
        mean = fmean(runs)
        variance = sum((run - mean) ** 2 for run in runs) / (len(runs) - 1)
        drop[index] = fmean(before) - fmean(after)
        spread[index] = variance * (1 / len(before) + 1 / len(after))
    return drop, spread


def _maximum_test(
    rows: Floats, drop: Floats, resampled: Callable[[int], Floats], scale: Floats, false_fail_rate: float
) -> Floats:
    """Return each slice's p-value for the maximum over all slices; the observed one counts among them."""
    observed = (rows @ drop) * scale
    resamples, as_large = resamples_for(false_fail_rate), np.zeros(len(rows))
    for size in chunks(resamples, len(drop) + len(rows)):
        # The highest of all slices in each resample: the worst of many slices is compared with the worst that
        # chance gives.
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
        # A case whose runs are all equal never drops, however they are exchanged: nearly all are such.
        if len({*before, *after}) > 1:
            # Cases with equal numbers of runs are dealt together as arrays; a loop over cases takes minutes.
            places.setdefault((len(before), len(after)), []).append(index)
    pools = {
        shape: np.array([(*approved[index], *current[index]) for index in members], dtype=float)
        for shape, members in places.items()
    }
    groups = np.empty(len(approved), dtype=int)
    for group, cases in enumerate(_members(clusters, len(approved))):
        groups[cases] = group

    def draw(size: int) -> Floats:
        drops = np.zeros((size, len(approved)))
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
    strata = _strata(clusters, len(drop))

    def draw(size: int) -> Floats:
        made = np.empty((size, len(drop)))
        for places in strata:
            order = generator.random((size, len(places))).argsort(axis=1)
            made[:, places] = drop[places][order]
        return made

    return draw
