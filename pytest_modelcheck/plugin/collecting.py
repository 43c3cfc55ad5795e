"""Reads, checks and selects the collected tests that are checks."""

from __future__ import annotations

import unittest
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_modelcheck.baselines.baseline import read_header
from pytest_modelcheck.baselines.names import check_path, composed, relative
from pytest_modelcheck.display import harmless
from pytest_modelcheck.errors import CaseError, ModelcheckError, UsageError, located
from pytest_modelcheck.plugin.interface import ModelcheckWarning
from pytest_modelcheck.plugin.ours import (
    argument_names,
    definitions_of,
    fixture_definitions,
    is_ours,
    own_fixtures,
    test_name,
)
from pytest_modelcheck.plugin.received import CHECKS, MISTAKES
from pytest_modelcheck.plugin.redaction import sendable
from pytest_modelcheck.plugin.settings import home_folder, settle_home
from pytest_modelcheck.plugin.state import REFUSED, file_of, model_definitions, state_of, warn_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_modelcheck.models.definition import Definition
    from pytest_modelcheck.plugin.markers import CheckRequest
    from pytest_modelcheck.plugin.state import State


@dataclass(frozen=True, slots=True)
class MarkedTest:
    """A test that is a check.

    Attributes:
        request: The kind of check, its cases and its limits, as its marker gives them.
        subject: The fixture of the judged model.
        definition: The declaration of that model.
        others: The fixtures of the other models that the test uses.
        arguments: The plugin's own fixtures that the body takes as arguments.
    """

    request: CheckRequest
    subject: str
    definition: Definition
    others: tuple[str, ...]
    arguments: frozenset[str]


MARKED = pytest.StashKey[MarkedTest]()

_FILES = pytest.StashKey[dict[Path, str]]()
"""The path of each test file, relative to the folder of the baselines."""

_CHECK = pytest.StashKey[str]()


def check_id(item: pytest.Item) -> str:
    """The name of a check: its file relative to the folder of its baselines, its class, name and parameters.

    A node id has the same form, but its file is relative to pytest's rootdir, and plugins change it once
    tests are collected: ``--dist=loadgroup`` of pytest-xdist appends the group.
    """
    if _CHECK not in item.stash:
        # Resolving a path asks the disk for each folder above it, and a file may hold thousands of tests.
        files = item.config.stash.setdefault(_FILES, {})
        if item.path not in files:
            files[item.path] = relative(item.path, home_folder(item.config))
        item.stash[_CHECK] = files[item.path] + test_name(item)
    return item.stash[_CHECK]


def shared_identities(ours: Sequence[pytest.Item]) -> Iterator[str]:
    """A complaint for each pair of tests that would share a baseline on some file system."""
    known: dict[str, pytest.Item] = {}
    for item in ours:
        name = check_id(item)
        other = known.setdefault(str(check_path(name)).casefold(), item)
        if (other.path, test_name(other)) == (item.path, test_name(item)):
            continue
        if composed(check_id(other)) == composed(name):
            yield (
                f"{other.nodeid} and {item.nodeid} are the same check, {name}, and would share a baseline. "
                "If a folder is linked under a second name, collect only one of them; otherwise rename a test"
            )
        else:
            yield (
                f"{other.nodeid} and {item.nodeid} differ only in capitals, and would share a baseline on "
                "macOS and Windows: rename one of them"
            )


def our_markers(item: pytest.Item) -> Sequence[pytest.Mark]:
    """The markers that make a test a check, the closest first."""
    from pytest_modelcheck.plugin.markers import KINDS

    return [mark for mark in item.iter_markers() if mark.name in KINDS]


def bind(item: pytest.Function, defaults: dict[str, Any]) -> MarkedTest | None:
    """Read the plugin's marker of a test; ``None`` if it has none.

    Raises:
        UsageError: the marker does not fit the test, or its arguments are invalid.
    """
    from pytest_modelcheck.plugin.markers import request_of

    marks = our_markers(item)
    if not marks:
        return None
    own = own_fixtures(item)
    if len(marks) > 1:
        names = " and ".join(f"@pytest.mark.{mark.name}" for mark in reversed(marks))
        raise UsageError(f"{names} on one test: a test is one check; write two tests")
    mark = marks[0]
    if not own:
        raise UsageError(
            f"@pytest.mark.{mark.name} on a test that takes no `case`: add the fixture `case`, and call the "
            "model with case.input"
        )
    if getattr(item.function, "is_hypothesis_test", False):
        raise UsageError(
            f"@pytest.mark.{mark.name} on a test with @given: both would run it for many inputs. Give the "
            f"strategy to the marker, @pytest.mark.{mark.name}(st.text(), n=100), or take the marker away"
        )
    subtests = fixture_definitions(item).get("subtests")
    if subtests and subtests[-1].func.__module__ in ("_pytest.subtests", "pytest_subtests.plugin"):
        raise UsageError(
            f"@pytest.mark.{mark.name} on a test that takes `subtests`: a failing subtest would not make its "
            "case fail. Use plain assertions, or a check for each of them"
        )
    request = request_of(mark.name, mark.args, mark.kwargs, defaults, item.path.parent)  # type: ignore[arg-type]
    if request.cases is None and "cases" not in fixture_definitions(item):
        raise UsageError(
            f"@pytest.mark.{mark.name}() names no cases: give a file or a list, or let the test take a "
            "fixture `cases` as an argument"
        )
    fixtures, definitions = fixture_definitions(item), definitions_of(item)
    unknown = [repr(name) for name in argument_names(item) if name not in fixtures and name != "request"]
    subject, others = _subject(definitions, request.model, mark.name, unknown)
    return MarkedTest(request, subject, definitions[subject], others, own & frozenset(argument_names(item)))


def _subject(
    definitions: dict[str, Definition], wanted: str | None, kind: str, unknown: Sequence[str]
) -> tuple[str, tuple[str, ...]]:
    """The fixture of the judged model, and those of the others; ``unknown`` arguments have no fixture."""
    names = {definition.name: fixture for fixture, definition in definitions.items()}
    listed = ", ".join(sorted(names)) or "none"
    judged = [name for name in names if not definitions[names[name]].supports]
    if wanted is not None and wanted not in names:
        raise UsageError(
            f"@pytest.mark.{kind}(model={wanted!r}): the test uses no such model (it uses: {listed})"
        )
    if not names:
        hint = ""
        if unknown:
            hint = (
                f". There is no fixture {', '.join(unknown)}: a model fixture is named like its function, "
                "and name= is for baselines and the command line"
            )
        raise UsageError(
            f"@pytest.mark.{kind} on a test that uses no model: take a fixture made with @model_fixture{hint}"
        )
    if wanted is None and not judged:
        raise UsageError(
            f"@pytest.mark.{kind}: the test uses only supporting models ({listed}); to judge "
            f"one of them, name it: model={min(names)!r}"
        )
    if wanted is None and len(judged) > 1:
        raise UsageError(
            f"@pytest.mark.{kind}: the test uses several models ({listed}); say which one is judged: "
            "model=..."
        )
    chosen = wanted or judged[0]
    return names[chosen], tuple(fixture for name, fixture in names.items() if name != chosen)


def bind_all(session: pytest.Session, items: list[pytest.Item], ours: Sequence[pytest.Function]) -> None:
    """Read every marker, and select by ``--modelcheck-case``.

    Raises:
        pytest.UsageError: with all mistakes, each with its file and line.
    """
    try:
        settle_home(session.config, ours)
        state = state_of(session)
    except ModelcheckError as error:
        return _refuse(session, items, str(error))
    state.collected = frozenset(check_id(item) for item in items)
    # A worker that dies cannot say which checks it had. The controller must know, to report them as lost.
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput[CHECKS] = [item.nodeid for item in ours]
    # All mistakes are collected, so that a user mends them in one go.
    mistakes = []
    for item in ours:
        try:
            marked = bind(item, dict(state.settings.limits))
        except UsageError as error:
            line = getattr(getattr(item.function, "__code__", None), "co_firstlineno", None)
            mistakes.append(located(str(error), file_of(item), line))
        else:
            if marked is not None:
                item.stash[MARKED] = marked
    mistakes += shared_identities(ours)
    mistakes += _unreadable(state, ours)
    if mistakes:
        return _refuse(session, items, "\n".join(dict.fromkeys(mistakes)))
    # Where pytest-testmon chooses the tests of this run.
    if getattr(getattr(session.config, "testmon_config", None), "select", False):
        _warn(session, items, {ours[0]: _TESTMON})
    if state.settings.cases:
        _select(session, items, frozenset(state.settings.cases))
        if not items:
            cases = ", ".join(state.settings.cases)
            return _refuse(session, items, f"no selected test has a case {cases} (--modelcheck-case)")
    return None


_TESTMON: Final = (
    "pytest-testmon skips tests whose Python code did not change: also checks whose model version, cases or "
    "baseline did. Run them all: pytest --testmon-noselect"
)


def warn_of_ordinary_tests(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Warn of a marker of ours on a test that uses no fixture of ours: pytest runs it once, without any case.

    Other projects have markers of these names too, so only one that makes models is warned.
    """
    ordinary = [
        item
        for item in items
        if isinstance(item, pytest.Function) and our_markers(item) and not is_ours(item)
    ]
    if ordinary and model_definitions(session):
        texts = {}
        for item in ordinary:
            case = item.cls is not None and issubclass(item.cls, unittest.TestCase)
            texts[item] = f"@pytest.mark.{our_markers(item)[0].name} {_IN_TESTCASE if case else _ORDINARY}"
        _warn(session, items, texts)


_ORDINARY: Final = (
    "on a test that uses no fixture of pytest-modelcheck: it is run once, as an ordinary test, and the "
    "marker has no effect. Use `case` and a model fixture, or remove the marker"
)
_IN_TESTCASE: Final = (
    "on a method of a unittest.TestCase, which takes no fixtures: the marker has no effect. Make the check a "
    "function, or a method of a plain class"
)


def _warn(session: pytest.Session, items: list[pytest.Item], texts: Mapping[pytest.Function, str]) -> None:
    """Warn at tests; refuse the run if a filter turns the warnings into errors."""
    errors = []
    for item, text in texts.items():
        try:
            warn_at(item, ModelcheckWarning(text))
        except pytest.fail.Exception as error:
            errors.append(str(error))
    if errors:
        _refuse(session, items, "\n".join(errors))


def _unreadable(state: State, ours: Sequence[pytest.Function]) -> Iterator[str]:
    """Complain about models whose approved version is missing or cannot be read."""
    store = state.session.store
    for model in sorted({one.name for item in ours for one in definitions_of(item).values()}):
        try:
            if (
                state.session.approved_version(model) is not None
                or state.versions.requested(model) is not None
            ):
                continue
            path = next(store.files(model), None)
            if path is not None:
                version = read_header(path).version or ""
                yield (
                    f"{store.approved_path(model)} is missing; it says which version of {model} is tested; "
                    f"its checks are approved with {version}. Restore it, or name the version: "
                    f"{state.versions.option(model, version)}"
                )
        except ModelcheckError as error:
            yield str(error)


def _refuse(session: pytest.Session, items: list[pytest.Item], mistakes: str) -> None:
    """End the run with pytest's usage error.

    If a worker of pytest-xdist raised, the controller would end with an internal error. So the worker sends
    the mistakes to the controller, and runs nothing.
    """
    mistakes = harmless(mistakes)
    # Pytest goes on to report what it collected. An editor takes its tree of tests from there, and a mistake
    # in one of them must not empty it.
    session.config.stash[REFUSED] = True
    if not session.config.option.collectonly:
        items.clear()
    output = getattr(session.config, "workeroutput", None)
    if output is None:
        raise pytest.UsageError(mistakes)
    output[MISTAKES] = sendable(mistakes)


def _select(session: pytest.Session, items: list[pytest.Item], wanted: frozenset[str]) -> None:
    """Keep the checks that have one of the cases, or may have because a fixture makes them later."""
    selected: list[pytest.Item] = []
    dropped: list[pytest.Item] = []
    for item in items:
        keeps = False
        if MARKED in item.stash:
            cases = item.stash[MARKED].request.cases
            try:
                keeps = cases is None or any(case.id in wanted for case in cases)
            except CaseError:
                keeps = True  # so that the test itself says what is wrong with its cases
        (selected if keeps else dropped).append(item)
    if dropped:
        session.config.hook.pytest_deselected(items=dropped)
        items[:] = selected
