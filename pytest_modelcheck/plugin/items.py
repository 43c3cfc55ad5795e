"""Reads the plugin's markers from collected tests.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from pytest_modelcheck.plugin.ours import argument_names, definitions_of, fixture_definitions, own_fixtures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_modelcheck.models.definition import Definition
    from pytest_modelcheck.plugin.markers import Request


@dataclass(frozen=True, slots=True)
class Marked:
    """A test that is a check.

    Attributes:
        request: The kind of check, its cases and its limits, as its marker gives them.
        subject: The fixture of the judged model.
        others: The fixtures of the other models that the test uses.
        arguments: The plugin's own fixtures that the body takes as arguments.
    """

    request: Request
    subject: str
    others: tuple[str, ...]
    arguments: frozenset[str]


MARKED = pytest.StashKey[Marked]()


def our_markers(item: pytest.Item) -> Sequence[pytest.Mark]:
    """The markers that make a test a check, the closest first."""
    from pytest_modelcheck.plugin.markers import KINDS

    return [mark for mark in item.iter_markers() if mark.name in KINDS]


def bind(item: pytest.Function, defaults: dict[str, Any]) -> Marked | None:
    """Read the plugin's marker of a test; ``None`` if it has none.

    Raises:
        UsageError: the marker does not fit the test, or its arguments are invalid.
    """
    from pytest_modelcheck.errors import UsageError
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
    if _takes_subtests(item):
        raise UsageError(
            f"@pytest.mark.{mark.name} on a test that takes `subtests`: a subtest that fails is none of its "
            "case's business, so that the case would pass. Use plain assertions, or a check for each of them"
        )
    request = request_of(mark.name, mark.args, mark.kwargs, defaults, item.path.parent)  # type: ignore[arg-type]
    if request.cases is None and "cases" not in fixture_definitions(item):
        raise UsageError(
            f"@pytest.mark.{mark.name}() names no cases: give a file or a list, or let the test take a "
            "fixture `cases` as an argument"
        )
    subject, others = _subject(definitions_of(item), request.model, mark.name)
    return Marked(request, subject, others, own & frozenset(argument_names(item)))


def _takes_subtests(item: pytest.Function) -> bool:
    """Return whether a test takes the ``subtests`` fixture of pytest, or of pytest-subtests."""
    definitions = fixture_definitions(item).get("subtests")
    if not definitions:
        return False
    return definitions[-1].func.__module__ in ("_pytest.subtests", "pytest_subtests.plugin")


def _subject(
    definitions: dict[str, Definition], wanted: str | None, kind: str
) -> tuple[str, tuple[str, ...]]:
    from pytest_modelcheck.errors import UsageError

    names = {definition.name: fixture for fixture, definition in definitions.items()}
    listed = ", ".join(sorted(names)) or "none"
    if wanted is not None:
        if wanted not in names:
            raise UsageError(
                f"@pytest.mark.{kind}(model={wanted!r}): the test uses no such model (it uses: {listed})"
            )
        return names[wanted], tuple(fixture for name, fixture in names.items() if name != wanted)
    judged = [name for name in names if not definitions[names[name]].supports]
    if len(judged) == 1:
        return names[judged[0]], tuple(fixture for name, fixture in names.items() if name != judged[0])
    if names and not judged:
        raise UsageError(
            f"@pytest.mark.{kind}: the test uses only supporting models ({listed}); to judge "
            f"one of them, name it: model={min(names)!r}"
        )
    if not names:
        raise UsageError(
            f"@pytest.mark.{kind} on a test that uses no model: take a fixture made with @model_fixture"
        )
    raise UsageError(
        f"@pytest.mark.{kind}: the test uses several models ({listed}); say which one is judged: model=..."
    )
