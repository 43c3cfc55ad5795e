"""``approved.yaml``: the main approved version of a model.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.errors import BaselineError, located

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_modelcheck.baselines.atomic import Batch

_COMMENT = "# The version that the application is held to. Changed by: modelcheck approve\n"


@dataclass(frozen=True, slots=True)
class Approved:
    """The approved version; its fingerprint and its shutdown date, if known."""

    version: str
    fingerprint: str | None = None
    retires: date | None = None


def read(path: Path) -> Approved | None:
    """Read the file; ``None`` if there is none. Versions are text: ``2.10`` is not ``2.1``.

    Raises:
        BaselineError: It is not YAML, holds conflict markers, or names no version.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise BaselineError(located(f"not UTF-8 text: {error}", str(path))) from error
    except OSError as error:
        raise BaselineError(located(f"cannot be read: {error.strerror or error}", str(path))) from error
    _refuse_conflict(text, path)
    fields = _scalars(text, path)
    version = fields.get("version")
    if not version:
        raise BaselineError(located('names no version. Write: version: "2.0"', str(path)))
    return Approved(version, fields.get("fingerprint"), _day(fields.get("retires"), path))


def _day(text: str | None, path: Path) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        problem = f"retires: {text!r} is not a date. Write it as 2027-01-14, or take the line away."
        raise BaselineError(located(problem, str(path))) from None


def write(batch: Batch, path: Path, approved: Approved) -> None:
    """Add the file to a batch, unless its content is the same already."""
    import yaml

    content = {"version": approved.version}
    if approved.fingerprint is not None:
        content["fingerprint"] = approved.fingerprint
    if approved.retires is not None:
        content["retires"] = str(approved.retires)
    text = _COMMENT + yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    if not path.exists() or path.read_bytes() != text.encode():
        batch.add(path, [text.encode()])


def _scalars(text: str, path: Path) -> dict[str, str | None]:
    """The fields as written in the file: a YAML loader would read ``2.10`` as the number 2.1."""
    import yaml

    try:
        # Composed, not loaded: nodes keep the text of scalars.
        root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise BaselineError(located(f"not YAML: {error}", str(path))) from error
    except RecursionError as error:
        raise BaselineError(located("nested too deeply to be read", str(path))) from error
    if not isinstance(root, yaml.MappingNode):
        raise BaselineError(located('names no version. Write: version: "2.0"', str(path)))
    fields: dict[str, str | None] = {}
    for key, value in root.value:
        if not (isinstance(key, yaml.ScalarNode) and isinstance(value, yaml.ScalarNode)):
            name = repr(key.value) if isinstance(key, yaml.ScalarNode) else "a name of several parts"
            line = key.start_mark.line + 1
            raise BaselineError(located(f"{name} is not a single value", str(path), line))
        fields[key.value] = None if value.tag == "tag:yaml.org,2002:null" else value.value
    return fields


def _refuse_conflict(text: str, path: Path) -> None:
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(("<<<<<<<", ">>>>>>>")):
            message = "an unresolved git conflict. Keep the version that the application shall be held to."
            raise BaselineError(located(message, str(path), number))
