"""All exceptions of the package, as one tree.

    ModelcheckError
    ├── UsageError               a marker, option, fixture or file is invalid
    │   ├── CaseError            a case or its file cannot be read
    │   ├── PerturbationError    a perturbation, or its result, is invalid
    │   └── VersionError         the version of a model is unclear
    ├── ModelError               a model broke its contract, or was not called
    │   ├── OfflineError         an answer is not cached, and calls are forbidden
    │   ├── CallTimeoutError     a call took longer than the fixture allows
    │   ├── BatchSizeError       a batch got another number of answers than inputs
    │   └── NotCalledError        a call was not made
    │       ├── OutageError      because too many calls in a row had failed
    │       └── BudgetError      because a budget of calls or cost was spent
    ├── CacheError               the prediction cache is damaged
    ├── BaselineError            a baseline or candidate is missing, damaged or out of date
    └── LabelError               a file of labels is damaged or contradicts itself

Every message says what happened, where, and what to do about it.
"""

from __future__ import annotations

import re

from pytest_modelcheck.display import harmless


class ModelcheckError(Exception):
    """The base class of all exceptions that pytest-modelcheck raises.

    The message is safe to print, even if it quotes control characters or secrets.

    Args:
        message: The message.
        path: The file that it is about, which is put in front of it.
        line: The line in the file.

    >>> print(ModelcheckError("no column 'expcted'", "tickets.csv", 1))
    tickets.csv:1: no column 'expcted'
    """

    def __init__(self, message: object = "", path: str | None = None, line: int | None = None) -> None:
        super().__init__(located(str(message), path, line))

    def __str__(self) -> str:
        return harmless(super().__str__())


class UsageError(ModelcheckError):
    """A marker, an option, a fixture or a file is invalid."""


class CaseError(UsageError):
    """A case or its file cannot be read."""


class PerturbationError(UsageError):
    """A perturbation cannot be built, or returned something that is not an input."""


class VersionError(UsageError):
    """The requested version of a model is unclear or unknown."""


class ModelError(ModelcheckError):
    """A model broke its contract, or was not called."""


class OfflineError(ModelError):
    """An answer is not cached, and the run may not call the model."""


class CallTimeoutError(ModelError, TimeoutError):
    """A call of a model took longer than ``timeout=`` of its fixture allows."""


class BatchSizeError(ModelError):
    """A model answered a batch with another number of answers than inputs."""


class NotCalledError(ModelError):
    """A model was not called, so that its case could not be judged."""


class OutageError(NotCalledError):
    """The model was given up, because too many calls in a row had failed."""


class BudgetError(NotCalledError):
    """The run's budget of calls or cost is spent."""


class CacheError(ModelcheckError):
    """The prediction cache is damaged, or another program wrote it."""


class BaselineError(ModelcheckError):
    """A baseline or candidate is missing, damaged or out of date."""


class LabelError(ModelcheckError):
    """A file of labels is damaged, or contradicts itself."""


def uncoloured(text: str) -> str:
    """Remove colours: on a terminal that has any, pytest puts them into the messages of assertions."""
    return re.sub("\x1b\\[[0-9;]*m", "", text)


def message_of(error: BaseException) -> str:
    """Return an exception's message without colours, or a description of it if its ``str()`` raises.

    >>> class Broken(Exception):
    ...     def __str__(self):
    ...         return self.reason
    >>> message_of(ValueError("no label")), message_of(Broken())
    ('no label', '<Broken, whose str() raises AttributeError>')
    """
    try:
        return uncoloured(str(error))
    except Exception as reason:  # noqa: BLE001 - raised by the __str__ of a model's or client's exception
        return f"<{type(error).__name__}, whose str() raises {type(reason).__name__}>"


# Quoted texts, JSON, numbers and constants.
_VALUE = re.compile(r"'[^']*'|\"[^\"]*\"|\{.*\}|\[.*\]|[-+]?\b\d[\d.,:]*|\b(?i:true|false|none|null)\b")
# The first error of pydantic's report: a heading, the field, and an indented line that says what is wrong.
_PYDANTIC = re.compile(r"\d+ validation errors? for .+\n(?P<field>\S.*)\n\s+(?P<what>.+?)(?: \[type=|\n|$)")


def cause_of(message: str) -> str:
    r"""Return the cause of an error in one line, from the message of its exception.

    >>> cause_of("1 validation error for Total\namount\n  Input should be a number [type=float_type, ...]")
    'amount: Input should be a number'
    >>> cause_of("\namount: not a number\nin line 3")
    'amount: not a number'
    """
    message = message.strip()
    found = _PYDANTIC.match(message)
    return f"{found['field']}: {found['what']}" if found else message.partition("\n")[0]


def kind_of(message: str) -> str:
    """Return a message without its values, so that similar errors can be grouped.

    >>> kind_of("amount: 'about 3' is not a number (line 12)")
    'amount: … is not a number (line …)'
    """
    return _VALUE.sub("…", message)


def located(message: str, path: str | None, line: int | None = None) -> str:
    """Put file and line in front of a message, as compilers do.

    >>> located("no column 'expcted'", "tickets.csv", 1)
    "tickets.csv:1: no column 'expcted'"
    """
    if path is None:
        return message
    return f"{path}: {message}" if line is None else f"{path}:{line}: {message}"
