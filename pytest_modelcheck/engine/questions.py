"""What is being asked at this moment, so that nobody asks the same twice.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_modelcheck.engine.asks import Ask, sorted_out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pytest_modelcheck.models.model import Model


class Questions:
    """Every question that is asked and not answered, by where its answer will be kept and its digest.

    One that was asked ahead, and answered by an error, stays until the body that asks it has heard that.
    """

    def __init__(self) -> None:
        self._asked: dict[tuple[int, bytes], Ask] = {}
        self._broken: list[Ask] = []

    def join(self, model: Model, key: bytes | None) -> Ask | None:
        """The question, where somebody asks it already."""
        found = None if key is None else self._asked.get((id(model.answers), key))
        if found is not None and found.settled and not found.waiters:
            self._broken.append(found)
        return found

    def add(self, asked: Ask) -> None:
        """Take in a question that is new."""
        if asked.place is not None:
            self._asked[asked.place] = asked

    def drop(self, asks: Iterable[Ask]) -> None:
        """Let go of questions."""
        known = self._asked
        for asked in asks:
            place = asked.place
            if place is not None and known.get(place) is asked:
                del known[place]

    def clear(self) -> None:
        """Let go of all."""
        self._asked.clear()
        self._broken.clear()

    def broken(self) -> list[Ask]:
        """Those that were answered by an error before anybody waited for them, and are waited for now."""
        broken, self._broken = self._broken, []
        return broken

    # -- asked ahead -------------------------------------------------------------------------------

    def is_open(self, model: Model, key: bytes) -> bool | None:
        """Whether nobody has asked a question; ``None`` where somebody is asking it, or the model broke."""
        if (id(model.answers), key) in self._asked:
            return None
        return model.answers.find(key) is None

    def ahead(
        self, model: Model, x: Any, key: bytes, sequel: Callable[[Ask], None], slot: int = 0
    ) -> Ask | None:
        """A question that is asked ahead; ``None`` where another process asks it, or has."""
        asked = Ask(model, x, key, sequel, slot)
        if model.answers.claims is not None and not sorted_out(model.answers, [asked])[0]:
            return None
        self.add(asked)
        return asked

    def asked_ahead(self, model: Model, key: bytes | None) -> Ask | None:
        """The question, where it was asked ahead."""
        found = None if key is None else self._asked.get((id(model.answers), key))
        return None if found is None or found.sequel is None else found
