"""Cases drawn from a Hypothesis strategy.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical import NotCanonical, digest, excerpt
from pytest_modelcheck.canonical.wording import plural
from pytest_modelcheck.cases.fields import FIELDS, to_case
from pytest_modelcheck.cases.rows import Row
from pytest_modelcheck.errors import CaseError
from pytest_modelcheck.records import Case, Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from pytest_modelcheck.cases.fields import Layout
    from pytest_modelcheck.cases.sources import Source

DEFAULT_N: Final = 100
"""How many cases are drawn where nobody says: as many as Hypothesis would."""

_NAME_WIDTH: Final = 60


def is_strategy(source: Any) -> bool:
    """Whether this is a strategy of Hypothesis, told without importing Hypothesis."""
    strategies = sys.modules.get("hypothesis.strategies")
    return strategies is not None and isinstance(source, strategies.SearchStrategy)


class StrategySource:
    """Different values that a strategy gives: inputs, or whole cases.

    Args:
        strategy: The strategy.
        n: How many cases are wanted, or ``None`` for :data:`DEFAULT_N` at most.
        seed: Which ones.
    """

    paths: tuple[Path, ...] = ()
    cluster: str | None = None

    def __init__(self, strategy: Any, n: int | None, seed: int) -> None:
        self.name = f"strategy {excerpt(repr(strategy), _NAME_WIDTH)}"
        self.notes: tuple[str, ...] = ()
        self.strategy = strategy
        self._n = n
        self._seed = seed

    def bind(self, base: Path, root: Path | None) -> Source:  # noqa: ARG002 - nothing here is a path
        """Itself."""
        return self

    def check(self) -> None:
        """Whether the strategy can be meant: bounds that contradict each other, say."""
        if self._n is not None and (isinstance(self._n, bool) or not isinstance(self._n, int) or self._n < 1):
            raise CaseError(f"n={self._n!r}: n is how many cases to draw, a whole number from 1")
        try:
            self.strategy.validate()
        except Exception as error:
            raise self._broken(error) from error

    def cases(self, layout: Layout) -> Iterator[Case]:
        """The cases, in the order in which they were drawn."""
        from pytest_modelcheck.cases.drawing import different

        self.check()
        wanted = self._wanted
        try:
            found = list(different(self.strategy, wanted, self._seed, self._told_apart(layout)))
        except CaseError:
            raise
        except Exception as error:
            raise self._broken(error) from error
        if self._n is not None and len(found) < wanted:
            gave = f"{self.name} gave {plural(len(found), 'different case')}, of {wanted} asked for"
            self.notes = (f"{gave}: it has no more, or they are hard to find",)
        return iter(found)

    def smaller(self, case: Case, layout: Layout) -> Generator[Case, bool, None]:
        """Cases that may be smaller than one that fails; each is answered with whether it fails, too."""
        from pytest_modelcheck.cases.minimising import smaller

        told_apart = self._told_apart(layout)
        return smaller(self.strategy, self._wanted, self._seed, told_apart, self._content(case))

    @property
    def _wanted(self) -> int:
        return DEFAULT_N if self._n is None else self._n

    def _told_apart(self, layout: Layout) -> Callable[[Any], tuple[bytes, Case]]:
        def told_apart(value: Any) -> tuple[bytes, Case]:
            case = self._case(value, layout)
            return self._content(case), case

        return told_apart

    def stream(self, layout: Layout) -> None:
        """Nothing: it is in memory."""

    def _case(self, value: Any, layout: Layout) -> Case:
        row = Row(value, Origin(self.name))
        if value is None:
            raise row.error("it gives None, and a case needs an input")
        is_row = isinstance(value, Case) or layout.names or _says_what_is_what(value)
        case = to_case(row if is_row else Row(Case(value), row.origin), layout)
        return case if case.origin is not row.origin else replace(case, origin=None)

    def _content(self, case: Case) -> bytes:
        try:
            return digest([case.input, *case.variants] if case.variants else case.input)
        except NotCanonical as error:
            raise CaseError(
                f"{self.name}: it gives inputs that cannot be told apart by their content, so that no answer "
                f"to them can be remembered ({error}). Draw plain values, dataclasses or pydantic models, "
                "and make of them what the model takes in the body of the test"
            ) from error

    def _broken(self, error: Exception) -> CaseError:
        """Say what is wrong with the strategy, and where it is."""
        from hypothesis.errors import FailedHealthCheck, Unsatisfiable

        filtering = isinstance(error, FailedHealthCheck) and "filter" in str(error)
        if filtering or isinstance(error, Unsatisfiable):
            return CaseError(
                f"{self.name}: it throws away almost everything that it draws, by .filter() or assume(), so "
                "that no cases come of it. Build what is wanted (st.builds, .map, bounds) rather than "
                "filtering it out"
            )
        notes = [note for note in getattr(error, "__notes__", ()) if note.startswith("while generating")]
        said = "; ".join([f"{type(error).__name__}: {error}", *notes])
        return CaseError(f"{self.name}: {said}{_raised_at(error)}")


def _says_what_is_what(value: Any) -> bool:
    """Whether it is a mapping of an input and other fields of a case, rather than an input itself."""
    return isinstance(value, Mapping) and "input" in value and value.keys() <= set(FIELDS)


def _raised_at(error: Exception) -> str:
    """Where the strategy's own code broke; nothing where Hypothesis itself refused it."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    module = "" if traceback is None else traceback.tb_frame.f_globals.get("__name__", "")
    if traceback is None or module.partition(".")[0] in ("hypothesis", "pytest_modelcheck"):
        return ""
    return f" (raised at {PurePath(traceback.tb_frame.f_code.co_filename).name}:{traceback.tb_lineno})"
