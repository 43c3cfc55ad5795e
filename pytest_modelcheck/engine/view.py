"""What a test's body sees of its trial: the ``case`` fixture.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, NoReturn

from pytest_modelcheck.canonical import same
from pytest_modelcheck.errors import BaselineError, ModelcheckError, UsageError
from pytest_modelcheck.models.model import plain
from pytest_modelcheck.records import MISSING, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_modelcheck.models.model import Answers, Raw
    from pytest_modelcheck.records import Trial

_IMMUTABLE = frozenset({str, int, float, bool, bytes, type(None)})


class NewCase(BaseException):
    """Ends a body that asks for an approved answer where none is. Not an error: nothing should catch it."""


class NotApproved:
    """Stands for an approved answer that is not there, until a body uses it.

    A body that says ``case.approved == triage(case.input)`` has not asked its model yet when it reads
    ``case.approved``; were it ended there, the answer could never be recorded, nor approved. So the trial
    ends at the first use that needs a value.
    """

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    def _end(self, *_args: object) -> NoReturn:
        raise NewCase

    def __getattr__(self, name: str) -> NotApproved:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, key: object) -> NotApproved:
        return self

    def __call__(self, *_args: object, **_kwargs: object) -> NotApproved:
        return self

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _end
    __bool__ = __len__ = __iter__ = __contains__ = __int__ = __float__ = __index__ = _end
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _end
    __abs__ = __neg__ = __round__ = __str__ = __format__ = _end


class CaseView:
    """One trial, as the body that is run for it sees it.

    Attributes that a case does not have (an ``expected`` that is not given, a ``perturbed`` outside of a
    perturbation) raise a :class:`~pytest_modelcheck.errors.UsageError` that says so, rather than being
    ``None``.
    """

    __slots__ = (
        "_answers",
        "_approved_raw",
        "_asked",
        "_find_approved",
        "_input",
        "_new",
        "_perturbed",
        "_read_approved",
        "_recorded",
        "_score",
        "_trial",
        "_unanswered",
    )

    def __init__(
        self, trial: Trial, answers: Answers, find_approved: Callable[[Trial], bytes | None]
    ) -> None:
        self._trial = trial
        self._answers = answers
        self._find_approved = find_approved
        self._asked: list[tuple[bytes | None, Raw]] = []
        self._new = self._unanswered = False
        self._score: float | None = None
        self._recorded: Any = MISSING
        self._read_approved = False
        self._approved_raw: bytes | None = None
        self._input = self._perturbed = MISSING

    @property
    def id(self) -> str:
        """The case's id."""
        return self._trial.case.id

    @property
    def input(self) -> Any:
        """What the model is given, unperturbed."""
        value = self._trial.case.input
        if type(value) in _IMMUTABLE:
            return value
        if self._input is MISSING:
            self._input = deepcopy(value)
        return self._input

    @property
    def expected(self) -> Any:
        """The right answer."""
        value = self._trial.case.expected
        if value is MISSING:
            raise UsageError(
                f"case {self.id}{self._where()} does not say what is expected: add `expected:` to it"
            )
        return value if type(value) in _IMMUTABLE else deepcopy(value)

    @property
    def perturbed(self) -> Any:
        """The input after the perturbation."""
        value = self._trial.perturbed
        if type(value) in _IMMUTABLE:
            return value
        if value is MISSING:
            raise UsageError(
                "case.perturbed is only there in invariance and directional checks; a golden test asks about case.input"
            )
        if self._perturbed is MISSING:
            self._perturbed = deepcopy(value)
        return self._perturbed

    @property
    def perturbation(self) -> str | None:
        """The name of the perturbation, or ``None``."""
        return self._trial.perturbation

    @property
    def repeat(self) -> int:
        """Which run of the same trial this is, from 0."""
        return self._trial.repeat

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What else is known of the case."""
        return self._trial.case.metadata

    def __getitem__(self, key: str) -> Any:
        try:
            return self._trial.case.metadata[key]
        except KeyError:
            known = ", ".join(map(repr, self._trial.case.metadata)) or "none"
            raise UsageError(
                f"case {self.id}{self._where()} has no metadata {key!r} (it has: {known})"
            ) from None

    @property
    def approved(self) -> Any:
        """The approved version's answer. Where there is none, the trial ends here as *new*."""
        self._read_approved = True
        approved = self._find_approved(self._trial)
        if approved is None:
            self._new = True
            if self._asked or self._recorded is not MISSING:
                raise NewCase
            return NotApproved()
        if self._asked:
            # The last bits of a float are noise: an answer that is the same is the same object's value.
            first = self._asked[0][1]
            if same(plain(first), approved):
                return self._answers.decode(first)
        else:
            self._approved_raw = approved
        return self._read(approved)

    def _read(self, approved: bytes) -> Any:
        try:
            return self._answers.decode(approved)
        except ModelcheckError as error:
            raise BaselineError(
                f"the approved answer of case {self.id} has another form than answers have today: {error}. "
                "Approve the check again (pytest --modelcheck-update)"
            ) from error

    def record(self, value: Any) -> None:
        """Say that ``value``, and not the model's first answer, is the answer of this case."""
        self._recorded = value

    def __repr__(self) -> str:
        perturbed = f" under {self.perturbation}" if self.perturbation else ""
        return f"<case {self.id}{perturbed}>"

    def _where(self) -> str:
        origin = self._trial.case.origin
        return "" if origin is None else f" ({origin})"

    def _set_score(self, value: float) -> None:
        try:
            score = float(value)
        except (TypeError, ValueError):
            score = -1.0
        if not 0 <= score <= 1:
            raise UsageError(f"score({value!r}): a score is a number from 0.0 (worst) to 1.0 (best)")
        self._score = score

    def _answered(self, key: bytes | None, raw: Raw) -> Raw:
        """Note an answer of the judged model; give back the raw answer that the body is to see."""
        first = not self._asked
        self._asked.append((key, raw))
        approved = self._approved_raw
        if first and approved is not None and same(plain(raw), approved):
            return approved
        return raw


class Result:
    """What is left of a trial once its body has run."""

    __slots__ = ("asked", "error", "message", "outcome", "read_approved", "recorded", "score", "trial")

    def __init__(self, view: CaseView, outcome: Outcome) -> None:
        self.trial = view._trial  # noqa: SLF001 - while the body ran, this was the view
        self.asked = view._asked  # noqa: SLF001
        self.recorded = view._recorded  # noqa: SLF001
        self.score = view._score  # noqa: SLF001
        self.read_approved = view._read_approved  # noqa: SLF001
        self.outcome = outcome
        self.message: str | None = None
        self.error: BaseException | None = None


class NeverAsked(Exception):
    """A body came to its end without asking the model that is judged."""


def conclude(view: CaseView, outcome: Outcome, error: BaseException | None, subject: str) -> Result:
    """Turn the end of a body into a result, by the rules that hold for every check."""
    if view._new:  # noqa: SLF001
        outcome = Outcome.NEW
    elif outcome in (Outcome.PASSED, Outcome.FAILED):
        if not view._asked and not view._unanswered:  # noqa: SLF001
            outcome = Outcome.ERROR
            error = NeverAsked(f"the body never asked the model {subject!r}, so it says nothing about it")
        elif view._trial.case.known_failure is not None:  # noqa: SLF001
            outcome = Outcome.XPASSED if outcome is Outcome.PASSED else Outcome.XFAILED
    result = Result(view, outcome)
    result.error = error
    return result
