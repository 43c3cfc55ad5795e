"""The project's baselines and candidates, as commands use them.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.baselines.candidates import CandidateStore, natural
from pytest_modelcheck.baselines.store import BaselineStore
from pytest_modelcheck.cli.project import shown
from pytest_modelcheck.errors import BaselineError, VersionError

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_modelcheck.cli.project import Project

CANDIDATES: Final = "candidates"
"""The folder of candidates in the cache folder."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """The paths of a project."""

    project: Project
    store: BaselineStore
    candidates: CandidateStore

    def models(self) -> list[str]:
        """The models that anything is remembered of.

        Raises:
            BaselineError: There is none.
        """
        found = sorted({*self.store.models(), *self.candidates.models()})
        if not found:
            raise BaselineError(
                f"nothing was run or approved yet in {self.project.root}: neither "
                f"{shown(self.candidates.root)} nor {shown(self.store.root)} holds anything. Run pytest "
                "--model-version=VERSION first, or name the project's folder with --rootdir."
            )
        return found

    def versions(self) -> dict[str, list[str]]:
        """The versions of each model that were run, or are kept in the history: those that can be approved.

        Raises:
            BaselineError: Nothing is stored of any model.
        """
        return {
            model: sorted({*self.candidates.versions(model), *self.store.kept_versions(model)}, key=natural)
            for model in self.models()
        }

    def known_versions(self) -> dict[str, list[str]]:
        """The same, with those that are approved.

        Raises:
            BaselineError: Nothing is stored of any model.
        """
        return {
            model: sorted({*versions, *(header.version or "" for _, header in self.store.entries(model))})
            for model, versions in self.versions().items()
        }

    def other_version(self, model: str) -> str:
        """The one version that was run and is not the approved one.

        Raises:
            VersionError: There are several, or none.
        """
        approved = self.store.approved(model)
        held = None if approved is None else approved.version
        return self._only(model, [version for version in self.candidates.versions(model) if version != held])

    def reviewable_version(self, model: str) -> str:
        """The one version that ran a check which is not approved with it.

        Raises:
            VersionError: There are several, or none.
        """
        approved = {header.test: header.version for _, header in self.store.entries(model)}
        ran = {
            version: {header.test for _, header in self.candidates.entries(model, version)}
            for version in self.candidates.versions(model)
        }
        held = self.store.approved(model)
        pending = [version for version in ran if any(approved.get(test) != version for test in ran[version])]
        if held is not None and held.version not in pending:
            return self.other_version(model)
        return self._only(model, pending)

    def was_run(self, model: str) -> bool:
        """Return whether any run of a model is remembered."""
        return bool(self.candidates.versions(model))

    def latest_version(self, model: str) -> str:
        """The version that was run last.

        Raises:
            VersionError: None was run.
        """
        versions = self.candidates.versions(model)
        if not versions:
            return self._only(model, versions)
        return max(versions, key=lambda version: self.candidates.last_run(model, version))

    def only_version(self, model: str) -> str:
        """The one version that was ever run.

        Raises:
            VersionError: There are several, or none.
        """
        return self._only(model, self.candidates.versions(model))

    def _only(self, model: str, versions: list[str]) -> str:
        if len(versions) == 1:
            return versions[0]
        if versions:
            raise VersionError(
                f"which version of {model}? There are runs of {', '.join(versions)}. Name one."
            )
        ran = self.candidates.versions(model)
        if ran:
            raise VersionError(
                f"of {model}, only {ran[0]} was run here, which is the approved version. Run another: "
                "pytest --model-version=VERSION"
            )
        raise VersionError(
            f"no run of {model} is stored in {self.candidates.root}. Run it first: "
            "pytest --model-version=VERSION"
        )


def open_workspace(project: Project, origin: Path | None = None) -> Workspace:
    """The workspace of a project.

    Args:
        project: The project.
        origin: A folder that candidates shall be read from instead: a cache folder or its ``candidates``,
            such as an artifact of CI.

    Raises:
        BaselineError: ``origin`` holds no candidates.
    """
    folder = project.cache / CANDIDATES if origin is None else candidates_in(origin)
    return Workspace(project, BaselineStore(project.baselines), CandidateStore(folder))


def candidates_in(origin: Path) -> Path:
    """The folder of candidates that an artifact of CI holds, or is.

    Raises:
        BaselineError: It holds none.
    """
    for folder in (origin / CANDIDATES, origin / ".modelcheck_cache" / CANDIDATES, origin):
        if next(folder.glob("*/*/**/*.jsonl"), None) is not None:
            return folder
    raise BaselineError(
        f"{origin} holds no candidates. Give the cache folder of the run (.modelcheck_cache), or its "
        f"folder {CANDIDATES!r}."
    )
