"""The data of every report: of a run, or of stored results.

All of it is plain data. The JSON report has the same fields; its cases are in the form of
:mod:`~pytest_modelcheck.reports.jsons`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.records import (  # noqa: TC001 - reports read the types
    CaseResult,
    Interval,
    Origin,
    Status,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

# The form of the report. It changes where an old reader could take something for what it is not.
FORM: Final = 1


@dataclass(frozen=True, slots=True)
class PastResult:
    """A version's earlier result of the same check.

    Attributes:
        version: The version.
        status: The status of its verdict; ``None`` if only its answers were stored.
        rate: The pass rate over cases, or the mean score.
        interval: Around the rate.
        approved: Whether it is or was the approved version.
        when: The time of its approval, or run; UTC, ISO 8601.
    """

    version: str
    status: Status | None = None
    rate: float | None = None
    interval: Interval | None = None
    approved: bool = False
    when: str = ""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """One check.

    Attributes:
        verdict: Its verdict.
        cases: Every case, in the order of its source.
        fingerprint: Distinguishes models of the same version.
        origin: The file and line of the test.
        when: The time of the verdict; UTC, ISO 8601, whole seconds.
        rerun: The command that runs it again.
        history: Other versions with stored results, oldest first.
        retires: The day on which the approved version of its model shuts down, ``"2027-01-14"``; ``None``
            if unknown.
        adjusted_p_value: The p-value of its missed limits, adjusted by Holm's method for all checks of the
            run; ``None`` if it misses no limit with a p-value. It does not affect the verdict.
    """

    verdict: Verdict
    cases: tuple[CaseResult, ...] = ()
    fingerprint: str | None = None
    origin: Origin | None = None
    when: str = ""
    rerun: str = ""
    history: tuple[PastResult, ...] = ()
    retires: str | None = None
    adjusted_p_value: float | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """A test that failed for another reason than the verdict of its check.

    Attributes:
        test: Its node id.
        message: Its message.
    """

    test: str
    message: str


@dataclass(frozen=True, slots=True)
class ModelReport:
    """One model.

    Attributes:
        name: Its name.
        version: The version that was tested; ``None`` where it has none.
        approved: The approved version.
        fingerprint: Distinguishes models of the same version.
        retires: The day on which the approved version shuts down, ``"2027-01-14"``; ``None`` if unknown.
    """

    name: str
    version: str | None = None
    approved: str | None = None
    fingerprint: str | None = None
    retires: str | None = None


@dataclass(frozen=True, slots=True)
class RunInfo:
    """The run's time, place and options.

    Attributes:
        started: The start of the run, or of the oldest stored result; UTC, ISO 8601, whole seconds.
        seconds: Its duration; ``None`` if there was no run.
        versions: Of pytest-modelcheck, Python and pytest.
        environment: The operating system, the commit and the CI job, by name, as far as known.
        options: The options and ini values of pytest-modelcheck that were set, by name.
    """

    started: str
    seconds: float | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunReport:
    """All data of a report.

    Attributes:
        run: The run's time, place and options.
        models: The models that were judged, by name.
        checks: The checks, worst first, else by name.
        troubles: Tests that failed for another reason than a verdict, so that checks may be missing.
    """

    run: RunInfo
    models: tuple[ModelReport, ...] = ()
    checks: tuple[CheckReport, ...] = ()
    troubles: tuple[Trouble, ...] = ()


def worst_first(check: CheckReport) -> tuple[int, float, int, tuple[tuple[int, str], ...]]:
    """A sort key: failed, inconclusive, passed; of what did not pass, the greatest loss; then by name.

    Of equal losses, that with more broken cases comes first: answers may change for the better.

    ``[2]`` comes before ``[10]``.
    """
    from pytest_modelcheck.baselines.candidates import natural
    from pytest_modelcheck.reports.worst import loss_of

    verdict = check.verdict
    lost = 0.0 if verdict.passed else round(loss_of(verdict), 6)
    broke = 0 if verdict.passed or verdict.comparison is None else len(verdict.comparison.regressed)
    return -verdict.status.severity, -lost, -broke, natural(verdict.check)
