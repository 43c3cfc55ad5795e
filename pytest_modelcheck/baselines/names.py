"""File names of checks: valid on every file system, and never shared by two checks.

A version, a model's name and a node id are user input: ``../../etc`` is a name here, never a path.
Whatever had to be altered carries a digest of the exact text, after a ``~``.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from pathlib import PurePosixPath
from typing import Final

SUFFIX: Final = ".jsonl"
APPROVED: Final = "approved.yaml"
HISTORY: Final = "history"
BESIDE: Final = "beside"
WATCH: Final = "watch.jsonl"

_LONGEST: Final = 120
"""Bytes of one component, extension included: under every limit in use (eCryptfs allows 143)."""

_FORBIDDEN: Final = frozenset('<>:"/\\|?*')
_DEVICE: Final = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\.|$)", re.IGNORECASE)
_MARKED: Final = re.compile(r"~[0-9a-f]{10}$")


def safe(text: str) -> str:
    """One component of a path that stands for ``text`` and for nothing else.

    >>> safe("2.1")
    '2.1'
    >>> safe("../../etc")
    '_.._.._etc~74ccf3c5b4'
    >>> safe("aux")
    '_aux~321f68140e'
    """
    return _component(text, exact=text, mark=False)


def version_folder(version: str) -> str:
    """The folder of a version; two that differ only in case are kept apart on every file system.

    >>> version_folder("2.1"), version_folder("2.1-RC")
    ('2.1', '2.1-RC~8fe85feb6f')
    """
    return _component(version, exact=version, mark=_has_capitals(version))


def check_path(check: str) -> PurePosixPath:
    """The file of a check, relative to its model's folder.

    Args:
        check: A pytest node id.

    >>> str(check_path("tests/test_triage.py::TestX::test_known[es-1]"))
    'tests/test_triage.py/TestX.test_known[es-1].jsonl'
    """
    file, _, rest = composed(check).partition("::")
    first, *others = file.split("/")
    root = _component(first, exact=first, mark=first.lower() in (HISTORY, BESIDE, APPROVED))
    names, bracket, parameters = rest.partition("[")
    leaf = _component(
        names.replace("::", ".") + bracket + parameters,
        exact=rest,
        mark="." in names or _has_capitals(parameters),
        suffix=SUFFIX,
    )
    return PurePosixPath(root, *map(safe, others), leaf)


def composed(text: str) -> str:
    """``text`` with its accents composed: the name of a file has the form that the file system gives it.

    >>> composed("cafe\N{COMBINING ACUTE ACCENT}") == "caf\N{LATIN SMALL LETTER E WITH ACUTE}"
    True
    """
    return unicodedata.normalize("NFC", text)


def _component(text: str, *, exact: str, mark: bool, suffix: str = "") -> str:
    name = _cleaned(text)
    fits = len(name.encode()) + len(suffix) <= _LONGEST
    if name == text and fits and not mark and not _MARKED.search(name):
        return name + suffix
    digest = "~" + hashlib.sha256(exact.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    room = _LONGEST - len(digest) - len(suffix)
    return _shortened(name, room) + digest + suffix


def _has_capitals(text: str) -> bool:
    """Return whether a file system that ignores case (macOS, Windows) could take it for another."""
    return text != text.casefold()


def _cleaned(text: str) -> str:
    """``text`` with everything replaced that some file system refuses, hides or rewrites."""
    name = "".join(char if char.isprintable() and char not in _FORBIDDEN else "_" for char in text)
    name = composed(name)
    stripped = name.strip(" ").rstrip(". ")
    if stripped != name or not stripped:
        name = stripped + "_"
    if name.startswith(".") or _DEVICE.match(name):
        name = "_" + name
    return name


def _shortened(name: str, room: int) -> str:
    """The beginning of ``name`` that fits into ``room`` bytes, whole characters only."""
    return name.encode()[:room].decode(errors="ignore")


def matches(pattern: str, check: str) -> bool:
    """Return whether ``pattern`` names a check: whole parts of its node id; ``*`` and ``?`` are wildcards.

    A part is a folder, a file, a class, a test or its parameters, so that ``test_known`` means the test
    and all its parameter sets, and never ``test_known_tickets``.

    >>> check = "tests/test_triage.py::TestX::test_known[es-1]"
    >>> [matches(pattern, check) for pattern in ("test_known", "TestX", "tests/test_triage.py", "test_*[es*")]
    [True, True, True, True]
    >>> matches("test_know", check), matches("test_known[en-1]", check)
    (False, False)
    """
    wild = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.search(rf"(?:^|/|::){wild}(?=$|/|::|\[)", check, re.DOTALL) is not None
