"""Whether a model repeats itself, found out on the trials of the check that needs to know.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_modelcheck.canonical import same
from pytest_modelcheck.errors import ModelError
from pytest_modelcheck.models.model import plain
from pytest_modelcheck.records import Outcome, Trial

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from pytest_modelcheck.engine.view import Result
    from pytest_modelcheck.models.model import Model

MEASURED = 10
"""How many trials are run again to see whether a model varies."""


_FAR = 1 << 31
"""A repeat number that nobody else asks under."""


@dataclass(frozen=True, slots=True)
class Variation:
    """What is known of a model's own variation.

    Attributes:
        varies: Whether equal inputs get different answers; ``None`` where nobody looked.
        words: The same for people.
    """

    varies: bool | None = None
    words: str | None = None


def declared(model: Model) -> Variation:
    """What the model fixture says."""
    deterministic = model.definition.deterministic
    if deterministic is None:
        return Variation()
    return Variation(not deterministic, f"declared deterministic={deterministic}")


def trials_to_repeat(results: Iterable[Result], changed: Collection[str]) -> Iterator[list[Trial]]:
    """Ten trials to run again: those that went wrong first, one a case before a second of any.

    Where there are fewer, they are run several times once they have repeated themselves, each time under
    another repeat number, so that remembered answers do not answer: of a model that tosses a coin, one answer
    comes twice in a row every other time, and ten times in a row never.

    Args:
        results: What came of all trials.
        changed: Ids of cases whose answer differs from the approved one.
    """
    wrong: list[Trial] = []
    right: list[Trial] = []
    for result in results:
        if result.outcome in (Outcome.PASSED, Outcome.FAILED) and all(
            key is not None for key, _ in result.asked
        ):
            is_wrong = result.outcome is Outcome.FAILED or result.trial.case.id in changed
            (wrong if is_wrong else right).append(result.trial)
    chosen = [*_one_a_case(wrong), *_one_a_case(right)][:MEASURED]
    if chosen:
        yield [_again(trial, 1) for trial in chosen]
        rounds = range(len(chosen), MEASURED)
        if rounds:
            yield [_again(chosen[n % len(chosen)], _FAR + n // len(chosen)) for n in rounds]


def _again(one: Trial, slot: int) -> Trial:
    return Trial(one.index, one.case, one.perturbation, one.perturbed, one.variant, slot)


def measured(model: Model, first: Sequence[Result], again: Sequence[Result]) -> Variation:
    """Compare the answers of the same trials, asked twice.

    Raises:
        ModelError: the model is declared deterministic, and is not.
    """
    wanted = {result.trial.index for result in again}
    once = {result.trial.index: result for result in first if result.trial.index in wanted}
    pairs = [(once[result.trial.index], result) for result in again if result.outcome is not Outcome.ERROR]
    if not pairs:
        return Variation(None, f"unknown: {len(again)} of {len(again)} calls broke when asked again")
    return _judged(model, pairs)


def seen(model: Model, results: Iterable[Result]) -> Variation:
    """Compare the answers of trials that were run more than once anyway: each run with the first.

    Raises:
        ModelError: the model is declared deterministic, and is not.
    """
    first: dict[tuple[int, str | None, int], Result] = {}
    pairs = []
    for result in results:
        trial = result.trial
        if result.outcome is Outcome.ERROR:
            continue
        one = first.setdefault((id(trial.case), trial.perturbation, trial.variant), result)
        if one is not result:
            pairs.append((one, result))
    return _judged(model, pairs) if pairs else Variation(None, "unknown: no trial came to its end twice")


def _judged(model: Model, pairs: Sequence[tuple[Result, Result]]) -> Variation:
    repeated = sum(_same_answers(one, two) for one, two in pairs)
    lost = len(pairs) - repeated
    if not lost:
        return Variation(varies=False, words=f"does not vary ({repeated} of {len(pairs)} answers repeated)")
    if model.definition.deterministic:
        raise ModelError(
            f"{model.definition.location}: {model.label} is declared deterministic=True, but {lost} of "
            f"{len(pairs)} answers differed when it was asked again. Take the declaration away, or make "
            "the model deterministic (temperature, seed, order of the batch)"
        )
    return Variation(varies=True, words=f"varies ({lost} of {len(pairs)} answers not repeated)")


def _same_answers(first: Result, again: Result) -> bool:
    answers = zip(first.asked, again.asked, strict=False)
    return all(same(plain(one), plain(two)) for (_, one), (_, two) in answers)


def _one_a_case(trials: Sequence[Trial]) -> list[Trial]:
    first: dict[str, Trial] = {}
    for trial in trials:
        first.setdefault(trial.case.id, trial)
    return [*first.values(), *(trial for trial in trials if first[trial.case.id] is not trial)]
