"""Replays a check on damaged stored answers, to find out whether it notices.

No call is made. A call with a stored answer gets it, or its damaged form; a further run of the same call (to
confirm, or to measure noise) gets another stored run; all other calls are refused.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical import CALL_BYTES, compared_part, of_repeat, same, whole
from pytest_modelcheck.errors import ModelcheckError, OfflineError
from pytest_modelcheck.phrases import plural
from pytest_modelcheck.records import FOLDED, Outcome, Status
from pytest_modelcheck.reports.mutation import Cell, Mutated
from pytest_modelcheck.session.check import Conclusion, StandIn
from pytest_modelcheck.session.explain import Explained
from pytest_modelcheck.session.lines import keys_of
from pytest_modelcheck.session.mutants import mutants
from pytest_modelcheck.session.verdict import assessment_of, conclude

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_modelcheck.checks.spec import CheckSpec
    from pytest_modelcheck.models.model import Answers, Model, Raw
    from pytest_modelcheck.session.check import Check, Steps
    from pytest_modelcheck.session.found import Assessment
    from pytest_modelcheck.session.results import Results

_RUNS: Final = 5
"""The largest number of stored runs of a call to look for."""
_SLICES: Final = 3


class NewCallError(OfflineError):
    """A body made a call without a stored answer."""


class StoredAnswers(StandIn):
    """The stored answers of a model, one for every run of a call.

    Args:
        model: The model; others that a check calls are answered as in any run.
        recorded: The answers of a baseline or a candidate, by the keys of :func:`keys_of`.
        damaged: Answers that replace some of them.

    Attributes:
        given: The answers that were given, by the keys under which they are stored.
    """

    def __init__(
        self, model: Model, recorded: Mapping[bytes, Raw], damaged: Mapping[bytes, Raw] | None = None
    ) -> None:
        super().__init__(model.answers)
        self.model = model
        self._recorded, self._damaged = recorded, damaged or {}
        self._runs: dict[bytes, dict[bytes, bytes]] = {}
        self.given: dict[bytes, Raw] = {}

    def find(self, key: bytes) -> Raw | None:
        """Find the answer to a call, or to another run of it."""
        call = key[:CALL_BYTES]
        runs = self._runs.get(call)
        # Which runs are stored is looked up once a call; checks with repeats ask for each of them.
        if runs is None:
            runs = self._runs[call] = {}
            known, first = self.answers.find, key
            if call in self._recorded:
                # Baselines store the first run under the key of the call alone.
                known, first = self._recorded.get, call
            places = {key: first} | {one: one for one in (of_repeat(call, n) for n in range(1, _RUNS))}
            for requested, stored in places.items():
                if (raw := known(stored)) is not None:
                    runs[requested], self.given[stored] = stored, raw
        if not runs:
            return None
        run = runs.get(key)
        if run is None:  # a run that is not stored: one of those that are
            known_runs = list(runs.values())
            # By the digits of its key, so that the same run always gets the same stored answer.
            run = runs[key] = known_runs[int.from_bytes(key[CALL_BYTES:]) % len(known_runs)]
        return self._damaged.get(run, self.given[run])

    @staticmethod
    def refusal(model: Model, x: Any) -> NewCallError:  # noqa: ARG004 - as for other refusals
        """The error of a call without a stored answer."""
        return NewCallError(f"{model.label} has no stored answer")


def mutate(
    spec: CheckSpec,
    make: Callable[[CheckSpec], Check],
    use: Callable[[StoredAnswers | None], None],
    tell: Callable[[Mutated], None],
) -> Steps[Conclusion]:
    """Replay a check on its stored answers, then on each damage to them.

    Returns:
        The verdict on the undamaged answers.
    """
    spec = replace(spec, source=None, progress=None)  # what recipes are learned here is of no use elsewhere
    answers, subject = spec.subject.answers, spec.subject
    names = ("at_least", "max_drop", "max_changed", "max_regressed")
    limits = {name: getattr(spec.limits, name) for name in names}
    text = ", ".join(f"{name}={value}" for name, value in limits.items() if value is not None)
    row = Mutated(spec.id, spec.kind, subject.name, subject.version or "unversioned", 0, text)
    try:
        # What is approved is the same on every machine. Where it leads to calls that nothing answers (of
        # another model, say, that took part in the last run), the last run's cached answers are used alone.
        recorded = _recorded(make(spec))
        stored, control = yield from _undamaged(spec, make, use, recorded)
        if _new_calls(control.run.results):
            missing = _unanswered(control.run.results)
            stored, control = yield from _undamaged(spec, make, use, {})
            alone = _unanswered(control.run.results)
            if not missing or len(alone) < len(missing):
                recorded, missing = {}, alone
            if 0 < len(missing) < len(control.run.results):
                spec = replace(spec, cases=[case for case in spec.cases if case.id not in missing])
                row = replace(row, left_out=len(missing))
                stored, control = yield from _undamaged(spec, make, use, recorded)
        trouble = _trouble(control)
        if trouble is None:
            found = []
            given = {key: raw for key, raw in stored.given.items() if isinstance(raw, bytes)}
            values = {key: json.loads(whole(raw)) for key, raw in given.items()}
            compared = {key: compared_part(raw) for key, raw in given.items()}
            for mutant in mutants(values, _slices(control.run.results, given), compared):
                damages = [raws for damage in mutant.answers if (raws := _encoded(answers, damage, given))]
                if not damages:
                    continue
                cell = Cell(mutant.name, mutant.kind, mutant.where, len(damages))
                for damage in damages:
                    use(StoredAnswers(spec.subject, recorded, damage))
                    try:
                        cell = _counted(cell, (yield from assessment_of(make(spec))), control)
                    except ModelcheckError as error:  # what the damage made of the run would be red, too
                        cell = _failed(cell, type(error).__name__)
                # A body may look at what compare_by= leaves out. If none does, the damage concerns nobody.
                looked_at = cell.changed or cell.failed or cell.called
                if looked_at or not all(_are_same(damage, given) for damage in damages):
                    found.append(cell)
            tell(replace(row, cases=len(control.run.results), cells=tuple(found)))
        else:
            tell(replace(row, trouble=trouble))
    except ModelcheckError as error:
        tell(replace(row, trouble=str(error)))
        raise
    finally:
        use(None)
    return Conclusion(conclude(make(spec), control, Explained((), None, (), 0, ())), None)


def _undamaged(
    spec: CheckSpec,
    make: Callable[[CheckSpec], Check],
    use: Callable[[StoredAnswers | None], None],
    recorded: Mapping[bytes, Raw],
) -> Steps[tuple[StoredAnswers, Assessment]]:
    stored = StoredAnswers(spec.subject, recorded)
    use(stored)
    return stored, (yield from assessment_of(make(spec)))


def _recorded(check: Check) -> dict[bytes, Raw]:
    """The answers that a baseline or a candidate of this version holds."""
    model, version = check.spec.subject.name, check.spec.subject.version
    found: dict[bytes, Raw] = {}
    approved = check.store.read(model, check.spec.id, version)
    candidate = None if version is None else check.candidates.read(model, check.spec.id, version)
    for one in (approved, candidate):
        if one is not None and one.header.version == version:
            for case in one.values():
                for trial in case.trials:
                    for key, (_, raw) in zip(keys_of(trial), trial.calls, strict=True):
                        # Approved answers first: the candidate only fills in what they lack.
                        found.setdefault(key, raw)
    return found


def _trouble(control: Assessment) -> str | None:
    """Explain why the check cannot be replayed: answers are missing, or it fails undamaged."""
    results = control.run.results
    if new := _new_calls(results):
        refused = [str(error) for error in results.errors.values() if isinstance(error, OfflineError)]
        models = ", ".join(dict.fromkeys(text.partition(" has no ")[0] for text in refused))
        return (
            f"{plural(new, 'case')} called {models} without a stored answer. Run pytest once with this "
            "version to cache the answers. Never cached are errors, answers that cannot be stored (a warning "
            "says so), and answers of a model without a version, or whose fixture neither takes "
            "model_version nor names a fingerprint="
        )
    failed = [finding.summary for finding in control.findings if finding.status is Status.FAILED]
    return f"it fails on the stored answers as they are: {failed[0]}" if failed else None


def _unanswered(results: Results) -> frozenset[str]:
    """The ids of the cases that cannot be replayed, such as those whose model raised; errors are not stored.

    Only some errors are kept: if these are all refused calls, the others are taken for such, too.
    """
    new = _new_calls(results)
    if not new or new < len(results.errors):
        return frozenset()
    broken = zip(results.cases, results.masks, strict=False)
    return frozenset(case.id for case, mask in broken if FOLDED[mask] is Outcome.ERROR)


def _new_calls(results: Results) -> int:
    """Count the cases that made a refused call, as far as their errors are known."""
    return sum(isinstance(error, OfflineError) for error in results.errors.values())


def _encoded(answers: Answers, damage: Mapping[bytes, Any], given: Mapping[bytes, bytes]) -> dict[bytes, Raw]:
    """Encode damaged answers like stored ones, without those that are the same as before.

    Nothing has changed where a missing field gets its default back, or where ``ignore=`` leaves it out.
    """
    import orjson

    found: dict[bytes, Raw] = {}
    for key, value in damage.items():
        raw: Raw = orjson.dumps(value)
        # Where compare_by= cannot read it, or it cannot be made, the body will say so.
        with suppress(Exception):
            raw = answers.add(None, answers.decode(raw))
        if answers.projection.by is not None or not _are_same({key: raw}, given):
            found[key] = raw
    return found


def _are_same(damage: Mapping[bytes, Raw], given: Mapping[bytes, bytes]) -> bool:
    """Return whether damaged answers are equal to those that were given, in what is compared of them."""
    return all(isinstance(raw, bytes) and same(given[key], raw) for key, raw in damage.items())


def _slices(results: Results, given: Mapping[bytes, bytes]) -> dict[str, frozenset[bytes]]:
    """For some slices (the smallest of each kind with enough cases), the calls of their cases."""
    by_call: dict[str, set[bytes]] = {}
    for key in given:
        by_call.setdefault(key[:CALL_BYTES].hex(), set()).add(key)
    found = {}
    for name in results.slices.keys()[:_SLICES]:
        # A slice of one or two cases is too small for any limit to notice.
        fewest = max(3, len(results) / 20)
        sizes = {one: cases for one, cases in results.slices.of(name).items() if len(cases) >= fewest}
        if len(sizes) > 1:
            slice_name, cases = min(sizes.items(), key=lambda item: len(item[1]))
            calls = {call for number in cases for trial in results[number].trials for call, _ in trial.calls}
            found[slice_name] = frozenset(key for call in calls for key in by_call.get(call, ()))
    return {name: keys for name, keys in found.items() if keys}


def _counted(cell: Cell, assessment: Assessment, control: Assessment) -> Cell:
    """Add the results of one more replay to those of a damage."""
    results = assessment.run.results
    outcomes, before = (
        # A check may stop early, at different cases.
        {case.id: FOLDED[mask] for case, mask in zip(run.cases, run.masks, strict=False)}
        for run in (results, control.run.results)
    )
    differ = [outcome for case, outcome in outcomes.items() if outcome is not before.get(case, outcome)]
    known = [finding.summary for finding in control.findings]
    moved = [finding.summary for finding in assessment.findings if finding.summary not in known]
    cell = replace(
        cell,
        changed=max(cell.changed, len(differ)),
        worse=max(cell.worse, sum(outcome is not Outcome.PASSED for outcome in differ)),
        measured=cell.measured or "; ".join(moved),
    )
    failed = [one.limit for one in assessment.findings if one.status is Status.FAILED]
    unsure = [{one.status for one in each.findings} for each in (assessment, control)]
    # All errors are calls that nobody answered: the damage led the body elsewhere, and no one knows the
    # outcome.
    if 0 < _new_calls(results) == len(results.errors):
        return replace(cell, called=cell.called + 1)
    if failed:
        return _failed(cell, *failed)
    if Status.INCONCLUSIVE in unsure[0] - unsure[1]:  # else it is so without any damage
        return replace(cell, inconclusive=cell.inconclusive + 1)
    return cell


def _failed(cell: Cell, *limits: str) -> Cell:
    return replace(cell, failed=cell.failed + 1, fails=tuple(dict.fromkeys((*cell.fails, *limits))))
