"""What a check is compared with.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_modelcheck.baselines.candidates import find
from pytest_modelcheck.canonical.wording import plural
from pytest_modelcheck.checks.fold import outcome_of
from pytest_modelcheck.errors import BaselineError
from pytest_modelcheck.models.identity import Files, changed_keys
from pytest_modelcheck.records import Finding, Outcome, Status
from pytest_modelcheck.session.memory import identity

if TYPE_CHECKING:
    from pytest_modelcheck.baselines.baseline import Baseline
    from pytest_modelcheck.models.model import Model
    from pytest_modelcheck.records import Trial
    from pytest_modelcheck.session.inquiry import Inquiry
    from pytest_modelcheck.session.session import Session


def baseline_of(session: Session, subject: Model, check: str) -> Baseline | None:
    """The baseline of a check: that of the version asked for, else the approved one; ``None`` without.

    Raises:
        BaselineError: a version is asked for, and nothing is remembered of it, or only part.
    """
    version = session.places.baseline
    if version is None:
        return session.store.read(subject.name, check)
    found = find(session.store, session.candidates, subject.name, check, version)
    if found is None:
        raise BaselineError(
            f"{check}: nothing is remembered of {subject.name} {version}, so nothing can be compared "
            f"with it. Run it once: pytest --model-version={version}"
        )
    if found.header.stopped:
        raise BaselineError(
            f"{check}: {subject.name} {version} was {found.header.stopped}, and nothing can be compared with "
            f"part of a check. Run all cases: pytest --model-version={version} --modelcheck-no-early-stop"
        )
    return found


def approved_answer(baseline: Baseline | None, trial: Trial) -> bytes | None:
    """The approved version's answer in the first run of a trial, or ``None``."""
    record = None if baseline is None else baseline.get(trial.case.id)
    if record is None or record.input != identity(trial.case):
        return None
    key = (trial.perturbation or "", trial.variant, 0)
    return next((one.answer for one in record.trials if one.key == key), None)


def broken_before(inquiry: Inquiry) -> list[Finding]:
    """Whether the version that was asked for broke on cases, which then cannot be worse now."""
    evidence, version = inquiry.evidence, inquiry.session.places.baseline
    if version is None or evidence.baseline is None or evidence.partial:
        return []
    suspects = [case for case, line in evidence.baseline.lines().items() if b'"outcome":"error"' in line]
    then = [evidence.then[case] for case in suspects if case in evidence.then]
    errors = [outcome_of(record.trials) for record in then].count(Outcome.ERROR)
    if not errors:
        return []
    summary = (
        f"{plural(errors, 'case')} broke with {inquiry.subject.name} {version}, so that nothing tells which "
        f"is better; run it again: pytest --model-version={version}"
    )
    return [Finding("baseline", Status.FAILED, summary, against_baseline=True)]


def other_fingerprint(session: Session, subject: Model) -> list[Finding]:
    """Whether the model has changed without changing its version."""
    approved = session.store.approved(subject.name)
    if approved is None or approved.version != subject.version or approved.fingerprint == subject.fingerprint:
        return []
    keys = changed_keys(approved.fingerprint, subject.fingerprint)
    differs = (
        f"its fingerprint differs in {', '.join(map(repr, keys))}"
        if keys
        else f"its fingerprint is {subject.fingerprint}, and {approved.fingerprint} was approved"
    )
    summary = (
        f"{subject.label} is not the {approved.version} that was approved: {differs}; give the change a "
        f"version of its own{_shared_files(subject)}"
    )
    return [Finding("fingerprint", Status.FAILED, summary, against_baseline=True)]


def _shared_files(subject: Model) -> str:
    """What to do where it may be another version's files that have changed."""
    chosen = subject.definition.fingerprint
    if not isinstance(chosen, Files) or chosen.of_one_version or not subject.definition.takes_version:
        return ""
    return (
        '. Were only files of another version added or changed? Name those of each: files("...{version}...")'
    )
