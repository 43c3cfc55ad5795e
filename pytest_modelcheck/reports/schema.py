"""The JSON Schema of the JSON report, made of the nouns that it consists of.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import typing
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Literal

from pytest_modelcheck.records import Origin
from pytest_modelcheck.reports.model import FORM, CaseReport, RunReport, TrialReport
from pytest_modelcheck.reports.packing import hints_of, is_optional, without_none

PATH: Final = Path(__file__).with_name(f"report-{FORM}.schema.json")
"""The schema as it is shipped."""

_BRIEF: Final = (CaseReport, TrialReport, Origin)
_SCALARS: Final[dict[Any, str]] = {str: "string", int: "integer", bool: "boolean"}
_NUMBER: Final = {
    "description": "A number, or the name of one that JSON has no number for.",
    "anyOf": [{"type": "number"}, {"enum": ["inf", "-inf", "nan"]}],
}


def schema() -> dict[str, Any]:
    """The schema (JSON Schema, draft 2020-12).

    A report of this form may have further fields, which a later version adds; none that is required here
    goes missing.
    """
    definitions: dict[str, Any] = {"number": _NUMBER}
    whole = _object(RunReport, definitions)
    whole["properties"] = {
        "modelcheck_report": {"const": FORM, "description": "The form of the report."},
        **whole["properties"],
    }
    whole["required"] = ["modelcheck_report", *whole["required"]]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"JSON report of pytest-modelcheck, form {FORM}",
        **whole,
        "$defs": dict(sorted(definitions.items())),
    }


def _object(kind: type, definitions: dict[str, Any]) -> dict[str, Any]:
    said = _attributes(kind)
    properties, required = {}, []
    for field in dataclasses.fields(kind):
        properties[field.name] = _described(
            _type(hints_of(kind)[field.name], definitions), said.get(field.name)
        )
        if kind not in _BRIEF or not _has_default(field):
            required.append(field.name)
    return {
        "type": "object",
        "description": _first_paragraph(kind),
        "properties": properties,
        "required": required,
    }


def _described(type_: dict[str, Any], text: str | None) -> dict[str, Any]:
    return type_ if text is None else {"description": text, **type_}


def _has_default(field: dataclasses.Field[Any]) -> bool:
    return (field.default, field.default_factory) != (dataclasses.MISSING, dataclasses.MISSING)


def _type(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if kind is Any:
        return {}
    if is_optional(kind):
        inner = _type(without_none(kind), definitions)
        return {"anyOf": [inner, {"type": "null"}]}
    origin, inner_kinds = typing.get_origin(kind), typing.get_args(kind)
    if origin is Literal:
        return {"enum": list(inner_kinds)}
    if origin is Mapping:
        return {"type": "object", "additionalProperties": _type(inner_kinds[1], definitions)}
    if origin is tuple:
        return _array(inner_kinds, definitions)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return {"enum": [member.value for member in kind]}
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        if kind.__name__ not in definitions:
            definitions[kind.__name__] = {}
            definitions[kind.__name__] = _object(kind, definitions)
        return {"$ref": f"#/$defs/{kind.__name__}"}
    if kind is float:
        return {"$ref": "#/$defs/number"}
    return {"type": _SCALARS[kind]}


def _array(kinds: tuple[Any, ...], definitions: dict[str, Any]) -> dict[str, Any]:
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return {"type": "array", "items": _type(kinds[0], definitions)}
    exact = [_type(kind, definitions) for kind in kinds]
    return {"type": "array", "prefixItems": exact, "minItems": len(exact), "maxItems": len(exact)}


def _documentation(kind: type) -> str:
    return (inspect.getdoc(kind) or "").replace("``", "`")


def _first_paragraph(kind: type) -> str:
    return " ".join(_documentation(kind).partition("\n\n")[0].split())


def _attributes(kind: type) -> dict[str, str]:
    """What the docstring of a noun says of its fields."""
    listed = _documentation(kind).partition("Attributes:\n")[2].partition("\n\n")[0]
    found = re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", listed, re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in found}
