"""The source of a test file as text that means the same wherever and however it is written.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Definition = _Function | ast.ClassDef
_Piece = ast.stmt | str

_SILENT: Final = frozenset({"ctx", "kind", "type_comment"})
"""Fields of the syntax tree that say nothing about what the code does."""


class Source:
    """A Python file, taken apart into what its module-level names stand for.

    Args:
        code: Its content. A syntax error is raised as it is.
    """

    def __init__(self, code: bytes) -> None:
        self._tree = ast.parse(code)
        self._pieces: dict[str, list[_Piece]] = {}
        for statement in self._tree.body:
            for name, piece in _bindings(statement):
                self._pieces.setdefault(name, []).append(piece)

    def find(self, qualname: str) -> _Definition | None:
        """The definition that a qualified name stands for, also in a base class of the same file."""
        scope: _Definition | None = None
        for name in qualname.split("."):
            if name != "<locals>":
                scope = self._inside(scope, name)
                if scope is None:
                    return None
        return scope

    def spelled(self, qualname: str) -> str | None:
        """A definition and everything of this file that it names, or ``None`` where it is not here."""
        target = self.find(qualname)
        if target is None:
            return None
        marks = self._marks(target)
        texts = [_spell(target, without=marks)]
        seen: set[str] = set()
        todo: list[tuple[str, ast.AST]] = [(self._owner(qualname), target)]
        while todo:
            owner, node = todo.pop()
            for name in _named(node, owner, without=marks) - seen:
                seen.add(name)
                found = self._resolve(name)
                texts.extend(f"{name}={text}" for text, _ in found)
                todo.extend((name.rpartition(".")[0], part) for _, part in found if part is not None)
        return "\n".join([texts[0], *sorted(texts[1:])])

    def spelled_whole(self) -> str:
        """Everything in the file."""
        return _spell(self._tree)

    def _owner(self, qualname: str) -> str:
        """The class whose ``self`` a function has, or nothing."""
        outer = qualname.rpartition(".")[0]
        return outer if outer and isinstance(self.find(outer), ast.ClassDef) else ""

    def _resolve(self, name: str) -> list[tuple[str, ast.AST | None]]:
        """What a name stands for, as text, and as nodes whose own names count too."""
        owner, _, attribute = name.rpartition(".")
        pieces = self._members(owner, attribute) if owner else self._pieces.get(name, [])
        return [
            (piece, None) if isinstance(piece, str) else (_spell(piece), piece)
            for piece in pieces
            if isinstance(piece, str) or not _is_model(piece)
        ]

    def _members(self, owner: str, attribute: str) -> list[ast.stmt]:
        scope = self.find(owner)
        for cls in self._lineage(scope) if isinstance(scope, ast.ClassDef) else ():
            found = [statement for statement in cls.body if attribute in _bound(statement)]
            if found:
                return found
        return []

    def _inside(self, scope: _Definition | None, name: str) -> _Definition | None:
        if scope is None:
            return _defined(self._tree.body, name)
        for part in self._lineage(scope) if isinstance(scope, ast.ClassDef) else (scope,):
            found = _defined(part.body, name)
            if found is not None:
                return found
        return None

    def _lineage(self, cls: ast.ClassDef) -> list[ast.ClassDef]:
        """A class and those of its bases that are defined in this file, nearest first."""
        found, todo = [], [cls]
        while todo:
            nearest = todo.pop(0)
            found.append(nearest)
            bases = [
                _defined(self._tree.body, base.id) for base in nearest.bases if isinstance(base, ast.Name)
            ]
            todo[:0] = [base for base in bases if isinstance(base, ast.ClassDef) and base not in found]
        return found

    def _marks(self, target: _Definition) -> set[ast.AST]:
        """The decorators that are pytest markers: they choose cases and limits, not what the body does."""
        return {node for node in target.decorator_list if self._is_mark(node)}

    def _is_mark(self, node: ast.expr) -> bool:
        if "mark" in _dotted(node):
            return True
        pieces = self._pieces.get(node.id, []) if isinstance(node, ast.Name) else []
        values = [piece.value for piece in pieces if isinstance(piece, ast.Assign)]
        return bool(values) and all("mark" in _dotted(value) for value in values)


def _bindings(statement: ast.stmt) -> Iterator[tuple[str, _Piece]]:
    """Each name that a statement of a module binds, with the part of it that counts."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        origin = (
            "." * statement.level + (statement.module or "") if isinstance(statement, ast.ImportFrom) else ""
        )
        for alias in statement.names:
            yield _bound_by(alias), f"import {origin} {alias.name} {alias.asname}"
    else:
        for name in _bound(statement):
            yield name, statement


def _bound(node: ast.AST) -> Iterator[str]:
    if isinstance(node, _Definition):
        yield node.name
    elif isinstance(node, ast.alias):
        yield _bound_by(node)
    elif isinstance(node, ast.Name):
        if isinstance(node.ctx, ast.Store):
            yield node.id
    else:
        for child in ast.iter_child_nodes(node):
            yield from _bound(child)


def _bound_by(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _defined(body: Iterable[ast.stmt], name: str) -> _Definition | None:
    """The last definition of a name in a block, wherever ``if``, ``try`` and ``with`` put it."""
    found = None
    for statement in body:
        if isinstance(statement, _Definition):
            found = statement if statement.name == name else found
        else:
            found = _defined(_blocks(statement), name) or found
    return found


def _blocks(statement: ast.stmt) -> Iterator[ast.stmt]:
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, ast.stmt):
            yield child
        elif isinstance(child, ast.ExceptHandler | ast.match_case):
            yield from child.body


def _named(root: ast.AST, owner: str, without: set[ast.AST]) -> set[str]:
    """Every name that a piece of code may mean: variables, parameters (fixtures), its class's members."""
    names: set[str] = set()
    todo = [root]
    while todo:
        part = todo.pop()
        todo.extend(child for child in ast.iter_child_nodes(part) if child not in without)
        if isinstance(part, ast.Name):
            names.add(part.id)
        elif isinstance(part, ast.arg):
            names.update((part.arg, f"{owner}.{part.arg}") if owner else (part.arg,))
        elif owner and isinstance(part, ast.Attribute) and _is_self(part.value):
            names.add(f"{owner}.{part.attr}")
    return names


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def _is_model(piece: ast.stmt) -> bool:
    """Whether a definition is a model: its source belongs to the model's identity, not to the test's."""
    return isinstance(piece, _Function) and any(
        "model_fixture" in _dotted(node) for node in piece.decorator_list
    )


def _dotted(node: ast.expr) -> list[str]:
    """The names in ``pytest.mark.golden(...)``, outermost last."""
    names: list[str] = []
    while True:
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Attribute):
            names.insert(0, node.attr)
            node = node.value
        elif isinstance(node, ast.Name):
            return [node.id, *names]
        else:
            return names


def _spell(root: ast.AST, without: set[ast.AST] | frozenset[ast.AST] = frozenset()) -> str:
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
