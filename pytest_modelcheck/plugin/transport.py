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
    """A verdict as dicts, lists, strings, numbers, booleans and ``None``: what execnet can carry."""
    return cast("dict[str, Any]", jsons.pack(verdict))


def unpack(packed: dict[str, Any]) -> Verdict:
    """The verdict that :func:`pack` was given."""
    return jsons.unpack(packed, Verdict)


def excused(verdict: Verdict) -> Verdict:
    """The same, with a failure that pytest does not count as one."""
    return replace(verdict, status=Status.XFAILED) if verdict.failed else verdict


class SendableWarnings:
    """Spells out, in a worker of pytest-xdist, what it could not send of a warning."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        """Replace a message with a lone surrogate in it."""
        message = warning_message.message
        text = str(message)
        if isinstance(message, Warning) and sendable(text) != text:
            warning_message.message = type(message)(sendable(text))


def sendable(value: Any) -> Any:
    r"""Plain data whose texts can all be encoded: a lone surrogate, which no file can hold, is spelled out.

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
