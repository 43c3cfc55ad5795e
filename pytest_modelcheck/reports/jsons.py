"""A report as JSON.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import dataclasses
import math
import sys
import types
import typing
from collections.abc import Mapping
from dataclasses import replace
from enum import Enum, StrEnum
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pytest_modelcheck.baselines.diff import shown_answers
from pytest_modelcheck.canonical import whole
from pytest_modelcheck.display import printable_json
from pytest_modelcheck.records import MISSING
from pytest_modelcheck.reports.model import FORM

if TYPE_CHECKING:
    from pytest_modelcheck.records import CaseResult, TrialResult
    from pytest_modelcheck.reports.model import RunReport


_T = TypeVar("_T")
_AS_THEY_ARE: Final = frozenset({str, int, bool, type(None)})


def pack(value: Any) -> Any:
    """Convert a record to dicts, lists, strings, numbers, booleans and ``None``, which execnet can transport.

    Args:
        value: A frozen dataclass, or a value of one of its fields. ``MISSING`` is left out.

    >>> from pytest_modelcheck.records import Origin
    >>> pack(Origin("tickets.yaml"))
    {'path': 'tickets.yaml', 'line': None}
    """
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if dataclasses.is_dataclass(kind):
        fields = ((name, getattr(value, name)) for name in _fields(kind))
        return {name: pack(one) for name, one in fields if one is not MISSING}
    if isinstance(value, (tuple, list)):
        return [pack(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): pack(item) for key, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # which JSON has no number for
    return value.value if isinstance(value, StrEnum) else value


def unpack(packed: Any, kind: type[_T]) -> _T:
    """Restore the record that :func:`pack` converted. Unknown fields, of a newer version, are ignored.

    Raises:
        TypeError: A field without a default is missing, or a value has the wrong type.
        ValueError: A text is not among the values of its enumeration.
    """
    return typing.cast("_T", _unpacked(packed, kind))


@lru_cache(maxsize=64)
def _fields(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


@lru_cache(maxsize=64)
def hints_of(kind: type) -> dict[str, Any]:
    """The types of the fields of a record, by name."""
    return typing.get_type_hints(kind, {**vars(sys.modules[kind.__module__]), "Mapping": Mapping})


def _unpacked(value: Any, kind: Any) -> Any:
    if value is None or kind is Any:
        return value
    origin = typing.get_origin(kind)
    if origin in (types.UnionType, typing.Union):  # `X | None`
        return _unpacked(value, next(one for one in typing.get_args(kind) if one is not type(None)))
    if origin is tuple:
        inner = typing.get_args(kind)
        if len(inner) == 2 and inner[1] is Ellipsis:
            return tuple([_unpacked(item, inner[0]) for item in value])
        return tuple(_unpacked(item, one) for item, one in zip(value, inner, strict=True))
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        if not isinstance(value, Mapping):
            raise TypeError(f"{kind.__name__} is an object, not {value!r}")
        known = hints_of(kind)
        # Unknown names are left out: a report of a newer minor version is still readable.
        return kind(**{name: _unpacked(one, known[name]) for name, one in value.items() if name in known})
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    return float(value) if kind is float and isinstance(value, str) else value


def dumps(value: Any) -> bytes:
    """A value as JSON that is safe to show: secrets are hidden, and control characters escaped."""
    import orjson

    # Trying first: looking through every text for lone surrogates would take longer than to write them all.
    try:
        text = orjson.dumps(value)
    except TypeError:  # a lone surrogate
        text = orjson.dumps(printable(value))
    return printable_json(text.decode()).encode()


def printable(value: Any) -> Any:
    r"""Plain data whose texts can all be encoded: lone surrogates are replaced by their escapes.

    >>> printable({"message": ["\ud83d", 1]})
    {'message': ['\\ud83d', 1]}
    """
    if isinstance(value, str):
        return value.encode(errors="backslashreplace").decode()
    if isinstance(value, dict):
        return {printable(key): printable(one) for key, one in value.items()}
    return [printable(one) for one in value] if isinstance(value, list) else value


# The JSON Schema of the report.
SCHEMA: Final = Path(__file__).with_name(f"report-{FORM}.schema.json")

# Characters of JSON; a longer value is cut to a text that ends in `…`.
LONGEST: Final = 20_000


def to_json(report: RunReport) -> bytes:
    """A report as one JSON document.

    ``modelcheck_report`` is the version of the format; everything but the cases is named as in
    :class:`~pytest_modelcheck.reports.model.RunReport`. Empty fields of cases and trials are left
    out.
    """
    fields: dict[str, Any] = {"modelcheck_report": FORM, **pack(replace(report, checks=()))}
    fields["checks"] = [
        {**pack(replace(check, cases=())), "cases": [case_fields(case) for case in check.cases]}
        for check in report.checks
    ]
    return dumps(fields) + b"\n"


def case_fields(case: CaseResult) -> dict[str, Any]:
    """A case as its fields in a report."""
    origin = case.origin
    fields = {
        "id": case.id,
        "outcome": case.outcome.value,
        "input": case.input,
        "expected": case.expected,
        "metadata": case.metadata or MISSING,
        "known_failure": MISSING if case.known_failure is None else case.known_failure,
        "origin": MISSING if origin is None else {"path": origin.path, "line": origin.line},
        "approved_outcome": MISSING if case.approved is None else case.approved.outcome.value,
        "change": MISSING if case.change is None else case.change,
        "trials": [_trial(trial, case.digest) for trial in case.trials],
    }
    if origin is not None and origin.line is None:
        fields["origin"] = {"path": origin.path}
    return _known(fields)


def _trial(trial: TrialResult, own: str) -> dict[str, Any]:
    answer, base, before, base_before = shown_answers(trial, own)
    approved = trial.approved
    grades = [
        _known({"judge": one.judge, "given": value_of(one.given), "answer": value_of(one.answer)})
        for one in trial.grades
    ]
    fields = {
        "outcome": trial.outcome.value,
        "answer": value_of(answer),
        "perturbation": trial.perturbation or MISSING,
        "variant": trial.variant or MISSING,
        "repeat": trial.repeat or MISSING,
        "perturbed": trial.perturbed,
        "base_answer": value_of(base),
        "score": MISSING if trial.score is None else trial.score,
        "message": trial.message or MISSING,
        "grades": grades or MISSING,
        "approved_outcome": MISSING if approved is None else approved.outcome.value,
        "approved_answer": value_of(before),
        "approved_base_answer": value_of(base_before),
    }
    return _known(fields)


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not MISSING}


def value_of(answer: bytes | None) -> Any:
    """An answer as a JSON value, cut to a text where it is very long; ``MISSING`` for none."""
    import orjson

    if answer is None:
        return MISSING
    answer = whole(answer)
    if len(answer) <= LONGEST:
        return orjson.loads(answer)
    value = orjson.loads(answer)
    text = value if isinstance(value, str) else answer.decode()
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
