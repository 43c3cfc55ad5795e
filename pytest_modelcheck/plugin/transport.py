"""Verdicts as plain JSON values, so that test reports can carry them between processes.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import Any, cast

from pytest_modelcheck.records import Verdict
from pytest_modelcheck.reports import packing


def pack(verdict: Verdict) -> dict[str, Any]:
    """A verdict as dicts, lists, strings, numbers, booleans and ``None``: what execnet can carry."""
    return cast("dict[str, Any]", packing.pack(verdict))


def unpack(packed: dict[str, Any]) -> Verdict:
    """The verdict that :func:`pack` was given."""
    return packing.unpack(packed, Verdict)
