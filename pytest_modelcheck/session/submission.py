"""In which order the cases of a check that may stop early are run, and how many at a time.

Cases come in an order that is drawn by lot but the same for every version, so that the first hundred are as
good a sample as any other and two versions meet the same ones. They are run in batches, and between two
batches it is seen whether the verdict is known. What comes of them counts in the order of submission, however
fast each was answered: were it the order of completion, wrong answers that come faster than right ones would
fail good models.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pytest_modelcheck.checks.runs import groups_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from pytest_modelcheck.checks.spec import CheckSpec
    from pytest_modelcheck.records import Case

LEAST = 8
"""So many trials make a batch, or as many as the model answers at once where that is more."""

Unit = list["Case"]
"""What counts as one observation: a case, or a group of cases that depend on each other."""


def units_of(spec: CheckSpec) -> list[Unit]:
    """The check's cases, one by one or in groups, in their order of submission.

    That order depends on ``seed=`` and on each case's id alone: neither on the file's order nor on what other
    cases there are.

    Raises:
        UsageError: a case does not say which group it belongs to.
    """
    cases = list(spec.cases)
    key = spec.limits.cluster
    groups: dict[Hashable, Unit] = {}
    names = None if key is None else groups_of(cases, key)
    for case in cases:
        groups.setdefault(case.id if names is None else names[case.id], []).append(case)
    lots = {name: _lot(spec.seed, name) for name in groups}
    return [groups[name] for name in sorted(groups, key=lots.__getitem__)]


def _lot(seed: int, name: Hashable) -> bytes:
    return hashlib.blake2b(f"{seed} {name!r}".encode(errors="surrogatepass"), digest_size=8).digest()


def batches(units: Sequence[Unit], spec: CheckSpec) -> Iterator[list[Unit]]:
    """The units in batches: of about eight trials, or of as many as the model answers at once.

    A larger batch would run trials that the verdict no longer depends on, a smaller one would leave the model
    waiting.
    """
    wanted = max(LEAST, spec.subject.caller.concurrency)
    batch: list[Unit] = []
    trials = 0
    for unit in units:
        batch.append(unit)
        trials += _trials(unit, spec)
        if trials >= wanted:
            yield batch
            batch, trials = [], 0
    if batch:
        yield batch


def _trials(unit: Iterable[Case], spec: CheckSpec) -> int:
    """About how many trials a unit has: a perturbation may give none of an input, or several."""
    if spec.perturbations is None:
        return sum(spec.repeats * (1 + len(case.variants)) for case in unit)
    return sum(spec.repeats * max(1, len(case.variants) + len(spec.perturbations)) for case in unit)
