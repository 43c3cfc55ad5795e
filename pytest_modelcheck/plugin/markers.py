"""Our markers, checked when the test is collected."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.cases import load
from pytest_modelcheck.checks.early import why_not_watched
from pytest_modelcheck.checks.limits import NAMES, Limits, limits_from, yes_or_no
from pytest_modelcheck.checks.spec import CheckOptions
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.numeric import is_number, is_whole
from pytest_modelcheck.records import CHANGE, GRADE, LARGEST_SCORE, Scale

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytest_modelcheck.cases import Cases
    from pytest_modelcheck.checks.drift import Reference
    from pytest_modelcheck.perturb import Levels, Perturbation
    from pytest_modelcheck.records import CheckKind

KINDS: tuple[CheckKind, ...] = ("golden", "invariance", "directional", "drift")

_OF_A_KIND: Mapping[CheckKind, tuple[str, ...]] = {
    "golden": ("bounds", "metric", "shape"),
    "invariance": ("under", "allow_constant"),
    "directional": ("under", "bounds", "allow_constant"),
    "drift": ("reference", "tolerance"),
}
_LIMITS_OF_DRIFT = ("false_fail_rate", "inconclusive", "min_overlap")
"""A distribution has no pass rate, and its cases are a sample by nature."""

_NOT_OF_DRIFT = ("slices", "repeats", "shrink")
_COMMON = (
    "model",
    "slices",
    "wrong_if",
    "gather",
    "repeats",
    "seed",
    "input",
    "expected",
    "paths",
    "n",
    "shrink",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRequest(CheckOptions):
    """The arguments of a marker, or of a call of the ``modelcheck`` fixture.

    Attributes:
        cases: The cases, or ``None`` for those of a fixture named ``cases``.
        metric: The value of ``metric=``, or ``None`` for the pass rate.
        model: The name of the judged model, or ``None`` for the only one.
        wrong_if: Exceptions that are wrong answers.
        gather: Whether bodies may be stopped at a missing answer and restarted; ``None`` for the default of
            the run.
        fields: Options for reading cases: the fields of input and expectation, the number to draw.
        shrink: Whether to search for the smallest change that still fails.
    """

    cases: Cases | None
    metric: object
    model: str | None
    wrong_if: tuple[type[BaseException], ...]
    gather: bool | None
    fields: Mapping[str, Any]
    shrink: bool


def request_of(
    kind: CheckKind,
    arguments: tuple[Any, ...],
    options: Mapping[str, Any],
    defaults: Mapping[str, Any],
    base: Path,
) -> CheckRequest:
    """Check the arguments of a marker.

    Raises:
        UsageError: it is invalid.
    """
    if len(arguments) > 1:
        raise UsageError(
            f"{kind}() takes one source of cases, not {len(arguments)}; give the rest by keyword"
        )
    known = (*NAMES, *_COMMON, *_OF_A_KIND[kind])
    if kind == "drift":
        common = (name for name in _COMMON if name not in _NOT_OF_DRIFT)
        known = (*_LIMITS_OF_DRIFT, *common, *_OF_A_KIND[kind])
    for key in options:
        if key not in known:
            raise UsageError(_unknown(kind, key, known))
    seed = _whole("seed", options.get("seed", 0), 0)
    fields = {
        "seed": seed,
        **{key: options[key] for key in ("input", "expected", "paths", "n") if key in options},
    }
    cases = _source(arguments[0], base, fields) if arguments else None
    levels = _levels(kind, options)
    scale = _scale(kind, options, levels)
    limits = _limits(kind, options, defaults, cases, scale, levels)
    model = options.get("model")
    if not isinstance(model, str | None):
        raise UsageError(f"model={model!r:.60}: write the name of a model, as a text")
    repeats = _whole("repeats", options.get("repeats", 1), 1)
    if options.get("shape") not in (None, "approved"):
        raise UsageError(
            f'shape={options["shape"]!r}: write shape="approved", the shape of the answers that were approved'
        )
    if limits.score_as is not None and int(limits.score_as[5:]) > repeats:
        raise UsageError(f"score_as={limits.score_as!r} needs repeats={limits.score_as[5:]} or more")
    return CheckRequest(
        kind=kind,
        cases=cases,
        perturbations=None if kind in ("golden", "drift") else _perturbations(kind, options, cases),
        levels=levels,
        drift=_drift(options, base, fields) if kind == "drift" else None,
        limits=limits,
        scale=scale,
        metric=options.get("metric"),
        shaped=options.get("shape") is not None,
        model=model,
        slices=_slices(options.get("slices")),
        wrong_if=_wrong_if(options.get("wrong_if", ())),
        gather=None if options.get("gather") is None else yes_or_no("gather", options["gather"]),
        repeats=repeats,
        seed=seed,
        fields=fields,
        shrink=yes_or_no("shrink", options.get("shrink", True)),
        allow_constant=yes_or_no("allow_constant", options.get("allow_constant", False)),
    )


def _drift(options: Mapping[str, Any], base: Path, fields: Mapping[str, Any]) -> Reference:
    from pytest_modelcheck.checks.drift import Reference

    tolerance = options.get("tolerance")
    if tolerance is not None and not (is_number(tolerance) and tolerance >= 0):
        raise UsageError(
            f"tolerance={tolerance!r}: write how far the distribution may move beyond chance: a fraction of "
            "the labels (tolerance=0.05), or a number in the unit of the scores"
        )
    source = options.get("reference")
    cases = None if source is None else _source(source, base, fields)
    return Reference(cases, None if tolerance is None else float(tolerance))


def _unknown(kind: str, key: str, known: Sequence[str]) -> str:
    if key == "under":
        return f"{kind}() uses the cases as they are and takes no under=; to perturb them, use invariance()"
    near = get_close_matches(key, known, 1)
    hint = f"; did you mean {near[0]}?" if near else f" (it takes {', '.join(known)})"
    return f"{kind}() has no keyword {key!r}{hint}"


def _limits(
    kind: CheckKind,
    options: Mapping[str, Any],
    defaults: Mapping[str, Any],
    cases: Cases | None,
    scale: Scale,
    levels: Levels | None,
) -> Limits:
    """The limits of a marker. A default of the ini file that does not fit it is dropped."""
    names = NAMES if kind != "drift" else _LIMITS_OF_DRIFT
    own = {name: options[name] for name in names if name in options}
    given = {name: defaults[name] for name in names if name in defaults} | own
    if "max_changed" in own and "at_least" not in own:
        given.pop("at_least", None)  # a marker that only limits changed answers has no pass rate
    # Over levels, what is judged is not the score but how many cases rise.
    limits = limits_from(given, scale if levels is None else GRADE)
    if limits.population == "sample" and "cluster" not in given and cases is not None:
        limits = replace(limits, cluster=cases.cluster)  # the cases of a template are not independent
    for name, why in _NOT_OF_A_METRIC.items() if options.get("metric") is not None else ():
        if options.get(name) not in (None, False, ()):
            raise UsageError(f"{name}= does not go with metric=: {why}")
    one_by_one = limits.population == "fixed" and limits.cluster is None and limits.score_as is None
    one_by_one = one_by_one and levels is None and options.get("metric") is None
    held = one_by_one and not limits.early_stop and bool(options.get("slices"))
    if limits.max_slice_drop is not None and not held:
        if "max_slice_drop" in own:
            raise UsageError(
                'max_slice_drop= holds each declared slice: name them, slices=["language"]. It does not go '
                'with population="sample", cluster=, score_as=, metric=, early_stop= and levels'
            )
        limits = replace(limits, max_slice_drop=None)
    unwatched = why_not_watched(limits, scale, levels)
    if unwatched is not None and own.get("early_stop"):
        raise UsageError(
            f"early_stop=True does not work for this check: {unwatched}. Remove it, and all cases run"
        )
    return limits


_NOT_OF_A_METRIC: Mapping[str, str] = {
    "max_regressed": "no case passes or fails by itself",
    "score_as": "it scores all runs of a case alike, and averages them",
    **dict.fromkeys(
        ("require_proof", "tolerance"),
        "a metric cannot be proven: the bootstrap is too sure about few cases that are all right",
    ),
    "bounds": "it has no bounds of its own",
    "wrong_if": "an exception has no answer to score; catch it in the body and record what it is worth",
}


def _source(source: Any, base: Path, fields: Mapping[str, Any]) -> Cases:
    cases = load(source, base=base, **fields)
    cases.check()
    return cases


def _perturbations(kind: str, options: Mapping[str, Any], cases: Cases | None) -> tuple[Perturbation, ...]:
    under = options.get("under")
    if under is not None:
        from pytest_modelcheck.perturb import Levels, as_perturbations

        return under.steps if isinstance(under, Levels) else as_perturbations(under)
    if cases is not None:
        first = cases.peek()
        # Usually the first case decides, and no others are read before the tests run.
        if first is None or not (first.variants or any(case.variants for case in cases)):
            raise UsageError(
                f"{kind}() needs under=, a perturbation or a list of them (under=perturb.typos()), or "
                "`variants:` in the cases"
            )
    return ()


def _slices(value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    is_list = isinstance(value, Iterable) and not isinstance(value, str)
    if not is_list or not all(isinstance(key, str) for key in value):
        raise UsageError(f'slices={value!r}: write a list of metadata keys, slices=["language"]')
    return tuple(value)


def _levels(kind: CheckKind, options: Mapping[str, Any]) -> Levels | None:
    """The levels in ``under=``, or ``None`` if it is something else."""
    if "under" not in options:
        return None
    from pytest_modelcheck.perturb import Levels

    under = options["under"]
    if isinstance(under, (list, tuple)) and any(isinstance(one, Levels) for one in under):
        raise UsageError("under=[perturb.levels(...), ...]: levels stand alone, under=perturb.levels(...)")
    if not isinstance(under, Levels):
        return None
    if kind != "directional":
        raise UsageError(f"{kind}() takes no levels: directional() checks whether a score rises")
    return under


def _scale(kind: CheckKind, options: Mapping[str, Any], levels: Levels | None) -> Scale:
    """The range of scores: of grades, or in a directional check of their changes."""
    # Levels compare scores with each other, and a metric has its own range: neither needs bounds.
    if "bounds" not in options and (levels is not None or options.get("metric") is not None):
        return Scale(-math.inf, math.inf)
    if "bounds" not in options:
        return CHANGE if kind == "directional" else GRADE
    value = options["bounds"]
    if value is None:
        return Scale(-math.inf, math.inf)
    ends = list(value) if isinstance(value, (tuple, list)) else []
    small = all(is_number(end) and abs(end) <= LARGEST_SCORE for end in ends)
    if len(ends) != 2 or not small or not ends[0] < ends[1]:
        raise UsageError(
            f"bounds={value!r}: write the lowest and the highest score, bounds=(0, 100), or bounds=None "
            "for no bounds"
        )
    return Scale(float(ends[0]), float(ends[1]))


def _wrong_if(value: Any) -> tuple[type[BaseException], ...]:
    types = value if isinstance(value, (tuple, list)) else (value,)
    for each in types:
        if not (isinstance(each, type) and issubclass(each, Exception)):
            raise UsageError(f"wrong_if={value!r}: write a type of exception, or a tuple of them")
    return tuple(types)


def _whole(name: str, value: Any, least: int) -> int:
    if not is_whole(value, least):
        raise UsageError(f"{name}={value!r}: write a whole number from {least}")
    return value
