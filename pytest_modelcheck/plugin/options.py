"""Registers the plugin's options: those of the command line, and of the ini file."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pytest_modelcheck.limits import LIMITS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

MARKERS = (
    (
        "golden(cases, *, at_least, max_drop, max_changed, max_regressed, slices, wrong_if, model, ...): "
        "run the test for each known case and judge the pass rate (pytest-modelcheck)"
    ),
    (
        "invariance(cases, *, under, at_least, ...): the answer must not change under a perturbation that "
        "does not matter (pytest-modelcheck)"
    ),
    (
        "directional(cases, *, under, at_least, ...): the answer must move the right way under a change "
        "that matters (pytest-modelcheck)"
    ),
    (
        "drift(cases, *, reference, tolerance, ...): answers, or what the test records of a case, must be "
        "distributed as they were (pytest-modelcheck)"
    ),
)

SWITCHES = {
    "offline": (
        False,
        "never call a model; an answer that is not cached is an error",
        "call models for answers that are not cached",
    ),
    "shrink": (
        True,
        "for a failing check, search for the smallest change of input that still fails; never offline",
        "do not search for the smallest change that still fails (the search makes some more calls)",
    ),
    "github": (
        True,
        "in GitHub Actions, write a job summary and annotations",
        "in GitHub Actions, write no job summary and no annotations",
    ),
    "watch": (
        False,
        "add this run's evidence about the approved version to that of earlier nights, in watch.jsonl",
        "judge this run on its own",
    ),
    "gather": (
        False,
        "stop test bodies at a missing answer and restart them later, so that calls are made together",
        "run every test body once, from start to end",
    ),
}
"""Switches of a run: the default, and the help of the two options on the command line."""

YES_OR_NO = (*(f"modelcheck_{name}" for name in SWITCHES), "modelcheck_redact_stored")
"""Boolean options of the ini file."""


def _exit_code(text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text) < 256:
        return int(text)
    raise _refused(text, "write an exit code from 1 to 255")


def _whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise _refused(text, "write a whole number from 0") from None


def _cache_use(text: str) -> str:
    if text not in ("use", "refresh", "off"):
        raise _refused(text, "write use, refresh or off")
    return text


def _refused(text: str, remedy: str) -> argparse.ArgumentTypeError:
    """The error for an invalid value, with the value made safe to print: argparse would quote it as it is."""
    from pytest_modelcheck.display import harmless

    return argparse.ArgumentTypeError(f"{harmless(repr(text))}: {remedy}")


def add_options(parser: pytest.Parser) -> None:
    """Register our options."""
    group = parser.getgroup("modelcheck", "behavioural tests of models (pytest-modelcheck)")
    group.addoption(
        "--model-version",
        action="append",
        default=[],
        metavar="[NAME=]VERSION",
        help="the version of the model to test; NAME=VERSION (repeatable) where there are several models, "
        "and for judges and other supporting models. Default: the approved version.",
    )
    group.addoption(
        "--modelcheck-update",
        action="store_true",
        help="run and approve: the results of this run become the baseline. Checks must still meet at_least; "
        "limits against the old baseline do not. In CI and without a terminal, add --modelcheck-reason.",
    )
    group.addoption(
        "--modelcheck-reason",
        default="",
        metavar="TEXT",
        help="the reason for the approval, stored in the baselines. Required in CI and without a terminal.",
    )
    group.addoption(
        "--modelcheck-baseline",
        metavar="VERSION",
        help="compare with this version (approved or run before) instead of the approved one.",
    )
    group.addoption(
        "--against",
        "--modelcheck-against",
        dest="modelcheck_against",
        action="append",
        default=[],
        metavar="[NAME=]VERSION",
        help="run this version too, and compare with it instead of the approved one.",
    )
    group.addoption(
        "--modelcheck-case",
        action="append",
        default=[],
        metavar="ID",
        help="run only the case with this id (repeatable); tests without it are deselected.",
    )
    group.addoption(
        "--modelcheck-cache",
        type=_cache_use,
        metavar="use|refresh|off",
        help="use cached answers (default), replace them by new ones, or neither read nor write the cache.",
    )
    group.addoption(
        "--modelcheck-revalidate",
        type=_whole_number,
        metavar="N",
        help="call the model again for N cached answers of each check, to find out whether it still answers "
        "the same: for a nightly job.",
    )
    group.addoption("--modelcheck-lint", metavar="FILE", help=argparse.SUPPRESS)  # for modelcheck lint
    group.addoption("--modelcheck-mutate", metavar="FILE", help=argparse.SUPPRESS)  # for modelcheck mutate
    group.addoption("--modelcheck-collected", metavar="FILE", help=argparse.SUPPRESS)  # for `baselines prune`
    group.addoption(
        "--modelcheck-report",
        action="append",
        default=[],
        metavar="[FORMAT:]PATH",
        help="write a report; the ending or FORMAT: says how (.html, .json, .md, gitlab:). Repeatable.",
    )
    group.addoption(
        "--modelcheck-max-calls",
        type=_whole_number,
        metavar="N",
        help="stop after N model calls; checks that need more are not judged, and fail.",
    )
    group.addoption(
        "--modelcheck-exit-inconclusive",
        type=_exit_code,
        metavar="CODE",
        help="exit with this code if no check failed but one is inconclusive: 125 for git bisect run.",
    )
    for name, (default, *texts) in SWITCHES.items():
        _add_flags(group, name, [f"{text}." for text in texts])
        parser.addini(f"modelcheck_{name}", f"default of --modelcheck-{name}", type="bool", default=default)
    parser.addini("modelcheck_max_calls", "default of --modelcheck-max-calls")
    parser.addini(
        "model_version", "default of --model-version; for several models, one NAME=VERSION per line"
    )
    parser.addini("modelcheck_baseline", "default of --modelcheck-baseline")
    parser.addini("modelcheck_cache", "default of --modelcheck-cache", default="use")
    parser.addini("modelcheck_revalidate", "default of --modelcheck-revalidate")
    parser.addini(
        "modelcheck_approval_runs",
        "how often --modelcheck-update runs each case, unless all its models are declared deterministic",
        default="3",
    )
    parser.addini(
        "modelcheck_baseline_dir",
        "folder of the baselines; searched upward from the tests, else created beside the ini file",
        default="baselines",
    )
    parser.addini(
        "modelcheck_cache_dir",
        "folder of cached answers and candidates, beside that of the baselines",
        default=".modelcheck_cache",
    )
    parser.addini(
        "modelcheck_report",
        "default of --modelcheck-report, one per line, relative to the ini file",
        type="linelist",
        default=[],
    )
    parser.addini(
        "modelcheck_suite_false_fail_rate",
        "the chance that any approved check fails for no reason: lowers modelcheck_false_fail_rate",
    )
    parser.addini(
        "modelcheck_shrink_calls",
        "how many calls --modelcheck-shrink may make, for each check",
        default="200",
    )
    parser.addini(
        "modelcheck_lint_ignore",
        "rules that `modelcheck lint` leaves out, by code: MC105 MC2",
        type="args",
        default=[],
    )
    parser.addini(
        "modelcheck_redact",
        "regular expressions, one per line, of secrets to hide, besides the keys of known providers",
        type="linelist",
        default=[],
    )
    parser.addini(
        "modelcheck_redact_stored",
        "also remove secrets from answers before they are stored and compared",
        type="bool",
        default=False,
    )
    for name, limit in LIMITS.items():
        standard = "" if limit.default is None else f" ({str(limit.default).lower()})"
        parser.addini(f"modelcheck_{name}", f"{limit.text}{standard}")
        if limit.flags:
            _add_flags(group, name, limit.flags)


def _add_flags(group: pytest.OptionGroup, name: str, texts: Sequence[str]) -> None:
    """Add ``--modelcheck-NAME`` and ``--modelcheck-no-NAME``."""
    dashed = name.replace("_", "-")
    for option, action, text in zip(
        (dashed, f"no-{dashed}"), ("store_true", "store_false"), texts, strict=True
    ):
        group.addoption(
            f"--modelcheck-{option}", action=action, default=None, dest=f"modelcheck_{name}", help=text
        )
