"""Groups the errors of bodies: nearly identical errors have one cause."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.errors import cause_of, kind_of
from pytest_modelcheck.phrases import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_modelcheck.engine.work import Result

_MOST: Final = 50
"""The largest number of causes; errors of further causes are only counted."""
_EXAMPLES: Final = 2

# An array or a table compared with `==`: a mistake of the test, whatever the answer is.
_TRUTH: Final = "The truth value of a"
_PARSERS: Final = ("ValidationError", "DecodeError", "ParseError", "ParserError", "ParsingError")


@dataclass(slots=True)
class Cause:
    """Errors that differ only in values.

    Attributes:
        text: The first of them in one line, with its type if it was stored.
        count: The number of cases.
        case: The last case, which may break in several trials.
        trials: The numbers of the first trials that broke.
    """

    text: str
    count: int = 0
    case: str | None = None
    trials: list[int] = field(default_factory=list)


class Causes:
    """Groups the errors of a check's bodies by message."""

    def __init__(self) -> None:
        self._found: dict[str, Cause] = {}
        self._parsing: dict[str, type[BaseException]] = {}

    def note(self, result: Result) -> None:
        """Count the error of a broken trial."""
        if result.uncalled:
            # The errors before it are the reason why the model was not called. They are worth reading.
            return
        message = cause_of(result.message or "")
        kind = kind_of(message)
        # A service may put a new number into every message. Beyond a limit, errors count for the last
        # cause.
        if kind not in self._found and len(self._found) == _MOST:
            kind = next(reversed(self._found))
        cause = self._found.setdefault(kind, Cause(message))
        # Trials of a case follow each other, so one comparison suffices to count it once.
        if cause.case != result.trial.case.id:
            cause.count, cause.case = cause.count + 1, result.trial.case.id
        if cause.text == message and result.error is not None:
            cause.text = one_line(result)
        if len(cause.trials) < _EXAMPLES:
            cause.trials.append(result.trial.index)
        if result.error is None:
            return
        error = type(result.error)
        # Without an answer the model's own code raised. It may parse, too, which only the error's name says.
        answered = bool(result.calls) and issubclass(error, (ValueError, KeyError)) and _TRUTH not in message
        if answered or error.__name__.endswith(_PARSERS):
            self._parsing[error.__name__] = error

    @property
    def summary(self) -> str | None:
        """The cause of most errors, with its number of cases if it is not the only one."""
        if not self._found:
            return None
        worst = max(self._found.values(), key=lambda cause: cause.count)
        if len(self._found) == 1:
            return worst.text
        return f"{worst.text} ({worst.count} of them; {plural(len(self._found) - 1, 'other kind')})"

    @property
    def trials(self) -> Iterator[int]:
        """The trials worth reading: the first with each cause, the most frequent first, then the second."""
        causes = sorted(self._found.values(), key=lambda cause: -cause.count)
        for place in range(_EXAMPLES):
            yield from (cause.trials[place] for cause in causes if place < len(cause.trials))

    def advice(self, valued: str | None = None) -> str | None:
        """If errors look like answers that cannot be parsed, advise how to count them.

        ``valued`` is the call by which bodies give values, if a wrong answer has no value by itself.
        """
        kinds = self._parsing
        # `wrong_if=ValueError` covers JSONDecodeError: advise the base class alone.
        widest = [
            name
            for name, kind in kinds.items()
            if not any(kind is not other and issubclass(kind, other) for other in kinds.values())
        ]
        if not widest:
            return None
        chosen = widest[0] if len(widest) == 1 else f"({', '.join(sorted(widest))})"
        remedy = f"wrong_if={chosen} counts it as wrong"
        if valued is not None:
            remedy = f"catch {chosen} in the body and say what it is worth, {valued}"
        return f"an answer that cannot be parsed is an error here; {remedy}"


def one_line(result: Result) -> str:
    """Describe an exception in one line."""
    message = cause_of(result.message or "")
    return message if result.error is None else f"{type(result.error).__name__}: {message}"
