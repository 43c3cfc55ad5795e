"""A syntax tree as text that means the same whichever Python reads it.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import ast
from typing import Final

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

_SILENT: Final = frozenset({"ctx", "kind", "type_comment"})
"""Fields of the syntax tree that say nothing about what the code does."""


def spell(root: ast.AST, without: set[ast.AST] | frozenset[ast.AST] = frozenset()) -> str:
    """A syntax tree as text, the same for every Python version that can parse it.

    ``ast.dump`` and ``ast.unparse`` differ from one Python to the next. Written with a stack of its own:
    a long sum nests deeper than the interpreter likes to recurse.
    """
    words: list[str] = []
    todo: list[tuple[str, object]] = [("", root)]
    while todo:
        label, item = todo.pop()
        words.append(label)
        if isinstance(item, ast.Constant):
            words.append(_constant(item.value))
        elif isinstance(item, ast.AST):
            words.append(f"{type(item).__name__}(")
            todo.append((")", None))
            todo.extend(reversed(_fields(item)))
        elif isinstance(item, list):
            words.append("[")
            todo.append(("]", None))
            todo.extend(("", part) for part in reversed(item) if part not in without)
        elif item is not None:
            words.append(ascii(item))
    return " ".join(filter(None, words))


def _fields(node: ast.AST) -> list[tuple[str, object]]:
    fields = []
    for name, value in ast.iter_fields(node):
        if name == "body" and isinstance(node, _Definition | ast.Module) and _has_docstring(node):
            value = value[1:]  # noqa: PLW2901 - the docstring does not count
        if isinstance(node, ast.JoinedStr):
            value = [part for part in value if not _is_empty(part)]  # noqa: PLW2901 - 3.12.1 writes them down
        if name not in _SILENT and value is not None and value != []:
            fields.append((name, value))
    return fields


def _has_docstring(node: _Definition | ast.Module) -> bool:
    first = node.body[0] if node.body else None
    return (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    )


def _is_empty(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == ""


def _constant(value: object) -> str:
    """A literal in ASCII; an int of any length, which ``repr`` refuses past 4,300 digits."""
    if isinstance(value, int) and not isinstance(value, bool):
        return hex(value)
    return ascii(value)
