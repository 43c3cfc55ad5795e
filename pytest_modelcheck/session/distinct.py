"""How many different questions there are, counted in little memory.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_HELD: Final = 1 << 16
_PARTS: Final = 64


class Distinct:
    """Counts different digests; one that is ``None`` counts once, as a question that has no digest.

    Beyond 65,536 of them, 8 bytes of each are kept, which tell as many apart as there will ever be.

    >>> found = Distinct()
    >>> found.update([b"a" * 16, b"b" * 16, b"a" * 16, None])
    >>> len(found)
    3
    """

    def __init__(self, held: int = _HELD) -> None:
        self._most = held
        self._held: set[bytes | None] = set()
        self._parts: list[array[int]] = []
        self._unnamed = False

    def update(self, keys: Iterable[bytes | None]) -> None:
        """Take in what was asked."""
        self._held.update(keys)
        if len(self._held) > self._most:
            self._put_away()

    def __len__(self) -> int:
        if not self._parts:
            return len(self._held)
        self._put_away()
        return sum(len(set(part)) for part in self._parts) + self._unnamed

    def _put_away(self) -> None:
        if not self._parts:
            self._parts = [array("Q") for _ in range(_PARTS)]
        for key in self._held:
            if key is None:
                self._unnamed = True
            else:
                self._parts[key[0] % _PARTS].append(int.from_bytes(key[:8]))
        self._held.clear()
