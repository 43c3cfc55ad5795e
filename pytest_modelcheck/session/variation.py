"""Variation of a model, measured on the trials of the check that needs to know.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.baselines.diff import are_other, differ, paired_calls
from pytest_modelcheck.canonical import differences, same
from pytest_modelcheck.checks.compare import why_unseen
from pytest_modelcheck.errors import ModelError
from pytest_modelcheck.phrases import plural
from pytest_modelcheck.records import JUDGED, Outcome, Trial
from pytest_modelcheck.session.lines import trial_result

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from pytest_modelcheck.checks.spec import CheckSpec
    from pytest_modelcheck.engine.work import Result
    from pytest_modelcheck.models.model import Model
    from pytest_modelcheck.records import CaseResult, TrialResult
    from pytest_modelcheck.session.results import Once, Results

_NAMED: Final = 3
_MANY: Final = 100
"""Differing places looked at in two answers, at most; the most frequent are named."""

MEASURED = 10
"""Trials run again to see whether a model varies."""


_FAR = 1 << 31
"""A repeat number that nothing else uses."""


@dataclass(frozen=True, slots=True)
class Variation:
    """The model's own variation.

    Attributes:
        varies: Whether equal inputs get different answers; ``None`` where nobody looked.
        words: The same for people.
    """

    varies: bool | None = None
    words: str | None = None


def declared(model: Model) -> Variation:
    """Return the model fixture's declaration."""
    deterministic = model.definition.deterministic
    if deterministic is None:
        return Variation()
    return Variation(not deterministic, f"declared deterministic={deterministic}")


def declared_of(spec: CheckSpec) -> bool | None:
    """Return the declaration of a check's models: all deterministic, any not, or nothing."""
    declared = [model.definition.deterministic for model in (spec.subject, *spec.others)]
    if False in declared:
        return False
    return True if all(declared) else None


def trials_to_repeat(results: Results, changed: Collection[int]) -> tuple[list[Once], list[list[Trial]]]:
    """Ten trials to run again: those that went wrong first, one a case before a second of any.

    Where there are fewer, they are run several times once they have repeated themselves, each time under
    another repeat number, so that cached answers do not answer: of a model that tosses a coin, one answer
    comes twice in a row every other time, and ten times in a row never.

    Args:
        results: The results of all trials.
        changed: Numbers of cases whose answer differs from the approved one.

    Returns:
        The trials with the result of them, and in rounds the trials to run.
    """
    # Failed trials first: cases on the edge vary most, and their variation is what a miss may be due to.
    wrong: list[Once] = []
    right: list[Once] = []
    numbers = {*results.some(Outcome.FAILED, MEASURED, changed), *results.some(Outcome.PASSED, MEASURED)}
    for number in sorted(numbers):
        for one in results.once(number):
            # A call without a digest cannot be told apart from others: nobody would know its answer again.
            if one[1].outcome in JUDGED and all(digest for digest, _ in one[1].asked):
                is_wrong = one[1].outcome is Outcome.FAILED or number in changed
                (wrong if is_wrong else right).append(one)
    chosen = [*_one_a_case(wrong), *_one_a_case(right)][:MEASURED]
    if not chosen:
        return [], []
    rounds = [[trial.again(trial.index, 1) for trial, _ in chosen]]
    # With few cases, several further runs of each, so that ten answers are compared in any check.
    if len(chosen) < MEASURED:
        turns = (divmod(n, len(chosen)) for n in range(len(chosen), MEASURED))
        rounds.append([chosen[place][0].again(chosen[place][0].index, _FAR + turn) for turn, place in turns])
    return chosen, rounds


def measured(model: Model, first: Sequence[Once], again: Sequence[Result]) -> Variation:
    """Compare the answers of the same trials, asked twice.

    Raises:
        ModelError: the model is declared deterministic, and is not.
    """
    once = {trial.index: result for trial, result in first}
    pairs = [
        (once[result.trial.index], trial_result(result))
        for result in again
        if result.outcome is not Outcome.ERROR
    ]
    if not pairs:
        return Variation(None, f"unknown: {len(again)} of {len(again)} repeated calls raised an error")
    return _judged(model, pairs)


def seen(model: Model, results: Iterable[CaseResult]) -> Variation:
    """Compare the answers of trials that were run more than once anyway: each run with the first.

    Raises:
        ModelError: the model is declared deterministic, and is not.
    """
    pairs = []
    for case in results:
        first: dict[tuple[str, int], TrialResult] = {}
        for trial in case.trials:
            if trial.outcome is not Outcome.ERROR:
                one = first.setdefault(trial.place, trial)
                if one is not trial:
                    pairs.append((one, trial))
    return _judged(model, pairs) if pairs else Variation(None, "unknown: no trial finished twice")


def _judged(model: Model, pairs: Sequence[tuple[TrialResult, TrialResult]]) -> Variation:
    for one, two in pairs:
        if (why := why_unseen(one, two)) is not None:
            return Variation(None, f"unknown: answers cannot be compared: {why}")
    repeats = [again for one, two in pairs if (again := _is_repeated(one, two)) is not None]
    agreements = repeats or [
        not differ(one, two) for one, two in pairs
    ]  # of bodies that never ask the same again
    lost = agreements.count(False)
    if not lost:
        return Variation(
            varies=False,
            words=f"does not vary: {plural(len(agreements), 'answer')} came out the same when run again",
        )
    # Bodies that ask something new each time show nothing about the model, so the declaration stands.
    if model.definition.deterministic and not repeats:
        return declared(model)
    if model.definition.deterministic:
        raise ModelError(
            f"{model.definition.location}: {model.label} is declared deterministic=True, but {lost} of "
            f"{len(agreements)} answers differed when calls were repeated. Remove the declaration, or make "
            "the model deterministic (temperature, seed, order of the batch)"
        )
    where = _where(pairs)
    answers = f"{lost} of {plural(len(agreements), 'answer')}"
    return Variation(varies=True, words=f"varies: {answers} came out different when run again{where}")


def _is_repeated(one: TrialResult, two: TrialResult) -> bool | None:
    """Return whether calls that both bodies made were answered alike; ``None`` where there are none.

    A body that asks something else the second time, or in another order, says nothing of the model.
    """
    if one.recorded is not None or two.recorded is not None:
        return not differ(one, two)
    equal, _, _ = paired_calls(one.asked, two.asked)
    return not any(are_other(*pair) for pair in equal) if equal else None


def _where(pairs: Sequence[tuple[TrialResult, TrialResult]]) -> str:
    """The fields in which answers to one input differ, the most frequent first."""
    found: Counter[str] = Counter()
    for first, again in pairs:
        for one, two in paired_calls(first.asked, again.asked)[0]:
            if not same(one, two):
                found.update({one_place.path for one_place in islice(differences(one, two), _MANY)})
    names = [name for name in sorted(found, key=lambda name: (-found[name], name)) if name]
    return f" ({', '.join(names[:_NAMED])}{', …' if len(names) > _NAMED else ''})" if names else ""


def _one_a_case(trials: Sequence[Once]) -> list[Once]:
    first: dict[str, Once] = {}
    for one in trials:
        first.setdefault(one[0].case.id, one)
    # Variants of a case may vary together; ten of one case would show less than one each of ten.
    return [*first.values(), *(one for one in trials if first[one[0].case.id] is not one)]
