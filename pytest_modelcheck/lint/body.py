"""Read from the source of a test's body which parts of its case it uses, as far as that is certain."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.baselines.provenance import PythonFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CASE: Final = "case"
# Code inside one of these nodes may not run.
_CONDITIONAL: Final = (
    ast.If, ast.IfExp, ast.BoolOp, ast.Try, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith,
    ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef, ast.ListComp, ast.SetComp, ast.DictComp,
    ast.GeneratorExp, ast.Match,
)  # fmt: skip


# Nodes that can make a case fail, or can hide code that does.
_JUDGING: Final = (
    ast.Assert, ast.Raise, ast.With, ast.AsyncWith, ast.Try, ast.Yield, ast.YieldFrom, ast.FunctionDef,
    ast.AsyncFunctionDef, ast.Lambda, ast.Import, ast.ImportFrom,
)  # fmt: skip

# Builtins whose calls judge nothing.
_HARMLESS: Final = frozenset({
    _CASE, "bool", "dict", "float", "int", "len", "list", "max", "min", "print", "repr", "round", "set",
    "sorted", "str", "sum", "tuple",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Body:
    """The parts of its case that a body uses, and faults of the body itself.

    Attributes:
        reads: The attributes of ``case`` that the body reads anywhere.
        always_reads: The attributes that it reads in every run that gets there.
        keys: The metadata that it reads in every run, as ``case["language"]``.
        hands_on: Whether it passes ``case`` on, so that other code may read more of it.
        void: Comparisons that cannot make it fail: the fault of each, and its line.
        silent: Whether nothing in it can make a case fail: it calls a model, and does not judge the answer.
        shadows: The lines of earlier tests of the same name, which Python replaces by this one.
        line: The first line of the body's function.
    """

    reads: frozenset[str]
    always_reads: frozenset[str]
    keys: frozenset[str]
    hands_on: bool
    void: tuple[tuple[str, int], ...]
    silent: bool = False
    shadows: tuple[int, ...] = ()
    line: int = 0

    def may_read(self, attribute: str) -> bool:
        """Return whether the body may read an attribute of ``case``."""
        return self.hands_on or attribute in self.reads

    @property
    def may_read_metadata(self) -> bool:
        """True if the body may read any metadata."""
        return self.may_read("metadata") or bool(self.keys)


def body_of(path: Path, qualname: str) -> Body | None:
    """Read a function of a file; return ``None`` if its source is not available."""
    try:
        source = _source(path, path.stat().st_mtime_ns)
        found = source.find(qualname)
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None
    if not isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    reads: set[str] = set()
    known: set[ast.AST] = set()
    dynamic = False
    for node in _inside(found):
        if isinstance(node, ast.Attribute) and _is_case(node.value):
            reads.add(node.attr)
            known.add(node.value)
        elif isinstance(node, ast.Subscript) and _is_case(node.value):
            dynamic |= _key(node) is None
            known.add(node.value)
    subscripts = {_key(node) for node in _inside(found) if isinstance(node, ast.Subscript)} - {None}
    always = [node for statement in found.body for node in _unconditional(statement)]
    return Body(
        frozenset(reads | ({"metadata"} if dynamic or subscripts else set())),
        frozenset(node.attr for node in always if isinstance(node, ast.Attribute) and _is_case(node.value)),
        frozenset(key for node in always if isinstance(node, ast.Subscript) and (key := _key(node))),
        any(_is_case(node) and node not in known for node in _inside(found)),
        tuple(_void(found)),
        _is_silent(found),
        source.shadowed(qualname),
        found.lineno,
    )


@lru_cache(maxsize=16)  # a file that has changed is another key
def _source(path: Path, _changed: int) -> PythonFile:
    return PythonFile(path.read_bytes())


def _inside(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    for statement in function.body:
        yield from ast.walk(statement)


def _unconditional(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, _CONDITIONAL):
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _unconditional(child)


def _is_case(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == _CASE


def _key(node: ast.Subscript) -> str | None:
    """Return the name in ``case["name"]``, or ``None`` for other subscripts."""
    if not _is_case(node.value) or not isinstance(node.slice, ast.Constant):
        return None
    return node.slice.value if isinstance(node.slice.value, str) else None


def _is_silent(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Return whether a body asserts nothing, raises nothing, and calls nothing that could.

    A body with further fixtures is never silent: any of them may judge.
    """
    arguments = function.args
    names = {one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)} - {_CASE}
    if len(names) != 1 or arguments.vararg or arguments.kwarg:
        return False
    harmless = names | _HARMLESS
    for node in _inside(function):
        if isinstance(node, _JUDGING):
            return False
        if isinstance(node, ast.Call):
            # Harmless are the model, some builtins, and the methods of their results.
            called = node.func
            while isinstance(called, ast.Attribute | ast.Call | ast.Subscript | ast.Await):
                called = called.func if isinstance(called, ast.Call) else called.value
            if not isinstance(called, ast.Name) or called.id not in harmless:
                return False
    return True


def _void(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, int]]:
    for node in _inside(function):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Compare):
            yield "a comparison whose result is not used; did you mean assert?", node.lineno
        elif isinstance(node, ast.Assert):
            problem = _always_true(node.test)
            if problem is not None:
                yield problem, node.lineno


def _always_true(test: ast.expr) -> str | None:
    if isinstance(test, ast.Tuple) and test.elts:
        return "assert of a tuple, which is always true; leave the parentheses out"
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        last = test.values[-1]
        if isinstance(last, ast.Constant) and last.value:
            return f"assert … or {last.value!r} is always true"
    if isinstance(test, ast.Constant) and test.value:
        return f"assert {test.value!r} is always true"
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
        left, right = ast.dump(test.left), ast.dump(test.comparators[0])
        if left == right:
            return "both sides of the comparison are the same"
    return None
