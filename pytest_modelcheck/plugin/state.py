"""What one pytest run remembers of itself, made when the first test that is ours needs it.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from pytest_modelcheck.errors import ModelcheckError
from pytest_modelcheck.plugin.settings import settings_of
from pytest_modelcheck.plugin.versions import Versions
from pytest_modelcheck.plugin.warnings import ModelcheckWarning
from pytest_modelcheck.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_modelcheck.models.model import Definition, Model


class State:
    """Settings, models and verdicts of one run."""

    def __init__(self, session: pytest.Session) -> None:
        self.settings = settings_of(session.config)
        self.session = Session(self.settings.places)
        self.definitions = model_definitions(session)
        self.versions = Versions(
            self.settings.versions, self.definitions, self.session.approved_version
        )
        self.models: dict[str, Model] = {}
        self.used: set[str] = set()
        self._warned: set[str] = set()

    def open_model(self, definition: Definition, raw: Any) -> Model:
        """Make a model of what its fixture returned."""
        version = self.versions.of(definition.name)
        model = self.session.open_model(definition, raw, version)
        self.models[definition.name] = model
        return model

    def warn(self) -> None:
        """Say, once each, what the user should know of the cache."""
        found = [*self.session.cache.warnings]
        for model in self.models.values():
            found += model.answers.warnings
        for text in found:
            if text not in self._warned:
                self._warned.add(text)
                warnings.warn(ModelcheckWarning(text), stacklevel=2)


STATE = pytest.StashKey[State]()


def state_of(session: pytest.Session) -> State:
    """The state of this run."""
    stash = session.config.stash
    if STATE not in stash:
        stash[STATE] = State(session)
    return stash[STATE]


@contextmanager
def usage() -> Iterator[None]:
    """Turn a mistake of the user's, found by us, into a failure without our traceback."""
    try:
        yield
    except ModelcheckError as error:
        pytest.fail(str(error), pytrace=False)


def model_definitions(session: pytest.Session) -> dict[str, Definition]:
    """Every model fixture that pytest knows of, by the name of its model.

    Raises:
        UsageError: two definitions share a name.
    """
    from pytest_modelcheck.errors import UsageError
    from pytest_modelcheck.plugin.fixtures import DECLARATION

    found: dict[str, Definition] = {}
    for definitions in session._fixturemanager._arg2fixturedefs.values():  # noqa: SLF001 - pytest has no other list
        for each in definitions:
            definition = getattr(each.func, DECLARATION, None)
            if definition is None:
                continue
            other = found.setdefault(definition.name, definition)
            if other.source != definition.source:
                raise UsageError(
                    f"two different models are called {definition.name!r}: at {other.location} and at "
                    f"{definition.location}. They would share baselines: give one of them another name, "
                    f'@model_fixture(name="...")'
                )
    return found
