"""Rules about checks: each takes a check, and yields the faults of its limits, perturbations and body.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.lint.findings import Remark
from pytest_modelcheck.phrases import percent, plural
from pytest_modelcheck.records import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_modelcheck.lint.findings import Target
    from pytest_modelcheck.perturb import Perturbation

# There are too few cases if a check cannot notice a rate this far below its threshold.
FAR: Final = 0.2
# Names of perturbations that change the meaning of a text.
_MEANINGS: Final = re.compile(r"\bnegation\b")


def too_few(target: Target) -> Iterator[Remark]:
    """Thresholds that prove little about a model that varies, because there are too few cases."""
    at_least = target.limits.at_least
    is_proportion = target.varies and not target.graded and target.limits.score_as is None
    if target.cases is None or at_least is None or not 0 < at_least < 1 or not is_proportion:
        return
    runs = _runs(target)
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
        "however low its rate falls, it does not fail"
        if revealed is None
        else f"its rate has to fall to {percent(round(revealed, 2))} before this fails nine times in ten"
    )
    yield Remark(
        f"at_least={at_least:g} with {plural(runs, 'run')}: if the model varies, {falls}; to notice "
        f"{percent(wanted)} takes {needed} runs (more cases, or repeats=). If it does not vary, say so: "
        "deterministic=True"
    )


def cannot_fail(target: Target) -> Iterator[Remark]:
    """Limits that allow everything."""
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


def unchanging(target: Target) -> Iterator[Remark]:
    """Perturbations that change no input."""
    for perturbation in target.perturbations if target.cases else ():
        try:
            applies = any(_variants(perturbation, target))
        except PerturbationError:
            continue  # breaking() reports it
        if not applies:
            inputs = plural(len(target.cases or ()), "input")
            yield Remark(f"under={perturbation.name}: changes nothing in {inputs}")


def breaking(target: Target) -> Iterator[Remark]:
    """Perturbations that cannot work on an input."""
    for perturbation in target.perturbations if target.cases else ():
        try:
            for _ in _variants(perturbation, target):
                pass
        except PerturbationError as error:
            yield Remark(f"under=: {excerpt(str(error), 200)}")


def changing_meaning(target: Target) -> Iterator[Remark]:
    """Perturbations that change the right answer, in a check that requires the same answer."""
    if target.kind != "invariance":
        return
    for perturbation in target.perturbations:
        if _MEANINGS.search(perturbation.name):
            yield Remark(
                f"under={perturbation.name}: changes what the input means, so that another answer may be "
                "right; ask for a direction instead: @pytest.mark.directional"
            )


def unknown_metadata(target: Target) -> Iterator[Remark]:
    """Slices and clusters that name metadata of no case."""
    if not target.cases:
        return
    options = [("slices", key) for key in target.slices]
    if target.limits.cluster is not None:
        options.append(("cluster", target.limits.cluster))
    for option, key in options:
        if key == "expected" or any(key in case.metadata for case in target.cases):
            continue
        names = sorted({name for case in target.cases for name in case.metadata})
        close = difflib.get_close_matches(key, names, 1)
        hint = f"did you mean '{close[0]}'?" if close else f"they have: {', '.join(names) or 'none'}"
        yield Remark(f"{option}: no case has metadata '{key}'; {hint}")


def void(target: Target) -> Iterator[Remark]:
    """Comparisons that cannot make a case fail."""
    for problem, line in target.body.void if target.body is not None else ():
        yield Remark(problem, place=None if target.place is None else Origin(target.place.path, line))


def silent(target: Target) -> Iterator[Remark]:
    """Bodies that cannot make a case fail, in a check without a limit on the answers."""
    limits = target.limits
    judged = limits.max_changed is not None or limits.on_costs or target.errors_judge or target.graded
    judged = judged or target.shaped
    body = target.body
    if judged or target.kind == "drift" or body is None or not body.silent or body.void:
        return
    yield Remark("the test asserts nothing and gives no score(), so every answer passes")


def shadowing(target: Target) -> Iterator[Remark]:
    """Tests that never run, because a later test has the same name."""
    if target.body is None or target.place is None:
        return
    name = target.test.rpartition("::")[2].partition("[")[0]
    for line in target.body.shadows:
        yield Remark(
            f"this {name} never runs: line {target.body.line} defines another one of the same name. Rename "
            "one of them",
            place=Origin(target.place.path, line),
        )


def floating_version(target: Target) -> Iterator[Remark]:
    """Versions that can be moved to another model, of a model without a fingerprint."""
    if target.alias is not None:
        yield Remark(
            f"the version {target.alias!r} is an alias, which may be another model tomorrow, and the model"
            " has no fingerprint="
        )


def perturbed_unread(target: Target) -> Iterator[Remark]:
    """Bodies that never read the perturbed input."""
    asks = target.kind in ("invariance", "directional")
    if not asks or target.body is None or target.body.may_read("perturbed"):
        return
    what = "invariance" if target.kind == "invariance" else "direction"
    yield Remark(f"a check of {what} that never looks at case.perturbed compares nothing")


def _runs(target: Target) -> int:
    """Return the largest number of judged runs. A case counts once: it fails if any of its variants does."""
    cases = target.cases or ()
    if target.limits.cluster is not None:
        key = target.limits.cluster
        return len({str(case.metadata.get(key)) for case in cases})
    return len(cases) * target.repeats


def _variants(perturbation: Perturbation, target: Target) -> Iterator[Any]:
    from pytest_modelcheck.perturb import variants

    for case in target.cases or ():
        yield variants(perturbation, case.input, target.seed, case.id)
