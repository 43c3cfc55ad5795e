"""What all checks of one run share, and how one of them is driven.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.baselines.candidates import CandidateStore
from pytest_modelcheck.baselines.store import BaselineStore
from pytest_modelcheck.canonical import Codec, Projection
from pytest_modelcheck.engine.budget import Allowance
from pytest_modelcheck.engine.dispatch import Dispatcher
from pytest_modelcheck.engine.garbage import spared
from pytest_modelcheck.engine.slots import own_slots
from pytest_modelcheck.engine.switchboard import Switchboard
from pytest_modelcheck.models.cache import PredictionCache
from pytest_modelcheck.models.calling import answer_type, caller_of
from pytest_modelcheck.models.claims import Claims
from pytest_modelcheck.models.identity import fingerprint, is_alias, namespace, source_with
from pytest_modelcheck.models.model import Answers, Model
from pytest_modelcheck.records import Calls
from pytest_modelcheck.session.check import Check, Judged, Step, plan_of
from pytest_modelcheck.session.places import CANDIDATES, CLAIMS, MEASURES, PREDICTIONS
from pytest_modelcheck.session.variation import declared_of
from pytest_modelcheck.session.verdict import steps_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_modelcheck.checks.limits import Limits
    from pytest_modelcheck.checks.spec import CheckSpec
    from pytest_modelcheck.engine.work import Run, Work
    from pytest_modelcheck.models.model import Definition
    from pytest_modelcheck.session.check import Steps
    from pytest_modelcheck.session.places import Places


class Session:
    """What all checks of one run share: models, the answers they gave, approved behaviour.

    Args:
        places: Where things are kept.
        plugin: The version of pytest-modelcheck, for the record.

    Attributes:
        warnings: What the user should know and nothing failed for.
    """

    def __init__(self, places: Places, plugin: str) -> None:
        self.places = places
        self.plugin = plugin
        self.warnings: list[str] = []
        self.store = BaselineStore(places.baselines)
        self.candidates = CandidateStore(places.cache / CANDIDATES)
        self.cache = PredictionCache(
            places.cache / PREDICTIONS if places.keep else None, refresh=places.refresh
        )
        self._claims = Claims(places.cache / CLAIMS) if places.workers > 1 else None
        self.dispatcher = Dispatcher(
            offline=places.offline, allowance=_allowance(places), workers=places.workers
        )
        self.switchboard = Switchboard(self.dispatcher)

    def open_model(
        self,
        definition: Definition,
        raw: Any,
        version: str | None,
        parameters: Mapping[str, Any] | None = None,
    ) -> Model:
        """Make what a model fixture returned into a model that can be asked.

        Answers are kept across runs only where a change of the model cannot hide: its fixture takes
        ``model_version``, or names a ``fingerprint``. What its fixture was given by ``parametrize`` or
        ``params=`` is part of what it is; where that has no digest, nothing is kept.
        """
        mark = None if definition.fingerprint is None else fingerprint(definition.fingerprint, version)
        source = source_with(definition.source, parameters or {})
        named = version is not None and (definition.takes_version or mark is not None) and source is not None
        if version is not None and mark is None and is_alias(version):
            # Answers of the model that the alias meant yesterday would hide what it means today.
            named = False
            self._warn_of_alias(definition.name, version)
        codec = Codec(answer_type(definition, raw), asked=definition.returns is not None)
        see = Projection(definition.ignore, definition.compare_by, definition.name)
        place = namespace(definition.name, version, mark, f"{source} {codec.form}".rstrip())
        answers = Answers(
            self.cache.shelf(place, keep=named),
            codec,
            lambda: self.cache.shelf(f"{place} {MEASURES}", keep=named),
            self._claims,
            see,
        )
        caller = caller_of(definition, raw)
        return Model(definition, raw, version, mark, caller, answers, self.switchboard.ask)

    def _warn_of_alias(self, model: str, version: str) -> None:
        text = (
            f"{model} {version}: the version is an alias, which may mean another model tomorrow, so answers "
            "are not cached between runs. Name the exact version, or give the model fixture a fingerprint= "
            "that tells what the alias means now"
        )
        if self.places.keep and text not in self.warnings:
            self.warnings.append(text)

    def approved_version(self, model: str) -> str | None:
        """The version that the application is held to, or ``None``."""
        approved = self.store.approved(model)
        return None if approved is None else approved.version

    @cached_property
    def approved_checks(self) -> int:
        """How many checks are approved, of all models."""
        return sum(1 for _ in self.store.entries())

    def limits_in_suite(self, limits: Limits) -> Limits:
        """The limits of one check among all that are approved.

        Not among those that are collected: a verdict must not depend on what else was selected.
        """
        suite = self.places.suite_false_fail_rate
        if suite is None or not self.approved_checks:
            return limits
        return replace(limits, false_fail_rate=min(limits.false_fail_rate, suite / self.approved_checks))

    def check(self, spec: CheckSpec) -> Check:
        """A check, with everything that its steps may ask for."""
        spec = replace(spec, limits=self.limits_in_suite(spec.limits), repeats=self._runs_of(spec))
        plan = plan_of(spec, spec.cases)
        prospect, line = self.dispatcher.ahead.adopt(spec.id), self.dispatcher.line(spec.subject)
        if prospect is not None:
            plan.made = prospect.plan.made
        mark = line.meter.mark()
        if spec.limits.on_costs:
            line.measure_all()

        def calls(known: Calls | None) -> Calls:
            ahead = None if prospect is None else prospect.meter(line)
            return line.meter.since(mark, known or Calls(), ahead)

        return Check(
            spec=spec,
            plan=plan,
            places=self.places,
            store=self.store,
            candidates=self.candidates,
            plugin=self.plugin,
            warn=self.warnings.append,
            calls=calls,
            asked_of=self.dispatcher.asked_of,
            parked=lambda: self.dispatcher.parked,
            prospect=prospect,
        )

    def _runs_of(self, spec: CheckSpec) -> int:
        """How often each case is run: more often in a run that approves, so that the noise is known."""
        if not self.places.update or spec.drift is not None or declared_of(spec) is True:
            return spec.repeats
        return max(spec.repeats, self.places.approval_runs)

    def run(self, spec: CheckSpec) -> Judged:
        """Run and judge a check whose body is synchronous."""
        from pytest_modelcheck.engine.conductor import Conductor

        with spared():
            check = self.check(spec)
            self.dispatcher.look_ahead()
            steps = steps_of(check)
            step: Step | Judged = next(steps)
            while isinstance(step, Step):
                conductor = self.switchboard.conductor = Conductor(_work(step), self.dispatcher)
                with self._ready(spec, step):
                    run = conductor.run(step.trials)
                step = _next(steps, run)
            if check.prospect is not None:
                self.dispatcher.questions.drop(check.prospect.broken)
            self.dispatcher.look_ahead()
            return step

    async def run_async(self, spec: CheckSpec) -> Judged:
        """Run and judge a check whose body is awaited, on the event loop that runs here."""
        from pytest_modelcheck.engine.tasks import TaskConductor

        with spared():
            steps = steps_of(self.check(spec))
            step: Step | Judged = next(steps)
            while isinstance(step, Step):
                tasks = self.switchboard.tasks = TaskConductor(step.work, self.dispatcher)
                with self._ready(spec, step):
                    run = await tasks.run(step.trials)
                step = _next(steps, run)
            return step

    @contextmanager
    def _ready(self, spec: CheckSpec, step: Step) -> Iterator[None]:
        """Everything as a step wants it, while it runs."""
        subject = spec.subject
        answers = subject.answers
        if step.replay is not None:
            subject.answers = step.replay  # type: ignore[assignment]  # it answers like them
        if step.work.progress is not None:
            self.dispatcher.tick = step.work.progress
        ahead = self.dispatcher.ahead
        held, ahead.held = ahead.held, ahead.held or step.replay is not None or step.rival is not None
        slots = nullcontext() if step.slots is None else own_slots(subject, step.slots)
        try:
            with self._played(subject, step.rival), slots, spec.quietly() if step.quiet else nullcontext():
                yield
        finally:
            subject.answers, ahead.held = answers, held
            self.dispatcher.tick = _nothing
            self.switchboard.conductor = self.switchboard.tasks = None

    @contextmanager
    def _played(self, subject: Model, rival: Model | None) -> Iterator[None]:
        """The judged model as another version of it, in whose name, and on whose line, it is then asked."""
        if rival is None:
            yield
            return
        own = subject.answers, subject.caller, subject.version, subject.fingerprint
        self.dispatcher.part_with(subject)
        subject.answers, subject.caller = rival.answers, rival.caller
        subject.version, subject.fingerprint = rival.version, rival.fingerprint
        try:
            yield
        finally:
            self.dispatcher.part_with(subject)
            subject.answers, subject.caller, subject.version, subject.fingerprint = own

    def close(self) -> None:
        """Write what is unwritten and let go of threads, loops and files."""
        self.dispatcher.save()
        self.dispatcher.close()
        self.cache.close()
        if self._claims is not None:
            self._claims.close()


def _allowance(places: Places) -> Allowance:
    """The part of the budget of calls that this process may spend: they share it evenly.

    What is left over goes to the first of them, a call each.
    """
    calls, option = places.max_calls, f"--modelcheck-max-calls={places.max_calls}"
    if calls is None:
        return Allowance()
    share, left_over = divmod(calls, places.workers)
    share += places.worker < left_over
    if places.workers > 1:
        option += f", shared by {places.workers} workers of pytest-xdist ({share} for this one)"
    return Allowance(share, option + ("," if places.workers > 1 else ""))


def _nothing() -> None:
    """Nobody wants to know how far it is."""


def _work(step: Step) -> Work:
    """The work of a step; where a call is not what it seems, nothing is asked ahead."""
    as_usual = step.replay is None and step.slots is None and step.rival is None
    return step.work if as_usual else replace(step.work, asks=())


def _next(steps: Steps[Judged], run: Run) -> Step | Judged:
    try:
        return steps.send(run)
    except StopIteration as end:
        judged: Judged = end.value
        return judged
