"""The pytest runs of commands: ``modelcheck lint``, ``mutate`` and ``baselines prune`` read their files."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_modelcheck.display import harmless, shown_path
from pytest_modelcheck.lint import LintTarget, chosen, lint, warnings_of
from pytest_modelcheck.lint.body import body_of
from pytest_modelcheck.models.identity import is_alias
from pytest_modelcheck.plugin.collecting import MARKED, check_id
from pytest_modelcheck.plugin.interface import LintWarning
from pytest_modelcheck.plugin.ours import definitions_of
from pytest_modelcheck.plugin.settings import HOME
from pytest_modelcheck.plugin.state import REFUSED, STATE, state_of, warn_at
from pytest_modelcheck.records import Origin
from pytest_modelcheck.reports.mutation import Mutated, Mutation, mutation_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_modelcheck.plugin.collecting import MarkedTest


class LintPlugin:
    """Writes the faults that lint finds in the collected checks as JSON, for ``modelcheck lint``."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Lint every check, and write the faults."""
        if REFUSED in session.config.stash:
            return  # pytest is about to end with the reason
        marked = [
            (item, item.stash[MARKED])
            for item in session.items
            if isinstance(item, pytest.Function) and MARKED in item.stash
        ]
        ignored = state_of(session).settings.lint_ignore if marked else ()
        found = lint((target_of(item, one) for item, one in marked), chosen(ignore=ignored))
        content = {
            "checks": len(marked),
            "unread": [item.nodeid for item, one in marked if one.request.cases is None],
            "faults": [asdict(fault) for fault in found],
        }
        self._path.write_text(json.dumps(content), encoding="utf-8")


def warn(item: pytest.Function, marked: MarkedTest, ignored: Sequence[str]) -> None:
    """Warn of certain mistakes that are visible without reading the cases, except of ignored rules."""
    for fault in warnings_of(target_of(item, marked, read=False), ignored):
        text = f"{fault.message} ({fault.code})"
        warn_at(item, LintWarning(text), fault.line or 1)


def target_of(item: pytest.Function, marked: MarkedTest, *, read: bool = True) -> LintTarget:
    """A check as lint sees it; ``read`` says whether its cases may be read."""
    request, definition = marked.request, marked.definition
    version = state_of(item.session).versions.of(definition.name) if read else None
    floats = version is not None and definition.fingerprint is None and is_alias(version)
    here = item.config.invocation_params.dir
    return LintTarget(
        **request.options(),
        cases=request.cases if read else None,
        test=item.nodeid,
        place=Origin(shown_path(item.path, here), item.function.__code__.co_firstlineno),
        graded="score" in marked.arguments or request.metric is not None,
        varies=None if definition.deterministic is None else not definition.deterministic,
        errors_judge=bool(request.wrong_if),
        alias=version if floats else None,
        body=body_of(item.path, item.function.__qualname__),
    )


class MutatePlugin:
    """Deselects tests that are not checks, and writes the results of the checks to a file."""

    def __init__(self, path: str) -> None:
        self._path = Path(path).absolute()
        self._troubles: list[Mutated] = []

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Deselect ordinary tests: they may do anything, and their results would not count."""
        found: dict[bool, list[pytest.Item]] = {True: [], False: []}
        for item in items:
            found[MARKED in item.stash or "modelcheck" in getattr(item, "fixturenames", ())].append(item)
        if found[False]:
            config.hook.pytest_deselected(items=found[False])
            items[:] = found[True]

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Record a check that was never replayed, for example because its fixture failed."""
        if report.failed:
            from pytest_modelcheck.plugin.received import crash_message

            text = harmless(crash_message(report))
            self._troubles.append(Mutated(report.nodeid, "", "", "", 0, "", trouble=text))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the results."""
        state = session.config.stash.get(STATE, None)
        found = [] if state is None else state.session.mutated or []
        known = {one.check for one in found}
        # A check that was replayed has told more than the failure of its last replay.
        troubles = [one for one in self._troubles if not any(check.startswith(one.check) for check in known)]
        self._path.write_bytes(mutation_json(Mutation((*found, *troubles))))


class ListPlugin:
    """Writes the models of each check, before any is deselected, and the skipped files, to a file."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._skipped: list[str] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note what is skipped as a whole."""
        if report.skipped:
            self._skipped.append(report.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: Sequence[pytest.Item]) -> None:
        """Write the file."""
        if items:
            # `modelcheck` has found the folder of the baselines, and calls it pytest's rootdir.
            items[0].config.stash[HOME] = items[0].config.rootpath
        models = {
            check_id(item): sorted({definition.name for definition in definitions_of(item).values()})
            for item in items
        }
        found = {"models": models, "skipped": self._skipped}
        self._path.write_text(json.dumps(found), encoding="utf-8")
