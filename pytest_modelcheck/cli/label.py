"""``modelcheck label``: what was judged, one after the other, blind to the judge; one key for each label.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import textwrap
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import click

from pytest_modelcheck.baselines.identity import approver, now
from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.canonical.text import plural
from pytest_modelcheck.checks.judged import LEAST_LABELS, LEAST_STRENGTH
from pytest_modelcheck.cli.heard import heard
from pytest_modelcheck.cli.project import shown
from pytest_modelcheck.cli.screen import echo, print_lines, width
from pytest_modelcheck.labels.draw import in_order
from pytest_modelcheck.labels.file import Label, read, write
from pytest_modelcheck.stats.judging import Errors, JudgedRate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pytest_modelcheck.cli.heard import Heard
    from pytest_modelcheck.cli.project import Workspace
    from pytest_modelcheck.labels.draw import Judged

_LONGEST: Final = 6_000
"""So many characters of an argument are shown."""
_MORE: Final = 40
_WORDS: Final = {"True": "yes", "False": "no"}
_QUIT: Final = frozenset({"q", "\x03", "\x04", ""})


@dataclass(slots=True)
class _Sitting:
    """The labels that a person has given so far.

    Attributes:
        path: The file of labels.
        by: Who labels.
        labels: All labels, by key.
        done: The keys of those given in this sitting, in order.
    """

    path: Path
    by: str
    labels: dict[str, Label]
    done: list[str] = field(default_factory=list)

    def add(self, one: Judged, said: Any, note: str) -> None:
        """Give a label, and write it at once: nothing is lost where the line drops."""
        about: dict[str, Any] = {"by": self.by, "when": now()}
        about |= {name: value for name, value in (("version", one.version), ("note", note)) if value}
        kept = {name: value for name, value in one.metadata.items() if name not in about}
        self.labels[one.key] = Label(one.given, said, about | kept)
        self.done.append(one.key)
        write(self.path, self.labels.values())

    def undo(self) -> str | None:
        """Take the last label of this sitting back; return its key."""
        if not self.done:
            return None
        key = self.done.pop()
        del self.labels[key]
        write(self.path, self.labels.values())
        return key


def label(workspace: Workspace, judge: str, *, most: int, by: str, file: Path | None) -> None:
    """Ask for labels until there are ``most`` more, nothing is left, or the person quits.

    Raises:
        UsageError: Nothing was judged yet.
        LabelError: The file cannot be read or written.
    """
    found = heard(workspace, judge, file)
    sitting = _Sitting(found.file, by or approver(workspace.project.root), read(found.file))
    keys = _keys_of(found, sitting.labels)
    left = [one for one in in_order(found.judged.values()) if one.key not in sitting.labels]
    echo(
        f"{judge}: {plural(len(sitting.labels), 'label')} in {shown(found.file)}, "
        f"{plural(len(left), 'answer')} left to label"
    )
    place = 0
    while place < len(left) and len(sitting.done) < most:
        print_lines(_page(left[place], f"{len(sitting.done) + 1} of {min(most, len(left))}"))
        action, said, note = _ask(judge, keys)
        if action == "quit":
            break
        if action == "undo":
            key = sitting.undo()
            if key is not None:
                place = next(number for number, one in enumerate(left) if one.key == key)
            continue
        if action == "label":
            sitting.add(left[place], said, note)
        place += 1
    print_lines(_end(found, sitting, sum(one.key not in sitting.labels for one in left)))


def _keys_of(found: Heard, labels: Mapping[str, Label]) -> dict[str, Any]:
    """The keys of labels: y and n, digits for tenths of a score, or a digit for each category."""
    said = [one.said for one in found.judged.values()] + [label.said for label in labels.values()]
    if said and all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in said):
        return {**{str(number): number / 10 for number in range(10)}, "x": 1.0}
    if any(isinstance(one, str) for one in said):
        categories = sorted({one for one in said if isinstance(one, str)})
        return {str(number): name for number, name in enumerate(categories[:9], 1)}
    return {"y": True, "n": False}


def _page(one: Judged, count: str) -> Iterator[str]:
    yield ""
    yield click.style(f"--- {count} ".ljust(width() - 1, "-"), dim=True)
    given = one.given if isinstance(one.given, dict) else {"given": one.given}
    for name, value in given.items():
        yield click.style(f"{name}:", bold=True)
        text = value if isinstance(value, str) else excerpt(value, _LONGEST)
        cut = text if len(text) <= _LONGEST else f"{text[:_LONGEST]} … ({len(text):,} characters)"
        for line in cut.split("\n"):
            safe = excerpt(line, _LONGEST + 40)
            yield from textwrap.wrap(safe, width() - 3, initial_indent="  ", subsequent_indent="  ") or [""]
    yield ""


def _ask(judge: str, keys: Mapping[str, Any]) -> tuple[str, Any, str]:
    """One key: ``label`` with what it says and a note, or ``skip``, ``undo`` or ``quit``."""
    note = ""
    keys_text = "  ".join(f"[{key}] {_WORDS.get(str(value), value)}" for key, value in keys.items())
    if "x" in keys:
        keys_text = "[0]-[9] tenths  [x] 1.0"
    while True:
        echo(f"{judge}? {keys_text}   [s]kip [u]ndo no[t]e [q]uit ", nl=False)
        try:
            key = click.getchar().lower()
        except (KeyboardInterrupt, EOFError):
            key = "q"
        echo(key if key.isprintable() else "")
        if key in keys:
            return "label", keys[key], note
        if key in _QUIT:
            return "quit", None, note
        if key in ("s", "u"):
            return ("skip" if key == "s" else "undo"), None, note
        if key == "t":
            note = click.prompt("note", default="", show_default=False)


def _end(found: Heard, sitting: _Sitting, left: int) -> Iterator[str]:
    """Say what was labelled, and what more labels would buy."""
    counts = Counter(_WORDS.get(str(label.said), label.said) for label in sitting.labels.values())
    listed = ", ".join(f"{count} {excerpt(name, 20)}" for name, count in counts.most_common(6))
    yield ""
    yield (
        f"{len(sitting.done)} labelled now; {plural(len(sitting.labels), 'label')} in {shown(sitting.path)}"
        f"{f' ({listed})' if listed else ''}, {left} left"
    )
    if len(sitting.labels) < LEAST_LABELS:
        yield f"{LEAST_LABELS - len(sitting.labels)} more, and verdicts are corrected for the judge's errors"
    elif (widths := _widths(found, sitting.labels, left)) is not None:
        more, before, after = widths
        yield f"the rate is known to ±{before:.0f} points; {more} more narrow that to about ±{after:.0f}"


def _widths(found: Heard, labels: Mapping[str, Label], left: int) -> tuple[int, float, float] | None:
    """Return how many more labels narrow the 95% bound of the rate from how many points to how many."""
    judged = list(found.judged.values())
    if not all(isinstance(one.said, bool) for one in judged):
        return None
    pairs = [(one.said, labels[one.key].said) for one in judged if one.key in labels]
    yes, no = ([said for said, true in pairs if bool(true) is wanted] for wanted in (True, False))
    errors = Errors(len(yes), sum(yes), len(no), len(no) - sum(no))
    more = min(_MORE, left)
    if not errors.strength >= LEAST_STRENGTH or not more:
        return None
    times = 1 + more / len(pairs)
    grown = Errors(
        *(round(count * times) for count in (errors.yes, errors.yes_right, errors.no, errors.no_right))
    )

    still_open = [one.said for one in judged if one.key not in labels]

    def half(errors: Errors, known: int) -> float:
        """Half the bound's width in points; answers with a label count as people said."""
        left = len(judged) - known
        passed = round(left * sum(still_open) / len(still_open))
        right = round(known * errors.yes / errors.labels)
        low, high = JudgedRate(passed, left, errors, right, known).bounds(0.975)
        return (high - low) * 50

    return more, half(errors, len(pairs)), half(grown, len(pairs) + more)
