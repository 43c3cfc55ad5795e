"""The state of one pytest run, created for the first check."""

from __future__ import annotations

import warnings
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from pytest_modelcheck import __version__
from pytest_modelcheck.display import harmless, shown_path
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.models.definition import SOON, Definition, days_left, shutdown_text
from pytest_modelcheck.plugin import redaction
from pytest_modelcheck.plugin.exceptions import interrupts
from pytest_modelcheck.plugin.interface import ModelcheckWarning
from pytest_modelcheck.plugin.ours import DECLARATION, definitions_of
from pytest_modelcheck.plugin.settings import Versions, settings_of
from pytest_modelcheck.session import Session

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_modelcheck.models.model import Model


class State:
    """Settings, models and verdicts of one run."""

    def __init__(self, session: pytest.Session) -> None:
        redaction.begin(session.config)
        self.settings = settings_of(session.config)
        self.session = Session(self.settings.options, __version__, interrupts)
        if session.config.getoption("modelcheck_mutate") is not None:
            self.session.mutated = []
        self.definitions = model_definitions(session)
        supporting = {name for name, one in self.definitions.items() if one.supports}
        self.versions = Versions(
            self.settings.versions,
            self.definitions,
            self.session.approved_version,
            default=self.settings.default_versions,
            supporting=supporting,
        )
        self.other_versions = Versions(
            self.settings.against,
            self.definitions,
            lambda _model: None,
            option="--against",
            supporting=supporting,
        )
        self.models: dict[str, Model] = {}
        self.collected: frozenset[str] = frozenset()
        self._warned: set[str] = set()

    def versions_of(self, definition: Definition) -> list[str | None]:
        """The judged version of a model and, if there is one, the version to compare it with.

        Raises:
            UsageError: The other version cannot be loaded, or is the same.
        """
        version, other_version = self.versions.of(definition.name), self.other_versions.of(definition.name)
        if other_version is None:
            return [version]
        if not definition.takes_version:
            raise UsageError(
                f"--against={other_version}: the model fixture {definition.name!r} ({definition.location}) "
                "takes no `model_version`, so that no other version can be loaded"
            )
        if other_version == version:
            raise UsageError(
                f"--against={other_version}: {definition.name} {version} would be compared with itself"
            )
        return [version, other_version]

    def version_note(self, definition: Definition, version: str | None) -> str:
        """Name the version requested from a model fixture, for a note on an error."""
        name, held = definition.name, self.session.approved_version(definition.name)
        place = f"modelcheck: the model fixture {name!r} ({definition.location})"
        approved = "no version is approved" if held is None else f"approved is {held}"
        return f"{place} got version {version}; {approved}"

    def open_model(
        self,
        definition: Definition,
        versions: Sequence[str | None],
        raws: Sequence[Any],
        parameters: Mapping[str, Any],
    ) -> Model:
        """Make a model from the object that its fixture returned for each version."""
        model, *other_versions = (
            self.session.open_model(definition, raw, version, parameters)
            for version, raw in zip(versions, raws, strict=True)
        )
        model.other_version = other_versions[0] if other_versions else None
        for name, day in self.session.shutdowns(definition, versions[0]):
            if days_left(day) < SOON:
                text = f"{definition.name}: {shutdown_text(name, day)}. Run another version, and approve it"
                self.session.warnings.append(text)
        self.models[definition.name] = model
        return model

    def warn(self, item: pytest.Function) -> None:
        """Emit each warning about the storage once, at the test that caused it."""
        found = [*self.session.warnings, *self.session.cache.warnings]
        for model in self.models.values():
            found += [f"{model.label}: {text}" for text in model.answers.warnings]
        for text in found:
            # Warnings belong to models and caches, which tests share: each is shown once, at the first
            # test.
            if text not in self._warned:
                self._warned.add(text)
                warn_at(item, ModelcheckWarning(text))


_FIXTURE = type(pytest.fixture(lambda: None))
STATE = pytest.StashKey[State]()

REFUSED = pytest.StashKey[bool]()
"""Set if the collected tests cannot be run, for a reason that pytest is about to say."""


def state_of(session: pytest.Session) -> State:
    """The state of this run."""
    stash = session.config.stash
    if STATE not in stash:
        stash[STATE] = state = State(session)
        session.config.add_cleanup(state.session.close)
    return stash[STATE]


def file_of(item: pytest.Item) -> str:
    """The file of a test, as its node id names it; that of an installed package may have no file."""
    return item.nodeid.partition("::")[0] or shown_path(item.path)


def warn_at(item: pytest.Function, warning: ModelcheckWarning, line: int | None = None) -> None:
    """Warn about a check, at the line of its test.

    Raises:
        Failed: A filter turns the warning into an error: it fails without our traceback.
    """
    if line is None:
        line = (item.location[1] or 0) + 1
    warning = type(warning)(harmless(str(warning)))
    try:
        warnings.warn_explicit(warning, None, str(item.path), line)
    except ModelcheckWarning:
        place = f"{file_of(item)}:{line}"
        raise pytest.fail.Exception(f"{place}: {type(warning).__name__}: {warning}", pytrace=False) from None


def model_definitions(session: pytest.Session) -> dict[str, Definition]:
    """Every model fixture in the loaded conftest files, plugins and test modules, by the name of its model.

    Raises:
        UsageError: Two definitions share a name, or their names differ only in case.
    """
    modules = [
        plugin for plugin in session.config.pluginmanager.get_plugins() if isinstance(plugin, ModuleType)
    ]
    modules += dict.fromkeys(item.module for item in session.items if isinstance(item, pytest.Function))
    # By exact type: looking any closer at what is not a fixture (a lazy proxy, say) may break it.
    fixtures = [value for module in modules for value in vars(module).values() if type(value) is _FIXTURE]
    declared = [getattr(fixture, DECLARATION, None) for fixture in fixtures]
    declared += [definition for item in session.items for definition in definitions_of(item).values()]
    found: dict[str, Definition] = {}
    for definition in declared:
        if not isinstance(definition, Definition):
            continue
        # File systems of macOS and Windows ignore case: one folder would hold the baselines of both.
        other = found.setdefault(definition.name.casefold(), definition)
        # The same fixture may be found in several modules, which import it from one.
        if other.source != definition.source:
            names = " and ".join(repr(name) for name in dict.fromkeys((other.name, definition.name)))
            raise UsageError(
                f"two different models are called {names}: at {other.location} and at "
                f"{definition.location}. They would share baselines: give one of them another name, "
                '@model_fixture(name="...")'
            )
    return {definition.name: definition for definition in found.values()}
