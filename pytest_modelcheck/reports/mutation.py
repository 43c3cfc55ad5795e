"""Reports of mutants: which damages a suite noticed, why others survived, and what to do about them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from statistics import fmean
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.display import harmless
from pytest_modelcheck.phrases import percent, plural
from pytest_modelcheck.records.packing import pack
from pytest_modelcheck.reports.bars import cut, padded, wrapped
from pytest_modelcheck.reports.jsons import dumps
from pytest_modelcheck.reports.markdown import table_cell

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME: Final = 40
_LINE: Final = 2_000
_LEAST_NAME: Final = 26
"""Cells of the terminal that the name of a damage has at least; checks have columns in what is left."""
_SIDES: Final = {
    "invariance": "both of its answers change alike, and stay equal",
    "directional": "its comparison holds for answers that change alike, and for a model that never moves",
    "drift": "what it records of the answers is distributed as before",
}
_STANDING: Final = frozenset({"constant", "never", "empty", "refusal"})
"""Damages after which an answer no longer moves."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One check's outcomes under one damage.

    Attributes:
        mutant: The damage, in words.
        kind: The kind of damage.
        path: The dotted path of the damaged field; empty for the whole answer.
        replays: How often the check was replayed, with other random choices or labels.
        failed: How many of these failed.
        inconclusive: How many missed a limit that noise could explain.
        called: How many could not be judged because a body made a call without a stored answer.
        changed: The largest number of cases, over the replays, whose outcome changed.
        fails: The limits that failed, in the order of the replays.
    """

    mutant: str
    kind: str
    path: str
    replays: int
    failed: int = 0
    inconclusive: int = 0
    called: int = 0
    changed: int = 0
    worse: int = 0
    measured: str = ""
    fails: tuple[str, ...] = ()

    @property
    def noticed(self) -> float:
        """The share of judged replays that failed."""
        judged = self.replays - self.called
        return self.failed / judged if judged else 0.0


@dataclass(frozen=True, slots=True)
class Mutated:
    """One check's outcomes under all damages: a cell each, or the trouble that kept it from being replayed.

    ``form`` is its kind, ``limits`` names its limits, and ``cases`` counts the replayed cases; ``left_out``
    counts the others, which called a model without a stored answer.
    """

    check: str
    form: str
    model: str
    version: str
    cases: int
    limits: str
    cells: tuple[Cell, ...] = ()
    trouble: str = ""
    left_out: int = 0

    @property
    def of(self) -> str:
        """The model and its version."""
        return f"{self.model} {self.version}"

    @property
    def noticed(self) -> float:
        """The mean share of replays that failed, over all damages."""
        return sum(cell.noticed for cell in self.cells) / len(self.cells) if self.cells else 0.0


@dataclass(frozen=True, slots=True)
class Mutation:
    """A suite's outcomes under the damages to its models."""

    checks: tuple[Mutated, ...]

    @property
    def replayed(self) -> list[Mutated]:
        """The checks that could be replayed, those first that noticed least."""
        return sorted((check for check in self.checks if not check.trouble), key=lambda check: check.noticed)

    @property
    def by_model(self) -> list[Mutation]:
        """The same apart, a model each: a damage to one is no business of another's checks."""
        models = dict.fromkeys(check.of for check in self.replayed)
        return [Mutation(tuple(check for check in self.replayed if check.of == model)) for model in models]

    @property
    def mutants(self) -> list[tuple[str, str, float]]:
        """Each damage with its model and the share of replays that the best check failed, the least first."""
        best: dict[tuple[str, str], float] = {}
        for check in self.replayed:
            for cell in check.cells:
                # A damage that no stored answer can follow tells nothing about the suite, and must not
                # lower its score.
                if cell.called < cell.replays:
                    damage = check.of, cell.mutant
                    best[damage] = max(best.get(damage, 0.0), cell.noticed)
        return sorted(((*damage, share) for damage, share in best.items()), key=lambda found: found[2])

    @property
    def score(self) -> float:
        """The mean of these shares: 1.0 where every damage was noticed in every replay."""
        shares = [share for _, _, share in self.mutants]
        return fmean(shares) if shares else 0.0

    @property
    def survivors(self) -> list[str]:
        """The damages that no check noticed in any replay; with their model where there are several."""
        several = len(self.by_model) > 1
        return [f"{of}: {name}" if several else name for of, name, share in self.mutants if not share]

    def name(self, check: Mutated) -> str:
        """The name of a check, without its file where that leaves no doubt."""
        name = check.check.partition("::")[2] or check.check
        same = {one.check for one in self.checks if one.check.endswith(f"::{name}")}
        return name if len(same) < 2 else check.check


def cell_of(check: Mutated, mutant: str) -> Cell | None:
    """Return a check's outcomes under a damage, or ``None`` where its answers cannot be damaged so."""
    return next((cell for cell in check.cells if cell.mutant == mutant), None)


# -- why, and what to do -------------------------------------------------------------------------------


def why(check: Mutated, cell: Cell) -> tuple[str, str]:
    """Explain why a check did not notice a damage, and what to change."""
    if cell.called == cell.replays:
        return (
            "its bodies make calls that have no stored answer",
            "nothing to mend: run it with such a model",
        )
    if cell.inconclusive:
        return (
            "it misses a limit, and noise could explain that",
            'give it more cases or repeats (modelcheck plan says how many), or inconclusive="fail"',
        )
    tighten = f"tighten {check.limits}" if check.limits else "give it a limit"
    if cell.changed and not cell.worse:
        return (
            f"{plural(cell.changed, 'case')} of {check.cases:,} came out differently, and none worse",
            "add cases with other expected answers, which this change would break",
        )
    if cell.changed:
        add = "add max_regressed=" if "max_drop" in check.limits else "approve it and add max_regressed="
        more = "" if "max_regressed" in check.limits else f", or {add}"
        share = f"{plural(cell.changed, 'case')} of {check.cases:,} came out differently"
        return f"{share}, which its limits allow", tighten + more
    if cell.measured:
        return f"it measures something else, which its limits allow ({cell.measured})", tighten
    golden = "compare whole answers with the approved ones in a golden test"
    golden += ": case.same_as_approved(answer), with max_changed="  # == would compare what ignore= leaves out
    if check.form in _SIDES:
        moves = check.form == "directional" and cell.kind in _STANDING
        remedy = f"let the answer move (> in place of >= where it must), or {golden}" if moves else golden
        return _SIDES[check.form], remedy
    return (
        "no case comes out differently",
        f"assert what `{cell.path}` holds, or {golden}" if cell.path else golden,
    )


def explained(mutation: Mutation) -> Iterator[tuple[str, str, str, list[str]]]:
    """Of each check: why it passed some of the damages, what to do, and which these are; the weakest first.

    A damage that another check of the model notices in every replay is left out.
    """
    open_ = {(of, name) for of, name, share in mutation.mutants if share < 1}
    for check in mutation.replayed:
        found: dict[tuple[str, str], list[str]] = {}
        for cell in check.cells:
            if (check.of, cell.mutant) in open_ and not cell.failed:
                found.setdefault(why(check, cell), []).append(cell.mutant)
        for (reason, remedy), names in found.items():
            yield mutation.name(check), reason, remedy, names


# -- as text -------------------------------------------------------------------------------------------


def mutation_lines(mutation: Mutation, width: int = 80) -> Iterator[str]:
    """A table for each model, the least noticed damage first, and what to do about it."""
    troubles: dict[str, list[str]] = {}
    for check in mutation.checks:
        if check.trouble:
            troubles.setdefault(check.trouble, []).append(mutation.name(check))
    for trouble, names in troubles.items():
        yield from wrapped(excerpt(f"not replayed: {', '.join(names)}: {trouble}", _LINE), width)
    for check in mutation.checks:
        if check.left_out and not check.trouble:
            out = f"{plural(check.left_out, 'case')} without a stored answer (errors are not stored)"
            yield from wrapped(excerpt(f"left out: {mutation.name(check)}: {out}", _LINE), width)
    if not mutation.replayed:
        yield "Nothing was replayed."
        return
    for one in mutation.by_model:
        yield from _table(one, mutation, width)
        yield ""
    yield from _survivor_lines(mutation, width)
    survivors, mutants = len(mutation.survivors), plural(len(mutation.mutants), "mutant")
    text = f"{survivors} of {mutants} noticed by no check" if survivors else f"{mutants}, all noticed"
    if not mutation.mutants:
        text = "no mutant could be judged"
    left = sum(map(len, troubles.values()))
    yield f"score {percent(mutation.score)}; {text}" + (
        f"; {plural(left, 'check')} not replayed" if left else ""
    )


def _table(one: Mutation, suite: Mutation, width: int) -> Iterator[str]:
    checks, mutants = one.replayed, one.mutants
    replays = sum(cell.replays for check in checks for cell in check.cells)
    yield (
        f"{checks[0].of}: {plural(len(checks), 'check')}, {plural(len(mutants), 'mutant')}, "
        f"{replays:,} replays on stored answers, no call"
    )
    yield ""
    for number, check in enumerate(checks, 1):
        judged = any(cell.called < cell.replays for cell in check.cells)
        noticed = f"noticed {percent(check.noticed)}" if judged else "not judged"
        text = f"{check.form}, {plural(check.cases, 'case')}, {noticed}"
        place = f"  [{number}] "
        yield f"{place}{cut(suite.name(check), max(20, width - len(place) - len(text) - 2))}  {text}"
    yield ""
    # Below a certain width, names of damages matter more than a column for each check.
    shown = checks[: max(1, (width - 18 - _LEAST_NAME) // 6)]
    room = min(_NAME, width - 18 - 6 * len(shown))
    heads = "".join(f"{f'[{number}]':>6}" for number in range(1, len(shown) + 1))
    if mutants:
        yield f"  {padded('failed replays', room)}{'best':>7}{heads}{'unsure':>8}"
    for _, name, share in mutants:
        cells = [cell_of(check, name) for check in checks]
        unsure = sum(cell.inconclusive for cell in cells if cell is not None)
        text = "".join(f"{_shown(cell):>6}" for cell in cells[: len(shown)])
        yield f"  {padded(cut(name, room), room)}{percent(share):>7}{text}{unsure or '':>8}".rstrip()
    if len(shown) < len(checks):
        left = len(checks) - len(shown)
        yield f"  {plural(left, 'check has', 'checks have')} no column here; `best` is of all checks"
    calling = sum(cell.called for check in checks for cell in check.cells)
    if calling:
        yield f"  new: bodies made new calls, in {plural(calling, 'replay')}; not judged"


def _survivor_lines(mutation: Mutation, width: int) -> Iterator[str]:
    found = list(explained(mutation))
    if found:
        yield "what passes, and why:"
    for check, reason, remedy, names in found:
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        text = f"{check} passes {', '.join(map(repr, names[:3]))}{more}: {reason}. Remedy: {remedy}."
        yield from wrapped(excerpt(text, _LINE), width, "  ", "    ")
    if found:
        yield ""


def _shown(cell: Cell | None) -> str:
    if cell is None:
        return ""
    return "new" if cell.called == cell.replays else percent(cell.noticed)


def mutation_markdown(mutation: Mutation) -> str:
    """A table for each model as Markdown, for a README."""
    tables = []
    for one in mutation.by_model:
        checks = one.replayed
        heads = " | ".join(table_cell(excerpt(mutation.name(check), 200)) for check in checks)
        lines = [
            f"| {table_cell(excerpt(checks[0].of, 80))} | noticed | {heads} |",
            f"|---|--:|{'--:|' * len(checks)}",
        ]
        for _, name, share in one.mutants:
            cells = " | ".join(_shown(cell_of(check, name)) for check in checks)
            lines.append(f"| {table_cell(excerpt(name, 80))} | {percent(share)} | {cells} |")
        tables.append("\n".join([*lines, ""]))
    return harmless("\n".join(tables))


# -- for programs, and as a page -----------------------------------------------------------------------


def mutation_json(mutation: Mutation) -> bytes:
    """All outcomes and explanations as JSON."""
    document: dict[str, Any] = {
        "modelcheck_mutation": 1,
        "score": mutation.score,
        "survivors": mutation.survivors,
        "mutants": [{"model": of, "mutant": name, "noticed": share} for of, name, share in mutation.mutants],
        "checks": pack(mutation.checks),
        "explained": [
            {"check": check, "why": reason, "remedy": remedy, "mutants": names}
            for check, reason, remedy, names in explained(mutation)
        ],
    }
    return dumps(document) + b"\n"


def mutation_html(mutation: Mutation) -> bytes:
    """One HTML page, without a script."""
    import jinja2

    def level(share: float) -> str:
        return "all" if share == 1 else "some" if share else "none"

    def shown(check: Mutated, name: str) -> tuple[str, str, str]:
        cell = cell_of(check, name)
        if cell is None:
            return "", "", ""
        title = "; ".join(cell.fails) if cell.failed else ": ".join(why(check, cell))
        judged = cell.called < cell.replays
        return _shown(cell), level(cell.noticed) if judged else "", excerpt(title, 500)

    def rows(one: Mutation) -> list[tuple[Any, ...]]:
        return [
            (
                excerpt(name, 200),
                (percent(share), level(share)),
                [shown(check, name) for check in one.replayed],
                sum(cell.inconclusive for check in one.replayed if (cell := cell_of(check, name))) or "",
            )
            for _, name, share in one.mutants
        ]

    template = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(
        files("pytest_modelcheck.reports.html").joinpath("mutation.html").read_text(encoding="utf-8")
    )
    page = template.render(
        score=percent(mutation.score),
        mutants=len(mutation.mutants),
        survivors=len(mutation.survivors),
        tables=[(one.replayed[0].of, one.replayed, rows(one)) for one in mutation.by_model],
        name=mutation.name,
        reasons=[tuple(row) for row in explained(mutation)],
        troubles=[check for check in mutation.checks if check.trouble],
    )
    return harmless(page).encode()
