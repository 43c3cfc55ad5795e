"""The meaning of an exception that a body or a model raised, its message, hints and explanations."""

from __future__ import annotations

import unittest
from bdb import BdbQuit
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_modelcheck.engine.view import CaseView
from pytest_modelcheck.errors import (
    BaselineError,
    CacheError,
    ModelcheckError,
    NotCalledError,
    OfflineError,
    UsageError,
    message_of,
    uncoloured,
)
from pytest_modelcheck.models.model import Model
from pytest_modelcheck.plugin.ours import DECLARATION
from pytest_modelcheck.plugin.redaction import swapped
from pytest_modelcheck.records import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from _pytest.fixtures import FixtureLookupError


_ROWS = 5
"""Steps shown of two trajectories without ``-vv``: pytest cuts explanations after eight lines."""

_ATOMS = frozenset({float, bool, type(None)})
_LINE = 100  # less than pytest shows of any value
_SHORT = 10**18  # an integer of thousands of digits has no repr() at all

_FAILED = Outcome.FAILED  # looked up once: that takes Python

_ENDS = (KeyboardInterrupt, pytest.exit.Exception, BdbQuit)
"""Exceptions that end the run wherever they are raised; any other affects only its case."""


_OURS = (NotCalledError, OfflineError, UsageError, BaselineError, CacheError)
"""Exceptions that are never a wrong answer, however wide ``wrong_if=`` is."""


def interrupts(error: BaseException) -> bool:
    """Return whether an exception ends the whole run, rather than one case."""
    return isinstance(error, _ENDS) or (isinstance(error, pytest.fail.Exception) and _is_timeout(error))


def classifier(wrong_if: tuple[type[BaseException], ...]) -> Callable[[BaseException], Outcome | None]:
    """Return a function from a body's exception to its outcome; ``None`` if it ends the whole run."""

    def classify(error: BaseException) -> Outcome | None:
        if type(error) is AssertionError:  # the usual one
            return _FAILED
        if isinstance(error, BaseExceptionGroup):
            # A task group that holds only failed assertions is a failed assertion. Anything mixed is an
            # error.
            meanings = set(map(classify, error.exceptions))
            return meanings.pop() if len(meanings) == 1 else None if None in meanings else Outcome.ERROR
        if interrupts(error):
            return None
        if isinstance(error, pytest.xfail.Exception):  # which is a pytest.fail.Exception, too
            return Outcome.XFAILED
        if isinstance(error, (pytest.skip.Exception, unittest.SkipTest)):
            return Outcome.SKIPPED
        # Before wrong_if=: `wrong_if=Exception` must not turn a missing answer into a wrong one.
        if isinstance(error, _OURS):
            return Outcome.ERROR
        if isinstance(error, (AssertionError, pytest.fail.Exception, *wrong_if)):
            return Outcome.FAILED
        return Outcome.ERROR

    return classify


def _is_timeout(error: BaseException) -> bool:
    """Return whether pytest-timeout raised this in its signal handler: the whole test timed out."""
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_globals.get("__name__") == "pytest_timeout":
            return True
        traceback = traceback.tb_next
    return False


_OWN: Final = "pytest_modelcheck."
_TABLES: Final = "`==` compares tables cell by cell.\nWrite: a.equals(b)"
_AMBIGUOUS: Final = {
    "The truth value of an array": "`==` compares arrays item by item.\n"
    "Write: numpy.array_equal(a, b), or numpy.allclose(a, b)",
    "The truth value of a Series": _TABLES,
    "The truth value of a DataFrame": _TABLES,
    "Boolean value of Tensor": "`==` compares tensors item by item.\n"
    "Write: torch.equal(a, b), or torch.allclose(a, b)",
}
"""The beginnings of the messages of numpy, pandas and PyTorch about the truth value of an array."""


def hide_own_frames(excinfo: pytest.ExceptionInfo[BaseException], config: pytest.Config) -> None:
    """Leave out the plugin's frames, as between an ordinary test and a model that raises."""
    if config.getoption("fulltrace", default=False):
        return
    if (kept := _foreign_part(excinfo.value.__traceback__)) is not None:
        excinfo.traceback = type(excinfo.traceback)(kept)
    known: set[int] = set()
    cause = excinfo.value.__cause__ or excinfo.value.__context__
    while cause is not None and id(cause) not in known:
        known.add(id(cause))
        # pytest takes the traceback of a cause from the exception itself.
        if (kept := _foreign_part(cause.__traceback__)) is not None:
            cause.__traceback__ = kept
        cause = cause.__cause__ or cause.__context__


def _foreign_part(traceback: TracebackType | None) -> TracebackType | None:
    """A traceback without the plugin's frames; ``None`` if it has no others."""
    entries = []
    while traceback is not None:
        entries.append(traceback)
        traceback = traceback.tb_next
    kept: TracebackType | None = None
    # A new chain: pytest cuts it at the test, which would bring back entries that are only filtered.
    for one in reversed(entries):
        if not one.tb_frame.f_globals.get("__name__", "").startswith(_OWN):
            kept = TracebackType(kept, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return kept


def own_part_removed(traceback: TracebackType | None) -> TracebackType | None:
    """The traceback from the body on, without the frames of the plugin and its context managers."""
    while traceback is not None:
        name = traceback.tb_frame.f_globals.get("__name__", "")
        if not name.startswith(_OWN) and name != "contextlib":
            break
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
    if traceback is not None:
        excinfo = pytest.ExceptionInfo.from_exc_info((type(error), error, traceback))
        with suppress(SystemError):  # of CPython 3.11, as it parses the source: see canonical.source.parsed
            return uncoloured(str(excinfo.getrepr(style="short", tbfilter=_both_ends)))
    return f"{type(error).__name__}: {message_of(error)}"


def _both_ends(excinfo: pytest.ExceptionInfo[BaseException]) -> Any:
    """Keep both ends of the traceback, in the body and at the error, without the plugin's frames."""
    entries = excinfo.traceback
    foreign = entries.filter(lambda entry: not entry.frame.f_globals.get("__name__", "").startswith(_OWN))
    # The body, and where it happened. What lies between is mostly a client library.
    ends = [*foreign[:1], *foreign[1:][-2:]]
    return type(entries)(ends) if ends else entries


def hint(error: BaseException) -> str | None:
    """Return a hint about an exception, or ``None``.

    >>> print(hint(ValueError("The truth value of a Series is ambiguous. Use a.empty, ...")))
    `==` compares tables cell by cell.
    Write: a.equals(b)
    >>> hint(ValueError("no label"))
    """
    if isinstance(error, AttributeError):
        if isinstance(error.obj, CaseView):
            return _of_case(error.obj)
        return _of_model(error.obj) if isinstance(error.obj, Model) else None
    if isinstance(error, (ValueError, RuntimeError)):
        text = str(error)
        return next((advice for begins, advice in _AMBIGUOUS.items() if text.startswith(begins)), None)
    return None


def with_hint(error: BaseException) -> None:
    """Add a hint to an exception as a note, once; pytest shows it below the message."""
    advice = hint(error)
    if advice is not None and advice not in getattr(error, "__notes__", ()):
        error.add_note(advice)


def _of_model(model: Model) -> str:
    name = model.name
    return f"{name} is not the model itself, but calls it, one input at a time.\nWrite: {name}(case.input)"


def _of_case(case: CaseView) -> str:
    known = [*case.metadata]
    rest = f' Its other fields: case["{known[0]}"]' if known else ""
    return f"A case has input, expected, id and metadata.{rest}"


def misused(error: FixtureLookupError) -> str | None:
    """Return a hint if a model fixture was written as if it were the model; ``None`` for other errors."""
    asking = error.fixturestack[-1].func if error.fixturestack else None
    definition = getattr(asking, DECLARATION, None)
    if definition is None or error.argname is None:
        return None
    return (
        f"{definition.location}: the model fixture {definition.name!r} takes {error.argname!r}, and there is "
        "no such fixture. A model fixture is not the model, but returns it, and takes model_version or other "
        f"fixtures: def {definition.name}(model_version): return your_function"
    )


def explain_trajectories(
    op: str, left: object, right: object, *, whole: bool, width: int
) -> list[str] | None:
    """Both trajectories of a failed comparison, aligned step by step; ``None`` for any other comparison."""
    from pytest_modelcheck.reports.transcript import explained, transcript
    from pytest_modelcheck.trajectories.calls import Matcher, ToolCalls, described
    from pytest_modelcheck.trajectories.trajectory import Trajectory

    if op in ("in", "not in") and isinstance(right, ToolCalls):
        steps = transcript(right, width)
        shown = steps if whole else steps[: _ROWS + 1]
        more = [] if len(shown) == len(steps) else ["   …"]
        return [f"{described(left)} {op} {len(right)} calls", *shown, *more]
    if isinstance(left, Matcher) or not isinstance(left, (ToolCalls, Trajectory)):
        left, right = right, left
    both = isinstance(left, Trajectory) and isinstance(right, Trajectory)
    calls = isinstance(left, ToolCalls) and isinstance(right, (ToolCalls, Matcher, list, tuple))
    if op != "==" or not (both or calls):
        return None
    return explained(left, right, width, most=None if whole else _ROWS)


@contextmanager
def without_diffs() -> Iterator[None]:
    """Switch off pytest's comparison diffs, and its safe ``repr`` for values that do not need it.

    If this pytest lacks one of the names, failing is only slower.
    """
    from _pytest.assertion import rewrite, util

    # A thousand failing bodies would otherwise compute a thousand diffs, of which reports show five.
    with (
        swapped(util, "_reprcompare", None),
        swapped(rewrite, "_saferepr", _quick(getattr(rewrite, "_saferepr", repr))),
    ):
        yield


def _quick(careful: Callable[[object], str]) -> Callable[[object], str]:
    """The same as pytest's safe ``repr``, with a fast path for small plain values."""

    def quick(value: object) -> str:
        kind = type(value)
        if kind in _ATOMS or (kind is int and -_SHORT < value < _SHORT):  # type: ignore[operator]
            return repr(value)
        if kind is CaseView or (kind is str and len(value) <= _LINE):  # type: ignore[arg-type]
            text = repr(value)
            if len(text) <= _LINE:
                return text
        return careful(value)

    return quick
