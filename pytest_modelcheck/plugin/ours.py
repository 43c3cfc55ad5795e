"""Which tests are ours. Every run of every project that has this plugin asks that, and imports little more.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, TypeGuard

import pytest

from pytest_modelcheck.plugin.fixtures import DECLARATION, case, score

if TYPE_CHECKING:
    from pytest_modelcheck.models.definition import Definition

_OURS = frozenset(inspect.unwrap(fixture) for fixture in (case, score))


def definitions_of(item: pytest.Function) -> dict[str, Definition]:
    """The model fixtures that a test uses, itself or through others, by the fixture's name."""
    found = {}
    for name, fixtures in item._fixtureinfo.name2fixturedefs.items():  # noqa: SLF001 - by definition, not by name
        definition = getattr(fixtures[-1].func, DECLARATION, None) if fixtures else None
        if definition is not None:
            found[name] = definition
    return found


def own_fixtures(item: pytest.Function) -> frozenset[str]:
    """Which of ``case`` and ``score`` are ours in this test: other projects have fixtures of these names."""
    fixtures = item._fixtureinfo.name2fixturedefs  # noqa: SLF001
    return frozenset(
        name for name in ("case", "score") if name in fixtures and fixtures[name][-1].func in _OURS
    )


def is_ours(item: pytest.Item) -> TypeGuard[pytest.Function]:
    """Whether a test uses a model fixture, ``case`` or ``score`` of ours."""
    return isinstance(item, pytest.Function) and bool(own_fixtures(item) or definitions_of(item))
