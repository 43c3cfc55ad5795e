"""Detects tests that use the plugin. The only module that reads private attributes of pytest.

Every run of every project with this plugin loads this module, so it imports little.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, TypeGuard

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_modelcheck.models.definition import Definition

DECLARATION: Final = "__modelcheck_model__"
"""The attribute that marks the function of a model fixture, and holds its declaration."""

_HOME: Final = "pytest_modelcheck.plugin.fixtures"


def fixture_definitions(item: pytest.Item) -> Mapping[str, Sequence[pytest.FixtureDef[Any]]]:
    """The fixture definitions that a test uses, directly or through others, by name; the active one is last.

    pytest has no public access to them, and a name alone does not identify a fixture.
    """
    return item._fixtureinfo.name2fixturedefs if isinstance(item, pytest.Function) else {}  # noqa: SLF001


def argument_names(item: pytest.Function) -> Sequence[str]:
    """The fixtures that the test function takes as arguments, without those of ``usefixtures``."""
    return item._fixtureinfo.argnames  # noqa: SLF001


def test_name(item: pytest.Item) -> str:
    """The part of a node id after the file, the same in each repetition of a test by pytest-repeat."""
    _, separator, name = item.nodeid.partition("::")
    step = getattr(getattr(item, "callspec", None), "params", {}).get("__pytest_repeat_step_number")
    if step is not None:
        # pytest-repeat adds "1-3" to names. All repetitions are one check, with one baseline.
        name = re.sub(rf"-?{step + 1}-\d+\]$", "]", name).removesuffix("[]")
    return separator + name


def fixture_value(item: pytest.Function, name: str) -> Any:
    """The value of a fixture, which is set up if needed: the test function may not take it."""
    return item._request.getfixturevalue(name)  # noqa: SLF001


def fixture_parameters(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The parameters of the fixture, and of those that it uses, from ``parametrize`` and ``params=``."""
    item = request._pyfuncitem  # noqa: SLF001 - request.node is the session, where the fixture's scope is
    given = getattr(getattr(item, "callspec", None), "params", {})
    used: set[str] = set()
    wanted = [request.fixturename]
    while wanted:
        name = wanted.pop()
        if name is not None and name not in used:
            used.add(name)
            definitions = request._arg2fixturedefs.get(name, ())  # noqa: SLF001
            wanted += [one for each in definitions for one in each.argnames]
    return {name: given[name] for name in sorted(used & given.keys())}


def definitions_of(item: pytest.Item) -> dict[str, Definition]:
    """The model fixtures that a test uses, directly or through others, by fixture name."""
    found = {}
    for name, fixtures in fixture_definitions(item).items():
        definition = getattr(fixtures[-1].func, DECLARATION, None) if fixtures else None
        if definition is not None:
            found[name] = definition
    return found


def own_fixtures(item: pytest.Function) -> frozenset[str]:
    """Those of ``case`` and ``score`` that are ours: other projects have fixtures of these names."""
    fixtures = fixture_definitions(item)
    return frozenset(
        name
        for name in ("case", "score")
        if name in fixtures and getattr(fixtures[name][-1].func, "__module__", None) == _HOME
    )


def is_ours(item: pytest.Item) -> TypeGuard[pytest.Function]:
    """Return whether a test uses a model fixture, ``case`` or ``score`` of ours."""
    return isinstance(item, pytest.Function) and bool(own_fixtures(item) or definitions_of(item))
