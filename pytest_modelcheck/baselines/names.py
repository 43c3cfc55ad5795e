"""Names of checks and of their files, and the folder that they are relative to.

A file name is valid on every file system, and never shared by two checks.

Versions, model names and node ids are user input: ``../../etc`` is a name here, never a path. A name that had
to be altered ends with ``~`` and a digest of the exact text.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from pathlib import Path, PurePath, PurePosixPath
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator


SUFFIX: Final = ".jsonl"
APPROVED: Final = "approved.yaml"
HISTORY: Final = "history"
BESIDE: Final = "beside"
WATCH: Final = "watch.jsonl"

_LONGEST: Final = 120
"""The largest size of a component in bytes, including the extension: below every limit in use (eCryptfs
allows 143)."""

_FORBIDDEN: Final = frozenset('<>:"/\\|?*')
_DEVICE: Final = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\.|$)", re.IGNORECASE)
_MARKED: Final = re.compile(r"~[0-9a-f]{10}$")


def safe(text: str) -> str:
    """A path component that represents ``text`` and nothing else.

    >>> safe("2.1")
    '2.1'
    >>> safe("../../etc")
    '_.._.._etc~74ccf3c5b4'
    >>> safe("aux")
    '_aux~321f68140e'
    """
    return _component(text, exact=text, mark=False)


def version_folder(version: str) -> str:
    """The folder of a version; versions that differ only in case get different folders on every file system.

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
    # A test folder may have the name of one of our own folders.
    root = _component(first, exact=first, mark=first.lower() in (HISTORY, BESIDE, APPROVED))
    names, bracket, parameters = rest.partition("[")
    leaf = _component(
        names.replace("::", ".") + bracket + parameters,
        exact=rest,
        mark="." in names or _has_capitals(parameters),
        suffix=SUFFIX,
    )
    return PurePosixPath(root, *map(safe, others), leaf)


def as_argument(file: str) -> str:
    """A path as pytest takes it: a leading ``-`` begins an option there, and ``@`` names a file of options.

    >>> as_argument("tests/test_triage.py"), as_argument("@shop/test_triage.py")
    ('tests/test_triage.py', './@shop/test_triage.py')
    """
    return f"./{file}" if file.startswith(("-", "@")) else file


def composed(text: str) -> str:
    """``text`` with composed accents (NFC): file systems differ in the form of file names.

    >>> composed("cafe\N{COMBINING ACUTE ACCENT}") == "caf\N{LATIN SMALL LETTER E WITH ACUTE}"
    True
    """
    return unicodedata.normalize("NFC", text)


def _component(text: str, *, exact: str, mark: bool, suffix: str = "") -> str:
    # Without the characters that some file system refuses, hides or rewrites.
    name = "".join(char if char.isprintable() and char not in _FORBIDDEN else "_" for char in text)
    name = composed(name)
    # Windows drops trailing dots and spaces, so that "a" and "a." would be one file there.
    stripped = name.strip(" ").rstrip(". ")
    if stripped != name or not stripped:
        name = stripped + "_"
    if name.startswith(".") or _DEVICE.match(name):
        name = "_" + name
    fits = len(name.encode()) + len(suffix) <= _LONGEST
    # A name that already looks like a marked one is marked, too. Otherwise two names could share a file.
    if name == text and fits and not mark and not _MARKED.search(name):
        return name + suffix
    digest = "~" + hashlib.sha256(exact.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    room = _LONGEST - len(digest) - len(suffix)
    # As much of the name as there is room for, and no half of a character.
    return name.encode()[:room].decode(errors="ignore") + digest + suffix


def _has_capitals(text: str) -> bool:
    """Return whether a case-insensitive file system (macOS, Windows) could confuse it with another name."""
    return text != text.casefold()


def matches(pattern: str, check: str) -> bool:
    """Return whether ``pattern`` names a check: whole parts of its node id; ``*`` and ``?`` are wildcards.

    >>> check = "tests/test_triage.py::TestX::test_known[es-1]"
    >>> [matches(pattern, check) for pattern in ("test_known", "TestX", "tests/test_triage.py", "test_*[es*")]
    [True, True, True, True]
    >>> matches("test_know", check), matches("test_known[en-1]", check)
    (False, False)
    """
    wild = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.search(rf"(?:^|/|::){wild}(?=$|/|::|\[)", check, re.DOTALL) is not None


# -- the folder of the baselines --------------------------------------------------------------------------


def home_of(path: Path, baselines: str, fallback: Path) -> Path:
    """The folder beside whose ``baselines/`` the files of a test lie; ``fallback`` if nothing is approved.

    The search ends at the top of a git repository. It first follows symbolic links (a folder of tests reached
    by two names is one folder), then the path as given (tests linked into a project belong to it). A search
    for an absolute path or one that starts with ``..`` makes no sense: it is meant relative to the ini file.
    """
    wanted = PurePath(baselines)
    if not wanted.is_absolute() and ".." not in wanted.parts:
        resolved = path.resolve()
        # A test folder may be a link into another project; its baselines may lie at either end.
        for start in dict.fromkeys((resolved, path.absolute())):
            for folder in _upward(start):
                if _holds_baselines(folder / wanted):
                    return folder
    return fallback


def relative(path: Path, home: Path) -> str:
    """A file relative to the folder of its baselines, with forward slashes.

    Symbolic links are followed, unless that leads out of the folder.
    """
    resolved, real_home = path.resolve(), home.resolve()
    if not resolved.is_relative_to(real_home) and path.absolute().is_relative_to(home.absolute()):
        return path.absolute().relative_to(home.absolute()).as_posix()
    return PurePath(os.path.relpath(resolved, real_home)).as_posix()


def _upward(start: Path) -> Iterator[Path]:
    for folder in (start, *start.parents):
        yield folder
        # Never above the checkout: a folder of that name in the user's home is somebody else's.
        if (folder / ".git").exists():
            return


def _holds_baselines(folder: Path) -> bool:
    """Return whether a folder is one of ours: other tools, and packages, also call theirs ``baselines``."""
    try:
        models = [each for each in folder.iterdir() if each.is_dir()]
        # Or a baseline lies below the folder of a model without `approved.yaml`.
        return any((model / APPROVED).is_file() or any(model.glob(f"**/*.py/*{SUFFIX}")) for model in models)
    except OSError:
        return False
