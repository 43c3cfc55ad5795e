"""Makes output safe to show and to send, pytest's own reports included: no secrets, no lone surrogates."""

from __future__ import annotations

import logging
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_modelcheck.display import redacted
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.plugin.settings import ini

if TYPE_CHECKING:
    import warnings
    from collections.abc import Iterator
    from types import ModuleType

_PARTS: Final = "_pytest._code.code"
"""The pytest module of the objects that represent a failure as lines of text."""


def begin(config: pytest.Config) -> None:
    """Start hiding secrets in this process, until pytest is unconfigured.

    Raises:
        UsageError: A pattern is invalid.
    """
    hook = config.hook.pytest_modelcheck_redact
    function = (lambda text: hook(text=text)) if hook.get_hookimpls() else None
    try:
        redacted.begin(
            ini(config, "modelcheck_redact"), function, stored=ini(config, "modelcheck_redact_stored")
        )
    except ValueError as error:
        raise UsageError(f"ini option modelcheck_redact: {error}") from error
    # The setting belongs to the process, and pytest may run inside pytest.
    config.add_cleanup(redacted.begin)
    within = ExitStack()
    config.add_cleanup(within.close)
    within.enter_context(hidden_before_cuts())
    config.pluginmanager.register(_Warnings())
    logs = config.pluginmanager.getplugin("logging-plugin")
    for name in ("log_cli_handler", "log_file_handler"):
        handler = getattr(logs, name, None)
        if isinstance(handler, logging.Handler) and handler.formatter is not None:
            handler.setFormatter(_SecretFilter(handler.formatter))


class _SecretFilter(logging.Formatter):
    """Hides secrets in live logs and log files."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        return redacted(self._inner.format(record))


class _Warnings:
    """Makes warnings safe before pytest stores them for the summary, or a worker sends them."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        text = str(warning_message.message)
        if (shown := sendable(redacted(text))) != text:
            # Not of its own class, whose constructor may want anything; the category stays what it was.
            warning_message.message = UserWarning(shown)


def without_secrets(
    config: pytest.Config, op: str, left: object, right: object, found: list[list[str] | None]
) -> list[list[str] | None]:
    """Hide secrets in explanations of a failed comparison.

    The explanation of two texts omits their common part, and so may show the rest of a key: then the texts
    are compared with secrets hidden.
    """
    if isinstance(left, str) and isinstance(right, str):
        shown = redacted(left), redacted(right)
        # The second condition ends the recursion: a pattern may match its own replacement.
        if shown != (left, right) and shown == (redacted(shown[0]), redacted(shown[1])):
            if shown[0] == shown[1]:
                return [[f"{shown[0]!r} {op} {shown[1]!r}", "They differ in what is redacted."]]
            again: list[list[str] | None] = config.hook.pytest_assertrepr_compare(
                config=config, op=op, left=shown[0], right=shown[1]
            )
            return again
    return [lines and list(map(redacted, lines)) for lines in found]


def redact_report(report: pytest.TestReport) -> None:
    """Hide secrets in pytest's own report of a test: its failure and its captured output."""
    report.sections = _hidden(report.sections)
    if report.longrepr is not None and redacted.finds(report.longreprtext):
        report.longrepr = _hidden(report.longrepr)


def _hidden(value: Any) -> Any:
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        return redacted("\n".join(value)).split("\n")  # a key may have several lines
    if isinstance(value, (list, tuple)):
        return type(value)(map(_hidden, value))
    if type(value).__module__ == _PARTS:
        for name, one in vars(value).items():
            setattr(value, name, _hidden(one))
    return value


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

    with swapped(SafeRepr, "repr", hidden):
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

    with swapped(truncate, "_get_truncation_parameters", none):
        yield


@contextmanager
def swapped(module: ModuleType | type, name: str, value: object) -> Iterator[None]:
    """Replace an attribute of pytest's, if this pytest has it: else failures are slower or longer."""
    missing = object()
    before = getattr(module, name, missing)
    if before is missing:
        yield
        return
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)


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
