"""``modelcheck judge``: how often a judge agrees with people, and where it is wrong."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any, Final

import click
import orjson

from pytest_modelcheck.baselines.baseline import results
from pytest_modelcheck.canonical import compared_part, excerpt
from pytest_modelcheck.cli.project import with_workspace
from pytest_modelcheck.cli.screen import indented, print_lines
from pytest_modelcheck.display import shown_path
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.labels import JudgedAnswer, key_of, mismatch, read
from pytest_modelcheck.numeric import is_number
from pytest_modelcheck.phrases import percent, plural
from pytest_modelcheck.reports.bars import cut, padded, width_of
from pytest_modelcheck.stats.judging import Errors
from pytest_modelcheck.stats.paired import mcnemar_exact
from pytest_modelcheck.stats.rates import clopper_pearson

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_modelcheck.cli.project import Workspace
    from pytest_modelcheck.labels import Label


# A judge's answers to each of its inputs, by the key of the input: one for each call.
Answers = dict[str, list[bytes]]


@dataclass(frozen=True, slots=True)
class JudgeAnswers:
    """The judge's answers in all stored runs.

    Attributes:
        file: Its label file.
        judged: Its inputs in checks of other models, without repeats.
        versions: The answers of each of its versions, including those in checks of the judge itself.
    """

    file: Path
    judged: dict[str, JudgedAnswer]
    versions: dict[str, Answers]


def answers_of_judge(workspace: Workspace, judge: str, labels: Path | None = None) -> JudgeAnswers:
    """Collect the answers of a judge from all result files.

    Raises:
        UsageError: No stored run used this judge.
    """
    judged: dict[str, JudgedAnswer] = {}
    versions: dict[str, Answers] = defaultdict(lambda: defaultdict(list))
    by_case: dict[tuple[str, str], list[JudgedAnswer]] = defaultdict(list)
    others = set()
    for path, header in workspace.candidates.everything():
        correction = header.run.get("verdict", {}).get("correction") or {"judge": None, "file": None}
        others.add(correction["judge"])
        if header.model == judge:
            answers = versions[header.version or "unversioned"]
            for case in results(path)[1]:  # the arguments of the judge are the input
                for trial in case.trials:
                    if isinstance(case.input, dict) and trial.perturbation is None and trial.calls:
                        answers[key_of(case.input)].append(trial.calls[0][1])
        elif judge in header.others:
            if labels is None and correction["judge"] == judge and correction["file"]:
                labels = workspace.project.root / correction["file"]
            answers = versions[header.others[judge] or "unversioned"]
            for case in results(path)[1]:
                graded = [
                    (orjson.loads(grade.given), grade.answer)
                    for trial in case.trials
                    for grade in trial.grades
                    if grade.judge == judge and grade.given is not None
                ]
                for given, answer in graded:
                    one = JudgedAnswer(given, value_of(answer), case.metadata, version=header.version)
                    answers[one.key].append(answer)
                    by_case[header.test, case.id].append(one)
    for several in by_case.values():
        differs = len({orjson.dumps(one.answer) for one in several}) > 1
        judged |= {one.key: replace(one, differs=differs) for one in several}
    if labels is None:
        known = ", ".join(sorted(filter(None, others))) or "none"
        raise UsageError(
            f"no stored run says where the labels of {judge!r} are (judges with runs: {known}). "
            f'Declare @judge_fixture(labels="labels/{judge}.jsonl"), run pytest once, and try again'
        )
    return JudgeAnswers(labels, judged, versions)


def value_of(answer: bytes) -> Any:
    """Convert a judge's answer to the form of labels."""
    return orjson.loads(compared_part(answer))


_OF_THE_LABEL: Final = frozenset({"by", "when", "note", "version"})
_SHOWN: Final = 10
_LEVEL: Final = 0.975

# A label, and the answer of the judge to the same input.
Pair = tuple["Label", Any]


LABELS: Final = click.option(
    "--labels",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The label file; by default the one named by the judge's fixture.",
)


@click.command()
@click.argument("judge")
@click.option("--all", "every", is_flag=True, help="Show every case where it is wrong.")
@LABELS
@with_workspace
def judge(workspace: Workspace, judge: str, file: Path | None, *, every: bool) -> None:
    """Show how often JUDGE agrees with its labels.

    Uses the stored results of the last runs: for each version of the judge, its verdicts on labelled answers,
    and where they are wrong.
    """
    found = answers_of_judge(workspace, judge, file)
    labels = read(found.file)
    if not labels:
        raise UsageError(f"{shown_path(found.file)} holds no labels yet: modelcheck label {judge}")
    versions = {
        version: {key: value_of(own[0]) for key, own in answers.items() if key in labels}
        for version, answers in sorted(found.versions.items())
    }
    versions = {version: values for version, values in versions.items() if values}
    if not versions:
        raise UsageError(
            f"{judge} judged nothing that has a label, in the stored runs. Run its check on the "
            f'labels: @pytest.mark.golden("{shown_path(found.file)}", model="{judge}"), where the path is '
            "relative to the test"
        )
    for version, values in versions.items():
        pairs = [(labels[key], value) for key, value in values.items()]
        if (why := mismatch([label for label, _ in pairs], values.values())) is not None:
            raise UsageError(f"{judge} {version}: {why}. Correct {shown_path(found.file)}")
        title = f"{judge} {version}: judged {len(pairs)} of {plural(len(labels), 'label')}"
        print_lines(_of_version(title, pairs, found.versions[version], every=every))
    for one, other in pairwise(versions):
        print_lines(_two(labels, (one, versions[one]), (other, versions[other])))


def _of_version(title: str, pairs: Sequence[Pair], answers: Answers, *, every: bool) -> Iterator[str]:
    yield click.style(title, bold=True)
    abstains = sum(value is None for _, value in pairs)
    if abstains:
        yield f"  abstains     {_share(abstains, len(pairs))}"
    pairs = [(label, value) for label, value in pairs if value is not None]
    people, judged = [label.value for label, _ in pairs], [value for _, value in pairs]
    if all(map(is_number, judged)) and all(isinstance(value, (int, float)) for value in people):
        yield from _of_scores(list(map(float, people)), judged)
    else:
        yield from _of_classes(list(map(word_of, people)), list(map(word_of, judged)))
        yield from _by_slice(pairs)
    often = [several for several in answers.values() if len(several) > 1]
    if often:
        same = sum(len(set(map(compared_part, several))) == 1 for several in often)
        yield f"  repeats      {_share(same, len(often))} gave the same answer each time"
    wrong = [(label, value) for label, value in pairs if not _agree(label.value, value)]
    if wrong:
        yield f"  errs ({len(wrong)}):"
    for label, value in wrong if every else wrong[:_SHOWN]:
        given = label.given if isinstance(label.given, dict) else {"given": label.given}
        listed = ", ".join(f"{name}={excerpt(one, 60)}" for name, one in given.items())
        note = f"  ({excerpt(label.metadata['note'], 80)})" if label.metadata.get("note") else ""
        yield from indented([f"said {word_of(value)}, people {word_of(label.value)}: {listed}{note}"], 4)
    if len(wrong) > _SHOWN and not every:
        yield f"    (+{len(wrong) - _SHOWN} more: --all)"
    yield ""


def _of_classes(people: Sequence[str], judged: Sequence[str]) -> Iterator[str]:
    """The confusion matrix, and the rates that follow from it."""
    from sklearn.metrics import cohen_kappa_score

    names = sorted({*people, *judged}, key=lambda name: (name != "yes", name))
    counts = Counter(zip(judged, people, strict=True))
    heads = [cut(name, 16) for name in names]
    room = max(9, *(width_of(head) + 2 for head in heads))
    titles = "".join(" " * (room - width_of(head)) + head for head in heads)
    yield "  " + "judge \\ people".ljust(18) + titles
    for row, head in zip(names, heads, strict=True):
        cells = "".join(str(counts[row, column]).rjust(room) for column in names)
        yield f"    {padded(head, 16)}{cells}"
    agreed = sum(one == other for one, other in zip(people, judged, strict=True))
    yield f"  agreement    {_share(agreed, len(people))}"
    if {*names} <= {"yes", "no"}:
        errors = Errors(people.count("yes"), counts["yes", "yes"], people.count("no"), counts["no", "no"])
        yield f"  sensitivity  {_share(errors.yes_right, errors.yes)}"
        yield f"  specificity  {_share(errors.no_right, errors.no)}"
    if len(names) > 1:
        yield f"  kappa        {cohen_kappa_score(people, judged):.2f}"


def _of_scores(people: Sequence[float], judged: Sequence[float]) -> Iterator[str]:
    from scipy.stats import spearmanr

    if not people:
        return
    off = [score - true for true, score in zip(people, judged, strict=True)]
    yield f"  off by       {fmean(off):+.3g} on average, {fmean(map(abs, off)):.3g} in size"
    if len(off) > 2 and len(set(people)) > 1 and len(set(judged)) > 1:
        yield f"  rank corr.   {spearmanr(people, judged).statistic:.2f}"


def _by_slice(pairs: Sequence[Pair]) -> Iterator[str]:
    groups: dict[str, list[bool]] = defaultdict(list)
    for label, value in pairs:
        for name, of in label.metadata.items():
            if name not in _OF_THE_LABEL and isinstance(of, (str, bool, int)):
                groups[f"{name}={of}"].append(_agree(label.value, value))
    chosen = sorted((fmean(own), name) for name, own in groups.items() if 1 < len(own) < len(pairs))
    for number, (_, name) in enumerate(chosen[:_SHOWN]):
        own = groups[name]
        yield f"  {'by slice' if not number else '':<12} {excerpt(name, 30)}: {_share(sum(own), len(own))}"


def _two(
    labels: Mapping[str, Label], one: tuple[str, Mapping[str, Any]], other: tuple[str, Mapping[str, Any]]
) -> Iterator[str]:
    shared = sorted(one[1].keys() & other[1].keys())
    if not shared:
        return
    right = [
        (_agree(labels[key].value, one[1][key]), _agree(labels[key].value, other[1][key])) for key in shared
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


def _agree(label: Any, answer: Any) -> bool:
    if is_number(answer) and not isinstance(label, str):
        return bool(float(label) == answer)
    return word_of(label) == word_of(answer)


def word_of(value: Any) -> str:
    """A verdict as a word: yes and no, the name of a category, a score."""
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return {"true": "yes", "false": "no"}.get(text, text)
