"""Texts of a case file that are the paths of other files: ``paths="input.image"``.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.errors import CaseError
from pytest_modelcheck.records import MISSING, Variant

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pytest_modelcheck.cases.rows import Row
    from pytest_modelcheck.records import Case


def checked_paths(paths: str | Sequence[str]) -> tuple[str, ...]:
    """The fields that hold paths, as ``paths=`` names them.

    Raises:
        CaseError: One of them is not in the input or the expectation.

    >>> checked_paths("input"), checked_paths(["input.image", "expected"])
    (('input',), ('input.image', 'expected'))
    """
    found = (paths,) if isinstance(paths, str) else tuple(paths)
    for path in found:
        if not isinstance(path, str) or path.partition(".")[0] not in ("input", "expected"):
            raise CaseError(
                f"paths={paths!r}: name fields such as 'input', 'input.image' or 'expected', whose texts are "
                "paths of files"
            )
    return found


def with_files(case: Case, row: Row, paths: Sequence[str], folder: Path) -> Case:
    """A case with a path in place of each text that names a file.

    Args:
        case: The case.
        row: Where it comes from.
        paths: The fields that hold paths.
        folder: The folder of the case file, which the paths start from.

    Raises:
        CaseError: What stands there is no text, or there is no such file.
    """
    for path in paths:
        field, *keys = path.split(".")

        def found(text: Any, path: str = path) -> Path:
            if not isinstance(text, str):
                raise row.error(f"{path}: must be the path of a file, not {type(text).__name__}", path)
            file = folder / text
            if not file.is_file():
                raise row.error(f"{path}: there is no file {text!r}; a path starts from {folder}", path)
            return file

        if field == "expected":
            if case.expected is not MISSING:
                case = replace(case, expected=_placed(case.expected, keys, found))
            continue
        variants = tuple(
            replace(one, input=_placed(one.input, keys, found))
            if isinstance(one, Variant)
            else _placed(one, keys, found)
            for one in case.variants
        )
        case = replace(case, input=_placed(case.input, keys, found), variants=variants)
    return case


def _placed(value: Any, keys: Sequence[str], found: Callable[[Any], Path]) -> Any:
    """The value with its part at ``keys`` replaced; where a mapping has no such part, as it is."""
    if not keys:
        return [found(text) for text in value] if isinstance(value, list) else found(value)
    first, *rest = keys
    if not isinstance(value, dict) or value.get(first) is None:
        return value
    return {**value, first: _placed(value[first], rest, found)}
