"""The order of labelling: at any point, the answers labelled so far are a fair sample of all judged answers.

The error rates of a judge are shares of the answers that people accept, and of those that they reject. A
sample with too many rejections by the judge would bias both. So strata are drawn in proportion: every prefix
of the order contains about the right share of each stratum.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import orjson

from pytest_modelcheck.labels.file import key_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Judged:
    """The arguments and the answer of a judge in one call.

    Attributes:
        given: The judge's arguments, as JSON.
        said: The judge's answer, as JSON.
        metadata: The metadata of the case.
        differs: Whether the judge answered differently for another version's answer to the same case.
        version: The version of the model whose answer was judged.
    """

    given: Any
    said: Any
    metadata: Mapping[str, Any] = field(default_factory=dict)
    differs: bool = False
    version: str | None = None

    @property
    def key(self) -> str:
        """A digest of the judge's arguments."""
        return key_of(self.given)


def in_order(judged: Iterable[Judged]) -> list[Judged]:
    """Sort answers into the order of labelling: a fair mix of strata by judge's answer, slice and difference.

    The order is always the same for the same answers, so that labelling can continue later.

    >>> mixed = [Judged({"answer": number}, said=number % 4 > 0) for number in range(40)]
    >>> sum(not one.said for one in in_order(mixed)[:20])
    5
    """
    strata: dict[bytes, list[Judged]] = defaultdict(list)
    for one in judged:
        answer = round(one.said, 1) if isinstance(one.said, float) else one.said
        first = next((str(value) for value in one.metadata.values() if isinstance(value, str)), "")
        strata[orjson.dumps([answer, one.differs, first])].append(one)
    placed = []
    for name, own in strata.items():
        own.sort(key=lambda one: blake2b(one.key.encode(), digest_size=8).digest())
        # A shift of its own for each stratum: strata of equal size must not come in lockstep.
        shift = int.from_bytes(blake2b(name, digest_size=2).digest()) / (1 << 16)
        placed += [((rank + shift) / len(own), one.key, one) for rank, one in enumerate(own)]
    return [one for _, _, one in sorted(placed, key=lambda each: each[:2])]
