"""Slices of failures: a shallow decision tree, and whether it found more than it would find in noise.

A tree always finds something. So the whole search is done again with outcomes shuffled: whatever it finds
then is what looking at so many slices finds for nothing. A rule is believed only if it stands out against
that (Westfall and Young, Resampling-Based Multiple Testing (1993), section 2.2: the maximum statistic).
Shuffling ends as soon as the answer can only be no (Besag and Clifford, Biometrika 78 (1991) 301).

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Table = NDArray[np.float32]


DEPTH: Final = 2
"""Conditions of a rule, at most."""

LEVEL: Final = 0.01
"""The chance that a rule is found where there is none."""

_SMALLEST_SLICE: Final = 5
_MOST_OF_A_KIND: Final = 1_000  # cases that fail, and as many that pass, are enough to find a rule
_SHUFFLES: Final = 199


@dataclass(frozen=True, slots=True)
class Condition:
    """One feature beyond a threshold: ``above`` it, or not."""

    feature: int
    threshold: float
    above: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """A slice where more fails than elsewhere.

    Attributes:
        conditions: What holds of its cases: all of these.
        p_value: The chance that a search in noise finds so much.
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
) -> Rule | None:
    """The slice where failures stand out most, or ``None`` where none stands out against noise.

    Args:
        features: A row a case, a column a feature.
        failed: For each case, whether it failed.
        clusters: For each case, the group of cases that it depends on. Outcomes are then shuffled between
            groups of the same size, and never within one.
        seed: Of the shuffles, and of the sample that is taken of more than 2,000 cases.

    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> length, spanish = rng.integers(1, 200, 300), rng.random(300) < 0.3
    >>> rule = find_rule(np.column_stack([length, spanish]), spanish & (length > 120))
    >>> sorted(one.feature for one in rule.conditions), rule.p_value
    ([0, 1], 0.005)
    >>> find_rule(np.column_stack([length, spanish]), rng.random(300) < 0.3) is None
    True
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
    shuffled = _shuffler(outcome, groups, generator)
    most = int(LEVEL * (_SHUFFLES + 1) + 1e-9) - 1
    as_much = 0
    for _ in range(_SHUFFLES):
        as_much += _best(table, shuffled())[1] >= observed - 1e-9
        # The rule will not be believed, whatever the remaining shuffles say: most sets of cases end here.
        if as_much > most:
            return None
    return Rule(conditions, (as_much + 1) / (_SHUFFLES + 1)) if conditions else None


def _sample(
    outcome: Floats, clusters: Sequence[Hashable] | None, generator: np.random.Generator
) -> NDArray[np.int_]:
    """Places of at most so many cases: as many that fail as that pass, or whole clusters."""
    if clusters is None:
        kinds = [np.flatnonzero(outcome == kind) for kind in (0.0, 1.0)]
        # Both kinds are limited alone: of a million cases that pass and forty that fail, all forty matter.
        return np.sort(np.concatenate([generator.permutation(kind)[:_MOST_OF_A_KIND] for kind in kinds]))
    members: dict[Hashable, list[int]] = {}
    for place, cluster in enumerate(clusters):
        members.setdefault(cluster, []).append(place)
    order = list(members)
    chosen: list[int] = []
    for number in generator.permutation(len(order)):
        if len(chosen) < 2 * _MOST_OF_A_KIND:
            chosen += members[order[number]]
    return np.sort(np.array(chosen, dtype=int))


def _shuffler(
    outcome: Floats, clusters: Sequence[Hashable] | None, generator: np.random.Generator
) -> Callable[[], Floats]:
    if clusters is None:
        return lambda: generator.permutation(outcome)
    members: dict[Hashable, list[int]] = {}
    for place, cluster in enumerate(clusters):
        members.setdefault(cluster, []).append(place)
    by_size: dict[int, list[list[int]]] = {}
    for places in members.values():
        by_size.setdefault(len(places), []).append(places)
    strata = [np.array(places) for places in by_size.values()]

    def shuffle() -> Floats:
        made = outcome.copy()
        for places in strata:
            made[places] = outcome[generator.permutation(places)]
        return made

    return shuffle


def _best(table: Table, outcome: Floats) -> tuple[tuple[Condition, ...], float]:
    """The node of the tree where failures stand out most, and by how many standard errors."""
    from sklearn.tree import DecisionTreeRegressor

    # On outcomes of 0 and 1, squared error is Gini impurity; this one takes them as they are.
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
