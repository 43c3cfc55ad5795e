"""Approved behaviour as files below one folder of the repository.

    <root>/watch.jsonl
    <root>/<model>/approved.yaml
    <root>/<model>/<test file>/<test>.jsonl
    <root>/<model>/beside/<version>/<test file>/<test>.jsonl
    <root>/<model>/history/<version>/<test file>/<test>.jsonl

A model may have further versions in service beside the one that ``approved.yaml`` names: each is held to what
is approved of it, and in checks of which nothing is, to the version that is named.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_modelcheck.baselines import approved, baseline, names
from pytest_modelcheck.baselines.atomic import Batch, recover
from pytest_modelcheck.baselines.header import RESTORE
from pytest_modelcheck.errors import BaselineError, located

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_modelcheck.baselines.approved import Approved
    from pytest_modelcheck.baselines.baseline import Baseline, Written
    from pytest_modelcheck.baselines.header import Header


class BaselineStore:
    """The approved behaviour of every model of a project.

    Args:
        root: The folder, ``baselines/`` beside the ini file unless the ini says otherwise. It need not
            exist; reading never makes it.

    Raises:
        BaselineError: An approval was killed half-way, and cannot be finished.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._ahead: dict[tuple[str, str, str | None], Baseline | BaselineError | None] = {}
        recover(root)

    def path(self, model: str, check: str, version: str | None = None) -> Path:
        """The file that a version is held to: its own where it is in service beside, else the main one."""
        own = self.beside_path(model, check, version or "")
        return own if own.exists() else self.root / names.safe(model) / names.check_path(check)

    def beside_path(self, model: str, check: str, version: str) -> Path:
        """The file of a check of a version that is in service beside the main one."""
        return self._beside(model) / names.version_folder(version) / names.check_path(check)

    def read_ahead(self, model: str, check: str, version: str | None = None) -> None:
        """Read what the next :meth:`read` of this check returns, or raises."""
        self._ahead.pop((model, check, version), None)
        try:
            self._ahead[model, check, version] = self.read(model, check, version)
        except BaselineError as error:
            self._ahead[model, check, version] = error

    def read(self, model: str, check: str, version: str | None = None) -> Baseline | None:
        """The approved behaviour that a version is held to in a check, or ``None`` where nothing is approved.

        Raises:
            BaselineError: The file is damaged or cut short, or belongs to another test.
        """
        if (model, check, version) in self._ahead:
            found = self._ahead.pop((model, check, version))
            if isinstance(found, BaselineError):
                raise found
            return found
        return _complete(checked(baseline.read(self.path(model, check, version)), model, check))

    def write(self, header: Header, lines: dict[str, bytes]) -> Written:
        """Make cases, line by line, the approved behaviour of ``header.test``; ``approved.yaml`` stays.

        Raises:
            BaselineError: The file there cannot be read, or belongs to another test.
        """
        with Batch(self.root) as batch:
            return self.adopt(batch, header, lines)

    def adopt(
        self, batch: Batch, header: Header, lines: dict[str, bytes], *, beside: bool = False
    ) -> Written:
        """Add cases, line by line, to a batch as the approved behaviour of ``header.test``.

        Args:
            batch: What they are added to.
            header: The header.
            lines: The cases, by id.
            beside: Whether the version is in service beside the main one.
        """
        model, check, version = header.model, header.test, header.version or ""
        old = self.read(model, check, version if beside else None)
        path = self.beside_path(model, check, version) if beside else self.path(model, check)
        return baseline.write(batch, path, header, lines, old)

    def header(self, model: str, check: str, version: str | None = None) -> Header | None:
        """The header of what a version is held to in a check, or ``None``."""
        path = self.path(model, check, version)
        return baseline.read_header(path) if path.exists() else None

    def approved(self, model: str, version: str | None = None) -> Approved | None:
        """The version that the application is held to, or ``None``.

        Args:
            model: The model.
            version: The version that runs: held to itself where it is in service beside the main one.
        """
        main = approved.read(self.approved_path(model))
        if version is None or (main is not None and main.version == version):
            return main
        header = first_header(self._beside(model) / names.version_folder(version))
        return main if header is None else approved.Approved(version, header.fingerprint, header.shutdown)

    def beside(self, model: str) -> list[str]:
        """The versions that are in service beside the main one."""
        headers = (header for _, header in self.beside_entries(model))
        return sorted({header.version for header in headers if header.version is not None})

    def beside_entries(self, model: str | None = None) -> Iterator[tuple[Path, Header]]:
        """Every check of the versions that are in service beside the main one, by path, without its cases."""
        for path in self.beside_files(model):
            yield path, baseline.read_header(path)

    def beside_files(self, model: str | None = None) -> Iterator[Path]:
        """The file of every check of the versions that are in service beside the main one, read or not."""
        for folder in self.root.glob("*/") if model is None else [self.root / names.safe(model)]:
            yield from jsonl_files(folder / names.BESIDE)

    def approved_path(self, model: str) -> Path:
        """The file that says which version that is."""
        return self.root / names.safe(model) / names.APPROVED

    def set_approved(self, model: str, version: Approved, batch: Batch | None = None) -> None:
        """Hold the application to another version: at once, or as the last of a batch."""
        with Batch(self.root) if batch is None else nullcontext(batch) as within:
            approved.write(within, self.approved_path(model), version)

    def models(self) -> list[str]:
        """The names of the models of which anything is approved."""
        return sorted({header.model for _, header in self.entries()})

    def entries(self, model: str | None = None) -> Iterator[tuple[Path, Header]]:
        """Every approved check (of one model), by path, without its cases: the main ones."""
        for path in self.files(model):
            yield path, baseline.read_header(path)

    def files(self, model: str | None = None) -> Iterator[Path]:
        """The file of every approved check (of one model), read or not: the main ones."""
        folders = sorted(self.root.glob("*/")) if model is None else [self.root / names.safe(model)]
        for folder in folders:
            for path in jsonl_files(folder):
                if path.relative_to(folder).parts[0] not in (names.HISTORY, names.BESIDE):
                    yield path

    def everything(self) -> Iterator[tuple[Path, Header]]:
        """Every check that is or was approved, history included, by path, without its cases."""
        for path in jsonl_files(self.root):
            yield path, baseline.read_header(path)

    def keep(self, batch: Batch, model: str, check: str) -> None:
        """Add a copy of what is approved of a check to a batch, as the history of its version."""
        path = self.path(model, check)
        if path.exists():
            version = baseline.read_header(path).version or ""
            batch.add(self._history_path(model, check, version), [path.read_bytes()])

    def history(self, model: str, check: str, version: str) -> Baseline | None:
        """Read what was approved of a check under an older version, where it was kept."""
        return _complete(checked(baseline.read(self._history_path(model, check, version)), model, check))

    def history_entries(self, model: str, version: str) -> Iterator[tuple[Path, Header]]:
        """Every check that was approved under an older version and kept, by path, without the cases."""
        folder = self._history(model) / names.version_folder(version)
        for path in jsonl_files(folder):
            yield path, baseline.read_header(path)

    def kept_versions(self, model: str) -> list[str]:
        """The versions that the history keeps anything of."""
        folders = sorted(self._history(model).glob("*/"))
        headers = [header for header in map(first_header, folders) if header is not None]
        return sorted({header.version for header in headers if header.version is not None})

    def _history_path(self, model: str, check: str, version: str) -> Path:
        return self._history(model) / names.version_folder(version) / names.check_path(check)

    def _beside(self, model: str) -> Path:
        return self.root / names.safe(model) / names.BESIDE

    def _history(self, model: str) -> Path:
        return self.root / names.safe(model) / names.HISTORY


def jsonl_files(folder: Path) -> Iterator[Path]:
    """Every baseline file below ``folder``, in a fixed order."""
    yield from sorted(
        Path(place, name)
        for place, _, files in os.walk(folder)
        for name in files
        if name.endswith(names.SUFFIX) and (name != names.WATCH or Path(place) != folder)
    )


def first_header(folder: Path) -> Header | None:
    """The header of any one file below ``folder``, or ``None`` where there is no file."""
    path = next(jsonl_files(folder), None)
    return None if path is None else baseline.read_header(path)


def checked(found: Baseline | None, model: str, check: str) -> Baseline | None:
    """``found``, if it is about this test of this model."""
    if found is not None:
        refuse_other(found.header, model, check, found.path)
    return found


def _complete(found: Baseline | None) -> Baseline | None:
    """``found``, if it has all the lines that it was written with. A merge may have added to them."""
    if found is not None and len(found) < found.header.cases:
        raise BaselineError(
            located(
                f"holds {len(found)} of the {found.header.cases} cases that its first line counts. {RESTORE}",
                found.path,
            )
        )
    return found


def refuse_other(header: Header, model: str, check: str, path: Path | str) -> None:
    """Raise where a file is about another test or another model than the one that it lies under."""
    if header.model != model or names.composed(header.test) != names.composed(check):
        raise BaselineError(
            located(
                f"belongs to {header.test} of model {header.model!r}, not to {check} of {model!r}: it was "
                "moved or copied by hand, or two names differ only in a way that this file system ignores. "
                "Move it back, or rename one of the two.",
                str(path),
                1,
            )
        )
