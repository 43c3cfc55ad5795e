"""A judge's answers in stored runs: what there is to label, and how often it errs.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import orjson

from pytest_modelcheck.baselines.baseline import results
from pytest_modelcheck.canonical import seen
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.labels.draw import Judged
from pytest_modelcheck.labels.file import key_of

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_modelcheck.baselines.header import Header
    from pytest_modelcheck.cli.project import Workspace
    from pytest_modelcheck.records import CaseResult

Said = dict[str, list[bytes]]
"""What a judge said of something, by its key: an answer for each time it was asked."""


@dataclass(slots=True)
class Heard:
    """The judge's answers, as far as runs are stored.

    Attributes:
        judge: Its name.
        file: Where its labels are.
        judged: What it was given in checks of other models, once each.
        versions: What each of its versions said, also of labels in a check of the judge itself.
    """

    judge: str
    file: Path
    judged: dict[str, Judged] = field(default_factory=dict)
    versions: dict[str, Said] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))


def heard(workspace: Workspace, judge: str, labels: Path | None = None) -> Heard:
    """Collect what a judge said from all result files.

    Args:
        workspace: Where these are.
        judge: The judge's name.
        labels: Where its labels are, where no run says so.

    Raises:
        UsageError: No run that is remembered had this judge.
    """
    found = Heard(judge, labels or workspace.project.root)
    by_case: dict[tuple[str, str], list[Judged]] = defaultdict(list)
    where, others = labels, set()
    for path, header in workspace.candidates.everything():
        correction = _correction(header.run)
        if correction is not None:
            others.add(correction["judge"])
        if header.model == judge:
            _own_check(found.versions[header.version or "unversioned"], results(path)[1])
        elif judge in header.others:
            if (
                where is None
                and correction is not None
                and correction["judge"] == judge
                and correction["file"]
            ):
                where = workspace.project.root / correction["file"]
            _check_of_another(found, header, results(path)[1], by_case)
    for answers in by_case.values():
        differs = len({orjson.dumps(one.said) for one in answers}) > 1
        for one in answers:
            found.judged[one.key] = replace(one, differs=differs)
    if where is None:
        known = ", ".join(sorted(others)) or "none"
        raise UsageError(
            f"no stored run says where the labels of {judge!r} are (judges with runs: {known}). "
            f'Declare @judge_fixture(labels="labels/{judge}.jsonl"), run pytest once, and try again'
        )
    found.file = where
    return found


def _check_of_another(
    found: Heard, header: Header, cases: list[CaseResult], by_case: dict[tuple[str, str], list[Judged]]
) -> None:
    """Return the judge's answers about another model."""
    said = found.versions[header.others[found.judge] or "unversioned"]
    for case in cases:
        for grade in (grade for trial in case.trials for grade in trial.grades):
            if grade.judge == found.judge and grade.given is not None:
                one = Judged(
                    orjson.loads(grade.given), value_of(grade.answer), case.metadata, version=header.version
                )
                said[one.key].append(grade.answer)
                by_case[header.test, case.id].append(one)


def _correction(run: Any) -> dict[str, Any] | None:
    verdict = (run or {}).get("verdict") or {}
    found: dict[str, Any] | None = verdict.get("correction")
    return found


def _own_check(said: Said, cases: list[CaseResult]) -> None:
    """Return the judge's answers in a check of itself, whose cases are its arguments."""
    for case in cases:
        for trial in case.trials:
            if isinstance(case.input, dict) and trial.perturbation is None and trial.asked:
                said[key_of(case.input)].append(trial.asked[0][1])


def value_of(answer: bytes) -> Any:
    """Return a judge's answer in the form of labels."""
    return orjson.loads(seen(answer))
