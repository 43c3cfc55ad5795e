"""Everything that can go wrong, as one tree.

    ModelcheckError
    ├── UsageError               something that the user wrote is invalid
    │   ├── CaseError            a case, or the file it stands in
    │   ├── PerturbationError    a perturbation, or what it returned
    │   └── VersionError         which version of which model was meant
    ├── ModelError               a model broke its own contract
    │   ├── OfflineError         an answer is missing and calling the model is not allowed
    │   ├── CallTimeoutError     a call took longer than the fixture allows
    │   ├── BatchSizeError       a batch came back with another number of answers
    │   └── NotAskedError        a question was not put to the model
    │       ├── OutageError      since too many calls in a row had failed
    │       └── BudgetError      since the calls or the money of the run are spent
    ├── CacheError               the prediction cache cannot be used as it is
    ├── BaselineError            an approved or a candidate behaviour cannot be used as it is
    └── LabelError               what people said of answers cannot be used as it is

Every message says what happened, where, and what to do about it.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re

from pytest_modelcheck.display import harmless


class ModelcheckError(Exception):
    """The root of every error that pytest-modelcheck raises on purpose.

    Its message can be printed as it is, whatever it quotes.
    """

    def __str__(self) -> str:
        return harmless(super().__str__())


class UsageError(ModelcheckError):
    """A marker, an option, a fixture or a file says something that cannot be done."""


class CaseError(UsageError):
    """A case, or the file that it stands in, cannot be read as written."""


class PerturbationError(UsageError):
    """A perturbation cannot be built, or returned something that is not an input."""


class VersionError(UsageError):
    """It is not clear which version of which model was meant."""


class ModelError(ModelcheckError):
    """A model broke its own contract, such as answering three inputs with two answers."""


class OfflineError(ModelError):
    """A prediction is missing from the cache and the run is not allowed to call the model."""


class CallTimeoutError(ModelError, TimeoutError):
    """A call of a model took longer than ``timeout=`` of its fixture allows."""


class BatchSizeError(ModelError):
    """A batch of inputs was answered with another number of answers."""


class NotAskedError(ModelError):
    """A question was not put to the model, so that its case could not be judged."""


class OutageError(NotAskedError):
    """The model was given up: too many calls in a row had failed."""


class BudgetError(NotAskedError):
    """The calls, or the money, that a run may spend are spent."""


class CacheError(ModelcheckError):
    """The prediction cache holds something that this version did not write."""


class BaselineError(ModelcheckError):
    """An approved or a candidate behaviour is missing, damaged or out of date."""


class LabelError(ModelcheckError):
    """A file of labels is damaged, or contradicts itself."""


def message_of(error: BaseException) -> str:
    """Return an exception's message, even where it cannot give it.

    >>> class Broken(Exception):
    ...     def __str__(self):
    ...         return self.reason
    >>> message_of(ValueError("no label")), message_of(Broken())
    ('no label', '<Broken, whose str() raises AttributeError>')
    """
    try:
        return str(error)
    except Exception as reason:  # noqa: BLE001 - of a model, or of its client: there may be anything in it
        return f"<{type(error).__name__}, whose str() raises {type(reason).__name__}>"


_VALUE = re.compile(r"'[^']*'|\"[^\"]*\"|\{.*\}|\[.*\]|[-+]?\b\d[\d.,:]*|\b(?i:true|false|none|null)\b")
_PYDANTIC = re.compile(r"\d+ validation errors? for .+\n(?P<field>\S.*)\n\s+(?P<what>.+?)(?: \[type=|\n|$)")


def cause_of(message: str) -> str:
    r"""Say in one line why a body broke.

    >>> cause_of("1 validation error for Total\namount\n  Input should be a number [type=float_type, ...]")
    'amount: Input should be a number'
    >>> cause_of("\namount: not a number\nin line 3")
    'amount: not a number'
    """
    message = message.strip()
    found = _PYDANTIC.match(message)
    return f"{found['field']}: {found['what']}" if found else message.partition("\n")[0]


def kind_of(said: str) -> str:
    """Return a message without its values, by which nearly the same errors are one.

    >>> kind_of("amount: 'about 3' is not a number (line 12)")
    'amount: … is not a number (line …)'
    """
    return _VALUE.sub("…", said)


def located(message: str, path: str | None, line: int | None = None) -> str:
    """Put the place in front of a message, as compilers do.

    >>> located("no column 'expcted'", "tickets.csv", 1)
    "tickets.csv:1: no column 'expcted'"
    """
    if path is None:
        return message
    return f"{path}: {message}" if line is None else f"{path}:{line}: {message}"
