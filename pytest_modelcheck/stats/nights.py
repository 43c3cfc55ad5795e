"""Evidence that adds up over runs, night after night, that a model is no longer what was approved.

A test at 0.01 every night alarms in 97% of years though nothing has changed. An e-process does not: if
nothing has changed, the chance that it *ever* reaches ``1 / false_fail_rate`` is at most ``false_fail_rate``,
however long somebody watches and whenever they stop (Ville's inequality; Ramdas, Grünwald, Vovk and Shafer
2023, arXiv 2210.01948).

Each night is compared with everything before it, and not with the approved answers alone: an unlucky approval
is unlucky every night, and nights that share it are not independent. If nothing has changed, which of all
answers to a call came last is chance (conformal test martingales: Vovk, Gammerman and Shafer 2005). The
change may come on any night, so that a part of the stake is kept for each: 1 / (j (j + 1)) for night j.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

STAKES: Final = (0.03, 0.2, 0.8)
"""Parts of the wealth that are staked on each call: small ones find a change of many calls among noise, large
ones a change of few calls that hardly vary."""

STAKE: Final = 0.9
"""The part that is staked on the rank of a night's distance."""

_STEEP: Final = 7.0
"""An answer that nobody gave before is worth exp(7) times one that everybody gave."""


@dataclass(frozen=True, slots=True)
class NightsEvidence:
    """The evidence against "nothing has changed": 1 says nothing, and chance reaches x once in x."""

    current: float = 1.0
    highest: float = 1.0


def answers_evidence(
    approved: Mapping[str, Sequence[str]], nights: Iterable[Mapping[str, tuple[str, str]]]
) -> NightsEvidence:
    """Evidence that a model answers otherwise, from calls that were made twice in each night.

    The calls of a night may be chosen in any way that does not depend on their new answers.

    Args:
        approved: The approved answers to each call, at least one, as texts of which only equality counts.
        nights: For each night, the two new answers to some of these calls.
    """
    given = {call: Counter(answers) for call, answers in approved.items()}
    logs, found = [-math.inf] * len(STAKES), [1.0]
    for number, night in enumerate(nights, 1):
        oddities = []
        for call, (one, two) in night.items():
            counts = given[call]
            counts.update((one, two))
            if len(counts) > 1:  # else all answers are the same, and their order says nothing
                oddities.append(_oddity(tuple(sorted(counts.values())), counts[one], counts[two], one == two))
        begun = -math.log(number * (number + 1))
        for place, stake in enumerate(STAKES):
            gain = sum(math.log1p(stake * (oddity - 1)) for oddity in oddities)
            logs[place] = _log_sum((logs[place], begun)) + gain
        found.append(1 / (number + 1) + _exp(_log_sum(logs)) / len(STAKES))
    return NightsEvidence(found[-1], max(found))


def settled(
    approved: Mapping[str, Sequence[str]], nights: Iterable[Mapping[str, tuple[str, str]]], runs: int = 1
) -> list[int]:
    """Return the nights, from 1, that gave another answer, twice, where nothing had ever varied.

    No bet is needed then: of a model that varies, a variation was seen before. A false alarm takes two odd
    answers that are the same before any other was seen: under 0.5% in all nights together, where each call
    was approved on three runs.

    Args:
        approved: The approved answers to each call.
        nights: For each night, the two new answers to some of these calls.
        runs: The number of approved answers that an odd call must have.

    >>> approved = {"a": ["yes"] * 3, "b": ["yes"] * 3}
    >>> settled(approved, [{"a": ("no", "no"), "b": ("yes", "yes")}, {"a": ("yes", "yes")}])
    [1]
    >>> settled(approved, [{"b": ("yes", "no")}, {"a": ("no", "no")}])
    []
    """
    found: list[int] = []
    if any(len(set(answers)) > 1 for answers in approved.values()):
        return found
    for number, night in enumerate(nights, 1):
        if any(one != two for one, two in night.values()):
            break
        odd = [call for call, (one, _) in night.items() if one not in approved[call]]
        if odd and all(len(approved[call]) >= runs for call in odd):
            found.append(number)
    return found


@lru_cache(maxsize=4096)
def _oddity(counts: tuple[int, ...], one: int, two: int, same: bool) -> float:
    """Return how odd it is that two answers came last: over all pairs of answers, its mean is 1."""
    size = sum(counts)

    def worth(one: int, two: int, *, same: bool) -> float:
        shared = (one + two - (4 if same else 2)) / (2 * (size - 2))
        return math.exp(-_STEEP * shared)

    kinds, total = sorted(Counter(counts).items()), 0.0
    for count, many in kinds:
        total += many * math.comb(count, 2) * worth(count, count, same=True)
        total += math.comb(many, 2) * count * count * worth(count, count, same=False)
    for (count, many), (other, others) in combinations(kinds, 2):
        total += many * others * count * other * worth(count, other, same=False)
    return worth(one, two, same=same) * math.comb(size, 2) / total


def distances_evidence(distances: Sequence[float], p_values: Sequence[float]) -> NightsEvidence:
    """Evidence that a distribution has moved, from its distance to the approved one in each night.

    Half of it bets on ranks: if nothing has changed, which of the nights so far is the farthest away is
    chance, also where the approved sample was unlucky. Who bets on a change before night j bets that all
    later nights are farther away than all before. The other half is for a change before the first nights,
    which have nothing to be compared with: the test of each night by itself, at its part of the level.

    Args:
        distances: What the tolerance leaves of each night's distance: 0 where it is tolerated.
        p_values: Of each night's test by itself where its distance is not tolerated, else 1.

    >>> quiet, moved = [0] * 30, [0.2] * 5
    >>> [distances_evidence(each, [1] * len(each)).highest > 100 for each in (quiet, quiet + moved)]
    [False, True]
    """
    logs: list[float] = []
    found = [1.0]
    for number, (distance, p_value) in enumerate(zip(distances, p_values, strict=True), 1):
        rank = sum(other >= distance for other in distances[:number])
        logs.append(-math.log(number * (number + 1)))
        for begun in range(number):
            farthest = number - begun
            gain = number / farthest if rank <= farthest else 0.0
            logs[begun] += math.log1p(STAKE * (gain - 1))
        ranks = 1 / (number + 1) + _exp(_log_sum(logs))
        alone = 1 / (number * (number + 1) * p_value)
        found.append(max(ranks, alone) / 2)
    return NightsEvidence(found[-1], max(found))


def _log_sum(logs: Iterable[float]) -> float:
    """Return the logarithm of a sum: quiet years multiply to less than a float can hold."""
    logs = tuple(logs)
    most = max(logs)
    return most if math.isinf(most) else most + math.log(sum(math.exp(log - most) for log in logs))


def _exp(log: float) -> float:
    return math.exp(min(log, 700.0))
