"""The JSON Schema of case files, so that editors complete and validate them.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

PATH: Final = Path(__file__).with_name("cases.schema.json")
"""The schema (JSON Schema, draft 2020-12) of a YAML or JSON file of cases."""


def schema_of_file() -> dict[str, Any]:
    """The schema of a YAML or JSON file of cases.

    >>> schema_of_file()["title"]
    'Cases of pytest-modelcheck'
    """
    schema: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
    return schema


def schema_of_line() -> dict[str, Any]:
    """The schema of one case: a line of JSON Lines.

    >>> schema_of_line()["title"]
    'A case'
    """
    whole = schema_of_file()
    definitions = whole["$defs"]
    case = definitions.pop("case")
    kept = {name: definitions[name] for name in case["oneOf"][0]["properties"]}
    return {"$schema": whole["$schema"], "$id": f"{whole['$id']}:line", **case, "$defs": kept}
