"""What a run says of its checks, on reports and on the terminal, and what it approves at its end.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_modelcheck import __version__
from pytest_modelcheck.baselines.approvals import Signature, approve
from pytest_modelcheck.baselines.candidates import CandidateStore
from pytest_modelcheck.baselines.identity import approver, now
from pytest_modelcheck.baselines.store import BaselineStore
from pytest_modelcheck.errors import ModelcheckError
from pytest_modelcheck.plugin.hooks import RECEIVED, REPORT
from pytest_modelcheck.plugin.running import VERDICTS, CheckFailed
from pytest_modelcheck.plugin.settings import settings_of
from pytest_modelcheck.plugin.state import STATE
from pytest_modelcheck.plugin.transport import pack, unpack
from pytest_modelcheck.reports.terminal import header_line, summary_lines
from pytest_modelcheck.session.session import CANDIDATES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _pytest.terminal import TerminalReporter

    from pytest_modelcheck.records import Verdict

_APPROVALS = pytest.StashKey[list[str]]()


def header(config: pytest.Config) -> list[str]:
    """A line for each model that the collected tests use."""
    state = config.stash[STATE]
    cache = "off" if not state.settings.places.keep else config.getini("modelcheck_cache_dir")
    return [
        header_line(name, state.versions.of(name), state.session.approved_version(name), cache)
        for name in sorted(state.used)
    ]


def attach(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Put the verdicts of a test on its report, and the verdict in the first line of a failure."""
    judged = item.stash.get(VERDICTS, [])
    if judged:
        setattr(report, REPORT, [pack(one.verdict) for one in judged])
    if call.excinfo is None or not isinstance(call.excinfo.value, CheckFailed):
        return
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        path, line, _ = item.location
        crash.message = str(call.excinfo.value).partition("\n")[0]
        crash.path, crash.lineno = path, (line or 0) + 1


def finish(config: pytest.Config) -> None:
    """Approve what this run saw, where ``--modelcheck-update`` asks for it."""
    lines: list[str] = []
    config.stash[_APPROVALS] = lines
    if config.getoption("modelcheck_update"):
        lines += _approve(config, _verdicts(config))


def summary(reporter: TerminalReporter, config: pytest.Config) -> None:
    """The section at the end of the run."""
    verdicts = _verdicts(config)
    reporter.section("modelcheck")
    for text, markup in summary_lines(verdicts, reporter._tw.fullwidth):  # noqa: SLF001 - the terminal's width
        reporter.write_line(text, **markup)
    for line in config.stash.get(_APPROVALS, []):
        reporter.write_line(line)


def _verdicts(config: pytest.Config) -> list[Verdict]:
    return [unpack(packed) for packed in config.stash[RECEIVED].verdicts]


def _approve(config: pytest.Config, verdicts: list[Verdict]) -> Iterator[str]:
    settings = settings_of(config)
    store = BaselineStore(settings.places.baselines)
    candidates = CandidateStore(settings.places.cache / CANDIDATES)
    signature = Signature(approver(settings.root), now(), plugin=__version__)
    versions = {(verdict.model, verdict.version) for verdict in verdicts}
    for model, version in sorted(versions, key=str):
        if version is None:
            yield f"{model} was not approved: it has no version. Name it: pytest --model-version=VERSION"
            continue
        seen = frozenset(one.check for one in verdicts if (one.model, one.version) == (model, version))
        try:
            report = approve(
                candidates,
                store,
                settings.root,
                model=model,
                version=version,
                signature=signature,
                select=seen.__contains__,
            )
        except (ModelcheckError, OSError) as error:
            yield f"{model} {version} was not approved: {error}"
            continue
        for refusal in report.refused:
            yield f"not approved: {refusal.check}: {'; '.join(refusal.reasons)}"
        if report.approved:
            yield f"approved: {model} {version}, {len(report.approved)} checks in {_folder(config, settings.places.baselines)}"


def _folder(config: pytest.Config, folder: Any) -> str:
    try:
        return str(folder.relative_to(config.invocation_params.dir))
    except ValueError:
        return str(folder)
