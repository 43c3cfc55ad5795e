"""Workflow commands, by which a step of GitHub Actions says what belongs to a line of a file.

Their form: https://docs.github.com/actions/reference/workflow-commands-for-github-actions

PYTEST_DONT_REWRITE
"""

from __future__ import annotations


def error_command(message: str, *, title: str, file: str = "", line: int | None = None) -> str:
    r"""An error, at a line where it has one. Nothing in a text can end the command or begin another.

    >>> error_command("50% broke\nof all", title="a: b", file="x.yaml", line=3)
    '::error file=x.yaml,line=3,title=a%3A b::50%25 broke%0Aof all'
    """
    return _command("error", message, title, file, line)


def warning_command(message: str, *, title: str, file: str = "", line: int | None = None) -> str:
    """A warning, which fails nothing."""
    return _command("warning", message, title, file, line)


def _command(kind: str, message: str, title: str, file: str, line: int | None) -> str:
    places = (("file", file), ("line", "" if line is None else str(line)), ("title", title))
    properties = ",".join(f"{name}={_property(text)}" for name, text in places if text)
    return f"::{kind} {properties}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
