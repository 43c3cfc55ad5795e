"""One source, read when it is first needed, for all who narrow it.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_modelcheck.cases.identity import identified

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_modelcheck.cases.fields import Layout
    from pytest_modelcheck.cases.narrowing import Narrowing
    from pytest_modelcheck.cases.sources import Source
    from pytest_modelcheck.records import Case


class Reading:
    """The cases of one source, with their ids: held, or read again each time where they are very many."""

    def __init__(self, source: Source, layout: Layout) -> None:
        self._source = source
        self._layout = layout
        self._known: Sequence[Case] | None = None

    def narrowed(self, narrowings: Sequence[Narrowing]) -> Sequence[Case]:
        """The cases that are left by all of these, one after the other.

        Raises:
            CaseError: The source cannot be read, or a narrowing asks for what is not there.
        """
        known = self._all()
        for narrowing in narrowings:
            known = _picked(known, narrowing)
        return known

    def _all(self) -> Sequence[Case]:
        if self._known is None:
            stream = self._source.stream(self._layout)
            if stream is None:
                self._known = identified(list(self._source.cases(self._layout)))
            else:
                from pytest_modelcheck.cases.streaming import Streamed

                self._known = Streamed(stream)
        return self._known


def _picked(cases: Sequence[Case], narrowing: Narrowing) -> Sequence[Case]:
    if isinstance(cases, tuple):
        return tuple(cases[place] for place in narrowing(cases))
    from pytest_modelcheck.cases.streaming import picked

    return picked(cases, narrowing(cases))
