"""Asking ahead across checks: what the next ones are certain to ask is under way before they begin.

Only slots that the running check leaves free are used. What was answered is remembered like any answer, so
that the check finds it. What a model raised is kept for the check, and raised where its body asks; it is not
asked again. What a question costs is counted for the check that it is asked for.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections import Counter, deque
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.engine.meter import Meter
from pytest_modelcheck.engine.slots import by_repeat
from pytest_modelcheck.engine.view import IMMUTABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_modelcheck.engine.asks import Ask
    from pytest_modelcheck.engine.dispatch import Dispatcher
    from pytest_modelcheck.engine.line import Line
    from pytest_modelcheck.engine.trials import Plan
    from pytest_modelcheck.models.model import Model
    from pytest_modelcheck.records import Trial

_OPEN = 64
"""So many checks are looked at ahead, at most."""


def may_be_asked_ahead(model: Model, line: Line) -> bool:
    """Whether calls of a model may be made beside those of a check that runs.

    Not where one waits for the other: a model that is called here or one call at a time, or whose pace or
    purse decides how fast it goes.
    """
    definition = model.definition
    waits = definition.rate_limit is not None or definition.max_cost is not None
    return (line.threaded or model.caller.awaited) and line.concurrency > 1 and not waits


@dataclass(slots=True)
class Errand:
    """What one trial is certain to ask, one question after the other: a model's error may end its body."""

    questions: Sequence[tuple[Model, Any, bytes | None, int]]
    at: int = 0


@dataclass(eq=False, slots=True)
class Prospect:
    """A check that is certain to run soon.

    Attributes:
        check: Its id.
        plan: Its trials.
        asks: What every body is certain to ask, in order: which model, about which attribute of the case.
        subject: The model that is judged.
        repeated: Whether each trial is run several times, so that equal calls get answers of their own.
        made: What was made of each input, by the number of the case and the perturbation, so that nothing
            is perturbed twice.
    """

    check: str
    plan: Plan
    asks: Sequence[tuple[Model, str]]
    subject: Model
    repeated: bool = False
    _meters: dict[Line, Meter] = field(default_factory=dict)
    _begun: deque[Errand] = field(default_factory=deque)
    _broken: list[Ask] = field(default_factory=list)
    _errands: Iterator[Errand] | None = None

    def meter(self, line: Line) -> Meter:
        """Counts what was asked of one model for this check."""
        return self._meters.setdefault(line, Meter())

    def next(self, is_open: Callable[[Model, bytes], bool | None]) -> Errand | None:
        """The next errand whose next question is open, or ``None`` where there is none for now.

        Args:
            is_open: Whether a question is to be asked; ``None`` where somebody asks it now.
        """
        if self._errands is None:
            self._errands = self._all()
        while (errand := self._begun.popleft() if self._begun else next(self._errands, None)) is not None:
            while errand.at < len(errand.questions):
                model, _, key, _ = errand.questions[errand.at]
                state = None if key is None else is_open(model, key)
                if state:
                    return errand
                if state is None:
                    break  # left to the body
                errand.at += 1
        return None

    def go_on(self, errand: Errand) -> None:
        """Take an errand up again, later."""
        self._begun.append(errand)

    def broke(self, asked: Ask) -> None:
        """Take in that a question was answered by an error."""
        self._broken.append(asked)

    @property
    def broken(self) -> Sequence[Ask]:
        """What was answered by an error."""
        return self._broken

    def _all(self) -> Iterator[Errand]:
        index = self.plan.start
        for number, case in enumerate(self.plan.cases):
            trials = self.plan.of_case(case, number, index)
            index += len(trials)
            for trial in trials:
                yield Errand(list(self._questions(trial)))

    def _questions(self, trial: Trial) -> Iterator[tuple[Model, Any, bytes | None, int]]:
        equal: Counter[bytes | None] = Counter()
        for model, what in self.asks:
            x = trial.given.input if what == "input" else trial.perturbed
            if type(x) not in IMMUTABLE:
                x = deepcopy(x)
            slot = trial.repeat
            if self.repeated and model is self.subject:
                plain = model.key(x)
                slot = by_repeat(trial, plain or b"", equal[plain])
                equal[plain] += 1
            yield model, x, model.key(x, slot), slot


class Ahead:
    """Knows the checks that come next, and asks for them where there is room.

    Attributes:
        more: Gives the next check that is certain to run, or ``None`` for now.
        held: Whether nothing may be asked ahead now.
    """

    def __init__(self, dispatcher: Dispatcher) -> None:
        self.more: Callable[[], Prospect | None] = _none
        self.held = True
        self._dispatcher = dispatcher
        self._prospects: dict[str, Prospect] = {}

    def top_up(self) -> None:
        """Ask for the next checks, as far as there is room."""
        if self.held:
            return
        for prospect in [*self._prospects.values()]:
            self._serve(prospect)
        while len(self._prospects) < _OPEN and (new := self._next()) is not None:
            if not self._serve(new):
                break

    def adopt(self, check: str) -> Prospect | None:
        """What was asked ahead for a check that begins; those before it will not begin any more."""
        if check not in self._prospects:
            return None
        for each in list(self._prospects):
            prospect = self._prospects.pop(each)
            if each == check:
                return prospect
            self._dispatcher.questions.drop(prospect.broken)
        return None

    def clear(self) -> None:
        """Forget every check that comes next."""
        self._prospects.clear()

    def _next(self) -> Prospect | None:
        new = self.more()
        if new is not None:
            self._prospects[new.check] = new
        return new

    def _serve(self, prospect: Prospect) -> bool:
        """Ask for one check; give back whether there is room left."""
        dispatcher = self._dispatcher
        while (errand := self._errand(prospect)) is not None:
            model = errand.questions[errand.at][0]
            if not dispatcher.room(model):
                prospect.go_on(errand)
                return False
            self._send(prospect, model, errand)
        return True

    def _errand(self, prospect: Prospect) -> Errand | None:
        try:
            return prospect.next(self._dispatcher.questions.is_open)
        except Exception:  # noqa: BLE001 - what is wrong with its cases, the check itself says when it runs
            prospect.plan.cases = ()
            return None

    def _send(self, prospect: Prospect, model: Model, errand: Errand | None) -> None:
        """Make one call, for one errand or as many as fit in a batch."""
        line = self._dispatcher.line(model)
        batch: list[Ask] = []
        while errand is not None:
            at, x, key, slot = errand.questions[errand.at]
            if at is not model or key is None:
                prospect.go_on(errand)
                break
            asked = self._dispatcher.questions.ahead(model, x, key, _Sequel(prospect, errand), slot)
            if asked is not None:
                batch.append(asked)
            if len(batch) >= line.sizes.size:
                break
            errand = self._errand(prospect)
        if batch:
            self._dispatcher.start_ahead(batch, prospect.meter(line))


class _Sequel:
    """What follows when a question that was asked ahead is answered."""

    __slots__ = ("_errand", "_prospect")

    def __init__(self, prospect: Prospect, errand: Errand) -> None:
        self._prospect = prospect
        self._errand = errand

    def __call__(self, asked: Ask) -> None:
        if asked.error is not None:
            self._prospect.broke(asked)
            return
        self._errand.at += 1
        self._prospect.go_on(self._errand)


def _none() -> None:
    """Nothing is known to come."""
