"""Verdicts as plain JSON values, so that test reports can carry them between processes.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from pytest_modelcheck.records import Status, Verdict
from pytest_modelcheck.reports import jsons

if TYPE_CHECKING:
    import warnings


def pack(verdict: Verdict) -> dict[str, Any]:
    """Convert a verdict to dicts, lists, strings, numbers, booleans and ``None``, as execnet needs."""
    return cast("dict[str, Any]", jsons.pack(verdict))


def unpack(packed: dict[str, Any]) -> Verdict:
    """Restore the verdict that :func:`pack` converted."""
    return jsons.unpack(packed, Verdict)


def excused(verdict: Verdict) -> Verdict:
    """The same verdict, with a failure that pytest does not count."""
    return replace(verdict, status=Status.XFAILED) if verdict.failed else verdict


class SendableWarnings:
    """In a worker of pytest-xdist, replaces characters of warnings that it could not send."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        """Replace a message that contains a lone surrogate."""
        message = warning_message.message
        text = str(message)
        if isinstance(message, Warning) and sendable(text) != text:
            warning_message.message = type(message)(sendable(text))


def sendable(value: Any) -> Any:
    r"""Plain data whose texts can all be encoded: lone surrogates are replaced by their escapes.

    >>> sendable({"message": ["caf\N{LATIN SMALL LETTER E WITH ACUTE}", "\ud83d", 1]})
    {'message': ['café', '\\ud83d', 1]}
    """
    if isinstance(value, str):
        return value.encode(errors="backslashreplace").decode()
    if isinstance(value, dict):
        return {sendable(key): sendable(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(sendable, value))
    return value
