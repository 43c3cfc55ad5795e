"""Identity of a model: a name, a version, a fingerprint, and the source of the fixture."""

from __future__ import annotations

import ast
import dis
import functools
import inspect
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from glob import escape
from hashlib import blake2b
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical import NotCanonical, digest, short
from pytest_modelcheck.canonical.source import parsed
from pytest_modelcheck.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Files", "files", "fingerprint", "namespace", "source_digest", "source_with"]

_LONGEST: Final = 64  # characters of a text that is its own fingerprint
_VERSION: Final = "{version}"
_MOST_KEYS: Final = 32  # keys of a mapping that get a mark each
_DIGITS: Final = 16
_LARGE: Final = 1e15
_AFTER: Final = re.compile(r"[-:/@_. ]")
# Names that registries and providers move from one model to the next.
_ALIASES: Final = frozenset(
    [
        *("latest", "newest", "current", "stable", "live", "default", "nightly", "edge", "canary"),
        *("production", "prod", "staging", "champion", "challenger"),
        *("main", "master", "trunk", "head", "develop", "dev"),
    ]
)
_BLOCK: Final = 1 << 20
_LOOKED_AT: Final = 8000


@dataclass(frozen=True, slots=True)
class Files:
    """Files whose content is a fingerprint. Made by :func:`files`."""

    patterns: tuple[str, ...]
    root: Path

    @property
    def of_one_version(self) -> bool:
        """True if any pattern names files of a single version."""
        return any(_VERSION in pattern for pattern in self.patterns)


def files(*patterns: str, root: str | Path | None = None) -> Files:
    """Name files (weights, prompts) whose content is the model's fingerprint.

    Line ends of text files do not matter.

    Args:
        patterns: Paths, or patterns with ``*``, ``**`` and ``?``; a folder means all files in it.
            ``{version}`` is replaced by the requested version. Use it if each version has its own files:
            otherwise, the files of a new version change the fingerprint of all versions.
        root: The folder that patterns are relative to; by default the folder of the calling file.

    Raises:
        UsageError: No pattern is given. A pattern that matches no file is refused when the files are read.

    >>> files("spam-{version}.joblib", "prompts/*.txt", root="/models").patterns
    ('spam-{version}.joblib', 'prompts/*.txt')
    """
    if not patterns:
        raise UsageError('files() names no file. Write files("model.joblib"), or a pattern.')
    if root is not None:
        return Files(patterns, Path(root))
    # Relative to the file that calls, like imports: pytest may be started in any folder.
    here = inspect.currentframe()
    caller = here.f_back if here is not None else None
    source = Path(caller.f_code.co_filename) if caller is not None else Path()
    return Files(patterns, source.absolute().parent if source.is_file() else Path.cwd())


def fingerprint(value: Any, version: str | None = None) -> str:
    """Return a short text that changes whenever ``fingerprint=`` changes.

    Args:
        value: Text or a number (used unchanged if it is short), any value with a canonical form,
            :func:`files`, or a callable without arguments that returns one of these.
        version: The version that replaces ``{version}`` in the patterns of :func:`files`.

    Raises:
        UsageError: The value is ``None``, a pattern matches no file, a pattern needs a version and there is
            none, or a file cannot be read.
        NotCanonical: The value has no canonical form.

    The fingerprint of a mapping has a mark for each key, so that :func:`changed_keys` can name the changed
    ones.

    >>> fingerprint("fp_44709d6fcb"), fingerprint(3), fingerprint(lambda: {"temperature": 0})
    ('fp_44709d6fcb', '3', '{"temperature":0}')
    """
    if callable(value) and not isinstance(value, type):
        value = value()
    if isinstance(value, Files):
        return _content(value, version)
    if value is None:
        raise UsageError(
            "fingerprint= is None, which does not distinguish models. Name something that changes with the "
            "model (a text, a number, files(...), or a callable that returns one), or leave it out."
        )
    if isinstance(value, Mapping) and 0 < len(value) <= _MOST_KEYS and all(map(_is_short, value)):
        marks = {key: _mark(part, version) for key, part in sorted(value.items())}
        return json.dumps(marks, ensure_ascii=False, separators=(",", ":"))
    if _is_short(value):
        return value  # type: ignore[no-any-return]
    if type(value) in (int, float):
        return repr(value)[:_LONGEST] if abs(value) < 1e60 else digest(value).hex()
    return digest(value).hex()


def _is_short(value: Any) -> bool:
    return type(value) is str and 0 < len(value) <= _LONGEST and value.isprintable()


def _mark(value: Any, version: str | None) -> Any:
    """Return the mark of one value of a mapping: the value itself if it is short, else a digest."""
    if isinstance(value, Files):
        return _content(value, version)[:_DIGITS]
    if type(value) is bool or (type(value) in (int, float) and abs(value) < _LARGE):
        return value
    if type(value) is str and len(value) < _DIGITS and value.isprintable():
        return value
    return digest(value).hex()[:_DIGITS]


def changed_keys(one: str | None, other: str | None) -> list[str]:
    """Return the keys that differ between the fingerprints of two mappings; none for other fingerprints.

    >>> before, after = (fingerprint({"model": name, "temperature": 0}) for name in ("small", "large"))
    >>> changed_keys(before, after), changed_keys(before, "fp_44709d6fcb")
    (['model'], [])
    """
    marks: list[dict[str, Any]] = []
    for text in (one, other):
        if text is None or not text.startswith("{"):
            return []
        try:
            marks.append(json.loads(text))
        except ValueError:
            return []
    return [key for key in sorted({*marks[0], *marks[1]}) if marks[0].get(key) != marks[1].get(key)]


def is_alias(version: str) -> bool:
    """Return whether a version is a name that can be moved to another model, such as ``latest``.

    >>> [is_alias(name) for name in ("latest", "llama3:latest", "models:/triage@champion")]
    [True, True, True]
    >>> [is_alias(name) for name in ("2.1", "gpt-4o-2024-08-06", "models:/triage/3")]
    [False, False, False]
    """
    if version.startswith("models:/"):
        # MLflow: models:/NAME/VERSION is fixed; models:/NAME/STAGE and models:/NAME@ALIAS can move.
        last = version.rpartition("/")[2]
        return "@" in last or not last.isdecimal()
    return _AFTER.split(version.lower())[-1] in _ALIASES


def namespace(name: str, version: str | None, fingerprint: str | None, source: str) -> str:
    """Return a readable text that identifies a model in the cache: answers are shared only if it is equal.

    >>> namespace("triage", "2.1", None, "9f86d081884c7d65")
    '["triage","2.1",null,"9f86d081884c7d65"]'
    """
    return json.dumps([name, version, fingerprint, source], separators=(",", ":"))


def parts_of(namespace: str) -> tuple[str, str, str | None, str, str] | None:
    """Split a namespace into name, version, fingerprint, source and form; ``None`` if it holds no answers.

    >>> parts_of('["triage","2.1",null,"9f86d081884c7d65 Triage"]')
    ('triage', '2.1', None, '9f86d081884c7d65', 'Triage')
    >>> parts_of('["triage","2.1",null,"9f86d081884c7d65"] measures')
    """
    try:
        parts = json.loads(namespace)
    except ValueError:
        return None
    if not isinstance(parts, list) or len(parts) != 4:
        return None
    name, version, mark, shape = parts
    source, _, form = str(shape).partition(" ")
    return str(name), str(version), None if mark is None else str(mark), source, form


def source_with(source: str, parameters: Mapping[str, Any]) -> str | None:
    """Join the digest of a fixture's source and that of its parameters; ``None`` if these have no digest.

    >>> source_with("9f86d081884c7d65", {})
    '9f86d081884c7d65'
    >>> source_with("9f86d081884c7d65", {"temperature": 0.7})
    '9f86d081884c7d65+741a3318f4d214a8'
    """
    if not parameters:
        return source
    try:
        return f"{source}+{short(dict(parameters))}"
    except NotCanonical:
        return None


def _content(chosen: Files, version: str | None) -> str:
    """Return a digest of the names and contents of all files."""
    root, found = chosen.root, set()
    for pattern in chosen.patterns:
        if version is None and _VERSION in pattern:
            raise UsageError(
                f"fingerprint=files({pattern!r}): no version was requested, and none is approved. Name one: "
                "pytest --model-version=VERSION"
            )
        # Escaped, since a * in a version is no wildcard.
        named = pattern.replace(_VERSION, escape(version or ""))
        paths = set(_paths(named, root))
        if not paths:
            raise UsageError(
                f"fingerprint=files({named!r}): no file matches, looking from {root}. Correct the pattern, "
                "or name the folder with root=."
            )
        found |= paths
    rows = []
    for path in found:  # of a file outside the root, only its name is in the digest
        name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
        try:
            status = path.stat()
            rows.append((name, _digest_of(path, status.st_mtime_ns, status.st_size)))
        except OSError as error:
            raise UsageError(f"fingerprint=files(...): {path} cannot be read ({error.strerror}).") from None
    return digest(sorted(rows)).hex()


def _paths(pattern: str, root: Path) -> Iterator[Path]:
    path = Path(pattern)
    if path.is_absolute():
        root, pattern = Path(path.anchor), str(path.relative_to(path.anchor))
    try:
        # A file whose name holds brackets is meant as it is, not as a pattern.
        matches = [root / pattern] if (root / pattern).exists() else list(root.glob(pattern))
    except (ValueError, NotImplementedError) as error:
        raise UsageError(f"fingerprint=files({pattern!r}): this is not a pattern ({error}).") from None
    for match in matches:
        if match.is_dir():
            yield from (inner for inner in match.rglob("*") if inner.is_file())
        else:
            yield match


@lru_cache(maxsize=4096)
def _digest_of(path: Path, changed: int, size: int) -> str:  # noqa: ARG001 - a changed file is read again
    """Return the digest of a file, which is read again only if its time or size has changed.

    Line ends of text files are normalised, because git may change them at checkout (``core.autocrlf``). As in
    git, a file is text unless its first 8,000 bytes include a NUL byte.
    """
    total = blake2b(digest_size=16)
    with path.open("rb") as stream:
        block = stream.read(_BLOCK)
        is_text = b"\0" not in block[:_LOOKED_AT]
        while block:
            following = stream.read(_BLOCK)
            if is_text and block.endswith(b"\r") and following.startswith(b"\n"):
                block = block[:-1]  # the line end is split between two blocks
            # git may check text out with other line ends on Windows; it is the same prompt.
            total.update(block.replace(b"\r\n", b"\n") if is_text else block)
            block = following
    return total.hexdigest()


_DEFINITIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_STARS: Final = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS


def source_digest(function: Any) -> str:
    """Return a digest of a function's own source: 16 hexadecimal characters.

    Decorators, defaults and annotations count; comments, docstrings and layout do not, nor does the code that
    the function calls. For a lambda, and a function without source (made by ``exec``, typed at a prompt), the
    bytecode is used instead, which is the same in all patch releases of one Python.

    >>> def load(version: str = "1"):
    ...     return version
    >>> len(source_digest(load)), source_digest(load) == source_digest(lambda version="1": version)
    (16, False)
    """
    while isinstance(function, functools.partial | functools.partialmethod):
        function = function.func
    function = getattr(inspect.unwrap(function), "__func__", function)
    if not (inspect.isroutine(function) or inspect.isclass(function)):
        function = type(function)  # a callable object
    tree = _tree(function)
    if tree is not None:
        return short(_outline(tree))
    code = getattr(function, "__code__", None)
    if code is None:  # a class or a builtin without source
        return short([getattr(function, "__module__", ""), getattr(function, "__qualname__", "")])
    # Defaults are not in the bytecode: they are evaluated where the function is defined.
    defaults = [function.__defaults__, function.__kwdefaults__]
    return short([_code(code), [_constant(value) for value in defaults]])


def _tree(function: Any) -> ast.AST | None:
    """Return the syntax tree of a function's definition, or ``None`` if there is no source."""
    try:
        source = inspect.getsource(function)
    except (OSError, TypeError):
        return None
    if source[:1].isspace():
        source = "if True:\n" + source  # dedent() would also change the lines of multi-line strings
    try:
        body: list[ast.stmt] = parsed(source).body
    except SyntaxError:  # a lambda inside a larger expression
        return None
    node = body[0].body[0] if isinstance(body[0], ast.If) else body[0]
    return node if isinstance(node, _DEFINITIONS) and node.name == function.__name__ else None


def _outline(node: Any) -> Any:
    """Return a syntax tree as plain data, without docstrings, positions and empty fields.

    Newer versions of Python add empty fields, and these must not change the digest.
    """
    if isinstance(node, list):
        return [_outline(item) for item in node]
    if not isinstance(node, ast.AST):
        return node if node is not Ellipsis else {"": "..."}
    named = {
        name: value for name, value in ast.iter_fields(node) if value not in (None, []) and name != "kind"
    }
    # Comments, formatting and docstrings change no answer, so they must not discard the cache.
    if isinstance(node, _DEFINITIONS) and ast.get_docstring(node, clean=False) is not None:
        named["body"] = named["body"][1:]
    return [type(node).__name__, {name: _outline(value) for name, value in named.items()}]


def _code(code: CodeType) -> list[Any]:
    """Return a code object as plain data: its arguments, and its instructions with their values."""
    arguments = [code.co_varnames[: code.co_argcount + code.co_kwonlyargcount], code.co_flags & _STARS]
    steps = [[step.opname, _constant(step.argval)] for step in dis.get_instructions(code)]
    return [arguments, steps]


def _constant(value: Any) -> Any:
    """Return a digest of a constant or default; if it has none, return the name of its type."""
    if isinstance(value, CodeType):
        return _code(value)
    try:
        return digest(value)
    except NotCanonical:
        return type(value).__qualname__
