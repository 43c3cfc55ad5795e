"""``modelcheck judge``: how often a judge agrees with people, and where it is wrong.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import click
import orjson

from pytest_modelcheck.baselines.baseline import results
from pytest_modelcheck.canonical import excerpt, seen
from pytest_modelcheck.cli.screen import indented, print_lines
from pytest_modelcheck.display import shown_path
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.labels import Judged, key_of, read
from pytest_modelcheck.phrases import percent, plural
from pytest_modelcheck.stats.judging import Errors
from pytest_modelcheck.stats.paired import mcnemar_exact
from pytest_modelcheck.stats.rates import clopper_pearson

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_modelcheck.baselines.header import Header
    from pytest_modelcheck.cli.project import Workspace
    from pytest_modelcheck.labels import Label
    from pytest_modelcheck.records import CaseResult


# What a judge said of something, by its key: an answer for each time it was asked.
Said = dict[str, list[bytes]]


@dataclass(slots=True)
class Heard:
    """The judge's answers in all stored runs.

    Attributes:
        judge: Its name.
        file: Its label file.
        judged: Its inputs in checks of other models, without repeats.
        versions: The answers of each of its versions, including those in checks of the judge itself.
    """

    judge: str
    file: Path
    judged: dict[str, Judged] = field(default_factory=dict)
    versions: dict[str, Said] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))


def heard(workspace: Workspace, judge: str, labels: Path | None = None) -> Heard:
    """Collect the answers of a judge from all result files.

    Raises:
        UsageError: No stored run used this judge.
    """
    found = Heard(judge, labels or workspace.project.root)
    by_case: dict[tuple[str, str], list[Judged]] = defaultdict(list)
    where, others = labels, set()
    for path, header in workspace.candidates.everything():
        correction = header.run.get("verdict", {}).get("correction")
        if correction is not None:
            others.add(correction["judge"])
        if header.model == judge:
            said = found.versions[header.version or "unversioned"]
            for case in results(path)[1]:  # the arguments of the judge are the input
                for trial in case.trials:
                    if isinstance(case.input, dict) and trial.perturbation is None and trial.asked:
                        said[key_of(case.input)].append(trial.asked[0][1])
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


def value_of(answer: bytes) -> Any:
    """Convert a judge's answer to the form of labels."""
    return orjson.loads(seen(answer))


_OF_THE_LABEL: Final = frozenset({"by", "when", "note", "version"})
_SHOWN: Final = 10
_LEVEL: Final = 0.975
_WORDS: Final = {"true": "yes", "false": "no"}

# A label, and what the judge said of the same.
Pair = tuple["Label", Any]


def judge(workspace: Workspace, name: str, file: Path | None, *, every: bool) -> None:
    """Compare the answers of each version of a judge with the labels.

    Raises:
        UsageError: No stored run judged anything that has a label.
        LabelError: The labels cannot be read.
    """
    found = heard(workspace, name, file)
    labels = read(found.file)
    if not labels:
        raise UsageError(f"{shown_path(found.file)} holds no labels yet: modelcheck label {name}")
    versions = {
        version: {key: value_of(answers[0]) for key, answers in said.items() if key in labels}
        for version, said in sorted(found.versions.items())
    }
    versions = {version: said for version, said in versions.items() if said}
    if not versions:
        raise UsageError(
            f"{name} judged nothing that has a label, in the stored runs. Run its check on the "
            f'labels: @pytest.mark.golden("{found.file.name}", model="{name}")'
        )
    for version, said in versions.items():
        pairs = [(labels[key], value) for key, value in said.items()]
        print_lines(
            _of_version(f"{name} {version}", pairs, len(labels), found.versions[version], every=every)
        )
    names = list(versions)
    for one, other in pairwise(names):
        print_lines(_two(labels, (one, versions[one]), (other, versions[other])))


def _of_version(title: str, pairs: Sequence[Pair], labels: int, said: Said, *, every: bool) -> Iterator[str]:
    yield click.style(f"{title}: judged {len(pairs)} of {plural(labels, 'label')}", bold=True)
    abstains = sum(value is None for _, value in pairs)
    if abstains:
        yield f"  abstains     {_share(abstains, len(pairs))}"
    pairs = [(label, value) for label, value in pairs if value is not None]
    people, judged = [label.said for label, _ in pairs], [value for _, value in pairs]
    if all(map(_is_number, judged)) and all(isinstance(value, (int, float)) for value in people):
        yield from _of_scores(list(map(float, people)), judged)
    else:
        yield from _of_classes(list(map(_word, people)), list(map(_word, judged)))
        yield from _by_slice(pairs)
    yield from _repeats(said)
    wrong = [(label, value) for label, value in pairs if not _agree(label.said, value)]
    if wrong:
        yield f"  errs ({len(wrong)}):"
    for label, value in wrong if every else wrong[:_SHOWN]:
        given = label.given if isinstance(label.given, dict) else {"given": label.given}
        listed = ", ".join(f"{name}={excerpt(one, 60)}" for name, one in given.items())
        note = f"  ({excerpt(label.metadata['note'], 80)})" if label.metadata.get("note") else ""
        yield from indented([f"said {_word(value)}, people {_word(label.said)}: {listed}{note}"], 4)
    if len(wrong) > _SHOWN and not every:
        yield f"    (+{len(wrong) - _SHOWN} more: --all)"
    yield ""


def _of_classes(people: Sequence[str], judged: Sequence[str]) -> Iterator[str]:
    """The confusion matrix, and the rates that follow from it."""
    from sklearn.metrics import cohen_kappa_score

    names = sorted({*people, *judged}, key=lambda name: (name != "yes", name))
    counts = Counter(zip(judged, people, strict=True))
    room = max(9, *(len(excerpt(name, 16)) + 2 for name in names))
    yield "  " + "judge \\ people".ljust(18) + "".join(excerpt(name, 16).rjust(room) for name in names)
    for row in names:
        cells = "".join(str(counts[row, column]).rjust(room) for column in names)
        yield f"    {excerpt(row, 16).ljust(16)}{cells}"
    agreed = sum(one == other for one, other in zip(people, judged, strict=True))
    yield f"  agreement    {_share(agreed, len(people))}"
    if {*names} <= {"yes", "no"}:
        errors = Errors(people.count("yes"), counts["yes", "yes"], people.count("no"), counts["no", "no"])
        yield f"  sensitivity  {_share(errors.yes_right, errors.yes)}"
        yield f"  specificity  {_share(errors.no_right, errors.no)}"
    if len(names) > 1:
        yield f"  kappa        {cohen_kappa_score(people, judged):.2f}"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _of_scores(people: Sequence[float], judged: Sequence[float]) -> Iterator[str]:
    from scipy.stats import spearmanr

    if not people:
        return
    off = [said - true for true, said in zip(people, judged, strict=True)]
    yield f"  off by       {sum(off) / len(off):+.3g} on average, {sum(map(abs, off)) / len(off):.3g} in size"
    if len(off) > 2 and len(set(people)) > 1 and len(set(judged)) > 1:
        yield f"  rank corr.   {spearmanr(people, judged).statistic:.2f}"


def _by_slice(pairs: Sequence[Pair]) -> Iterator[str]:
    groups: dict[str, list[bool]] = defaultdict(list)
    for label, value in pairs:
        for name, of in label.metadata.items():
            if name not in _OF_THE_LABEL and isinstance(of, (str, bool, int)):
                groups[f"{name}={of}"].append(_agree(label.said, value))
    chosen = sorted((sum(own) / len(own), name) for name, own in groups.items() if 1 < len(own) < len(pairs))
    for number, (_, name) in enumerate(chosen[:_SHOWN]):
        own = groups[name]
        yield f"  {'by slice' if not number else '':<12} {excerpt(name, 30)}: {_share(sum(own), len(own))}"


def _repeats(said: Said) -> Iterator[str]:
    often = [answers for answers in said.values() if len(answers) > 1]
    if often:
        same = sum(len({seen(answer) for answer in answers}) == 1 for answers in often)
        yield f"  repeats      {_share(same, len(often))} gave the same answer each time"


def _two(
    labels: Mapping[str, Label], one: tuple[str, Mapping[str, Any]], other: tuple[str, Mapping[str, Any]]
) -> Iterator[str]:
    shared = sorted(one[1].keys() & other[1].keys())
    if not shared:
        return
    right = [
        (_agree(labels[key].said, one[1][key]), _agree(labels[key].said, other[1][key])) for key in shared
    ]
    lost, won = sum(a and not b for a, b in right), sum(b and not a for a, b in right)
    chance = min(1.0, 2 * mcnemar_exact(max(lost, won), min(lost, won)))
    yield (
        f"{one[0]} against {other[0]}, on {plural(len(shared), 'label')}: {sum(a for a, _ in right)} and "
        f"{sum(b for _, b in right)} right, {lost + won} decided otherwise (exact McNemar p = {chance:.2g})"
    )


def _share(count: int, of: int) -> str:
    if not of:
        return "no label"
    low, high = clopper_pearson(count, of, _LEVEL)
    return f"{count}/{of} ({percent(count / of)}, 95% from {low:.0%} to {high:.0%})"


def _agree(label: Any, said: Any) -> bool:
    return bool(
        float(label) == said
        if _is_number(said) and not isinstance(label, str)
        else _word(label) == _word(said)
    )


def _word(value: Any) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return _WORDS.get(text, text)
