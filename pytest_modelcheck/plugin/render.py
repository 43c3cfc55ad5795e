"""What a person reads of an exception that a body raised.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_modelcheck.errors import ModelcheckError, message_of
from pytest_modelcheck.plugin.hints import with_hint

if TYPE_CHECKING:
    from types import TracebackType

_OWN = "pytest_modelcheck."


def own_part_removed(traceback: TracebackType | None) -> TracebackType | None:
    """The traceback from the body on: how we came to call it is no business of the reader's."""
    while traceback is not None and traceback.tb_frame.f_globals.get("__name__", "").startswith(_OWN):
        traceback = traceback.tb_next
    return traceback


def render(error: BaseException) -> str:
    """The message of a failed assertion, or the traceback of an error, as pytest would show them."""
    if isinstance(error, (AssertionError, pytest.fail.Exception)):
        return message_of(error)
    if isinstance(error, ModelcheckError):
        return f"{type(error).__name__}: {message_of(error)}"
    with_hint(error)
    traceback = own_part_removed(error.__traceback__)
    if traceback is None:
        return f"{type(error).__name__}: {message_of(error)}"
    excinfo = pytest.ExceptionInfo.from_exc_info((type(error), error, traceback))
    return str(excinfo.getrepr(style="short", tbfilter=_telling))


def _telling(excinfo: pytest.ExceptionInfo[BaseException]) -> Any:
    """Where the body was and where it broke: the ends of the traceback, without what is ours."""
    entries = excinfo.traceback
    foreign = entries.filter(lambda entry: not entry.frame.f_globals.get("__name__", "").startswith(_OWN))
    ends = [*foreign[:1], *foreign[1:][-2:]]
    return type(entries)(ends) if ends else entries
