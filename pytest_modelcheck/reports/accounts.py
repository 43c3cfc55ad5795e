"""The full account of one check: a line of JSON that says how it came out, then a line a case.

It lies beside the candidate that the same run left, or travels with the verdict, and any report can be made
of it without running the check again.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.baselines.names import ACCOUNT
from pytest_modelcheck.errors import BaselineError, located
from pytest_modelcheck.reports.model import FORM, CheckReport
from pytest_modelcheck.reports.packing import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

_FORM: Final = "modelcheck_report"
_ID: Final = re.compile(rb'\{"id":("(?:[^"\\]|\\.)*")')
_EXPECTED: Final = "expected"
_AGAIN: Final = "Run pytest again."


def beside(candidate: Path) -> Path:
    """Where the account lies that belongs to a candidate."""
    return candidate.with_suffix(ACCOUNT)


def head_line(check: CheckReport) -> bytes:
    """The first line of an account, without its end: everything but the cases."""
    fields: dict[str, Any] = pack(check)
    del fields["cases"]
    return dumps({_FORM: FORM, **fields})


def row_line(fields: Mapping[str, Any]) -> bytes:
    """A line of an account: the fields of a :class:`~pytest_modelcheck.reports.model.CaseReport`."""
    return dumps(fields)


def joined(lines: Iterable[bytes]) -> bytes:
    """An account of its lines."""
    return b"\n".join(lines) + b"\n"


def expectations(content: bytes, cases: Collection[str]) -> dict[str, Any]:
    r"""The right answers of some cases, by id, where an account tells them; of all others nothing is decoded.

    >>> expectations(b'{}\n{"id":"a","expected":1}\n{"id":"b","expected":2}\n', ["b", "c"])
    {'b': 2}
    """
    import orjson

    wanted = {dumps(case): case for case in cases}
    found: dict[str, Any] = {}
    for row in content.split(b"\n"):
        named = _ID.match(row)
        case = None if named is None else wanted.get(named[1])
        if case is not None and _EXPECTED in (fields := orjson.loads(row)):
            found[case] = fields[_EXPECTED]
    return found


def parse(content: bytes, path: str = "") -> CheckReport:
    """Read an account.

    Args:
        content: The bytes of it.
        path: Where they come from, for messages.

    Raises:
        BaselineError: It is damaged, or of a newer pytest-modelcheck.
    """
    import orjson

    first, *rows = content.removesuffix(b"\n").split(b"\n")
    head = _head(first, path)
    try:
        head["cases"] = [orjson.loads(row) for row in rows]
        return unpack(head, CheckReport)
    except (orjson.JSONDecodeError, TypeError, ValueError) as error:
        raise BaselineError(
            located(f"the account of a check is damaged ({error}). {_AGAIN}", path)
        ) from error


def parse_head(line: bytes, path: str) -> CheckReport:
    """Read only the first line of an account: how the check came out.

    Raises:
        BaselineError: It is damaged, or of a newer pytest-modelcheck.
    """
    head = _head(line, path)
    try:
        return unpack(head, CheckReport)
    except (TypeError, ValueError) as error:
        raise BaselineError(
            located(f"the account of a check is damaged ({error}). {_AGAIN}", path)
        ) from error


def _head(line: bytes, path: str) -> dict[str, Any]:
    import orjson

    try:
        fields = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise BaselineError(
            located(f"the account of a check is damaged ({error}). {_AGAIN}", path)
        ) from error
    form = fields.pop(_FORM, None) if isinstance(fields, dict) else None
    if not isinstance(form, int):
        raise BaselineError(located(f"not the account of a check. {_AGAIN}", path))
    if form > FORM:
        raise BaselineError(
            located(
                f"written by a newer pytest-modelcheck (form {form}, this version reads {FORM}). Upgrade it "
                f"(pip install -U pytest-modelcheck), or run pytest again.",
                path,
            )
        )
    return dict(fields)


def dumps(value: Any) -> bytes:
    """A value as JSON. What is no Unicode (a lone surrogate) is written as its escape."""
    import orjson

    try:
        return orjson.dumps(value)
    except TypeError:
        return orjson.dumps(_printable(value))


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode(errors="backslashreplace").decode()
    if isinstance(value, dict):
        return {_printable(key): _printable(one) for key, one in value.items()}
    return [_printable(one) for one in value] if isinstance(value, list) else value
