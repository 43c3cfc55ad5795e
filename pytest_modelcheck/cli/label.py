"""``modelcheck label``: show judged answers without the judge's verdict, and take a key for each label."""

from __future__ import annotations

import math
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from statistics import fmean
from typing import TYPE_CHECKING, Any, Final

import click

from pytest_modelcheck.baselines.identity import approver, now
from pytest_modelcheck.canonical import excerpt, one_line
from pytest_modelcheck.checks.judging import LEAST_LABELS, LEAST_STRENGTH
from pytest_modelcheck.cli.judge import LABELS, answers_of_judge, word_of
from pytest_modelcheck.cli.project import with_workspace
from pytest_modelcheck.cli.screen import (
    AGAIN,
    echo,
    height,
    keys,
    line,
    print_lines,
    width,
)
from pytest_modelcheck.display import shown_path
from pytest_modelcheck.labels import Label, in_order, read, write
from pytest_modelcheck.numeric import is_number
from pytest_modelcheck.phrases import plural
from pytest_modelcheck.reports.bars import wrapped
from pytest_modelcheck.stats.judging import Errors, JudgedRate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_modelcheck.cli.judge import JudgeAnswers
    from pytest_modelcheck.cli.project import Workspace
    from pytest_modelcheck.labels import JudgedAnswer

_MORE: Final = 40
_NUMBER: Final = frozenset("0123456789-.")
# Keys of categories; the letters between stand for what else can be done.
_KEYS: Final = "123456789abcdefghijklmnprvwxyz"
_QUIT: Final = frozenset({"q", "\x03", "\x04", ""})


@dataclass(slots=True)
class _LabellingSession:
    """All labels of a file by key, and the keys of those given in this sitting, in order."""

    path: Path
    by: str
    labels: dict[str, Label]
    done: list[str] = field(default_factory=list)

    def add(self, one: JudgedAnswer, value: Any, note: str) -> Label | None:
        """Add a label, and write it to disk at once: a lost connection loses nothing.

        Returns a label that somebody else has given to the same answer in the meantime; that one stays.
        """
        self.labels = read(self.path)
        if (other := self.labels.get(one.key)) is not None:
            return other
        about: dict[str, Any] = {"by": self.by, "when": now()}
        about |= {name: text for name, text in (("version", one.version), ("note", note)) if text}
        kept = {name: text for name, text in one.metadata.items() if name not in about}
        self.labels[one.key] = Label(one.given, value, about | kept)
        self.done.append(one.key)
        write(self.path, self.labels.values())
        return None

    def undo(self) -> str | None:
        """Remove the last label of this sitting; return its key."""
        if not self.done:
            return None
        key = self.done.pop()
        self.labels = read(self.path)
        self.labels.pop(key, None)
        write(self.path, self.labels.values())
        return key


@click.command()
@click.argument("judge")
@click.option(
    "-n", "most", type=click.IntRange(1), default=40, show_default=True, help="Stop after this many labels."
)
@click.option("--by", default="", metavar="NAME", help="The name of the labeller; by default git's user.")
@LABELS
@with_workspace
def label(workspace: Workspace, judge: str, most: int, by: str, file: Path | None) -> None:
    """Label judged answers, with the judge's verdict hidden.

    Shows a random sample of what JUDGE was given in the last runs, and takes one key for each. Every label is
    saved at once; the next call continues where you stopped.
    """
    found = answers_of_judge(workspace, judge, file)
    sitting = _LabellingSession(found.file, by or approver(workspace.project.root), read(found.file))
    choices = _choices(found, sitting.labels)
    left = [one for one in in_order(found.judged.values()) if one.key not in sitting.labels]
    echo(
        f"{judge}: {plural(len(sitting.labels), 'label')} in {shown_path(found.file)}, "
        f"{plural(len(left), 'answer')} left to label"
    )
    with keys() as key:
        _label_each(judge, sitting, left, most, choices, key)
    print_lines(_end(found, sitting, sum(one.key not in sitting.labels for one in left)))


def _label_each(
    judge: str,
    sitting: _LabellingSession,
    left: Sequence[JudgedAnswer],
    most: int,
    choices: Mapping[str, Any],
    key: Callable[[], str],
) -> None:
    place = 0
    while place < len(left) and len(sitting.done) < most:
        if left[place].key in sitting.labels:
            place += 1
            continue
        page = list(_page(left[place], f"{len(sitting.done) + 1} of {min(most, len(left))}"))
        action, value, note = _ask(judge, choices, page, key)
        if action == "quit":
            return
        if action == "undo":
            last = sitting.undo()
            if last is not None:
                place = next(number for number, one in enumerate(left) if one.key == last)
            continue
        if action == "label" and (other := sitting.add(left[place], value, note)) is not None:
            by = excerpt(other.metadata.get("by", "somebody"), 60)
            echo(
                f"{by} has labelled it in the meantime: {excerpt(word_of(other.value), 30)}. That label stays"
            )
        place += 1


def _choices(found: JudgeAnswers, labels: Mapping[str, Label]) -> dict[str, Any]:
    """The keys of labels: y and n; tenths of a score; a digit or a letter for each category.

    There are none where scores are on another scale: these are typed.
    """
    values = [one.answer for one in found.judged.values()] + [label.value for label in labels.values()]
    names = sorted({one for one in values if isinstance(one, str)})
    if names:
        return dict(zip(_KEYS, names, strict=False))
    numbers = [one for one in values if one is not None]  # a judge may abstain
    if numbers and all(map(is_number, numbers)):
        tenths = {**{str(number): number / 10 for number in range(10)}, "x": 1.0}
        return tenths if all(0 <= one <= 1 for one in numbers) else {}
    return {"y": True, "n": False}


def _page(one: JudgedAnswer, count: str) -> Iterator[str]:
    yield ""
    yield click.style(f"--- {count} ".ljust(width() - 1, "-"), dim=True)
    given = one.given if isinstance(one.given, dict) else {"given": one.given}
    for name, value in given.items():
        yield click.style(f"{excerpt(name, 60)}:", bold=True)
        text = value if isinstance(value, str) else one_line(value)
        for row in text.split("\n"):
            yield from wrapped(one_line(row), width() - 1, "  ", breaks=True)
    yield ""


def _ask(
    judge: str, choices: Mapping[str, Any], page: list[str], key: Callable[[], str]
) -> tuple[str, Any, str]:
    """Show a page, and read ``label`` with what it says and a note, or ``skip``, ``undo`` or ``quit``.

    The space bar pages through an answer that is longer than the screen.
    """
    note = ""
    while True:
        room = max(5, height() - 3)
        part, page = page[:room], page[room:]
        print_lines(part)
        more = f"({plural(len(page), 'more line')}: space)  " if page else ""
        question = wrapped(f"{more}{judge}? {_named(choices)}", width() - 1, hanging="", breaks=True)
        echo("\n".join(question) + " ", nl=False)
        try:
            one = key().lower()
            echo(one if one.isprintable() else "")
            if one in choices:
                return "label", choices[one], note
            if one in _QUIT:
                return "quit", None, note
            if one in ("s", "u"):
                return ("skip" if one == "s" else "undo"), None, note
            if one == AGAIN:
                page = part + page
            elif one == "t":
                note = line(key, "note", note) or ""
            elif not choices and one in _NUMBER:
                with suppress(ValueError):
                    score = float(line(key, "score", one) or "")
                    if math.isfinite(score):
                        return "label", int(score) if score.is_integer() else score, note
                echo("no number; Escape leaves without one")
            elif one == "o" and _has_names(choices) and (name := (line(key, "category") or "").strip()):
                return "label", name, note
        except (KeyboardInterrupt, EOFError):
            return "quit", None, note


def _named(choices: Mapping[str, Any]) -> str:
    """The keys and their meanings, as text."""
    if not choices:
        named = "type a score "
    elif choices.get("x") == 1.0:
        named = "[0]-[9] tenths  [x] 1.0 "
    else:
        words = (f"[{key}] {excerpt(word_of(one), 30)}" for key, one in choices.items())
        named = "  ".join(words) + ("  [o]ther " if _has_names(choices) else " ")
    return f"{named}  [s]kip [u]ndo no[t]e [q]uit"


def _has_names(choices: Mapping[str, Any]) -> bool:
    return any(isinstance(one, str) for one in choices.values())


def _end(found: JudgeAnswers, sitting: _LabellingSession, left: int) -> Iterator[str]:
    """Report what was labelled, and how much more labels would narrow the bound."""
    counts = Counter(word_of(label.value) for label in sitting.labels.values())
    listed = ", ".join(f"{count} {excerpt(name, 20)}" for name, count in counts.most_common(6))
    yield ""
    known = f"{plural(len(sitting.labels), 'label')} in {shown_path(sitting.path)}"
    yield f"{len(sitting.done)} labelled now; {known}{f' ({listed})' if listed else ''}, {left} left"
    if len(sitting.labels) < LEAST_LABELS:
        yield f"{LEAST_LABELS - len(sitting.labels)} more, and verdicts are corrected for the judge's errors"
    elif (widths := _widths(found, sitting.labels, left)) is not None:
        more, before, after = widths
        yield f"the rate is known to ±{before:.0f} points; {more} more narrow that to about ±{after:.0f}"


def _widths(found: JudgeAnswers, labels: Mapping[str, Label], left: int) -> tuple[int, float, float] | None:
    """Return a number of further labels, and half the width of the 95% bound before and after them."""
    judged = list(found.judged.values())
    if not all(isinstance(one.answer, bool) for one in judged):
        return None
    pairs = [(one.answer, labels[one.key].value) for one in judged if one.key in labels]
    yes, no = ([answer for answer, true in pairs if bool(true) is wanted] for wanted in (True, False))
    errors = Errors(len(yes), sum(yes), len(no), len(no) - sum(no))
    more = min(_MORE, left)
    if not errors.strength >= LEAST_STRENGTH or not more:
        return None
    times = 1 + more / len(pairs)
    grown = Errors(
        *(round(count * times) for count in (errors.yes, errors.yes_right, errors.no, errors.no_right))
    )

    still_open = [one.answer for one in judged if one.key not in labels]

    def half(errors: Errors, known: int) -> float:
        """Half the bound's width in points; the verdict on a labelled answer is its label."""
        left = len(judged) - known
        passed = round(left * fmean(still_open))
        right = round(known * errors.yes / errors.labels)
        low, high = JudgedRate(passed, left, errors, right, known).bounds(0.975)
        return (high - low) * 50

    return more, half(errors, len(pairs)), half(grown, len(pairs) + more)
