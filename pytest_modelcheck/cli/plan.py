"""``modelcheck plan``: how many cases, or repeats of them, it takes to detect a drop."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from pytest_modelcheck.cli.screen import print_lines
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.phrases import percent, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST = 100_000
# Runs of a check: a share of them is right within about 7 points.
SIMULATED = 200
_DROPS = (0.01, 0.02, 0.03, 0.05, 0.1, 0.2)


@dataclass(frozen=True, slots=True)
class Question:
    """The drops to detect, and with which error rates: the options of ``modelcheck plan``.

    Without ``at_least``, a drop is one from the rate of an approved version. Without ``drops``, several that
    can be detected are meant.

    Raises:
        UsageError: None of the drops can be detected.
    """

    at_least: float | None
    drops: Sequence[float] = ()
    certainty: float = 0.9
    false_fail_rate: float = 0.01
    disagreement: float = 0.05
    max_drop: float = 0.0
    cases: int | None = None
    repeats: int = 1
    approved_runs: int = 3

    def __post_init__(self) -> None:
        if not self.meant:
            raise UsageError("nothing can be seen there: name a --drop")
        least, most = self.range
        for drop in self.drops:
            if not least < drop <= most:
                raise UsageError(
                    f"--drop {drop:g}: a drop that can be detected is above {least:g} and at most {most:g} "
                    "here"
                )

    @property
    def range(self) -> tuple[float, float]:
        """The drop above which anything can be detected, and the largest possible drop."""
        return (self.max_drop, 1 - self.disagreement) if self.at_least is None else (0.0, self.at_least)

    @property
    def meant(self) -> Sequence[float]:
        """The drops to show."""
        least, most = self.range
        return self.drops or [drop for drop in _DROPS if least < drop <= most]

    def runs(self, drop: float) -> int | None:
        """The runs that are needed to detect a drop; ``None`` for more than :data:`MOST`."""
        level, power = self.false_fail_rate, self.certainty
        if self.at_least is not None:
            from pytest_modelcheck.stats.rates import runs_needed

            # 0.9 - 0.3 is 0.6000000000000001, for which another number of runs may be needed.
            low = round(self.at_least - drop, 9)
            return runs_needed(self.at_least, low, level, power, most=MOST)
        from pytest_modelcheck.stats.paired import pairs_needed

        fixed = self.disagreement / 2
        return pairs_needed(drop, fixed, level, power, max_drop=self.max_drop, most=MOST)


_PROBABILITY = click.FloatRange(0, 1, min_open=True, max_open=True)
_COUNT = click.IntRange(1)


@click.command()
@click.option(
    "--at-least",
    type=click.FloatRange(0, 1, min_open=True),
    help="Plan for this required pass rate; without it, for a comparison with a baseline.",
)
@click.option(
    "--drop",
    "drops",
    type=float,
    multiple=True,
    help="The drop to detect, such as 0.05. Repeatable; several are shown by default.",
)
@click.option(
    "--cases",
    type=_COUNT,
    help="The number of cases you have: shows how often to run each; for a baseline, how it will end.",
)
@click.option(
    "--repeats", type=_COUNT, default=1, show_default=True, help="Runs of each case (for a baseline)."
)
@click.option(
    "--approved-runs",
    type=_COUNT,
    default=3,
    show_default=True,
    help="Runs of each case in the approval (for a baseline).",
)
@click.option(
    "--certainty", type=_PROBABILITY, default=0.9, show_default=True, help="The chance of detecting the drop."
)
@click.option(
    "--false-fail-rate",
    type=_PROBABILITY,
    default=0.01,
    show_default=True,
    help="The chance of failing a model that did not change.",
)
@click.option(
    "--disagreement",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.05,
    show_default=True,
    help="How often the model answers an identical input differently (for a baseline).",
)
@click.option("--max-drop", type=float, default=0.0, help="The drop that the check allows (for a baseline).")
def plan(at_least: float | None, drops: tuple[float, ...], **options: Any) -> None:
    """Show how many cases or repeats it takes to detect a drop.

    This is for models whose answers vary. If they never vary, one run of each case is enough.
    """
    print_lines(table(Question(at_least, drops, **options)))


def table(question: Question) -> Iterator[str]:
    r"""The answer as lines of text.

    >>> print("\n".join(table(Question(at_least=0.95, drops=(0.05, 0.1)))))
    Runs needed so that a varying model of this true rate fails at_least=0.95
    with a chance of 90%. A model at exactly 95% fails with a chance of at most 1%.
    <BLANKLINE>
    true rate  runs needed
          90%          368
          85%          116
    """
    if question.at_least is None and question.cases is not None:
        yield from _foreseen(question, question.cases)
        return
    yield from _heading(question)
    yield ""
    heads = ["true rate" if question.at_least is not None else "true drop", "runs needed"]
    if question.cases is not None:
        heads.append(f"repeats of {question.cases} cases")
    rows = [heads]
    for drop in question.meant:
        runs = question.runs(drop)
        rate = drop if question.at_least is None else round(question.at_least - drop, 9)
        row = [percent(rate), f"over {MOST:,}" if runs is None else f"{runs:,}"]
        if question.cases is not None:
            row.append("-" if runs is None else f"{math.ceil(runs / question.cases):,}")
        rows.append(row)
    yield from _aligned(rows)
    if question.at_least is None:
        yield ""
        yield "A run is a case that both versions answer once; 5 runs of 40 cases are 200."
        yield "How a check of 40 cases would end: --cases 40"


def _foreseen(question: Question, cases: int) -> Iterator[str]:
    """Describe how a check of this many cases would end, by its own rules."""
    from pytest_modelcheck.checks.foresight import Design, foreseen
    from pytest_modelcheck.checks.protocol import Rules

    allowance = question.max_drop or 0
    design = Design(cases, question.repeats, question.approved_runs, question.disagreement, allowance)
    often = "once" if question.repeats == 1 else f"{question.repeats} times"
    allowed = f" with max_drop={question.max_drop:g}" if question.max_drop else ""
    yield (
        f"A check of {plural(cases, 'case')}, each run {often}, against an approval on "
        f"{plural(question.approved_runs, 'run')}{allowed}."
    )
    yield (f"The model answers {percent(question.disagreement)} of identical inputs differently.")
    yield f"{SIMULATED} simulations by the check's own rules: if the first run is suspicious,"
    yield "all cases run twice more; a case broken for good never passes without a warning."
    yield "Shares of runs that fail / that warn:"
    yield ""
    rows: list[tuple[str, ...]] = [("true drop", "cases never pass", "all pass less often", "calls a case")]
    rules = Rules(question.false_fail_rate)
    for drop in (0.0, *question.meant):
        found = [foreseen(design, drop, loss, rules, times=SIMULATED) for loss in ("broken", "spread")]
        shares = [f"{percent(one.failed)} / {percent(one.warned)}" for one in found]
        rows.append((percent(drop), *shares, f"{max(one.calls for one in found):.1f}"))
    yield from _aligned(rows)


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True))


def _heading(question: Question) -> Iterator[str]:
    surely, falsely = percent(question.certainty), percent(question.false_fail_rate)
    if question.at_least is not None:
        rate = percent(question.at_least)
        yield (
            f"Runs needed so that a varying model of this true rate fails at_least={question.at_least:g}\n"
            f"with a chance of {surely}. A model at exactly {rate} fails with a chance of at most {falsely}."
        )
        return
    allowed = f"max_drop={question.max_drop:g} " if question.max_drop else ""
    yield (
        f"Runs needed so that a varying model with this drop of its true rate fails\n"
        f"{allowed}against the approved version with a chance of {surely}."
    )
    yield (
        f"One that is as good fails with a chance of at most {falsely}.\n"
        f"The model answers {percent(question.disagreement)} of identical inputs differently."
    )
