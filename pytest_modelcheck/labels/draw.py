"""The order of labelling: answers labelled so far are always a fair sample of what was judged.

Errors of a judge are shares of what people accept, and of what they reject. A sample that took more of what
the judge rejected would make it look worse at the one and better at the other. So strata are drawn in
proportion: every beginning of the order has of each stratum about its share.

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
    """Something that a judge was given, and what it said.

    Attributes:
        given: The arguments of the judge, as JSON.
        said: What it said, as JSON.
        metadata: What is known of the case.
        version: The version of the model that gave the answer.
        differs: Whether the judge said otherwise of another version's answer to the same case.
    """

    given: Any
    said: Any
    metadata: Mapping[str, Any] = field(default_factory=dict)
    differs: bool = False
    version: str | None = None

    @property
    def key(self) -> str:
        """Tells what was judged from everything else."""
        return key_of(self.given)


def in_order(judged: Iterable[Judged]) -> list[Judged]:
    """The order in which to label: strata by what was said, by slice, and by whether versions differ.

    It is always the same for the same answers, so that labelling can go on where it was left.

    >>> mixed = [Judged({"answer": number}, said=number % 4 > 0) for number in range(40)]
    >>> sum(not one.said for one in in_order(mixed)[:20])
    5
    """
    strata: dict[bytes, list[Judged]] = defaultdict(list)
    for one in judged:
        said = round(one.said, 1) if isinstance(one.said, float) else one.said
        first = next((str(value) for value in one.metadata.values() if isinstance(value, str)), "")
        strata[orjson.dumps([said, one.differs, first])].append(one)
    placed = []
    for name, own in strata.items():
        own.sort(key=lambda one: blake2b(one.key.encode(), digest_size=8).digest())
        # Half a step in, and a little apart from other strata of the same size.
        shift = int.from_bytes(blake2b(name, digest_size=2).digest()) / (1 << 16)
        placed += [((rank + shift) / len(own), one.key, one) for rank, one in enumerate(own)]
    return [one for _, _, one in sorted(placed, key=lambda each: each[:2])]
