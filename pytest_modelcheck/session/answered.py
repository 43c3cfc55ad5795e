"""Facts about the answers of a check: their time, their cost, and the systems that gave them.

A provider may serve one model name from several systems, and swap them; some say with each answer which one
it was (``system_fingerprint`` of chat completions).

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.checks.costs import Costs
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.phrases import plural
from pytest_modelcheck.records import Finding, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_modelcheck.baselines.baseline import Baseline
    from pytest_modelcheck.engine.work import Result
    from pytest_modelcheck.models.model import Model


class Answered:
    """Takes note of the answers that bodies got, of a check that needs to know more of them.

    Args:
        model: The model that is judged.

    Attributes:
        systems: How many answers each system gave, by what ``answer_fingerprint=`` reads from them.
    """

    def __init__(self, model: Model) -> None:
        self.systems: Counter[str] = Counter()
        self._model = model
        self._keys: set[bytes] = set()
        self._cases: set[str] = set()

    def take(self, results: Iterable[Result]) -> None:
        """Take in the results of some trials.

        Raises:
            UsageError: ``answer_fingerprint=`` raised, or gave something that is not text.
        """
        for result in results:
            if result.asked:
                self._cases.add(result.trial.case.id)
            for key, raw in result.asked:
                # A call without a key is never cached, so each of its answers may come from another system.
                if key is None or key not in self._keys:
                    self._note_system(self._model.answers.decode(raw))
                if key is not None:
                    self._keys.add(key)

    def costs(self) -> Costs:
        """Return the figures of every different answer, whether it is new or cached.

        So the verdict is the same whether the cache is warm or not.
        """
        measure = self._model.answers.measure
        known = [measured for key in self._keys if (measured := measure(key)) is not None]
        amounts = tuple(each.usage.cost for each in known if each.usage.cost is not None)
        seconds = tuple(sorted(each.seconds for each in known))
        used = [(each.usage.tokens_in, each.usage.tokens_out) for each in known]
        tokens = tuple(sum(filter(None, both)) for both in used if both != (None, None))
        return Costs(len(self._keys), seconds, amounts, len(self._cases), tokens)

    def _note_system(self, answer: object) -> None:
        read, place = self._model.definition.answer_fingerprint, self._model.definition.location
        if read is None:
            return
        try:
            system: object = read(answer)
        # The user's function: a bug in it is a mistake of the fixture, with its line, and not an error of a
        # case.
        except Exception as error:
            problem = f"answer_fingerprint= raised {type(error).__name__}: {error}, for {excerpt(answer, 60)}"
            raise UsageError(problem, place) from error
        if system is None:
            return
        if not isinstance(system, str):
            problem = f"answer_fingerprint= must give a text or None, not {excerpt(system, 60)}"
            raise UsageError(problem, place)
        self.systems[system] += 1


def other_systems(model: Model, systems: Mapping[str, int], baseline: Baseline | None) -> list[Finding]:
    """Return whether answers come from a system that no approved answer of this version came from."""
    # Another version is expected to run on another system; only the same version must not.
    if baseline is None or baseline.header.version != model.version or not baseline.header.systems:
        return []
    new = {name: count for name, count in systems.items() if name not in baseline.header.systems}
    if not new:
        return []
    approved = ", ".join(baseline.header.systems)
    summary = (
        f"{model.label} is not the {model.version} that was approved: {_counts(new)} and "
        f"those that were approved from {approved}"
    )
    return [Finding("fingerprint", Status.FAILED, excerpt(summary, 400), against_baseline=True)]


def systems_note(model: Model, systems: Mapping[str, int]) -> tuple[str, ...]:
    """A sentence for the reader, where there is more than one system."""
    if len(systems) < 2:
        return ()
    counts = ", ".join(f"{name} ({count})" for name, count in Counter(dict(systems)).most_common())
    return (excerpt(f"{model.label} answered from {len(systems)} different systems: {counts}", 400),)


def _counts(new: Mapping[str, int]) -> str:
    parts = [f"{plural(count, 'answer comes', 'answers come')} from {name}" for name, count in new.items()]
    return ", ".join(parts)
