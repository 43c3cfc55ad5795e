"""The plugin's output: on test reports and on the terminal."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from _pytest._io import TerminalWriter
from _pytest.config import create_terminal_writer

from pytest_modelcheck.baselines.provenance import defines
from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.display import harmless
from pytest_modelcheck.errors import ModelcheckError, UsageError
from pytest_modelcheck.models.definition import shutdown_text
from pytest_modelcheck.phrases import plural
from pytest_modelcheck.plugin.finishing import COMMANDS, NOTES, excused, verdicts_of
from pytest_modelcheck.plugin.ours import definitions_of, is_ours
from pytest_modelcheck.plugin.received import (
    ATTEMPT,
    RECEIVED,
    REPORT,
    RESULTS,
    TROUBLE,
    crash_message,
    is_xfailed,
)
from pytest_modelcheck.plugin.running import ATTACHED, ATTEMPTS, FATAL, VERDICTS, CheckFailed, set_properties
from pytest_modelcheck.plugin.settings import ini
from pytest_modelcheck.plugin.state import STATE
from pytest_modelcheck.records.packing import pack
from pytest_modelcheck.reports.bars import strokes_for
from pytest_modelcheck.reports.outputs import properties
from pytest_modelcheck.reports.summary import QUIET, summary_lines
from pytest_modelcheck.reports.terminal import header_line

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    import pytest
    from _pytest.terminal import TerminalReporter


_UNUSED_SHOWN = 5
_UNUSED_REMEDY = (
    "of a renamed test: modelcheck baselines rename OLD NEW; of a deleted one: modelcheck baselines prune"
)


def header(config: pytest.Config, items: Sequence[pytest.Item]) -> list[str]:
    """One line for the selected tests' models of each version, and for each announced shutdown."""
    state = config.stash[STATE]
    cache = "off" if not state.settings.options.keep else ini(config, "modelcheck_cache_dir")
    used = {one.name: one for item in items if is_ours(item) for one in definitions_of(item).values()}
    # Models with the same versions share a line: a project may have ten of them.
    alike: dict[tuple[str | None, ...], list[str]] = {}
    shutdowns: list[str] = []
    for name in sorted(used):
        version, other_version = state.versions.of(name), state.other_versions.of(name)
        approved = state.session.approved_version(name, version)
        alike.setdefault((version, approved, other_version), []).append(name)
        with suppress(UsageError):  # of retires=: its checks fail of it, and say why
            ends = state.session.shutdowns(used[name], version)
            shutdowns += [f"modelcheck: {name}: {shutdown_text(*each)}" for each in ends]
    lines = [
        header_line(names, version, approved, cache, other)
        for (version, approved, other), names in alike.items()
    ]
    return list(map(harmless, [*lines, *shutdowns]))


def attach(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Attach the new verdicts of a test to its report, and put a failed one into the first line."""
    setattr(report, ATTEMPT, item.stash[ATTEMPTS])
    # A test has a report for each of its phases, and a verdict belongs to one of them.
    judged = item.stash[VERDICTS][item.stash[ATTACHED] :]
    if judged:
        item.stash[ATTACHED] = len(item.stash[VERDICTS])
        setattr(report, REPORT, [pack(one.verdict) for one in judged])
        files = [[str(one.results), one.is_candidate] for one in judged if one.results is not None]
        setattr(report, RESULTS, files)
        # Of this report, and of that of the teardown, which junitxml reads them from.
        found = [one.verdict for one in item.stash[VERDICTS]]
        set_properties(item, properties(list(map(excused, found)) if is_xfailed(report) else found))
        report.user_properties = list(item.user_properties)
    if call.excinfo is None or not isinstance(call.excinfo.value, CheckFailed):
        return
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        path, line, _ = item.location
        # Pytest's short summary quotes the crash: the headline there, and the test's own line.
        crash.message = str(call.excinfo.value).partition("\n")[0]
        crash.path, crash.lineno = path, (line or 0) + 1


def note_trouble(item: pytest.Item, report: pytest.TestReport) -> None:
    """Attach the reason of a failure to the report of a check, unless a verdict explains it."""
    if report.failed and not item.stash[FATAL]:
        setattr(report, TROUBLE, crash_message(report))


def summary(reporter: TerminalReporter, config: pytest.Config) -> None:
    """The section at the end of the run; with ``-q`` and no problems, one line of totals."""
    verdicts = verdicts_of(config)
    verbosity = config.get_verbosity()
    # Another plugin may have put a reporter of its own in the place of pytest's.
    terminal = getattr(reporter, "_tw", None)
    if not isinstance(terminal, TerminalWriter):
        terminal = create_terminal_writer(config)
    strokes = strokes_for(getattr(terminal._file, "encoding", None))  # noqa: SLF001 - pytest's
    compares = bool(config.getoption("modelcheck_against", None))
    lines = list(
        summary_lines(verdicts, terminal.fullwidth, verbosity=verbosity, strokes=strokes, compares=compares)
    )
    # Only pytest's own reporter knows whether its progress line has ended.
    getattr(reporter, "ensure_newline", lambda: None)()
    if terminal.width_of_current_line:
        terminal.line("")
    if len(lines) == 1:
        lines = [(("modelcheck: ", {}), *lines[0])]
    elif lines:
        terminal.sep("=", "modelcheck")
    for line in lines:
        for text, style in line:
            terminal.write(harmless(text), **style)
        terminal.line("")
    lost = [f"lost: {test} ({excerpt(why, 200)})" for test, why in config.stash[RECEIVED].lost()]
    unused = unused_baselines(config) if verbosity >= QUIET else []
    shortened = config.stash[RECEIVED].shortened
    short = [f"{plural(shortened, 'failure is', 'failures are')} shown in short: -v shows them in full"]
    for note in [*(short if shortened else []), *lost, *unused, *config.stash.get(NOTES, [])]:
        terminal.line(harmless(note))
    for command in config.stash.get(COMMANDS, []):
        terminal.line(command)


def unused_baselines(config: pytest.Config) -> list[str]:
    """One line for each baseline whose test no longer exists, as far as this run can tell, and what to do.

    A run can tell for files that it collected completely, and for files that no longer exist.
    """
    state = config.stash.get(STATE, None)
    partial = any("::" in argument for argument in config.args) or config.getoption("lf", default=False)
    if state is None or partial:
        return []
    try:
        entries = [header.test for _, header in state.session.store.entries()]
    except (ModelcheckError, OSError):
        # A damaged baseline fails the check that it belongs to; this list can do without it.
        return []
    gone = [test for test in entries if _is_gone(test, state.collected, state.settings.root)]
    lines = [f"unused baseline: {test} (no such test any more)" for test in gone[:_UNUSED_SHOWN]]
    more = len(gone) - _UNUSED_SHOWN
    lines += [f"(+{more} more unused baselines)"] if more > 0 else []
    return [*lines, _UNUSED_REMEDY] if lines else []


def _is_gone(test: str, collected: Collection[str], root: Path) -> bool:
    path = test.partition("::")[0]
    if not (root / path).exists():
        return True
    # The file was not collected, so nothing is known of its tests.
    if not any(one.startswith(f"{path}::") for one in collected):
        return False
    if any(test == one or test.startswith(f"{one}::") for one in collected):
        return False
    # -k deselects parameters. Only if others of the function were collected is this one gone.
    function = test.partition("[")[0]
    is_collected = any(one.partition("[")[0] == function for one in collected)
    return is_collected or not defines(root / path, function.partition("::")[2].replace("::", "."))
