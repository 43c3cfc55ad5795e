"""Writes lines of a result file directly from the engine's results.

``baselines.lines`` defines the lines, and writes them from a :class:`CaseResult`. Making these first would be
too slow for a hundred thousand trials.
"""

from __future__ import annotations

import tempfile
import weakref
from array import array
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from typing import IO, TYPE_CHECKING, Any, Final, overload

from pytest_modelcheck.baselines import lines
from pytest_modelcheck.canonical import (
    CALL_BYTES,
    comparable,
    encode_plain,
    excerpt,
    of_repeat,
    plain_line,
    short,
)
from pytest_modelcheck.display import redacted
from pytest_modelcheck.engine.trials import STRIDE
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.models.model import plain, text_key
from pytest_modelcheck.records import MISSING, WRONG, CaseResult, Outcome, TrialResult
from pytest_modelcheck.reports.pictures import pictures_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_modelcheck.engine.work import Result
    from pytest_modelcheck.models.model import Raw
    from pytest_modelcheck.records import Case, Trial


_ABOUT: Final = 80
_CUT: Final = "…"
LONGEST: Final = 20_000
_MESSAGE: Final = 1_000


def address(key: bytes | None) -> str:
    """The digest of a call as written in a baseline."""
    return "" if key is None else key[:CALL_BYTES].hex()


def keys_of(trial: TrialResult) -> Iterator[bytes]:
    """Yield the keys of a trial's answers; for the first repeat, only the first 8 bytes."""
    equal: Counter[str] = Counter()
    for digest, _ in trial.calls:
        yield of_repeat(bytes.fromhex(digest), trial.repeat + equal[digest] * STRIDE)
        equal[digest] += 1


def identity(case: Case) -> str:
    """The digest of a case's input; empty if it has none: then the id alone identifies the case."""
    return _identity(case.input)


def _identity(value: Any) -> str:
    try:
        return _short(value)
    except UsageError:
        return ""


def perturbed_input(trial: Trial) -> tuple[str | None, str]:
    """The beginning of a perturbed input; and the digest of the whole, if that is more."""
    if trial.perturbed is MISSING:
        return None, ""
    shown = about(trial.perturbed)
    return shown, _identity(trial.perturbed) if _CUT in shown else ""


def expectation(case: Case) -> str | None:
    """The digest of a case's expectation, or ``None`` without one."""
    expected = None if case.expected is MISSING else _short(case.expected)
    # A reworded reason counts as a new expectation, so the approved answer is judged again: harmless, and
    # simple.
    return expected if case.known_failure is None else short((expected, case.known_failure))


def about(value: Any) -> str:
    """The beginning of an input, for people."""
    return excerpt(value, _ABOUT, stored=True)


def _short(value: Any) -> str:
    """The same as ``short``, cached for texts."""
    return address(text_key(value)) if type(value) is str else short(value)


def case_result(case: Case, results: Iterable[Result]) -> CaseResult:
    """Return the result of a case from those of its trials, without facts that only reports show."""
    trials = tuple([trial_result(result) for result in results])
    return CaseResult(case.id, identity(case), expectation(case), about(case.input), trials)


def trial_result(result: Result) -> TrialResult:
    """Return the result of a trial."""
    trial = result.trial
    return TrialResult(
        result.outcome,
        tuple([(address(key), plain(raw)) for key, raw in result.calls]),
        None if result.recorded is MISSING else comparable(result.recorded),
        trial.perturbation,
        trial.variant,
        trial.repeat,
        result.score,
        *perturbed_input(trial),
        grades=tuple(result.grades),
    )


# -- the line of a result file -------------------------------------------------------------------------


def row_of(case: Case, results: Sequence[Result], *, pictures: bool = False) -> tuple[bytes, str]:
    """A case as the line of a baseline, and the further members of its line in a result file.

    The line equals that of ``baselines.lines.encode`` for :func:`case_result`. The members are facts that
    only reports show: the full case, and the messages of its bodies.
    """
    value = case.input
    own = text_key(value)[:CALL_BYTES] if type(value) is str else bytes.fromhex(identity(case))
    about, details = _excerpted(value, "input", pictures=pictures)
    # A single trial without facts but its outcome and answer stands for its case.
    members = ""
    if len(results) == 1:
        trial = results[0].trial
        if trial.perturbed is MISSING and trial.perturbation is None and not (trial.repeat or trial.variant):
            members = f',"about":{about}'
    given: dict[bytes, bytes] = {}
    written, reported = [], []
    for result in results:
        line, more = _trial(result, own, given, members, pictures=pictures)
        written.append(line)
        reported.append(more)
    fields = written[0] if members else f'"about":{about},"trials":[{",".join(written)}]'
    others, expected = _case_details(case)
    details += others
    if any(reported):
        details += f',"trials":[{",".join([f"{{{more[1:]}}}" for more in reported])}]'
    try:
        row = f'{{"id":{lines.quoted(case.id)},{fields},"input":"{own.hex()}"{expected}}}'.encode()
    # A lone surrogate, which UTF-8 cannot hold.
    except UnicodeEncodeError:
        row = lines.encode(case_result(case, results))  # which says what is wrong
    return row, details[1:]


def _excerpted(value: Any, name: str, *, pictures: bool) -> tuple[str, str]:
    """The beginning of an input, and members with the full input, if it is longer, and with its pictures."""
    if type(value) is str and len(value) <= _ABOUT and value.isprintable():  # as its excerpt would be
        return lines.quoted(value), ""
    if type(value) is not str and (line := plain_line(value)) is not None:  # which holds no picture
        text = line.decode()
        return lines.quoted(excerpt(text, _ABOUT, stored=True)), f',"{name}":{_cut(text, text)}'
    shown = about(value)
    details = "" if shown is value else f',"{name}":{as_shown(value)}'
    if pictures and type(value) is not str and (found := pictures_of(value)):
        details = f'{details},"pictures":{encode_plain(found).decode()}'
    return lines.quoted(shown), details


def _trial(
    result: Result, own: bytes, given: dict[bytes, bytes], about: str, *, pictures: bool
) -> tuple[str, str]:
    """The members of a trial, and the facts that only reports show.

    ``given`` holds the answer that the line gave last to each call. ``about`` is the member of a trial that
    stands for its case.
    """
    trial, details = result.trial, ""
    text = f'"outcome":"{result.outcome._value_}"'
    if result.score is not None:
        text = f'{text},"score":{result.score!r}'
    if result.recorded is not MISSING:
        text = f'{text},"recorded":{comparable(result.recorded).decode()}'
    calls = _calls(result.calls, own, given) if result.calls else ""
    if about:
        # A single answer comes first, where reviewers look; a list of calls comes last.
        text = f"{text}{calls}{about}" if calls.startswith(_OWN_ANSWER) else f"{text}{about}{calls}"
    else:
        if trial.perturbed is not MISSING:
            pictures = pictures and not trial.repeat
            shown, details = _excerpted(trial.perturbed, "perturbed", pictures=pictures)
            text = f'{text},"about":{shown}'
            if _CUT in shown and (digest := _identity(trial.perturbed)):
                text = f'{text},"input":"{digest}"'
        which = "" if trial.perturbation is None else f'"perturbation":{_quoted(trial.perturbation)},'
        if trial.variant:
            which = f'{which}"variant":{trial.variant},'
        if trial.repeat:
            which = f'{which}"repeat":{trial.repeat},'
        text = f"{{{which}{text}{calls}}}"
    if result.message is not None or result.error is not None or result.grades:
        details += _message_and_grades(result)
    return text, details


_OWN_ANSWER: Final = ',"answer":'


def _calls(calls: Sequence[tuple[bytes | None, Raw]], own: bytes, given: dict[bytes, bytes]) -> str:
    """A trial's answers: only the one to the case's own input, or all with the digests of their calls."""
    pairs = []
    for key, raw in calls:
        call, answer = (key or b"")[:CALL_BYTES], raw if type(raw) is bytes else plain(raw)
        if call == own and len(calls) == 1:  # the usual case: its digest need not be written
            given[own] = answer
            return f"{_OWN_ANSWER}{answer.decode()}"
        if given.get(call) == answer:
            # The same answer to the same call was written earlier in this line, by another variant or repeat.
            pairs.append(f'["{call.hex()}"]')
        else:
            given[call] = answer
            pairs.append(f'["{call.hex()}",{answer.decode()}]')
    return f',"calls":[{",".join(pairs)}]'


def _case_details(case: Case) -> tuple[str, str]:
    """The digest of the expectation, and the other facts of a case."""
    right = case.expected
    details = digest = ""
    if right is not MISSING:
        # Labels repeat over many cases. Caching their digests saves a hash for each of a million cases.
        often = type(right) in _LABELS and (type(right) is not str or len(right) <= _ABOUT)
        details, digest = _expected_often(right) if often else _expected(right)
    if case.metadata:
        pairs = [f"{lines.quoted(str(name))}:{as_shown(one)}" for name, one in case.metadata.items()]
        details = f'{details},"metadata":{{{",".join(pairs)}}}'
    if case.known_failure is not None:
        details = f'{details},"known_failure":{lines.quoted(case.known_failure)}'
        digest = f',"expected":"{expectation(case)}"'
    if case.origin is not None:
        line = case.origin.line
        details = f'{details},"origin":[{lines.quoted(case.origin.path)},{"null" if line is None else line}]'
    return details, digest


def _expected(right: Any) -> tuple[str, str]:
    """Return the expectation for reports, and its digest."""
    return f',"expected":{as_shown(right)}', f',"expected":"{_short(right)}"'


_LABELS: Final = frozenset({str, int, bool, type(None)})
# Typed, since 1 == True: both would share a digest.
_expected_often = lru_cache(maxsize=1 << 12, typed=True)(_expected)
_quoted = lru_cache(maxsize=64)(lines.quoted)


def _message_and_grades(result: Result) -> str:
    """The message of a failed body, and the grades of judges."""
    details = ""
    wrong = result.message is not None or result.error is not None
    if wrong and result.outcome in WRONG and (message := message_of_result(result)):
        # Redacted before it is cut: half a secret is no longer recognised as one.
        details = f',"message":{lines.quoted(redacted(message)[:_MESSAGE])}'
    if result.grades:
        grades = [
            f"[{lines.quoted(grade.judge)},{(grade.given or b'null').decode()},{grade.answer.decode()}]"
            for grade in result.grades
        ]
        details = f'{details},"grades":[{",".join(grades)}]'
    return details


def message_of_result(result: Result) -> str:
    """Return a failed body's message; after an error, with its type: ``KeyError: 'label'``."""
    message = result.message or ""
    if result.error is None or result.outcome is not Outcome.ERROR:
        return message
    kind = type(result.error).__name__
    return f"{kind}: {message}" if message else kind


def as_shown(value: Any) -> str:
    """A value as JSON, cut to a text if it is very long."""
    kind = type(value)
    if kind is str and len(value) <= LONGEST:
        return lines.quoted(value)
    if kind is bool:
        return "true" if value else "false"
    raw = lines.quoted(value) if kind is str else encode_plain(value, brief=True).decode()
    return _cut(raw, value if kind is str else raw)


def _cut(raw: str, text: str) -> str:
    return raw if len(raw) <= LONGEST else lines.quoted(text[: LONGEST - 1] + "…")


# -- all lines of a run --------------------------------------------------------------------------------

_ROOM: Final = 8 << 20
"""The largest size of lines in memory, in bytes."""
_READ: Final = 1 << 18


class Lines(Sequence[bytes]):
    """A list of lines.

    Beyond 8 MB they are moved to an anonymous file, if the disk has room, with 8 bytes of memory each.

    >>> lines = Lines()
    >>> lines.extend([b"one", b"two"])
    >>> lines[1], list(lines), len(lines)
    (b'two', [b'one', b'two'], 2)
    """

    def __init__(self, room: int | None = None) -> None:
        self._room = _ROOM if room is None else room
        self._held: list[bytes] = []
        self._size = self._end = 0
        self._file: IO[bytes] | None = None
        self._starts = array("Q")

    def __len__(self) -> int:
        return len(self._starts) + len(self._held)

    def extend(self, rows: Sequence[bytes]) -> None:
        """Add lines, without their ends."""
        self._held += rows
        self._size += sum(map(len, rows))
        if self._size > self._room:
            self._write()

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[bytes]: ...
    def __getitem__(self, index: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        number = range(len(self))[index]
        if self._file is None or number >= len(self._starts):
            return self._held[number - len(self._starts)]
        start, end = self._starts[number], self._end
        if number + 1 < len(self._starts):
            end = self._starts[number + 1]
        self._file.seek(start)
        return self._file.read(end - start)[:-1]

    def __iter__(self) -> Iterator[bytes]:
        start, rest = 0, b""
        while self._file is not None and start < self._end:
            self._file.seek(start)  # others may read meanwhile
            block = self._file.read(min(_READ, self._end - start))
            start += len(block)
            *whole, rest = (rest + block).split(b"\n")
            yield from whole
        yield from self._held

    def _write(self) -> None:
        """Move the lines to the file; on a full disk they stay in memory until there are twice as many."""
        data = memoryview(b"\n".join([*self._held, b""]))
        try:
            if self._file is None:
                # A file without a name: nothing is left behind, however the process ends. It has no buffer,
                # which would fail again when it is flushed at the end.
                self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed with the object
                weakref.finalize(self, self._file.close)
            # A reader may have moved the position.
            self._file.seek(self._end)
            while data:
                data = data[self._file.write(data) :]
        except OSError:
            self._room = 2 * self._size
            return
        self._starts.extend(accumulate((len(line) + 1 for line in self._held[:-1]), initial=self._end))
        self._end = self._file.tell()
        self._held, self._size = [], 0
