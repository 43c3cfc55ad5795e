"""Asking ahead: what the next bodies are certain to ask is answered in bulk before they run.

A body whose answers are all at hand runs without being suspended, which costs a fraction. What is asked ahead
is nothing that the bodies would not ask: it is read off their instructions (see ``engine.certain``) and held
against what the first bodies really asked; the first surprise ends it. A second question is asked ahead only
where the first was answered, since a model's error may end the body in between.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from itertools import islice, takewhile, zip_longest
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.engine.view import IMMUTABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from pytest_modelcheck.engine.asks import Ask
    from pytest_modelcheck.engine.dispatch import Dispatcher
    from pytest_modelcheck.engine.view import Result
    from pytest_modelcheck.engine.work import Work
    from pytest_modelcheck.models.model import Model
    from pytest_modelcheck.records import Trial

_WINDOW = 256

Question = tuple["Model", Any, bytes, "Callable[[Ask], None]", int]
"""The arguments of ``Dispatcher.submit``."""


class Lookahead:
    """Knows what bodies are certain to ask, and which of it is to be asked ahead.

    Args:
        asks: The questions, in order: which model, about which attribute of the case.
        subject: The model that is judged.

    Attributes:
        rehearses: Whether the first bodies run now, by which the expectation is confirmed.
    """

    def __init__(self, asks: Sequence[tuple[Model, str]], subject: Model) -> None:
        self.rehearses = False
        self._asks = asks
        self._subject = subject
        self._begun = False
        self._looks = self._found = False
        self._misses = 0
        self._broken: dict[tuple[int, bytes], Exception] = {}
        self._raised: set[tuple[int, int, bytes]] = set()

    def take(self, trials: Iterator[Trial], results: Sequence[Result], misses: int) -> list[Trial]:
        """The next trials to be run.

        Args:
            trials: All that are left.
            results: What came of those before.
            misses: How often bodies had to wait for an answer so far. Where none did, none is likely to.
        """
        if self.rehearses and not all(map(self._is_as_expected, results)):
            self._asks = ()
        self.rehearses = not self._begun
        self._begun = True
        self._looks = misses > self._misses or self._found
        self._misses, self._found = misses, False
        return list(islice(trials, _WINDOW))

    def stages(self, trials: Sequence[Trial]) -> Iterator[Iterable[Question]]:
        """What is to be asked ahead, one stage after the other: the next begins when one is answered."""
        self._broken.clear()
        self._raised.clear()
        if self.rehearses or not self._looks:
            return
        alive: Sequence[tuple[Trial, bytes]] = []
        asked: Collection[bytes] = ()
        for place, (model, what) in enumerate(self._asks):
            find = model.answers.find
            if place:
                trials = [trial for trial, key in alive if key not in asked or find(key) is not None]
            keys = [_question(trial, model, what) for trial in trials]
            alive = [(trial, key) for trial, key in zip(trials, keys, strict=True) if key is not None]
            unknown = {key: trial for trial, key in alive if find(key) is None}
            asked = unknown.keys()
            if unknown:
                self._found = True
                yield [
                    (model, _input(trial, what), key, self.answered, trial.repeat)
                    for key, trial in unknown.items()
                ]

    def answered(self, asked: Ask) -> None:
        """Take in that the answer to a question is there; what was raised is raised where it is asked."""
        if asked.error is not None and asked.key is not None:
            self._broken[id(asked.model), asked.key] = asked.error

    def raise_again(self, trial: Trial, model: Model, key: bytes) -> None:
        """Raise what a model raised when it was asked ahead for a trial, once."""
        if not self._broken:
            return
        error = self._broken.get((id(model), key))
        if error is not None and (trial.index, id(model), key) not in self._raised:
            self._raised.add((trial.index, id(model), key))
            raise error

    def _is_as_expected(self, result: Result) -> bool:
        """Whether a body asked the judged model what it was certain to ask."""
        expected = [_question(result.trial, *ask) for ask in self._asks if ask[0] is self._subject]
        asked = [key for key, _ in result.asked[: len(expected)]]
        return all(want in (None, key) for want, key in zip_longest(expected, asked))


def lookahead_of(work: Work, dispatcher: Dispatcher) -> Lookahead | None:
    """Asking ahead for a check, or ``None`` where that is not possible, or gains nothing.

    Where a model answers in threads or is awaited, some bodies run while others wait: a stage would only wait
    for its slowest answer.
    """
    if dispatcher.offline or work.interleave is False:
        return None
    asks = tuple(takewhile(_is_called_here, work.asks))
    return Lookahead(asks, work.subject) if asks else None


def _is_called_here(ask: tuple[Model, str]) -> bool:
    caller = ask[0].caller
    return not caller.awaited and caller.concurrency == 1


def _input(trial: Trial, what: str) -> Any:
    return trial.given.input if what == "input" else trial.perturbed


def _question(trial: Trial, model: Model, what: str) -> bytes | None:
    """The digest of what a body asks; ``None`` where that must be left to the body."""
    x = _input(trial, what)
    return model.key(x, trial.repeat) if type(x) in IMMUTABLE else None
