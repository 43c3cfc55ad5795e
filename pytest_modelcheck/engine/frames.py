"""Whether code is inside a ``with`` block right now, read off its exception table.

A body that is suspended inside a ``with`` block leaves whatever the block patched, locked or froze in
place while other bodies run. CPython 3.11 and later keep, for each code object, a table that says which
handler guards which instructions; the handler of a ``with`` block begins with ``WITH_EXCEPT_START``. So
the instruction at which a frame stands tells whether it stands inside one, at no cost to code that never
asks.

Source of the table's format: CPython, ``InternalDocs/exception_handling.md``.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import opcode
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, FrameType

_WITH_EXCEPT_START = opcode.opmap["WITH_EXCEPT_START"]
_PUSH_EXC_INFO = opcode.opmap["PUSH_EXC_INFO"]
_INSTRUCTION = 2  # bytes


class _Known:
    """What is known of one code object. Holds it, so that its ``id`` stays its own."""

    __slots__ = ("answers", "code", "table")

    def __init__(self, code: CodeType) -> None:
        self.code = code
        self.table = _exception_table(code)
        self.answers: dict[int, bool] = {}


# By id: the hash of a code object is computed from all of its instructions, each time.
_known: dict[int, _Known] = {}


def _varint(table: Iterator[int]) -> int:
    """Read one number: six bits a byte, most significant first, bit 6 set while more follow."""
    byte = next(table)
    value = byte & 63
    while byte & 64:
        byte = next(table)
        value = (value << 6) | (byte & 63)
    return value


def _exception_table(code: CodeType) -> list[tuple[int, int, int]]:
    """All (start, end, handler) of a code object, in bytes of its instructions."""
    entries = []
    table = iter(code.co_exceptiontable)
    for first in table:
        # The first byte of an entry carries a start marker in bit 7.
        start = first & 63
        while first & 64:
            first = next(table)  # noqa: PLW2901
            start = (start << 6) | (first & 63)
        length, target = _varint(table), _varint(table)
        _varint(table)  # stack depth and "lasti": of no interest here
        begin = start * _INSTRUCTION
        entries.append((begin, begin + length * _INSTRUCTION, target * _INSTRUCTION))
    return entries


def _guard(table: list[tuple[int, int, int]], offset: int) -> int | None:
    for start, end, handler in table:
        if start <= offset < end:
            return handler
    return None


def _is_with_handler(code: CodeType, handler: int) -> bool:
    instructions = code.co_code[handler : handler + 4 * _INSTRUCTION : _INSTRUCTION]
    return _PUSH_EXC_INFO in instructions[:1] and _WITH_EXCEPT_START in instructions[1:2]


def in_with_block(code: CodeType, offset: int) -> bool:
    """Say whether the instruction at ``offset`` of ``code`` is inside a ``with`` or ``async with`` block.

    An inner ``try`` hides an outer ``with`` from the table's entry for the instruction, but the handler
    of that ``try`` is itself guarded by the ``with``; so handlers are followed outwards.
    """
    known = _known.get(id(code))
    if known is None:
        known = _known[id(code)] = _Known(code)
    answer = known.answers.get(offset)
    if answer is None:
        answer = known.answers[offset] = _look_outwards(known, offset)
    return answer


def _look_outwards(known: _Known, offset: int) -> bool:
    seen: set[int] = set()
    handler = _guard(known.table, offset)
    while handler is not None and handler not in seen:
        if _is_with_handler(known.code, handler):
            return True
        seen.add(handler)
        handler = _guard(known.table, handler)
    return False


# ``mock.patch.dict`` as a decorator patches in a ``try``, not in a ``with``.
_PATCHERS = frozenset({"unittest.mock", "mock.mock"})


def block_between(frame: FrameType | None, root: CodeType) -> str | None:
    """Say what ``frame``, or one further out up to the one that runs ``root``, is inside of, or ``None``."""
    while frame is not None and (code := frame.f_code) is not root:
        known = _known.get(id(code))
        inside = None if known is None else known.answers.get(frame.f_lasti)
        if inside is None:
            inside = in_with_block(code, frame.f_lasti)
        if inside:
            return f"inside the `with` block at {code.co_filename}:{frame.f_lineno}"
        if frame.f_globals.get("__name__") in _PATCHERS:
            return "inside a patch of unittest.mock"
        frame = frame.f_back
    return None
