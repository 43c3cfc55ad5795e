"""The files that a report can be written to: what each is called, and who makes it.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.baselines.atomic import replace
from pytest_modelcheck.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_modelcheck.reports.model import RunReport


def _json(report: RunReport) -> bytes:
    from pytest_modelcheck.reports.jsons import to_json

    return to_json(report)


def _html(report: RunReport) -> bytes:
    from pytest_modelcheck.reports.html import to_html

    return to_html(report)


def _markdown(report: RunReport) -> bytes:
    from pytest_modelcheck.reports.markdown import to_markdown

    return to_markdown(report).encode()


def _gitlab(report: RunReport) -> bytes:
    from pytest_modelcheck.reports.gitlab import to_code_quality

    return to_code_quality(report)


FORMATS: Final[dict[str, Callable[[RunReport], bytes]]] = {
    "html": _html,
    "json": _json,
    "md": _markdown,
    "gitlab": _gitlab,
}
"""By name. All but ``gitlab`` are endings of file names, too."""

_ENDINGS: Final = {".html": "html", ".htm": "html", ".json": "json", ".md": "md"}


@dataclass(frozen=True, slots=True)
class Target:
    """A file to be written.

    Attributes:
        format: Its name in :data:`FORMATS`.
        path: The file as the user named it.
    """

    format: str
    path: str


def target_of(text: str, option: str = "--modelcheck-report") -> Target:
    """Read ``PATH`` or ``FORMAT:PATH``.

    Args:
        text: What was typed.
        option: Where, for the message.

    Raises:
        UsageError: Neither the beginning nor the ending says which format is meant.

    >>> target_of("out/report.html"), target_of("gitlab:gl-code-quality.json")
    (Target(format='html', path='out/report.html'), Target(format='gitlab', path='gl-code-quality.json'))
    """
    name, colon, path = text.partition(":")
    if colon and name in FORMATS and path:
        return Target(name, path)
    known = next((format_ for ending, format_ in _ENDINGS.items() if text.lower().endswith(ending)), None)
    if known is None:
        raise UsageError(
            f"{option}={text}: which format? Let the name end in {', '.join(_ENDINGS)}, or write "
            f"FORMAT:PATH with one of {', '.join(FORMATS)}"
        )
    return Target(known, text)


def write(report: RunReport, target: Target, base: Path) -> None:
    """Write a report into a file, all or nothing; its folder is made.

    Other than ordinary files are written to and stay what they are: a device such as ``/dev/stdout``, a named
    pipe, and a symbolic link, whose target is replaced.

    Args:
        report: The report.
        target: Which file, and in which format.
        base: The folder that a relative path begins at.

    Raises:
        OSError: The file cannot be written.
    """
    content, path = FORMATS[target.format](report), base / target.path
    descriptor = _descriptor(path)
    if descriptor is not None:
        sys.stdout.flush()
        with os.fdopen(os.dup(descriptor), "wb") as stream:
            stream.write(content)
    elif path.exists() and not path.is_file():
        with path.open("ab") as stream:
            stream.write(content)
    else:
        replace(path.resolve() if path.is_symlink() else path, [content], durable=False)


def _descriptor(path: Path) -> int | None:
    """The open file of this process that a path stands for, which may be an ordinary file.

    >>> from pathlib import Path
    >>> _descriptor(Path("/dev/stdout")), _descriptor(Path("/dev/fd/3")), _descriptor(Path("/dev/null"))
    (1, 3, None)
    """
    parent, name = path.parent.as_posix(), path.name
    if parent == "/dev":
        return {"stdout": 1, "stderr": 2}.get(name)
    return int(name) if parent in ("/dev/fd", "/proc/self/fd") and name.isdecimal() else None
