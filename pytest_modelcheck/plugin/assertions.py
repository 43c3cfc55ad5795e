"""Failing assertions: explanations of compared trajectories, and none for failures that are not shown.

pytest explains a failed comparison by building a diff, which takes up to milliseconds. If ten thousand cases
fail, only five are shown; those are run again with explanations.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pytest_modelcheck.display import redacted
from pytest_modelcheck.engine.view import CaseView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

_ROWS = 5
"""Steps shown of two trajectories without ``-vv``: pytest cuts explanations after eight lines."""

_ATOMS = frozenset({float, bool, type(None)})
_LINE = 100  # less than pytest shows of any value
_SHORT = 10**18  # an integer of thousands of digits has no repr() at all


def explain_trajectories(
    op: str, left: object, right: object, *, whole: bool, width: int
) -> list[str] | None:
    """Both trajectories of a failed comparison, aligned step by step; ``None`` for any other comparison.

    Args:
        op: The operator, such as ``==``.
        left: The left operand.
        right: The right operand.
        whole: Whether to show all steps, and not only those around the first difference.
        width: The width of a line in cells.
    """
    from pytest_modelcheck.reports.transcript import explained, transcript
    from pytest_modelcheck.trajectories.calls import Calls, Matcher, described
    from pytest_modelcheck.trajectories.trajectory import Trajectory

    if op in ("in", "not in") and isinstance(right, Calls):
        steps = transcript(right, width)
        shown = steps if whole else steps[: _ROWS + 1]
        more = [] if len(shown) == len(steps) else ["   …"]
        return [f"{described(left)} {op} {len(right)} calls", *shown, *more]
    if isinstance(left, Matcher) or not isinstance(left, (Calls, Trajectory)):
        left, right = right, left
    both = isinstance(left, Trajectory) and isinstance(right, Trajectory)
    calls = isinstance(left, Calls) and isinstance(right, (Calls, Matcher, list, tuple))
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
        _swapped(util, "_reprcompare", None),
        _swapped(rewrite, "_saferepr", _quick(getattr(rewrite, "_saferepr", repr))),
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


@contextmanager
def hidden_before_cuts() -> Iterator[None]:
    """Let pytest cut long values only after secrets are hidden: no pattern matches the rest of a cut key."""
    from _pytest._io.saferepr import SafeRepr

    cut = SafeRepr.repr

    def hidden(self: SafeRepr, value: object) -> str:
        text = cut(self, value)
        # Only a value that was cut can have lost the part by which a secret is recognised.
        if self.maxsize is None or "..." not in text:
            return text
        try:
            whole = ascii(value) if self.use_ascii else repr(value)
        except Exception:  # noqa: BLE001 - of the user's class: pytest has told of it
            return text
        if not redacted.finds(whole):
            return text
        half = (self.maxsize - 3) // 2
        whole = redacted(whole)
        return whole if len(whole) <= self.maxsize else f"{whole[:half]}...{whole[-half:]}"

    with _swapped(SafeRepr, "repr", hidden):
        yield


@contextmanager
def cut_later(left: object, right: object) -> Iterator[None]:
    """Let pytest explain a comparison in full: from 9.2 on, it cuts lines before secrets in them are hidden.

    It still cuts them afterwards. Texts without a secret may be cut at once.
    """
    from _pytest.assertion import truncate

    texts = [one for one in (left, right) if isinstance(one, str)]
    if len(texts) == 2 and not any(map(redacted.finds, texts)):
        yield
        return
    limits = getattr(truncate, "_get_truncation_parameters", None)

    def none(*arguments: object) -> tuple[object, ...]:
        return (False, *limits(*arguments)[1:])  # type: ignore[misc]

    with _swapped(truncate, "_get_truncation_parameters", none):
        yield


@contextmanager
def _swapped(module: ModuleType | type, name: str, value: object) -> Iterator[None]:
    missing = object()
    before = getattr(module, name, missing)
    # Pytest may move its private parts. Then failures are slower or longer, and nothing breaks.
    if before is missing:
        yield
        return
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)
