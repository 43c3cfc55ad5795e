"""Labels: people's judgements of answers, as text in git, and the order in which answers are labelled.

The file is JSON Lines, which are also cases for a check of the judge itself:

    {"input":{"question":"…","answer":"…"},"expected":true,"metadata":{"by":"…","when":"…"}}

A label belongs to the judge's arguments, whatever version of the model gave the answer in them. Lines are
sorted by the digest of these arguments, so that labels from two branches rarely conflict in git. A merge may
keep both sides: equal labels count once, and contradictory ones are an error.

At any point of the order, the answers labelled so far are a fair sample of all judged answers. The error
rates of a judge are shares of the answers that people accept, and of those that they reject. A sample with
too many rejections by the judge would bias both. So strata are drawn in proportion: every prefix of the order
contains about the right share of each stratum.
"""

from __future__ import annotations

import os
import tempfile
from codecs import BOM_UTF8
from collections import defaultdict
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from pytest_modelcheck.canonical import digest, excerpt
from pytest_modelcheck.errors import LabelError
from pytest_modelcheck.records import Origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_FIELDS: Final = frozenset({"id", "input", "expected", "metadata"})


@dataclass(frozen=True, slots=True)
class Label:
    """A person's judgement of the answer that a judge was called with.

    Attributes:
        given: The judge's arguments by name, as JSON.
        value: The label: ``True`` or ``False``, a category, or a score.
        metadata: The person (``by``), the time (``when``), a ``note``, the ``version`` of the judged answer,
            and the metadata of the case.
        origin: The line of the file, or ``None`` for a new label.
        id: Its id as a case, if the file gives one.
    """

    given: Any
    value: Any
    metadata: Mapping[str, Any] = field(default_factory=dict)
    origin: Origin | None = None
    id: str | None = None

    @property
    def key(self) -> str:
        """A digest of the judge's arguments."""
        return key_of(self.given)


def key_of(given: Any) -> str:
    """Return the key of a judge's arguments: 16 digits of their digest.

    >>> key_of({"question": "Open?", "answer": "Yes"}) == key_of({"answer": "Yes", "question": "Open?"})
    True
    """
    return digest(given).hex()[:16]


def read(path: Path) -> dict[str, Label]:
    """Read the labels of a file, by key; return none if there is no file.

    Raises:
        LabelError: The file cannot be read, a line is not a label, or two lines contradict each other.
    """
    try:
        data = path.read_bytes().removeprefix(BOM_UTF8)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise LabelError(f"cannot be read: {error.strerror or error}", str(path)) from error
    found: dict[str, Label] = {}
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        label = _label(line, path, number)
        other = found.setdefault(label.key, label)
        if orjson.dumps(other.value) != orjson.dumps(label.value):  # in JSON, true and 1 differ
            where = "" if other.origin is None else f"line {other.origin.line} says "
            raise LabelError(
                f"two labels of the same answer contradict each other: {where}{excerpt(other.value, 40)}, "
                f"and this one {excerpt(label.value, 40)}. Keep the one that is right",
                str(path),
                number,
            )
    return found


def write(path: Path, labels: Iterable[Label]) -> None:
    """Replace the labels of a file by these, sorted by key. The file is replaced as a whole, or not at all.

    Raises:
        LabelError: The file cannot be written.
    """
    lines = []
    for label in sorted(labels, key=lambda label: label.key):
        fields: dict[str, Any] = {} if label.id is None else {"id": label.id}
        fields |= {"input": label.given, "expected": label.value}
        if label.metadata:
            fields["metadata"] = dict(label.metadata)
        lines.append(orjson.dumps(fields, option=orjson.OPT_APPEND_NEWLINE))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
            file.writelines(lines)
        new = Path(file.name)
        # A temporary file is private to its user; the file of labels keeps the mode that it has.
        new.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        new.replace(path)
    except OSError as error:
        raise LabelError(f"cannot be written: {error.strerror or error}", str(path)) from error


def _label(line: bytes, path: Path, number: int) -> Label:
    try:
        fields = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        hint = "; settle the conflict of the merge first" if line.startswith((b"<<<", b"===", b">>>")) else ""
        raise LabelError(f"not JSON: {error}{hint}", str(path), number) from error
    if not isinstance(fields, dict) or "input" not in fields or "expected" not in fields:
        raise LabelError('no label: write {"input": {...}, "expected": true} on one line', str(path), number)
    if not fields.keys() <= _FIELDS:
        other = ", ".join(sorted(fields.keys() - _FIELDS))
        raise LabelError(f"a label has no {other}; put it into metadata", str(path), number)
    if isinstance(fields["expected"], (dict, list)) or fields["expected"] is None:
        raise LabelError("a label is true, false, a category or a score, under expected", str(path), number)
    origin = Origin(os.fspath(path), number)
    return Label(fields["input"], fields["expected"], fields.get("metadata") or {}, origin, fields.get("id"))


def mismatch(labels: Iterable[Label], answers: Iterable[Any]) -> str | None:
    """Describe the first label that is of another kind than the judge's answers; ``None`` if there is none.

    Scores may be labelled true or false.

    >>> mismatch([Label({"answer": "Hi"}, "yes")], [True, False])
    'a label says "yes", and the judge answers true or false'
    """
    kinds = {_kind(answer) for answer in answers if answer is not None}
    for label in labels if len(kinds) == 1 and None not in kinds else ():
        found = _kind(label.value)
        if found not in kinds and not (found == _YES_OR_NO and kinds == {_SCORE}):
            where = "" if label.origin is None else f" (line {label.origin.line})"
            text = excerpt(orjson.dumps(label.value).decode(), 40)
            return f"a label says {text}{where}, and the judge answers {kinds.pop()}"
    return None


_YES_OR_NO: Final = "true or false"
_SCORE: Final = "with numbers"


def _kind(value: Any) -> str | None:
    if isinstance(value, bool):
        return _YES_OR_NO
    if isinstance(value, (int, float)):
        return _SCORE
    return "with text" if isinstance(value, str) else None


@dataclass(frozen=True, slots=True)
class JudgedAnswer:
    """The arguments and the answer of a judge in one call.

    Attributes:
        given: The judge's arguments, as JSON.
        answer: The judge's answer, as JSON.
        metadata: The metadata of the case.
        differs: Whether the judge answered differently for another version's answer to the same case.
        version: The version of the model whose answer was judged.
    """

    given: Any
    answer: Any
    metadata: Mapping[str, Any] = field(default_factory=dict)
    differs: bool = False
    version: str | None = None

    @property
    def key(self) -> str:
        """A digest of the judge's arguments."""
        return key_of(self.given)


def in_order(judged: Iterable[JudgedAnswer]) -> list[JudgedAnswer]:
    """Sort answers into the order of labelling: a fair mix of strata by judge's answer, slice and difference.

    The order is always the same for the same answers, so that labelling can continue later.

    >>> mixed = [JudgedAnswer({"answer": number}, answer=number % 4 > 0) for number in range(40)]
    >>> sum(not one.answer for one in in_order(mixed)[:20])
    5
    """
    strata: dict[bytes, list[JudgedAnswer]] = defaultdict(list)
    for one in judged:
        answer = round(one.answer, 1) if isinstance(one.answer, float) else one.answer
        first = next((str(value) for value in one.metadata.values() if isinstance(value, str)), "")
        strata[orjson.dumps([answer, one.differs, first])].append(one)
    placed = []
    for name, own in strata.items():
        own.sort(key=lambda one: blake2b(one.key.encode(), digest_size=8).digest())
        # A shift of its own for each stratum: strata of equal size must not come in lockstep.
        shift = int.from_bytes(blake2b(name, digest_size=2).digest()) / (1 << 16)
        placed += [((rank + shift) / len(own), one.key, one) for rank, one in enumerate(own)]
    return [one for _, _, one in sorted(placed, key=lambda each: each[:2])]
