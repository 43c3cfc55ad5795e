"""Models and checks without pytest around them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest
from pytest_modelcheck.engine.conductor import Conductor
from pytest_modelcheck.engine.dispatch import Dispatcher
from pytest_modelcheck.engine.switchboard import Switchboard
from pytest_modelcheck.engine.tasks import TaskConductor

from pytest_modelcheck.canonical import Codec
from pytest_modelcheck.engine.work import Work
from pytest_modelcheck.models.cache import PredictionCache, Shelf
from pytest_modelcheck.models.calling import caller_of
from pytest_modelcheck.models.model import Answers, Definition, Model
from pytest_modelcheck.records import Case, Outcome, Trial


class Skip(Exception):
    """Stands for pytest.skip, which the engine does not know."""


class Stop(BaseException):
    """Stands for whatever ends a whole test."""


def classify(error):
    if isinstance(error, AssertionError):
        return Outcome.FAILED
    if isinstance(error, Skip):
        return Outcome.SKIPPED
    return Outcome.ERROR if isinstance(error, Exception) else None


@dataclass
class Bench:
    """Everything that is needed to run bodies: ``bench.model(f)``, ``bench.run(body, inputs)``."""

    dispatcher: Dispatcher
    switchboard: Switchboard
    Skip = Skip
    Stop = Stop
    cache: PredictionCache = field(default_factory=lambda: PredictionCache(None))
    shelves: dict[str, Shelf] = field(default_factory=dict)

    def model(self, function, name="model", **options):
        definition = Definition(name=name, source=name, location="conftest.py:1", **options)
        place = f"{name} {id(function)}"  # a model that is made again remembers what it was asked
        shelf = self.shelves.setdefault(place, self.cache.shelf(place, keep=False))
        return Model(
            definition,
            function,
            "1",
            None,
            caller_of(definition, function),
            Answers(shelf, Codec()),
            self.switchboard.ask,
        )

    def work(self, body, subject, approved=lambda trial: None, **options):
        return Work(body=body, subject=subject, classify=classify, find_approved=approved, **options)

    def run(self, body, inputs, subject, **options):
        """Run a synchronous body for each input (or case)."""
        conductor = Conductor(self.work(body, subject, **options), self.dispatcher)
        self.switchboard.conductor = conductor
        try:
            return conductor.run(trials_of(inputs))
        finally:
            self.switchboard.conductor = None

    def run_async(self, body, inputs, subject, **options):
        """The same for an ``async`` body."""
        tasks = TaskConductor(self.work(body, subject, **options), self.dispatcher)
        self.switchboard.tasks = tasks
        try:
            return asyncio.run(tasks.run(trials_of(inputs)))
        finally:
            self.switchboard.tasks = None


def trials_of(inputs):
    return [
        Trial(index, each if isinstance(each, Case) else Case(each, id=f"c-{index}"))
        for index, each in enumerate(inputs)
    ]


@pytest.fixture
def bench():
    dispatcher = Dispatcher()
    yield Bench(dispatcher, Switchboard(dispatcher))
    dispatcher.close()
