"""Stores approved behaviour as files below one folder of the repository.

    <root>/watch.jsonl
    <root>/<model>/approved.yaml
    <root>/<model>/<test file>/<test>.jsonl
    <root>/<model>/beside/<version>/<test file>/<test>.jsonl
    <root>/<model>/history/<version>/<test file>/<test>.jsonl

``approved.yaml`` names the main version of a model. Further versions may be in service beside it. Each of
them is compared with its own baselines; in checks for which it has none, with those of the main version.
"""

from __future__ import annotations

import os
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.baselines import baseline, names
from pytest_modelcheck.baselines.atomic import Batch, recover
from pytest_modelcheck.baselines.header import RESTORE
from pytest_modelcheck.errors import BaselineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_modelcheck.baselines.baseline import Baseline, Written
    from pytest_modelcheck.baselines.header import Header


_COMMENT = "# The version that the application is held to. Changed by: modelcheck approve\n"


@dataclass(frozen=True, slots=True)
class ApprovedVersion:
    """The approved version; its fingerprint and its shutdown date, if known."""

    version: str
    fingerprint: str | None = None
    retires: date | None = None


def read_approved(path: Path) -> ApprovedVersion | None:
    """Read an ``approved.yaml``; ``None`` if there is none. Versions are text: ``2.10`` is not ``2.1``.

    Raises:
        BaselineError: It is not YAML, holds conflict markers, or names no version.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise BaselineError(f"not UTF-8 text: {error}", str(path)) from error
    except OSError as error:
        raise BaselineError(f"cannot be read: {error.strerror or error}", str(path)) from error
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(("<<<<<<<", ">>>>>>>")):
            # Its version belongs to the headers beside it, whose lines git may have merged without a word.
            message = (
                "an unresolved git conflict. The sides approve different versions: take the whole folder of "
                "baselines from one of them (git checkout --ours or --theirs), git add it, and run pytest."
            )
            raise BaselineError(message, str(path), number)
    fields = _scalars(text, path)
    version = fields.get("version")
    if not version:
        raise BaselineError('names no version. Write: version: "2.0"', str(path))
    day = fields.get("retires")
    try:
        retires = None if day is None else date.fromisoformat(day)
    except ValueError:
        problem = f"retires: {day!r} is not a date. Write it as 2027-01-14, or take the line away."
        raise BaselineError(problem, str(path)) from None
    return ApprovedVersion(version, fields.get("fingerprint"), retires)


def _scalars(text: str, path: Path) -> dict[str, str | None]:
    """The fields as written in the file: a YAML loader would read ``2.10`` as the number 2.1."""
    import yaml

    try:
        # Composed, not loaded: nodes keep the text of scalars.
        root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise BaselineError(f"not YAML: {error}", str(path)) from error
    except RecursionError as error:
        raise BaselineError("nested too deeply to be read", str(path)) from error
    if not isinstance(root, yaml.MappingNode):
        raise BaselineError('names no version. Write: version: "2.0"', str(path))
    fields: dict[str, str | None] = {}
    for key, value in root.value:
        if not (isinstance(key, yaml.ScalarNode) and isinstance(value, yaml.ScalarNode)):
            name = repr(key.value) if isinstance(key, yaml.ScalarNode) else "a name of several parts"
            line = key.start_mark.line + 1
            raise BaselineError(f"{name} is not a single value", str(path), line)
        fields[key.value] = None if value.tag == "tag:yaml.org,2002:null" else value.value
    return fields


class BaselineStore:
    """The approved behaviour of every model of a project.

    Args:
        root: The folder, by default ``baselines/`` next to the ini file. It need not exist; reading never
            creates it.

    Raises:
        BaselineError: An approval was interrupted, and cannot be completed.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._ahead: dict[tuple[str, str, str | None], Baseline | BaselineError | None] = {}
        recover(root)

    def path(self, model: str, check: str, version: str | None = None) -> Path:
        """The baseline of a check for a version: its own file if there is one, else the main version's."""
        own = self.beside_path(model, check, version or "")
        return own if own.exists() else self._folder(model) / names.check_path(check)

    def beside_path(self, model: str, check: str, version: str) -> Path:
        """The baseline of a check for a version that is in service beside the main one."""
        return self._folder(model, names.BESIDE, version) / names.check_path(check)

    def read_ahead(self, model: str, check: str, version: str | None = None) -> None:
        """Read a baseline now; the next :meth:`read` of this check returns it, or raises its error."""
        self._ahead.pop((model, check, version), None)
        try:
            self._ahead[model, check, version] = self.read(model, check, version)
        except BaselineError as error:
            self._ahead[model, check, version] = error

    def read(self, model: str, check: str, version: str | None = None) -> Baseline | None:
        """The baseline that a version is compared with in a check, or ``None`` if nothing is approved.

        Raises:
            BaselineError: The file is damaged or cut short, or belongs to another test.
        """
        if (model, check, version) in self._ahead:
            found = self._ahead.pop((model, check, version))
            if isinstance(found, BaselineError):
                raise found
            return found
        return _complete(checked(self.path(model, check, version), model, check))

    def write(self, header: Header, lines: dict[str, bytes]) -> Written:
        """Write the baseline of ``header.test``, one line per case, without changing ``approved.yaml``."""
        with Batch(self.root) as batch:
            return self.adopt(batch, header, lines)

    def adopt(
        self, batch: Batch, header: Header, lines: dict[str, bytes], *, beside: bool = False
    ) -> Written:
        """Add the baseline of ``header.test`` to a batch of files, with the lines of its cases by id.

        ``beside`` says that the version is in service beside the main one.
        """
        model, check, version = header.model, header.test, header.version or ""
        old = self.read(model, check, version if beside else None)
        path = self.beside_path(model, check, version) if beside else self.path(model, check)
        return baseline.write(batch, path, header, lines, old)

    def header(self, model: str, check: str, version: str | None = None) -> Header | None:
        """The header of the baseline that a version is compared with in a check, or ``None``."""
        path = self.path(model, check, version)
        return baseline.read_header(path) if path.exists() else None

    def approved(self, model: str, version: str | None = None) -> ApprovedVersion | None:
        """The approved version that a version is compared with, or ``None`` if nothing is approved.

        A version in service beside the main one is compared with itself, any other with the main one.
        """
        main = read_approved(self.approved_path(model))
        if version is None or (main is not None and main.version == version):
            return main
        header = first_header(self._folder(model, names.BESIDE, version))
        return main if header is None else ApprovedVersion(version, header.fingerprint, header.shutdown)

    def beside(self, model: str) -> list[str]:
        """The versions that are in service beside the main one."""
        headers = (header for _, header in self.beside_entries(model))
        return sorted({header.version for header in headers if header.version is not None})

    def beside_entries(self, model: str | None = None) -> Iterator[tuple[Path, Header]]:
        """The path and header of every baseline of versions in service beside the main one."""
        return with_headers(self.beside_files(model))

    def beside_files(self, model: str | None = None) -> Iterator[Path]:
        """The baseline files of all versions in service beside the main one, readable or not."""
        for folder in self._folders(model):
            yield from jsonl_files(folder / names.BESIDE)

    def approved_path(self, model: str) -> Path:
        """The file that names the main approved version: ``approved.yaml``."""
        return self._folder(model) / names.APPROVED

    def set_approved(self, model: str, version: ApprovedVersion, batch: Batch | None = None) -> None:
        """Name another version in ``approved.yaml``: at once, or as the last file of a batch."""
        import yaml

        content = {"version": version.version}
        if version.fingerprint is not None:
            content["fingerprint"] = version.fingerprint
        if version.retires is not None:
            content["retires"] = str(version.retires)
        text = (_COMMENT + yaml.safe_dump(content, sort_keys=False, allow_unicode=True)).encode()
        path = self.approved_path(model)
        with Batch(self.root) if batch is None else nullcontext(batch) as within:
            if not path.exists() or path.read_bytes() != text:
                within.add(path, [text])

    def models(self) -> list[str]:
        """The names of the models that have a baseline."""
        return sorted({header.model for _, header in self.entries()})

    def entries(self, model: str | None = None) -> Iterator[tuple[Path, Header]]:
        """The path and header of every baseline of the main version, of one model or of all."""
        return with_headers(self.files(model))

    def files(self, model: str | None = None) -> Iterator[Path]:
        """The baseline files of the main version, of one model or of all, readable or not."""
        for folder in self._folders(model):
            for path in jsonl_files(folder):
                if path.relative_to(folder).parts[0] not in (names.HISTORY, names.BESIDE):
                    yield path

    def everything(self) -> Iterator[tuple[Path, Header]]:
        """The path and header of every baseline, including other versions in service and the history."""
        return with_headers(jsonl_files(self.root))

    def keep(self, batch: Batch, model: str, check: str) -> None:
        """Add a copy of a check's baseline to a batch, in the history of its version."""
        path = self.path(model, check)
        if path.exists():
            version = baseline.read_header(path).version or ""
            batch.add(
                self._folder(model, names.HISTORY, version) / names.check_path(check), [path.read_bytes()]
            )

    def history(self, model: str, check: str, version: str) -> Baseline | None:
        """Read a check's baseline of an older version from the history, or ``None`` if it was not kept."""
        path = self._folder(model, names.HISTORY, version) / names.check_path(check)
        return _complete(checked(path, model, check))

    def history_entries(self, model: str, version: str) -> Iterator[tuple[Path, Header]]:
        """The path and header of every baseline of an older version in the history."""
        return with_headers(jsonl_files(self._folder(model, names.HISTORY, version)))

    def saved_versions(self, model: str) -> list[str]:
        """The versions that have baselines in the history."""
        headers = map(first_header, sorted((self._folder(model) / names.HISTORY).glob("*/")))
        return sorted({header.version for header in headers if header is not None and header.version})

    def _folder(self, model: str, kind: str = "", version: str | None = None) -> Path:
        """The folder of a model, or of a version of it in ``history`` or ``beside``."""
        folder = self.root / names.safe(model) / kind
        return folder if version is None else folder / names.version_folder(version)

    def _folders(self, model: str | None) -> list[Path]:
        return sorted(self.root.glob("*/")) if model is None else [self._folder(model)]


def jsonl_files(folder: Path) -> Iterator[Path]:
    """Every baseline file below ``folder``, in a fixed order."""
    yield from sorted(
        Path(place, name)
        for place, _, files in os.walk(folder)
        for name in files
        if name.endswith(names.SUFFIX) and (name != names.WATCH or Path(place) != folder)
    )


def with_headers(paths: Iterable[Path]) -> Iterator[tuple[Path, Header]]:
    """Each baseline file with its header."""
    return ((path, baseline.read_header(path)) for path in paths)


def first_header(folder: Path) -> Header | None:
    """The header of any one file below ``folder``, or ``None`` if there is no file."""
    path = next(jsonl_files(folder), None)
    return None if path is None else baseline.read_header(path)


def checked(path: Path, model: str, check: str, *, further: bool = False) -> Baseline | None:
    """Read a file of a check; raise if it belongs to another test or another model than its path says."""
    found = baseline.read(path, further=further)
    if found is None:
        return None
    header = found.header
    if header.model != model or names.composed(header.test) != names.composed(check):
        raise BaselineError(
            f"belongs to {header.test} of model {header.model!r}, not to {check} of {model!r}: it was "
            "moved or copied by hand, or two names differ only in a way that this file system ignores. "
            "Move it back, or rename one of the two.",
            found.path,
            1,
        )
    return found


def _complete(found: Baseline | None) -> Baseline | None:
    """Return ``found``; raise if it has fewer cases than its header counts. A merge may have added some."""
    if found is not None and len(found) < found.header.cases:
        raise BaselineError(
            f"holds {len(found)} of the {found.header.cases} cases that its first line counts. {RESTORE}",
            found.path,
        )
    return found
