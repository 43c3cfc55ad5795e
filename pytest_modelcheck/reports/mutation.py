"""Reports of mutants: which damages a suite noticed, why others survived, and what to do about them.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.canonical.text import percent, plural
from pytest_modelcheck.reports.bars import cut, padded
from pytest_modelcheck.reports.jsons import dumps, pack

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME: Final = 40
_LEAST_NAME: Final = 26
# So many checks have a column of their own in a line of the terminal.
_MOST: Final = 12
_SIDES: Final = {
    "invariance": "both of its answers change alike, and stay equal",
    "directional": "its comparison holds for answers that change alike, and for a model that never moves",
    "drift": "what it records of the answers is distributed as before",
}


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
    failed: int
    inconclusive: int
    called: int
    changed: int
    fails: tuple[str, ...] = ()

    @property
    def noticed(self) -> float:
        """The share of judged replays that failed."""
        judged = self.replays - self.called
        return self.failed / judged if judged else 0.0


@dataclass(frozen=True, slots=True)
class Mutated:
    """One check's outcomes under all damages.

    Attributes:
        check: Its name.
        form: Its kind.
        model: The judged model.
        version: Its version.
        cases: The number of replayed cases.
        limits: Its limits, in words.
        cells: One for each damage.
        trouble: Why it was not replayed; empty if it was.
    """

    check: str
    form: str
    model: str
    version: str
    cases: int
    limits: str
    cells: tuple[Cell, ...] = ()
    trouble: str = ""

    @property
    def name(self) -> str:
        """The name without the file."""
        return self.check.partition("::")[2]

    @property
    def noticed(self) -> float:
        """The mean share of replays that failed, over all damages."""
        return sum(cell.noticed for cell in self.cells) / len(self.cells) if self.cells else 0.0


@dataclass(frozen=True, slots=True)
class Mutation:
    """A suite's outcomes under the damages to one model.

    Attributes:
        checks: The checks, each with its outcomes.
    """

    checks: tuple[Mutated, ...]

    @property
    def replayed(self) -> list[Mutated]:
        """The checks that could be replayed, the weakest first."""
        found = [check for check in self.checks if not check.trouble]
        return sorted(
            found, key=lambda check: sum(cell.noticed for cell in check.cells) / len(check.cells or "1")
        )

    @property
    def mutants(self) -> list[tuple[str, float]]:
        """Each damage with the share of replays that the best check noticed, least noticed first."""
        best: dict[str, float] = {}
        for check in self.replayed:
            for cell in check.cells:
                if cell.called < cell.replays:
                    best[cell.mutant] = max(best.get(cell.mutant, 0.0), cell.noticed)
        return sorted(best.items(), key=lambda found: found[1])

    @property
    def score(self) -> float:
        """The mean of these shares: 1.0 if every damage was noticed in every replay."""
        shares = [share for _, share in self.mutants]
        return sum(shares) / len(shares) if shares else 0.0

    @property
    def survivors(self) -> list[str]:
        """The damages that no check noticed in any replay."""
        return [name for name, share in self.mutants if not share]


def cell_of(check: Mutated, mutant: str) -> Cell | None:
    """Return a check's outcomes under a damage, or ``None`` if that damage does not apply to its answers."""
    return next((cell for cell in check.cells if cell.mutant == mutant), None)


# -- why, and what to do -------------------------------------------------------------------------------


def why(check: Mutated, cell: Cell) -> tuple[str, str]:
    """Explain why a check did not notice a damage, and what to change."""
    if cell.called == cell.replays:
        return (
            "its bodies make calls under it that no stored answer answers",
            "nothing to mend: run it with such a model",
        )
    if cell.inconclusive:
        return (
            "it misses a limit, and noise could explain that",
            'give it more cases or repeats (modelcheck plan says how many), or inconclusive="fail"',
        )
    if cell.changed:
        share = f"{plural(cell.changed, 'case')} of {check.cases:,} came out differently"
        remedy = f"tighten {check.limits}" if check.limits else "give it a limit"
        return f"{share}, which its limits allow", f"{remedy}, or add max_regressed="
    if check.form in _SIDES:
        remedy = "hold the answers against what is right, or approved, in a golden test"
        if check.form == "directional":
            remedy = "let the answer move (> in place of >= where it must), or " + remedy
        return _SIDES[check.form], remedy
    if not cell.path:
        return "no case comes out differently", "compare whole answers: == case.approved"
    advice = f"assert `{cell.path}` too, or compare whole answers: == case.approved"
    return f"no body looks at `{cell.path}`", advice


def explained(mutation: Mutation) -> Iterator[tuple[str, str, str, list[str]]]:
    """For each check, weakest first: why it passed some damages, what to do, and which ones.

    Damages that another check notices in every replay are left out.
    """
    open_ = {name for name, share in mutation.mutants if share < 1}
    for check in mutation.replayed:
        found: dict[tuple[str, str], list[str]] = {}
        for cell in check.cells:
            if cell.mutant in open_ and not cell.failed:
                found.setdefault(why(check, cell), []).append(cell.mutant)
        for (reason, remedy), names in found.items():
            yield check.name, reason, remedy, names


# -- as text -------------------------------------------------------------------------------------------


def mutation_lines(mutation: Mutation, width: int = 80) -> Iterator[str]:
    """The table, least noticed damage first, and the explanations."""
    checks = mutation.replayed
    for check in mutation.checks:
        if check.trouble:
            yield f"not replayed: {check.name}: {excerpt(check.trouble, 200)}"
    if not checks:
        yield "Nothing was replayed."
        return
    models = dict.fromkeys(f"{check.model} {check.version}" for check in checks)
    mutants = mutation.mutants
    replays = sum(cell.replays for check in checks for cell in check.cells)
    yield (
        f"{', '.join(models)}: {plural(len(checks), 'check')}, {plural(len(mutants), 'mutant')}, "
        f"{replays:,} replays on stored answers, no call"
    )
    yield ""
    for number, check in enumerate(checks, 1):
        text = f"{check.form}, {plural(check.cases, 'case')}, noticed {percent(check.noticed)}"
        yield f"  [{number}] {cut(check.name, width - len(text) - 8)}  {text}"
    yield ""
    # Below a certain width, names of mutants matter more than a column for each check.
    shown = checks[: max(1, min(_MOST, (width - 18 - _LEAST_NAME) // 6))]
    room = min(_NAME, width - 18 - 6 * len(shown))
    heads = "".join(f"{f'[{number}]':>6}" for number in range(1, len(shown) + 1))
    yield f"  {padded('failed replays', room)}{'best':>7}{heads}{'unsure':>8}"
    for name, share in mutants:
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
    yield ""
    yield from _survivor_lines(mutation, width)
    text = f"{plural(len(mutation.survivors), 'mutant')} of {len(mutants)} noticed by no check"
    yield f"score {percent(mutation.score)}; {text}"


def _survivor_lines(mutation: Mutation, width: int) -> Iterator[str]:
    found = list(explained(mutation))
    if found:
        yield "what passes, and why:"
    for check, reason, remedy, names in found:
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        text = f"{check} passes {', '.join(map(repr, names[:3]))}{more}: {reason}. Remedy: {remedy}."
        yield from wrap(
            excerpt(text, 2000), width, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
        )
    if found:
        yield ""


def _shown(cell: Cell | None) -> str:
    if cell is None:
        return ""
    return "new" if cell.called == cell.replays else percent(cell.noticed)


def mutation_markdown(mutation: Mutation) -> str:
    """The table as Markdown, for a README."""
    checks = mutation.replayed
    heads = " | ".join(f"`{check.name}`" for check in checks)
    lines = [f"| mutant | noticed | {heads} |", f"|---|--:|{'--:|' * len(checks)}"]
    for name, share in mutation.mutants:
        cells = " | ".join(_shown(cell_of(check, name)) for check in checks)
        lines.append(f"| {excerpt(name, 80).replace('|', chr(92) + '|')} | {percent(share)} | {cells} |")
    return "\n".join([*lines, ""])


# -- for programs, and as a page -----------------------------------------------------------------------


def mutation_json(mutation: Mutation) -> bytes:
    """All outcomes and explanations as JSON."""
    document: dict[str, Any] = {
        "modelcheck_mutation": 1,
        "score": mutation.score,
        "survivors": mutation.survivors,
        "mutants": [{"mutant": name, "noticed": share} for name, share in mutation.mutants],
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
        return _shown(cell), level(cell.noticed), excerpt(title, 500)

    checks = mutation.replayed
    rows = [
        (
            excerpt(name, 200),
            (percent(share), level(share)),
            [shown(check, name) for check in checks],
            sum(cell.inconclusive for check in checks if (cell := cell_of(check, name))) or "",
        )
        for name, share in mutation.mutants
    ]
    template = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(
        files("pytest_modelcheck.reports.html").joinpath("mutation.html").read_text(encoding="utf-8")
    )
    page = template.render(
        score=percent(mutation.score),
        survivors=len(mutation.survivors),
        checks=checks,
        rows=rows,
        reasons=[tuple(row) for row in explained(mutation)],
        troubles=[check for check in mutation.checks if check.trouble],
    )
    return page.encode()
