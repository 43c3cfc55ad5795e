"""Variation of a model, measured on the trials of a check that depends on it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.baselines.diff import are_other, differ, paired_calls, why_unseen
from pytest_modelcheck.canonical import differences, same
from pytest_modelcheck.checks.decide import decide
from pytest_modelcheck.errors import ModelError, OfflineError
from pytest_modelcheck.phrases import plural
from pytest_modelcheck.records import JUDGED, Outcome
from pytest_modelcheck.session.assessing import with_noise
from pytest_modelcheck.session.check import Step
from pytest_modelcheck.session.found import Variation, declared
from pytest_modelcheck.session.lines import trial_result

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from pytest_modelcheck.engine.work import Result
    from pytest_modelcheck.models.model import Model
    from pytest_modelcheck.records import CaseResult, TrialResult
    from pytest_modelcheck.session.approved import Approved
    from pytest_modelcheck.session.check import Check, Steps
    from pytest_modelcheck.session.found import Assessment
    from pytest_modelcheck.session.results import Once, Results

_NAMED: Final = 3
_MANY: Final = 100
"""The largest number of differing places of two answers that are counted."""

MEASURED = 10
"""The number of trials that are run again to find out whether a model varies."""

_FAR = 1 << 31


def measure(check: Check, assessment: Assessment) -> Steps[Assessment]:
    """Repeat the calls of about ten trials, to find out whether the model varies.

    Only a check that misses a limit needs this, and using its own trials keeps its verdict independent of
    other checks.
    """
    if not _depends_on_variation(check, assessment):
        return assessment
    noise, changed = assessment.noise, assessment.observations.changed
    variation = yield from repeat_calls(
        check, assessment.run.results, assessment.approved, changed, noise.variation
    )
    return with_noise(check, assessment, replace(noise, variation=variation))


def _depends_on_variation(check: Check, assessment: Assessment) -> bool:
    """Return whether the verdict depends on an unknown variation of the model."""
    limits = check.spec.limits
    if assessment.noise.variation.varies or limits.population == "sample":
        return False
    if assessment.missed:
        # It fails anyway: this is for the report.
        refuted = assessment.observations.observed.required_rate(limits) == 1
        invariant, leveled = check.spec.kind == "invariance", check.spec.levels is not None
        by_answers = assessment.misses("at_least") and (invariant or leveled or refuted)
        by_answers = by_answers or (invariant and assessment.misses("max_drop"))
        return by_answers or check.spec.deterministic is True
    varying = replace(assessment.observations.observed, varies=True)
    return (
        assessment.passes
        and limits.require_proof
        and not all(finding.met for finding in decide(varying, limits))
    )


def repeat_calls(
    check: Check, results: Results, approved: Approved, changed: Collection[int], known: Variation
) -> Steps[Variation]:
    """Compare the answers of about ten trials with second ones, unless all were run more than once already.

    Cases in ``changed``, whose answer is not the approved one, count as failed. Where there are fewer trials,
    they are run several times once they have repeated themselves: of a model that tosses a coin, one answer
    comes twice in a row every other time, and ten times in a row never.

    Raises:
        ModelError: The model is declared deterministic, and is not.
        OfflineError: Models must not be called, and their answers are not cached.
    """
    if check.spec.repeats > 1:
        return variation_of_runs(check.spec.subject, results)
    # Failed trials first: cases on the edge vary most, and their variation is what a miss may be due to.
    wrong: list[Once] = []
    right: list[Once] = []
    numbers = {*results.some(Outcome.FAILED, MEASURED, changed), *results.some(Outcome.PASSED, MEASURED)}
    for number in sorted(numbers):
        for one in results.once(number):
            # A call without a digest cannot be told apart from others: nobody would know its answer again.
            if one[1].outcome in JUDGED and all(digest for digest, _ in one[1].calls):
                is_wrong = one[1].outcome is Outcome.FAILED or number in changed
                (wrong if is_wrong else right).append(one)
    chosen = [*_one_a_case(wrong), *_one_a_case(right)][:MEASURED]
    if not chosen:
        return known
    first = {trial.index: result for trial, result in chosen}
    # In rounds: mostly the first trial already shows that a model varies, and the rest need not be paid for.
    rounds = [[trial.again(trial.index, 1) for trial, _ in chosen]]
    if len(chosen) < MEASURED:
        turns = (divmod(n, len(chosen)) for n in range(len(chosen), MEASURED))
        # Repeat numbers that nothing else uses, so that cached answers do not answer.
        rounds.append([chosen[place][0].again(chosen[place][0].index, _FAR + turn) for turn, place in turns])
    repeated: list[Result] = []
    variation = known
    for again in rounds:
        run = yield Step(check.work(approved.answer), again)
        repeated += run.results
        answered = [result for result in repeated if result.outcome is not Outcome.ERROR]
        variation = Variation(
            None, f"unknown: {len(repeated)} of {len(repeated)} repeated calls raised an error"
        )
        if answered:
            pairs = [(first[result.trial.index], trial_result(result)) for result in answered]
            variation = _compared(check.spec.subject, pairs)
        if variation.varies is not False:
            break
    # Guessing would turn the verdict on a model into a matter of a flag.
    if repeated and variation.varies is None and check.options.offline:
        raise OfflineError(
            f"{check.spec.id} misses a limit, and whether {check.spec.subject.label} varies has not been "
            "measured for it, which decides what the miss means. Run it once without "
            "--modelcheck-offline, or declare deterministic=True or False on the model fixture"
        )
    return variation


def variation_of_runs(model: Model, results: Iterable[CaseResult]) -> Variation:
    """Compare the answers of trials that were run more than once anyway: each run with the first.

    Raises:
        ModelError: The model is declared deterministic, and is not.
    """
    pairs = []
    for case in results:
        first: dict[tuple[str, int], TrialResult] = {}
        for trial in case.trials:
            if trial.outcome is not Outcome.ERROR:
                one = first.setdefault(trial.place, trial)
                if one is not trial:
                    pairs.append((one, trial))
    return _compared(model, pairs) if pairs else Variation(None, "unknown: no trial finished twice")


def _compared(model: Model, pairs: Sequence[tuple[TrialResult, TrialResult]]) -> Variation:
    repeats: list[bool] = []
    for one, two in pairs:
        if (why := why_unseen(one, two)) is not None:
            return Variation(None, f"unknown: answers cannot be compared: {why}")
        if one.recorded is not None or two.recorded is not None:
            repeats.append(not differ(one, two))
        # A body that makes other calls the second time, or in another order, shows nothing about the model.
        elif equal := paired_calls(one.calls, two.calls)[0]:
            repeats.append(not any(are_other(*pair) for pair in equal))
    agreements = repeats or [not differ(one, two) for one, two in pairs]
    lost = agreements.count(False)
    if not lost:
        return Variation(
            varies=False,
            words=f"does not vary: {_repeated(len(agreements), len(agreements))} the same",
        )
    # Bodies that make new calls each time show nothing about the model, so the declaration stands.
    if model.definition.deterministic and not repeats:
        return declared(model)
    if model.definition.deterministic:
        raise ModelError(
            f"{model.definition.location}: {model.label} is declared deterministic=True, but {lost} of "
            f"{len(agreements)} answers differed when calls were repeated. Remove the declaration, or make "
            "the model deterministic (temperature, seed, order of the batch)"
        )
    text = f"varies: {_repeated(lost, len(agreements))} different"
    fields: Counter[str] = Counter()
    for first, again in pairs:
        for one_answer, two_answer in paired_calls(first.calls, again.calls)[0]:
            if not same(one_answer, two_answer):
                options = islice(differences(one_answer, two_answer), _MANY)
                fields.update({place.path for place in options})
    if names := [name for name in sorted(fields, key=lambda name: (-fields[name], name)) if name]:
        text += f" ({', '.join(names[:_NAMED])}{', …' if len(names) > _NAMED else ''})"
    return Variation(varies=True, words=text)


def _repeated(count: int, of: int) -> str:
    return f"{count} of {plural(of, 'repeated answer')} {'was' if count == 1 else 'were'}"


def _one_a_case(trials: Sequence[Once]) -> list[Once]:
    first: dict[str, Once] = {}
    for one in trials:
        first.setdefault(one[0].case.id, one)
    # Variants of a case may vary together; ten of one case would show less than one each of ten.
    return [*first.values(), *(one for one in trials if first[one[0].case.id] is not one)]
