"""A trajectory as a transcript, one step a line, and two of them side by side."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical import builder, excerpt, first_trajectory, whole
from pytest_modelcheck.phrases import plural
from pytest_modelcheck.reports.bars import padded, shortened, width_of
from pytest_modelcheck.reports.words import windows
from pytest_modelcheck.trajectories.calls import ASSISTANT, Matcher, ToolCall, described, matches
from pytest_modelcheck.trajectories.trajectory import Trajectory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_modelcheck.records import TrialResult


# Cells of a line: 80, less what pytest and reports indent it by.
COLUMNS: Final = 74

_LONG: Final = 10_000
_NAME: Final = 30


@dataclass(frozen=True, slots=True)
class TranscriptLine:
    """One line of a transcript.

    Attributes:
        name: The tool that was called, or the role of the speaker.
        text: The line: ``refund(amount=20)``, or ``assistant: "Done."``.
        result: The result of a call.
        call: The call; ``None`` for a message.
    """

    name: str
    text: str
    result: str = ""
    call: Any = None

    @property
    def counts(self) -> bool:
        """True for a step of the agent; false for a message of another role."""
        return self.call is not None or self.name == ASSISTANT

    def is_like(self, other: TranscriptLine) -> bool:
        """Return whether another step is an equal call, or a message of the same role."""
        if self.call is None or other.call is None:
            return self.call is other.call and self.name == other.name
        return matches(self.call, other.call) if isinstance(other.call, ToolCall) else self.call == other.call


@dataclass(frozen=True, slots=True)
class TranscriptRow:
    """One row of two aligned transcripts; a missing step is ``None``.

    Attributes:
        before: The approved or required step.
        after: The current one.
        is_same: Whether both steps are alike; the words of messages do not matter.
        number: The number of the agent's step, from 1; 0 for a message of another role.
    """

    before: TranscriptLine | None
    after: TranscriptLine | None
    is_same: bool = False
    number: int = 0

    @property
    def is_reworded(self) -> bool:
        """True if both are messages with different words."""
        if not self.is_same or self.before is None or self.after is None or self.before.call is not None:
            return False
        return self.before.text != self.after.text

    def differs(self, *, partly: bool = False) -> bool:
        """Return whether the steps differ; an additional step counts only if all steps are required."""
        return not self.is_same and (self.before is not None or not partly)

    @property
    def problem(self) -> str:
        """Describe how the two differ: ``check_policy is missing``."""
        before, after = (step.name if step else "" for step in (self.before, self.after))
        if self.is_same:
            return f"{after} in other words"
        if not (before and after):
            return f"{before} is missing" if before else f"{after} is new"
        return f"{after} has other arguments" if before == after else f"{after} instead of {before}"


def fitted(text: str, width: int) -> str:
    """A text as one safe line, cut to a number of cells."""
    text = excerpt(text, _LONG)
    return text if width_of(text) <= width else f"{shortened(text, width - 1)}…"


def steps_of(value: Any) -> list[TranscriptLine]:
    """The steps of a trajectory, of calls, or of the patterns of a matcher."""
    if isinstance(value, Trajectory):
        found: list[TranscriptLine] = []
        for message in value.messages:
            if message.text or message.more:
                text = excerpt(message.text, _LONG)
                parts = f" [+{len(message.more)} more]" if message.more else ""
                found.append(TranscriptLine(message.role, f'{message.role}: "{text}"{parts}'))
            found += map(_of_call, message.calls)
        return found
    return [
        _of_call(one)
        if isinstance(one, ToolCall)
        else TranscriptLine(fitted(one if isinstance(one, str) else one[0], _NAME), described(one), call=one)
        for one in (value.patterns if isinstance(value, Matcher) else value)
    ]


def _of_call(call: ToolCall) -> TranscriptLine:
    failed = "" if call.error is None else " failed"
    result = excerpt(call.result if call.error is None else call.error, _LONG)
    tries = f" ({call.retries} retries)" if call.retries else ""
    known = call.error is not None or call.result is not None
    return TranscriptLine(
        fitted(call.name, _NAME),
        described((call.name, call.arguments)) + failed + tries,
        result if known else "",
        call,
    )


def transcript(value: Any, width: int = COLUMNS) -> list[str]:
    r"""One step per line, with the results of calls below them.

    >>> print("\n".join(transcript(Trajectory.of([{"role": "user", "content": "Hello"}, "Hi!"]))))
       user: "Hello"
     1 assistant: "Hi!"
    """
    lines = []
    number = 0
    for step in steps_of(value):
        number += step.counts
        lines.append(fitted(f"{number if step.counts else '':>2} {step.text}", width))
        if step.result:
            lines.append(fitted(f"     = {step.result}", width))
    return lines


def aligned(before: Any, after: Any) -> list[TranscriptRow]:
    """Align the steps of two trajectories, in chronological order.

    Patterns of a matcher are aligned with the calls that they match; other steps by the longest common
    subsequence.
    """
    number = 0
    rows = []
    for row in _rows(before, after):
        counts = any(step is not None and step.counts for step in (row.before, row.after))
        number += counts
        rows.append(replace(row, number=number if counts else 0))
    return rows


def _rows(before: Any, after: Any) -> list[TranscriptRow]:
    old, new = steps_of(before), steps_of(after)
    if isinstance(before, Matcher):
        return _paired(old, new, before.pair([step.call for step in new]))
    codes: list[int] = []
    # By name: comparing every step with every other takes long.
    kinds: dict[str, list[tuple[int, TranscriptLine]]] = {}
    for step in (*old, *new):
        alike = kinds.setdefault(step.name, [])
        code = next((code for code, kind in alike if kind.is_like(step)), None)
        if code is None:
            code = len(codes)
            alike.append((code, step))
        codes.append(code)
    rows: list[TranscriptRow] = []
    matcher = SequenceMatcher(None, codes[: len(old)], codes[len(old) :], autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            rows += [TranscriptRow(*pair, is_same=True) for pair in zip(old[a:b], new[c:d], strict=True)]
        else:
            rows += _unlike(old[a:b], new[c:d])
    return rows


def _unlike(old: Sequence[TranscriptLine], new: Sequence[TranscriptLine]) -> list[TranscriptRow]:
    """Steps that differ: two of one name share a row, the others get their own."""
    rows: list[TranscriptRow] = []
    names = [step.name for step in old], [step.name for step in new]
    for kind, a, b, c, d in SequenceMatcher(None, *names, autojunk=False).get_opcodes():
        if kind == "equal" or b - a == d - c:
            rows += [TranscriptRow(*pair) for pair in zip(old[a:b], new[c:d], strict=True)]
        else:
            rows += [TranscriptRow(step, None) for step in old[a:b]]
            rows += [TranscriptRow(None, step) for step in new[c:d]]
    return rows


def _paired(
    old: Sequence[TranscriptLine], new: Sequence[TranscriptLine], places: Sequence[int | None]
) -> list[TranscriptRow]:
    """The current steps in order with the patterns they match, and missing steps between them."""
    at = {place: step for step, place in zip(old, places, strict=True) if place is not None}
    rows: list[TranscriptRow] = []
    missing: list[tuple[int, TranscriptLine]] = []
    following = len(new)
    for step, place in reversed(list(zip(old, places, strict=True))):
        if place is None:
            missing.insert(0, (following, step))
        else:
            following = place
    for place in range(len(new) + 1):
        rows += [TranscriptRow(lost, None) for where, lost in missing if where == place]
        rows += [TranscriptRow(at.get(place), step, is_same=place in at) for step in new[place : place + 1]]
    return rows


def first_difference(rows: Sequence[TranscriptRow], *, partly: bool = False) -> int | None:
    """The index of the first row whose calls differ, else whose words differ, else ``None``."""
    done = (at for at, row in enumerate(rows) if row.differs(partly=partly))
    reworded = (at for at, row in enumerate(rows) if row.is_reworded)
    return next(done, None if partly else next(reworded, None))


def side_by_side(
    rows: Sequence[TranscriptRow],
    titles: tuple[str, str] = ("approved", "now"),
    width: int = COLUMNS,
    *,
    most: int | None = None,
    partly: bool = False,
) -> list[str]:
    """Two aligned transcripts in two columns. ``>`` marks the first step that differs, ``~`` the others.

    With ``most``, only so many rows around the first that differs. With ``partly``, additional steps on the
    right are no difference.
    """
    half = (width - 7) // 2
    first = first_difference(rows, partly=partly)
    start = 0 if most is None else max(0, min((first or 0) - most // 2, len(rows) - most))
    stop = len(rows) if most is None else start + most
    lines = [f"     {padded(titles[0], half)}  {titles[1]}"]
    for at, row in enumerate(rows[start:stop], start):
        mark = ">" if at == first else "~" if row.differs(partly=partly) else " "
        before, after = (step.text if step else "-" for step in (row.before, row.after))
        begin = f"{mark}{row.number or '':>3} "
        other = row.is_reworded or not row.is_same
        if row.before and row.after and other and max(width_of(before), width_of(after)) > half:
            # What differs may stand at the end of both: below each other, from shortly before it on.
            texts = windows(before, after, width - 6)
            lines += [fitted(f"{begin}{texts[0]}", width), fitted(f"   -> {texts[1]}", width)]
        else:
            lines.append(f"{begin}{padded(fitted(before, half), half)}  {fitted(after, half)}".rstrip())
    hidden = start + max(0, len(rows) - stop)
    return lines if not hidden else [*lines, f"     … {plural(hidden, 'more step')}"]


def explained(actual: Any, wanted: Any, width: int = COLUMNS, most: int | None = None) -> list[str]:
    """Explain how calls or a trajectory differ from the expected ones: a sentence, then both side by side."""
    rows = aligned(wanted, actual)
    partly = isinstance(wanted, Matcher) and wanted.partly
    titles = (wanted.word if isinstance(wanted, Matcher) else "expected", "called")
    sentence = sentence_of(rows, partly=partly)
    if isinstance(actual, Trajectory) and isinstance(wanted, Trajectory):
        names = [
            name for name in ("answer", "finish", "state") if getattr(actual, name) != getattr(wanted, name)
        ]
        sentence += f"; {' and '.join(names)} differ{'s' if len(names) == 1 else ''}" if names else ""
    return [sentence, *side_by_side(rows, titles, width, most=most, partly=partly)]


def sentence_of(rows: Sequence[TranscriptRow], *, partly: bool = False) -> str:
    """The first step that differs: ``step 2: check_policy is missing``."""
    first = first_difference(rows, partly=partly)
    if first is None:
        return "the same steps"
    row = rows[first]
    place = f"step {row.number}" if row.number else "a message"
    name = (row.before or row.after or TranscriptLine("", "")).name
    # One side lacks the step, and the other side has it in another row.
    lone = [one for one in rows if None in (one.before, one.after)]
    others = [one.after if row.after is None else one.before for one in lone]
    if None in (row.before, row.after) and any(step is not None and step.name == name for step in others):
        return f"{place}: {name} is called at another place"
    return f"{place}: {row.problem}"


@dataclass(frozen=True)
class Trajectories:
    """An agent's steps (``after``), and those that they are compared with.

    ``before`` is the approved trajectory, or that of the unperturbed input; ``None`` if there is none.
    """

    after: Any
    before: Any = None
    titles: tuple[str, str] = ("approved", "now")

    @cached_property
    def rows(self) -> list[TranscriptRow]:
        """The aligned rows of both, or one row for each step of the only one."""
        return aligned(self.after if self.before is None else self.before, self.after)

    @cached_property
    def first(self) -> int | None:
        """The index of the first row that differs."""
        return first_difference(self.rows)

    @property
    def sentence(self) -> str:
        """Describes the first step that differs; empty if none does, or if there is only one trajectory."""
        return "" if self.first is None else sentence_of(self.rows)

    @property
    def are_alike(self) -> bool:
        """True if there are two, with equal calls and messages."""
        return self.before is not None and not self.sentence

    def lines(self, width: int = COLUMNS) -> list[str]:
        """Both side by side with a sentence over them, or the transcript of the only one."""
        if self.before is None:
            return transcript(self.after, width)
        return [self.sentence or "the same steps", *side_by_side(self.rows, self.titles, width)]


def steps_of_trial(trial: TrialResult, own: str) -> Trajectories | None:
    """An agent's steps in a trial, even if the body recorded something else; ``None`` for no agent."""
    answer, base = trial.answers(own)
    after = _behind(trial, answer)
    if after is None:
        return None
    if base is not None and (unperturbed := trajectory_in(base)) is not None:
        return Trajectories(after, unperturbed, ("unperturbed", trial.perturbation or "perturbed"))
    approved = trial.approved
    return Trajectories(after, None if approved is None else _behind(approved, approved.answers(own)[0]))


def steps_between(before: bytes | None, after: bytes | None, titles: tuple[str, str]) -> Trajectories | None:
    """Two answers as steps; ``None`` unless both are trajectories."""
    old, new = trajectory_in(before), trajectory_in(after)
    return None if old is None or new is None else Trajectories(new, old, titles)


def _behind(trial: TrialResult, answer: bytes | None) -> Any:
    calls = [] if trial.recorded is None else [line for _, line in reversed(trial.calls)]
    return trajectory_in(first_trajectory([answer, *calls]))


def trajectory_in(line: bytes | None) -> Any:
    """The trajectory, or the calls, that an answer is; ``None`` for any other answer.

    Values that only ``returns=`` could restore stay as stored: they are only displayed.
    """
    import orjson

    found = first_trajectory([line])
    return None if found is None else shown_trajectory(orjson.loads(whole(found)))


def shown_trajectory(form: Any) -> Any:
    """The same for an answer as JSON."""
    if type(form) is not dict or len(form) != 1 or not form.keys() <= {"$trajectory", "$calls"}:
        return None
    ((tag, inside),) = form.items()
    build = builder(tag)
    try:
        return None if build is None else build(inside)
    except (LookupError, AttributeError, TypeError, ValueError):
        return None  # damaged, or written by a later version


def brief(form: Any) -> Any:
    """A trajectory in a few words; any other JSON value as it is."""
    found = shown_trajectory(form)
    return form if found is None else repr(found).removeprefix("<Trajectory: ").removesuffix(">")


def fenced(lines: Sequence[str]) -> list[str]:
    """Lines as a Markdown code block that their content cannot end."""
    longest = max((len(run) for line in lines for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", *lines, fence]
