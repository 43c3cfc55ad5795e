"""A digest of what a function says, whatever its comments, docstrings and layout.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import ast
import dis
import functools
import inspect
from types import CodeType
from typing import Any, Final

from pytest_modelcheck.canonical import NotCanonical, digest
from pytest_modelcheck.canonical import short as short_digest

_DEFINITIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_STARS: Final = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS


def source_digest(function: Any) -> str:
    """A digest of a function's own source: 16 hexadecimal characters.

    Decorators, defaults and annotations count; comments, docstrings and layout do not. What the function
    calls does not count either. A lambda, and a function whose source is not at hand (made by ``exec``, typed
    at a prompt), is told by its bytecode, which is the same for all patch releases of one Python.

    >>> def load(version: str = "1"):
    ...     return version
    >>> len(source_digest(load)), source_digest(load) == source_digest(lambda version="1": version)
    (16, False)
    """
    function = _unwrapped(function)
    tree = _tree(function)
    if tree is not None:
        return short_digest(_outline(tree))
    code = getattr(function, "__code__", None)
    if code is None:  # a class or a builtin, whose source is not at hand
        return short_digest([getattr(function, "__module__", ""), getattr(function, "__qualname__", "")])
    defaults = [function.__defaults__, function.__kwdefaults__]
    return short_digest([_code(code), [_constant(value) for value in defaults]])


def _unwrapped(function: Any) -> Any:
    """The function that was written, inside methods, partials, wrappers and callable objects."""
    while isinstance(function, functools.partial | functools.partialmethod):
        function = function.func
    function = getattr(inspect.unwrap(function), "__func__", function)
    return function if inspect.isroutine(function) or inspect.isclass(function) else type(function)


def _tree(function: Any) -> ast.AST | None:
    """The syntax tree of a function's definition, or ``None`` where it cannot be had."""
    try:
        source = inspect.getsource(function)
    except (OSError, TypeError):
        return None
    if source[:1].isspace():
        source = "if True:\n" + source  # keeps what stands in column 0 of a multi-line string
    try:
        body: list[ast.stmt] = ast.parse(source).body
    except SyntaxError:  # a lambda inside a larger expression
        return None
    node = body[0].body[0] if isinstance(body[0], ast.If) else body[0]
    return node if isinstance(node, _DEFINITIONS) and node.name == function.__name__ else None


def _outline(node: Any) -> Any:
    """A syntax tree as plain data, without docstrings, places, and what newer Pythons add empty."""
    if isinstance(node, list):
        return [_outline(item) for item in node]
    if not isinstance(node, ast.AST):
        return node if node is not Ellipsis else {"": "..."}
    named = {
        name: value for name, value in ast.iter_fields(node) if value not in (None, []) and name != "kind"
    }
    if isinstance(node, _DEFINITIONS) and ast.get_docstring(node, clean=False) is not None:
        named["body"] = named["body"][1:]
    return [type(node).__name__, {name: _outline(value) for name, value in named.items()}]


def _code(code: CodeType) -> list[Any]:
    """What a code object does: its arguments, and its instructions with the values that they refer to."""
    arguments = [code.co_varnames[: code.co_argcount + code.co_kwonlyargcount], code.co_flags & _STARS]
    steps = [[step.opname, _constant(step.argval)] for step in dis.get_instructions(code)]
    return [arguments, steps]


def _constant(value: Any) -> Any:
    """A constant or default as something with a digest: by its content, else by its type."""
    if isinstance(value, CodeType):
        return _code(value)
    try:
        return digest(value)
    except NotCanonical:
        return type(value).__qualname__
