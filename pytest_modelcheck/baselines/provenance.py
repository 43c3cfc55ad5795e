"""The sources of a record: digests of a test's code and of its case files.

A test is read, never imported: its digest covers its own code and, transitively, every function, class,
assignment and import of the same file that it names. Comments, docstrings, formatting, markers and the
definitions of models do not count, nor does the Python version that reads it.
"""

from __future__ import annotations

import ast
import functools
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.canonical.source import parsed
from pytest_modelcheck.errors import BaselineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from pytest_modelcheck.baselines.header import Header


WHOLE_FILE: Final = "file:"
"""The prefix of the digest of a test made at run time: it covers the whole file."""


def body_digest(path: Path, qualname: str) -> str:
    """The digest of a test's source, by its ``__qualname__``: 16 hexadecimal digits.

    A test that the file does not define (made by ``exec``, or a method of a base class elsewhere) gets the
    digest of the whole file, with the prefix ``"file:"``.

    Raises:
        BaselineError: The file is not Python.
    """
    return _source_of(path).digest(qualname)


def defines(path: Path, qualname: str) -> bool:
    """Return whether a file defines a test."""
    return _source_of(path).find(qualname) is not None


def file_digest(path: Path) -> str:
    """The digest of a file of cases: 16 hexadecimal digits, independent of line ends."""
    stat = path.stat()
    return _file_digest(path, stat.st_mtime_ns, stat.st_size)


def place(header: Header) -> tuple[str, str]:
    """Return the place of a check's source: a file relative to the project's folder, and a qualified name.

    >>> from pytest_modelcheck.baselines.header import Header
    >>> place(Header("tests/test_a.py::TestX::test_known[es-1]", "golden", "triage", "2.0"))
    ('tests/test_a.py', 'TestX.test_known')
    """
    file, _, rest = (header.source or header.test).partition("::")
    return file, rest.partition("[")[0].replace("::", ".")


def _source_of(path: Path) -> PythonFile:
    stat = path.stat()
    return _read(path, stat.st_mtime_ns, stat.st_size)


@functools.lru_cache(maxsize=64)
def _read(path: Path, mtime_ns: int, size: int) -> PythonFile:  # noqa: ARG001 - part of the cache's key
    try:
        return PythonFile(path.read_bytes())
    except (SyntaxError, ValueError) as error:
        line = error.lineno if isinstance(error, SyntaxError) else None
        raise BaselineError(f"cannot be read as Python: {error}", str(path), line) from error


@functools.lru_cache(maxsize=1024)
def _file_digest(path: Path, mtime_ns: int, size: int) -> str:  # noqa: ARG001 - part of the cache's key
    # Git may change line ends at checkout.
    return _hex(path.read_bytes().replace(b"\r\n", b"\n"))


def _hex(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Definition = _Function | ast.ClassDef
_Piece = ast.stmt | str

_SILENT: Final = frozenset({"ctx", "kind", "type_comment"})
"""Fields of the syntax tree that say nothing about what the code does."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One statement that binds a name: a digest of it, and the names that it may mean itself."""

    digest: str
    names: frozenset[str]


class PythonFile:
    """A Python file, taken apart into what its module-level names stand for.

    Args:
        code: Its content. A syntax error is raised as it is.
    """

    def __init__(self, code: bytes) -> None:
        self._tree = parsed(code)
        self._pieces: dict[str, list[_Piece]] = {}
        self._parts: dict[str, tuple[_Part, ...]] = {}
        self._digests: dict[str, str] = {}
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

    def shadowed(self, qualname: str) -> tuple[int, ...]:
        """The lines of earlier definitions that a definition of the same name makes unreachable.

        They are in the same block, nothing but pytest markers decorates them, and nothing names them before
        the next one: whatever they were for, they were for nothing.
        """
        outer, _, name = qualname.rpartition(".")
        scope = self.find(outer) if outer else self._tree
        if not isinstance(scope, ast.Module | ast.ClassDef):
            return ()
        if sum(isinstance(statement, _Function) and statement.name == name for statement in scope.body) < 2:
            return ()  # as for nearly every test, and found without walking through all others
        lines: list[int] = []
        last: int | None = None
        for statement in scope.body:
            if not isinstance(statement, _Function) or statement.name != name:
                last = None if _names(statement, name) else last
                continue
            if last is not None and not any(_names(part, name) for part in statement.decorator_list):
                lines.append(last)
            marked = all(self._is_mark(node) for node in statement.decorator_list)
            last = statement.lineno if marked else None
        return tuple(lines)

    def spelled(self, qualname: str) -> str | None:
        """A definition, and digests of all of this file that it names; ``None`` where it is not here."""
        target = self.find(qualname)
        if target is None:
            return None
        # Markers of pytest choose cases and limits: they are not part of what the body does.
        marks: set[ast.AST] = {node for node in target.decorator_list if self._is_mark(node)}
        texts: list[str] = []
        seen: set[str] = set()
        # The class whose `self` the function has, or nothing.
        outer = qualname.rpartition(".")[0]
        owner = outer if outer and isinstance(self.find(outer), ast.ClassDef) else ""
        todo = _named(target, owner, without=marks)
        while todo:
            name = todo.pop()
            seen.add(name)
            for part in self._meaning(name):
                texts.append(f"{name}={part.digest}")
                todo |= part.names - seen
        return "\n".join([spell(target, without=marks), *sorted(texts)])

    def digest(self, qualname: str) -> str:
        """The digest of a test; of the whole file, with a prefix, where it is not defined here."""
        if qualname not in self._digests:
            text = self.spelled(qualname)
            self._digests[qualname] = (
                WHOLE_FILE + _hex(spell(self._tree).encode()) if text is None else _hex(text.encode())
            )
        return self._digests[qualname]

    def _meaning(self, name: str) -> tuple[_Part, ...]:
        """Return the code that binds a name of the module, or of a class of it (``"TestX.helper"``)."""
        if name not in self._parts:
            owner, _, attribute = name.rpartition(".")
            pieces = self._members(owner, attribute) if owner else self._pieces.get(name, [])
            parts = []
            for piece in pieces:
                if isinstance(piece, str):
                    parts.append(_Part(piece, frozenset()))
                # The source of a model is part of its own identity, and not of the test's.
                elif not isinstance(piece, _Function) or not any(
                    "model_fixture" in _dotted(node) for node in piece.decorator_list
                ):
                    digest = hashlib.sha256(spell(piece).encode()).hexdigest()
                    parts.append(_Part(digest, frozenset(_named(piece, owner, without=set()))))
            self._parts[name] = tuple(parts)
        return self._parts[name]

    def _members(self, owner: str, attribute: str) -> Sequence[_Piece]:
        scope = self.find(owner)
        for cls in self._lineage(scope) if isinstance(scope, ast.ClassDef) else ():
            found = [statement for statement in cls.body if attribute in _bound(statement)]
            if found:
                return found
        return []

    def _inside(self, scope: _Definition | None, name: str) -> _Definition | None:
        if scope is None:
            return self._top(name)
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
            bases = [self._top(base.id) for base in nearest.bases if isinstance(base, ast.Name)]
            todo[:0] = [base for base in bases if isinstance(base, ast.ClassDef) and base not in found]
        return found

    def _top(self, name: str) -> _Definition | None:
        pieces = self._pieces.get(name, [])
        return _defined([piece for piece in pieces if not isinstance(piece, str)], name)

    def _is_mark(self, node: ast.expr) -> bool:
        if "mark" in _dotted(node):
            return True
        pieces = self._pieces.get(node.id, []) if isinstance(node, ast.Name) else []
        values = [piece.value for piece in pieces if isinstance(piece, ast.Assign)]
        return bool(values) and all("mark" in _dotted(value) for value in values)


def _names(node: ast.AST, name: str) -> bool:
    """Return whether a piece of code reads or deletes a name."""
    return any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(node))


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


def _bound(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement binds in its own scope."""
    todo: list[ast.AST] = [statement]
    while todo:
        node = todo.pop()
        if isinstance(node, _Definition):
            yield node.name
        elif isinstance(node, ast.alias):
            yield _bound_by(node)
        elif isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Store):
                yield node.id
        else:
            todo.extend(ast.iter_child_nodes(node))


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
        elif owner and isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
            names.update([f"{owner}.{part.attr}"] if part.value.id in ("self", "cls") else ())
    return names


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


# -- a syntax tree as text ------------------------------------------------------------------------------


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
            # An int of any length: `repr` refuses those of more than 4,300 digits.
            value = item.value
            words.append(hex(value) if type(value) is int else ascii(value))
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
        if name == "body" and isinstance(node, _Definition | ast.Module):
            first = value[0].value if value and isinstance(value[0], ast.Expr) else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                value = value[1:]  # noqa: PLW2901 - the docstring does not count
        if isinstance(node, ast.JoinedStr):  # in which 3.12.1 writes down empty texts
            value = [part for part in value if getattr(part, "value", None) != ""]  # noqa: PLW2901
        if name not in _SILENT and value is not None and value != []:
            fields.append((name, value))
    return fields
