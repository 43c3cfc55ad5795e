"""Rules about checks: each takes a check, and yields the faults of its limits, perturbations and body."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.lint.faults import Remark, rule
from pytest_modelcheck.phrases import percent, plural
from pytest_modelcheck.records import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_modelcheck.lint.faults import LintTarget
    from pytest_modelcheck.perturb import Perturbation

# There are too few cases if a check cannot notice a rate this far below its threshold.
FAR: Final = 0.2
# Names of perturbations that change the meaning of a text.
_MEANINGS: Final = re.compile(r"\bnegation\b")


@rule(
    "MC201",
    "too-few-cases",
    why=(
        "A model that varies fails only if noise cannot explain the miss; with few cases, noise explains "
        "nearly every miss."
    ),
    instead=(
        "Add cases or `repeats=`; `modelcheck plan` shows how many. If the model never varies, declare "
        "`deterministic=True`: then every miss counts."
    ),
)
def too_few(target: LintTarget) -> Iterator[Remark]:
    """There are too few cases for `at_least=` to detect a rate 20 points lower (or lower by `tolerance=`, if
    set).
    """
    at_least = target.limits.at_least
    is_proportion = target.varies is not False and not target.graded and target.limits.score_as is None
    if target.cases is None or at_least is None or not 0 < at_least < 1 or not is_proportion:
        return
    # A case counts once, however many variants it has; of a cluster, all cases count as one.
    runs, key = len(target.cases) * target.repeats, target.limits.cluster
    if key is not None:
        runs = len({str(case.metadata.get(key)) for case in target.cases})
    if runs == 0:
        return
    from pytest_modelcheck.stats.rates import detectable_rate, runs_needed

    level = target.limits.false_fail_rate
    revealed = detectable_rate(runs, at_least, level)
    far = FAR if target.limits.tolerance is None else target.limits.tolerance
    wanted = round(at_least - far, 9)
    if wanted <= 0 or (revealed is not None and revealed >= wanted):
        return
    needed = runs_needed(at_least, wanted, level)
    falls = (
        "cannot fail, however low the rate"
        if revealed is None
        else f"fails nine times in ten only if the rate is {percent(round(revealed, 2))} or lower"
    )
    text = (
        f"at_least={at_least:g} with {plural(runs, 'run')} {falls}; to notice a rate of "
        f"{percent(wanted)}, it needs {needed} runs (more cases, or repeats=)"
    )
    if target.varies is None:
        text = f"if the model varies, {text}. If it does not vary, say so: deterministic=True"
    yield Remark(text)


@rule(
    "MC202",
    "cannot-fail",
    why="The check looks strict, but can never fail.",
    instead='Lower it. An `int` is a number of cases, a `float` below 1 or `"2%"` a fraction of them.',
    cheap=True,
)
def cannot_fail(target: LintTarget) -> Iterator[Remark]:
    """A limit allows everything: `at_least=0`, `max_regressed=12` of 12 cases."""
    limits = target.limits
    if limits.at_least is not None and limits.at_least <= target.scale.low:
        yield Remark(f"at_least={limits.at_least:g} is met by every model")
    cases = None if target.cases is None else len(target.cases)
    for name in ("max_drop", "max_changed", "max_regressed"):
        allowed = getattr(limits, name)
        if isinstance(allowed, float) and allowed >= target.scale.width:
            yield Remark(f"{name}={allowed!r} allows everything; an int is a number of cases")
        elif isinstance(allowed, int) and cases is not None and 0 < cases <= allowed:
            yield Remark(f"{name}={allowed} of {plural(cases, 'case')} allows everything")


@rule(
    "MC203",
    "changes-nothing",
    why="Its name in the report suggests a test that never happens.",
    instead="Remove it, or add cases that it applies to.",
)
def unchanging(target: LintTarget) -> Iterator[Remark]:
    """A perturbation leaves every input unchanged."""
    for perturbation in (target.perturbations or ()) if target.cases else ():
        try:
            applies = any(_variants(perturbation, target))
        except PerturbationError:
            continue  # breaking() reports it
        if not applies:
            inputs = plural(len(target.cases or ()), "input")
            yield Remark(f"under={perturbation.name}: changes nothing in {inputs}")


@rule(
    "MC205",
    "broken-perturbation",
    why="The check fails before it calls the model.",
    instead="Correct it, or give it `field=`.",
)
def breaking(target: LintTarget) -> Iterator[Remark]:
    """A perturbation cannot work on an input."""
    for perturbation in (target.perturbations or ()) if target.cases else ():
        try:
            for _ in _variants(perturbation, target):
                pass
        except PerturbationError as error:
            yield Remark(f"under=: {excerpt(str(error), 200)}")


@rule(
    "MC204",
    "changes-meaning",
    why="The right answer changes, so that a good model fails.",
    instead="Use `@pytest.mark.directional`.",
    cheap=True,
)
def changing_meaning(target: LintTarget) -> Iterator[Remark]:
    """A perturbation that changes what the input means, in a check of invariance."""
    if target.kind != "invariance":
        return
    for perturbation in target.perturbations or ():
        if _MEANINGS.search(perturbation.name):
            yield Remark(
                f"under={perturbation.name}: changes what the input means, so that another answer may be "
                "right; ask for a direction instead: @pytest.mark.directional"
            )


@rule(
    "MC208",
    "unknown-metadata",
    why="The check ends in an error.",
    instead="Correct the spelling, or add the key to the cases.",
)
def unknown_metadata(target: LintTarget) -> Iterator[Remark]:
    """`slices=` or `cluster=` names a metadata key that no case has."""
    if not target.cases:
        return
    options = [("slices", key) for key in target.slices or ()]
    if target.limits.cluster is not None:
        options.append(("cluster", target.limits.cluster))
    for option, key in options:
        if key == "expected" or any(key in case.metadata for case in target.cases):
            continue
        names = sorted({name for case in target.cases for name in case.metadata})
        close = difflib.get_close_matches(key, names, 1)
        hint = f"did you mean '{close[0]}'?" if close else f"they have: {', '.join(names) or 'none'}"
        yield Remark(f"{option}: no case has metadata '{key}'; {hint}")


@rule(
    "MC206",
    "void-comparison",
    why="Every answer passes.",
    instead="Correct the comparison.",
    cheap=True,
)
def void(target: LintTarget) -> Iterator[Remark]:
    """A comparison that can never fail: without `assert`, of a tuple, or of a value with itself."""
    for problem, line in target.body.void if target.body is not None else ():
        yield Remark(problem, place=None if target.place is None else Origin(target.place.path, line))


@rule(
    "MC209",
    "nothing-asserted",
    why="Every answer passes.",
    instead="Write an `assert`, or set `max_changed=` if answers should stay as approved.",
    cheap=True,
)
def silent(target: LintTarget) -> Iterator[Remark]:
    """The body asserts nothing and gives no score, and there is no `max_changed=`."""
    limits = target.limits
    judged = limits.max_changed is not None or limits.on_costs or target.errors_judge or target.graded
    judged = judged or target.shaped
    body = target.body
    if judged or target.kind == "drift" or body is None or not body.silent or body.void:
        return
    yield Remark("the test asserts nothing and gives no score(), so every answer passes")


@rule(
    "MC210",
    "shadowed-test",
    why="Python keeps the last: the earlier one never runs, without a message.",
    instead="Rename one of them.",
    cheap=True,
)
def shadowing(target: LintTarget) -> Iterator[Remark]:
    """A test has the name of a later one, in the same module or class."""
    if target.body is None or target.place is None:
        return
    name = target.test.rpartition("::")[2].partition("[")[0]
    for line in target.body.shadows:
        yield Remark(
            f"this {name} never runs: line {target.body.line} defines another one of the same name. Rename "
            "one of them",
            place=Origin(target.place.path, line),
        )


@rule(
    "MC211",
    "floating-version",
    why=(
        "It may be another model tomorrow. So its answers are not cached between runs, and a baseline does "
        "not identify the approved model."
    ),
    instead=(
        "Name the exact version, or give the model fixture a `fingerprint=` that resolves the alias: "
        "`fingerprint=lambda: registry.resolve(...)`."
    ),
)
def floating_version(target: LintTarget) -> Iterator[Remark]:
    """The version of the model is an alias, such as `latest` or `models:/triage@champion`, without a
    `fingerprint=`.
    """
    if target.alias is not None:
        yield Remark(
            f"the version {target.alias!r} is an alias, which may be another model tomorrow, and the model"
            " has no fingerprint="
        )


@rule(
    "MC207",
    "perturbed-unread",
    why="The check compares nothing.",
    instead="Compare `model(case.perturbed)` with `model(case.input)`.",
    cheap=True,
)
def perturbed_unread(target: LintTarget) -> Iterator[Remark]:
    """The body of a check of invariance or direction never reads `case.perturbed`."""
    asks = target.kind in ("invariance", "directional")
    if not asks or target.body is None or target.body.may_read("perturbed"):
        return
    what = "invariance" if target.kind == "invariance" else "direction"
    yield Remark(f"a check of {what} that never looks at case.perturbed compares nothing")


def _variants(perturbation: Perturbation, target: LintTarget) -> Iterator[Any]:
    from pytest_modelcheck.perturb import variants

    for case in target.cases or ():
        yield variants(perturbation, case.input, target.seed, case.id)
