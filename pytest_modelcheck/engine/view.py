"""The ``case`` fixture: a body's view of its trial."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn

from pytest_modelcheck.canonical import NotStored, comparable, is_stored, same, whole, why_unstored
from pytest_modelcheck.errors import BaselineError, ModelcheckError, UsageError
from pytest_modelcheck.models.model import IMMUTABLE, copied, plain
from pytest_modelcheck.records import GRADE, LARGEST_SCORE, MISSING, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_modelcheck.engine.work import Result, Work
    from pytest_modelcheck.models.model import Model

# Looked up once: an enum lookup is slow, and there may be a million trials.
_PASSED, _FAILED, _NEW = Outcome.PASSED, Outcome.FAILED, Outcome.NEW


class NewCase(BaseException):
    """Ends a body that needs an approved answer if there is none. No ``Exception``: bodies may catch one."""


def is_new(error: BaseException) -> bool:
    """Return whether an exception is a :class:`NewCase`, or a group of nothing else (of a task group).

    >>> is_new(NewCase()), is_new(BaseExceptionGroup("", [NewCase()])), is_new(ValueError())
    (True, True, False)
    """
    if isinstance(error, BaseExceptionGroup):
        return all(map(is_new, error.exceptions))
    return isinstance(error, NewCase)


class NotApproved:
    """A placeholder for an approved answer that does not exist; it ends the trial when a body uses its value.

    A body such as ``assert case.approved == triage(case.input)`` reads ``case.approved`` before it calls the
    model. If the trial ended there, the model's answer could never be recorded, nor approved. So the trial
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
        """Return the placeholder for the result of a method, too."""
        return self

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _end
    __bool__ = __len__ = __iter__ = __contains__ = __int__ = __float__ = __index__ = _end
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _end
    __abs__ = __neg__ = __round__ = __str__ = __format__ = _end


class CaseView:
    """The current trial, as its body sees it.

    An attribute that the case does not have (``expected`` without an expectation, ``perturbed`` in a golden
    check) raises a :class:`~pytest_modelcheck.errors.UsageError`, and is never ``None``.
    """

    __slots__ = ("_result", "_trial", "_work")

    def __init__(self, result: Result, work: Work) -> None:
        self._trial = result.trial
        self._result = result
        self._work = work

    @property
    def id(self) -> str:
        """The case's id."""
        return self._trial.case.id

    @property
    def input(self) -> Any:
        """The unperturbed input."""
        value = self._trial.given.input
        return value if type(value) in IMMUTABLE else self._copy("input", value)

    @property
    def expected(self) -> Any:
        """The right answer."""
        value = self._trial.given.expected
        if value is MISSING:
            from pytest_modelcheck.cases.rows import column_for

            metadata = self._trial.given.metadata
            name = column_for("expected", metadata) or next(iter(metadata), None)
            advice = "" if name is None else f", or name it in the marker, as in expected={name!r}"
            raise UsageError(f"{self._named()} does not say what is expected: add `expected:` to it{advice}")
        return value if type(value) in IMMUTABLE else self._copy("expected", value)

    @property
    def perturbed(self) -> Any:
        """The input after the perturbation."""
        value = self._trial.perturbed
        if type(value) in IMMUTABLE:
            return value
        if value is MISSING:
            raise UsageError(
                "case.perturbed exists only in invariance and directional checks; a golden test uses "
                "case.input, which is also each of a case's variants"
            )
        return self._copy("perturbed", value)

    @property
    def perturbation(self) -> str | None:
        """The name of the perturbation, or ``None``."""
        return self._trial.perturbation

    @property
    def variant(self) -> int | None:
        """The number of the variant, from 0, among the case's ``variants`` or those of the perturbation.

        It is ``None`` in the trial of the case itself.
        """
        return None if self._trial.perturbation is None else self._trial.variant

    @property
    def repeat(self) -> int:
        """The number of the repeat, from 0."""
        return self._trial.repeat

    @property
    def metadata(self) -> Mapping[str, Any]:
        """The metadata of the case: its other fields, as a copy."""
        return self._copy("metadata", dict(self._trial.given.metadata))  # type: ignore[no-any-return]

    def __getitem__(self, key: str) -> Any:
        try:
            value = self._trial.given.metadata[key]
            return value if type(value) in IMMUTABLE else self.metadata[key]
        except KeyError:
            known = ", ".join(map(repr, self._trial.given.metadata)) or "none"
            raise UsageError(f"{self._named()} has no metadata {key!r} (it has: {known})") from None

    @property
    def approved(self) -> Any:
        """The approved version's answer. If there is none, the trial ends as *new*."""
        result = self._result
        result.read_approved = True
        approved = self._approved()
        if approved is None:
            result.outcome = Outcome.NEW
            if result.calls or result.recorded is not MISSING:
                raise NewCase
            return NotApproved()
        if result.calls:
            # The last bits of a float are noise: for an equal answer, return what the model answered now.
            latest = result.calls[-1][1]
            if same(whole(approved), whole(plain(latest))):
                return self._work.subject.answers.decode(latest)
        else:
            result.approved_raw = approved
        return self._read(approved)

    def same_as_approved(self, answer: Any) -> bool:
        """Return whether an answer equals the approved one, by ``ignore=`` and ``compare_by=`` of the model.

        If there is no approved answer, the trial ends as *new*.

        Raises:
            UsageError: one of the answers cannot be stored, so that they cannot be compared.
        """
        approved = self._approved()
        self._result.read_approved = True
        if approved is None:
            self._result.outcome = Outcome.NEW
            raise NewCase
        line = plain(self._work.subject.answers.add(None, answer))
        for one in (line, approved):
            if (why := why_unstored(one)) is not None:
                raise UsageError(f"case {self.id}: the answers cannot be compared: {why}")
        return same(approved, line)

    def _approved(self) -> bytes | None:
        """Return the approved answer; if the body has made several calls, that to the last one."""
        calls, find = self._result.calls, self._work.find_approved
        return find(self._trial, calls[-1][0]) if len(calls) > 1 else find(self._trial)

    def _read(self, approved: bytes) -> Any:
        if not is_stored(approved):
            raise UsageError(
                f"the approved answer of case {self.id} was not stored, so that there is no case.approved: "
                f"{why_unstored(approved) or 'case.same_as_approved(answer) compares what compare_by= takes'}"
            )
        try:
            return self._work.subject.answers.decode(approved)
        except ModelcheckError as error:
            raise BaselineError(
                f"the approved answer of case {self.id} has a different form than today's answers "
                f"({error.__cause__ or error}). Approve the check again (pytest --modelcheck-update)"
            ) from error

    def record(self, value: Any) -> None:
        """Record ``value`` as the answer of this case, in place of the model's answer.

        Raises:
            UsageError: the value cannot be stored.
        """
        try:
            comparable(value)
        except NotStored as error:
            raise UsageError(f"case.record(...): {error}") from None
        self._result.recorded = value

    def __repr__(self) -> str:
        perturbed = f" under {self.perturbation}" if self.perturbation else ""
        return f"<case {self.id}{perturbed}>"

    def _copy(self, name: str, value: Any) -> Any:
        """Return a copy that the body may change: the same one at each read."""
        copies = self._result.copies
        if copies is None:
            copies = self._result.copies = {}
        if name not in copies:
            copies[name] = copied(value)  # an object that cannot be copied, such as a lock, stays the same
        return copies[name]

    def _named(self) -> str:
        origin = self._trial.case.origin
        return f"case {self.id}" if origin is None else f"case {self.id} ({origin})"


# For the engine: a view's public attributes are only those of its case.
result_of: Callable[[CaseView], Result] = attrgetter("_result")
work_of: Callable[[CaseView], Work] = attrgetter("_work")


def give_score(view: CaseView, value: Any) -> None:
    """Set the score of the current trial.

    Raises:
        UsageError: the value is not a score on the check's scale.
    """
    scale = work_of(view).scale
    try:
        score = None if isinstance(value, str | bytes) else scale.fitted(float(value))
    except (TypeError, ValueError, OverflowError):
        score = None
    if score is None:
        accepted = (
            f"a score of this check is a number {scale}; a scale of its own is given on the marker, "
            "bounds=(LOW, HIGH), or bounds=None where there are no bounds"
        )
        if scale == GRADE:
            accepted = "a score is a number from 0.0 (worst) to 1.0 (best)"
        elif not scale.bounded:
            accepted = f"a score of this check is a finite number, of at most {LARGEST_SCORE:g}"
        raise UsageError(f"score({value!r}): {accepted}")
    result_of(view).score = score


def refuse_case(model: Model, x: object) -> None:
    """Raise a :class:`UsageError` if a model is called with the case, and not with its input."""
    if type(x) is CaseView:
        raise UsageError(
            f"{model.name} was called with the case itself. Call it with its input: {model.name}(case.input)"
        )
