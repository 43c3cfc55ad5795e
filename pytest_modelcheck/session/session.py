"""The session of one run: the objects that all checks share, and the loop that runs a check."""

from __future__ import annotations

import gc
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.baselines.candidates import CandidateStore
from pytest_modelcheck.baselines.store import BaselineStore
from pytest_modelcheck.calls.meter import DistinctCalls
from pytest_modelcheck.calls.throttle import CallBudget
from pytest_modelcheck.canonical import Codec, Projection
from pytest_modelcheck.engine.answers import Switchboard
from pytest_modelcheck.engine.body import Bodies
from pytest_modelcheck.engine.recipe import Recipe
from pytest_modelcheck.engine.router import Router
from pytest_modelcheck.engine.tickets import Handle, offline_error
from pytest_modelcheck.errors import ModelcheckError
from pytest_modelcheck.models.cache import PredictionCache
from pytest_modelcheck.models.calling import answer_type, caller_of
from pytest_modelcheck.models.claims import Claims
from pytest_modelcheck.models.definition import retires_on
from pytest_modelcheck.models.identity import fingerprint, is_alias, namespace, source_with
from pytest_modelcheck.models.model import Answers, Model
from pytest_modelcheck.session.check import (
    CANDIDATES,
    CLAIMS,
    MEASURES,
    PREDICTIONS,
    RECIPES,
    Check,
    Conclusion,
    Step,
    plan_of,
)
from pytest_modelcheck.session.verdict import steps_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date

    from pytest_modelcheck.baselines.watch import Night
    from pytest_modelcheck.checks.limits import Limits
    from pytest_modelcheck.checks.spec import CheckSpec
    from pytest_modelcheck.engine.work import Run
    from pytest_modelcheck.models.definition import Definition
    from pytest_modelcheck.reports.mutation import Mutated
    from pytest_modelcheck.session.check import RunOptions, Steps
    from pytest_modelcheck.session.mutate import StoredAnswers


def is_interrupt(error: BaseException) -> bool:
    """Return whether an exception ends the whole run."""
    return isinstance(error, KeyboardInterrupt)


class Session:
    """The objects that all checks of one run share: models, cached answers, baselines.

    Args:
        interrupts: Whether an exception ends the whole run, rather than one case.

    Attributes:
        warnings: Warnings for the user that fail no check.
        mutated: The results of replaying checks on damaged answers, or ``None`` if checks run normally.
    """

    def __init__(
        self, options: RunOptions, plugin: str, interrupts: Callable[[BaseException], bool] = is_interrupt
    ) -> None:
        self.options = options
        self.plugin = plugin
        self.warnings: list[str] = []
        self.store = BaselineStore(options.baselines)
        # Read once: a run is held against what was approved when it began.
        self.approved = cache(self.store.approved)
        self.candidates = CandidateStore(options.cache / CANDIDATES)
        self._nights: Sequence[Night] | None = None
        if options.watch:
            from pytest_modelcheck.baselines import watch

            self._nights = watch.read(options.baselines)
        self.cache = PredictionCache(
            options.cache / PREDICTIONS if options.keep else None, refresh=options.refresh
        )
        self._claims = Claims(options.cache / CLAIMS) if options.workers > 1 else None
        self.switchboard = Switchboard(
            interrupts, offline=options.offline, call_budget=_call_budget(options), workers=options.workers
        )
        self.router = Router(self.switchboard)
        self.mutated: list[Mutated] | None = None
        self._stored: StoredAnswers | None = None
        self._learned: tuple[bytes, Recipe] | None = None
        self._collector = CollectorThrottle()

    def open_model(
        self,
        definition: Definition,
        raw: Any,
        version: str | None,
        parameters: Mapping[str, Any] | None = None,
    ) -> Model:
        """Make a :class:`Model` from the object that a model fixture returned.

        Answers are cached across runs only if a change of the model cannot go unnoticed: its fixture takes
        ``model_version``, or names a ``fingerprint``. The parameters that the fixture got by ``parametrize``
        or ``params=`` are part of the model's identity; if they have no digest, its answers are not cached
        across runs.
        """
        mark = None if definition.fingerprint is None else fingerprint(definition.fingerprint, version)
        source = source_with(definition.source, parameters or {})
        keep = version is not None and (definition.takes_version or mark is not None) and source is not None
        if version is not None and mark is None and is_alias(version):
            # Cached answers of yesterday's model would hide that the alias names another model today.
            keep = False
            text = (
                f"{definition.name} {version}: the version is an alias, which may be another model tomorrow, "
                "so answers are not cached between runs. Name the exact version, or give the model fixture a "
                "fingerprint= that says what the alias means now"
            )
            if self.options.keep and text not in self.warnings:
                self.warnings.append(text)
        codec = Codec(answer_type(definition, raw), requested=definition.returns is not None)
        projection = Projection(definition.ignore, definition.compare_by, definition.name)
        # The form of answers is part of the place: after a change of `returns=`, old lines would decode as
        # something else.
        place = namespace(definition.name, version, mark, f"{source} {codec.form}".rstrip())
        answers = Answers(
            self.cache.shelf(place, keep=keep),
            codec,
            lambda: self.cache.shelf(f"{place} {MEASURES}", keep=keep),
            self._claims,
            projection,
        )
        caller = caller_of(definition, raw)
        return Model(
            definition, raw, version, mark, caller, answers, self.router.call, self.router.is_awaited
        )

    def approved_version(self, model: str, version: str | None = None) -> str | None:
        """The approved version, or ``None``; ``version`` itself if it is approved beside the main one."""
        approved = self.approved(model, version)
        return None if approved is None else approved.version

    def shutdowns(self, definition: Definition, version: str | None) -> list[tuple[str, date]]:
        """The known shutdown dates of the approved version of a model and of the tested one."""
        approved = self.approved(definition.name, version)
        found = []
        if approved is not None:
            day = retires_on(definition, approved.version) or approved.retires
            found = [] if day is None else [(f"approved {approved.version}", day)]
        if version is not None and (approved is None or approved.version != version):
            day = retires_on(definition, version)
            found += [] if day is None else [(version, day)]
        return found

    @cached_property
    def approved_checks(self) -> int:
        """The number of approved checks, of all models."""
        return sum(1 for _ in self.store.entries())

    def limits_in_suite(self, limits: Limits) -> Limits:
        """The limits of a check, with the false-fail rate of the suite divided among all approved checks.

        By Bonferroni. Not among the collected ones: a verdict must not depend on which tests were selected.
        """
        suite = self.options.suite_false_fail_rate
        if suite is None or not self.approved_checks:
            return limits
        return replace(limits, false_fail_rate=min(limits.false_fail_rate, suite / self.approved_checks))

    def check(self, spec: CheckSpec) -> Check:
        """A check, with everything that its steps may need."""
        spec = replace(spec, limits=self.limits_in_suite(spec.limits))
        # A run that approves runs each case more often, to measure the noise.
        if self.options.update and spec.drift is None and spec.deterministic is not True:
            spec = replace(spec, repeats=max(spec.repeats, self.options.approval_runs))
        plan = plan_of(spec, spec.cases)
        endpoint = self.switchboard.endpoint(spec.subject)
        if spec.limits.on_costs:
            endpoint.measure_all()
        return Check(
            spec=spec,
            plan=plan,
            options=self.options,
            store=self.store,
            candidates=self.candidates,
            approved_version=self.approved(spec.subject.name, spec.subject.version),
            plugin=self.plugin,
            warn=self.warnings.append,
            endpoint=endpoint,
            before=endpoint.meter.mark(),
            answered=DistinctCalls(),
            new_answers=lambda model: self.switchboard.endpoint(model).meter.new,
            nights=self._nights,
        )

    def _steps(self, spec: CheckSpec) -> Steps[Conclusion]:
        if self.mutated is None:
            return steps_of(self.check(spec))
        from pytest_modelcheck.session.mutate import mutate

        def use(stored: StoredAnswers | None) -> None:
            self._stored = stored

        return mutate(spec, self.check, use, self.mutated.append)

    def run(self, spec: CheckSpec) -> Conclusion:
        """Run and judge a check whose body is synchronous."""
        with self._collector():
            steps = self._steps(spec)
            step: Step | Conclusion = next(steps)
            while isinstance(step, Step):
                try:
                    with self._bodies(spec, step) as bodies:
                        run = bodies.run(step.trials)
                except ModelcheckError as error:
                    # Damaged answers may break a run: `mutate` counts that as noticed.
                    step = _next(steps.throw, error)
                else:
                    step = _next(steps.send, run)
            return step

    async def run_async(self, spec: CheckSpec) -> Conclusion:
        """Run and judge a check whose body is awaited, on the running event loop."""
        with self._collector():
            steps = self._steps(spec)
            step: Step | Conclusion = next(steps)
            while isinstance(step, Step):
                try:
                    with self._bodies(spec, step) as bodies:
                        run = await bodies.run_async(step.trials)
                except ModelcheckError as error:
                    # Damaged answers may break a run: `mutate` counts that as noticed.
                    step = _next(steps.throw, error)
                else:
                    step = _next(steps.send, run)
            return step

    @contextmanager
    def _bodies(self, spec: CheckSpec, step: Step) -> Iterator[Bodies]:
        """The runner of the bodies of a step, which receives the calls of models within this context."""
        # By the digest of the bodies' source.
        work, recipes = step.work, self.cache.shelf(RECIPES, keep=True)
        kind: type[Bodies] = Bodies
        if work.gather:
            from pytest_modelcheck.engine.gather import GatheredBodies

            kind = GatheredBodies
        known = None if work.source is None else recipes.get(work.source)
        recipe = Recipe() if known is None else Recipe.decode(known)
        if self._learned is not None and self._learned[0] == work.source:
            recipe = self._learned[1]  # an earlier step of this check has learned more than the stored recipe
        bodies = kind(
            work,
            self.switchboard,
            [self._handle(step)],
            choose_repeat=step.choose_repeat,
            recipe=recipe,
            quietly=spec.quietly if step.quiet else nullcontext,
        )
        # A model reaches the router from anywhere, so its bodies are set for the time of the step.
        self.router.bodies = bodies
        self.switchboard.tick = bodies.show_progress
        try:
            yield bodies
        finally:
            self.router.bodies = None
            self.switchboard.tick = lambda: None
        self._learned = None if work.source is None else (work.source, bodies.prefetch.recipe)
        line = bodies.prefetch.recipe.encode()
        # Recipes are the same in most runs: writing them again would touch the disk in every run.
        if work.source is not None and line is not None and line != known:
            recipes.put(work.source, line)

    def _handle(self, step: Step) -> Handle:
        """Return the judged model's handle in a step."""
        model = step.work.subject
        acting = model if step.other_version is None else step.other_version
        refusal: Any = offline_error if self.options.offline else None
        answers: Any = acting.answers
        stand_in = step.replay
        if stand_in is None and self._stored is not None and self._stored.model is acting:
            stand_in = self._stored
        if stand_in is not None:
            answers, refusal = stand_in, stand_in.refusal or refusal
        endpoint = self.switchboard.endpoint(acting)
        return Handle(model, acting, answers, endpoint, judged=True, refusal=refusal)

    def close(self) -> None:
        """Write unsaved answers, and close threads, loops and files."""
        self.switchboard.close()
        self.cache.close()
        if self._claims is not None:
            self._claims.close()


def _call_budget(options: RunOptions) -> CallBudget:
    """This process's share of ``--modelcheck-max-calls``, which all workers share evenly.

    The first workers get one call more each, if the division leaves a remainder.
    """
    calls, option = options.max_calls, f"--modelcheck-max-calls={options.max_calls}"
    if calls is None:
        return CallBudget()
    # Workers cannot ask each other during the run, so each gets its part beforehand.
    share, left_over = divmod(calls, options.workers)
    share += options.worker < left_over
    if options.workers > 1:
        option += f", shared by {options.workers} workers of pytest-xdist ({share} for this one)"
    return CallBudget(share, option + ("," if options.workers > 1 else ""))


def _next(resume: Callable[[Any], Step], outcome: Run | ModelcheckError) -> Step | Conclusion:
    """Resume the steps of a check; return the next one, or the conclusion after the last."""
    try:
        return resume(outcome)
    except StopIteration as end:
        conclusion: Conclusion = end.value
        return conclusion


# -- the garbage collector --------------------------------------------------------------------------------

_FROZEN_AT_START = 1000
"""Frozen objects that are no sign of a ``gc.freeze()`` in the application: CPython 3.12 starts with 375."""

_PATIENCE = 20_000
"""New objects before a collection, in place of 700: most are freed by then anyway."""


class CollectorThrottle:
    """Lets the garbage collector look at new objects only, and less often."""

    def __init__(self) -> None:
        self._frozen_by_others = False

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Leave existing objects out of collections while a check runs.

        A check makes so many objects that collections start again and again, and each would walk through all
        objects of the process: the model, the cases, the application. None of them becomes garbage meanwhile.
        """
        first, *others = before = gc.get_threshold()
        if first:  # 0: automatic collection is off
            gc.set_threshold(max(first, _PATIENCE), *others)
        # If the application has frozen objects, unfreeze() would thaw them, too. As counting them takes
        # time, they are not counted again once they were found.
        if not self._frozen_by_others:
            self._frozen_by_others = gc.get_freeze_count() > _FROZEN_AT_START
        freezes = not self._frozen_by_others
        if freezes:
            gc.freeze()
        try:
            yield
        finally:
            if freezes:
                gc.unfreeze()
            gc.set_threshold(*before)
