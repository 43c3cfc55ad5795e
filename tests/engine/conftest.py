"""Bodies without pytest around them: a switchboard, a router, models that are functions, and a way to run."""

from __future__ import annotations

import asyncio

import pytest

from pytest_modelcheck.calls.throttle import CallBudget
from pytest_modelcheck.canonical import Codec
from pytest_modelcheck.engine.answers import Switchboard
from pytest_modelcheck.engine.body import Bodies
from pytest_modelcheck.engine.gather import GatheredBodies
from pytest_modelcheck.engine.recipe import Recipe
from pytest_modelcheck.engine.router import Router
from pytest_modelcheck.engine.work import Work
from pytest_modelcheck.models.cache import PredictionCache
from pytest_modelcheck.models.calling import caller_of
from pytest_modelcheck.models.definition import Definition
from pytest_modelcheck.models.model import Answers, Model
from pytest_modelcheck.records import Case, Outcome, Trial


class Exit(BaseException):
    """Ends the whole run, as pytest's own does."""


def is_interrupt(error):
    return isinstance(error, KeyboardInterrupt | Exit)


def classify(error):
    if is_interrupt(error):
        return None
    return Outcome.FAILED if isinstance(error, AssertionError) else Outcome.ERROR


class Lab:
    """The engine of one session. Nothing is on disk; answers live as long as the lab."""

    def __init__(self, calls=None, *, offline=False, workers=1):
        call_budget = CallBudget(calls, f"--modelcheck-max-calls={calls}")
        self.switchboard = Switchboard(
            is_interrupt, offline=offline, call_budget=call_budget, workers=workers
        )
        self.router = Router(self.switchboard)
        self.cache = PredictionCache(None)
        self.models = {}
        self.bodies = None

    def model(self, function, name="triage", **options):
        """A model fixture's model; ``options`` are those of its fixture."""
        options = {"source": "s", "location": "conftest.py:1", **options}
        definition = Definition(name=name, takes_version=True, **options)
        answers = Answers(self.cache.shelf(f"{name} {options['source']}", keep=True), Codec(None))
        caller = caller_of(definition, function)
        router = self.router
        model = Model(definition, function, "1", None, caller, answers, router.call, router.is_awaited)
        self.models[name] = model
        return model

    def endpoint(self, name="triage"):
        return self.switchboard.endpoint(self.models[name])

    def meter(self, name="triage"):
        return self.endpoint(name).meter

    def make(
        self, body, *, gather=False, recipe=None, choose_repeat=None, handles=(), approved=None, **options
    ):
        """Make the runner of the bodies of a check of the first model."""
        work = Work(
            body=body,
            subject=next(iter(self.models.values())),
            classify=classify,
            find_approved=lambda trial: None if approved is None else approved.get(trial.case.id),
            models=self.models,
            gather=gather,
            **options,
        )
        kind = GatheredBodies if gather else Bodies
        self.bodies = kind(
            work, self.switchboard, handles, choose_repeat=choose_repeat, recipe=recipe or Recipe()
        )
        self.router.bodies = self.bodies
        self.switchboard.tick = self.bodies.show_progress
        return self.bodies

    def run(self, body, inputs, **options):
        """Run a body over inputs, cases or trials."""
        try:
            return self.make(body, **options).run(trials_of(inputs))
        finally:
            self.router.bodies = None

    def run_async(self, body, inputs, **options):
        """The same for an ``async`` body, on a loop of its own; it times out after 20 seconds."""

        async def main():
            return await asyncio.wait_for(self.make(body, **options).run_async(trials_of(inputs)), 20)

        self.router.awaited = True
        try:
            return asyncio.run(main())
        finally:
            self.router.awaited = False
            self.router.bodies = None


def trials_of(inputs):
    for number, each in enumerate(inputs):
        if isinstance(each, Trial):
            yield each
        else:
            case = each if isinstance(each, Case) else Case(each, id=f"case-{number}")
            yield Trial(number, case, number=number)


def outcomes_of(run):
    return [result.outcome.name.lower() for result in run.results]


@pytest.fixture
def labs():
    """Makes labs, and closes them at the end."""
    made = []

    def make(*args, **options):
        made.append(Lab(*args, **options))
        return made[-1]

    yield make
    for one in made:
        one.switchboard.close()


@pytest.fixture
def lab(labs):
    return labs()


@pytest.fixture
def outcomes():
    """The outcomes of a run, as words."""
    return outcomes_of


@pytest.fixture
def trials():
    """Makes trials of inputs, cases or trials."""
    return lambda *inputs: list(trials_of(inputs))
