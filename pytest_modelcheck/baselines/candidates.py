"""The result files of every run, by model version, for ``modelcheck diff`` and ``approve``.

They are in ``<root>/<model>/<version>/<test file>/<test>.jsonl``.
"""

from __future__ import annotations

import re
import shlex
from contextlib import contextmanager, suppress
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.baselines import baseline, names
from pytest_modelcheck.baselines.atomic import Batch, recover
from pytest_modelcheck.baselines.header import RESTORE
from pytest_modelcheck.baselines.store import checked, first_header, jsonl_files, with_headers
from pytest_modelcheck.errors import BaselineError, VersionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_modelcheck.baselines.baseline import Baseline
    from pytest_modelcheck.baselines.header import Header
    from pytest_modelcheck.baselines.store import BaselineStore

_AFTER_NUMBERS: Final = 1 << 62

_INCOMPLETE: Final = frozenset({"calls", "errors"})
"""The findings of a run in which cases could not be judged."""


class CandidateStore:
    """The results of each version's last runs, whether approved or not, in a folder that need not exist.

    Raises:
        BaselineError: A command was killed while it moved candidates, and its work cannot be completed.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._hidden = False
        recover(root)

    def write(self, header: Header, rows: Iterable[bytes]) -> Path:
        """Write the results of a run; they replace those of an earlier run of the same version.

        The lines of the cases come in the order of their source, and need not fit into memory.

        Raises:
            BaselineError: The model has no version.
        """
        if header.version is None:
            raise BaselineError(
                f"{header.test}: model {header.model!r} has no version, and leaves no candidate. "
                "Name it: pytest --model-version=VERSION"
            )
        # Not synchronised to disk: a lost candidate costs one more run, and a sync costs more than many
        # checks.
        with Batch(durable=False) as batch:
            path = self.path(header.model, header.test, header.version)
            self._hide(batch)
            self._forget_others(batch, header)
            batch.add(path, baseline.chunks(header, rows))
        return path

    def _hide(self, batch: Batch) -> None:
        """Add a ``.gitignore`` for this folder, once per batch."""
        ignore = self.root / ".gitignore"
        if not self._hidden and not ignore.exists():
            batch.add(ignore, [b"*\n"])
        self._hidden = True

    def _forget_others(self, batch: Batch, header: Header) -> None:
        """Remove candidates of this test from when its code was different and judged another model.

        Running the test does not replace them, so they would be offered for approval for ever.
        """
        place = names.check_path(header.test)
        for folder in self.root.glob("*/*/"):
            left = folder / place
            if folder.parent.name != names.safe(header.model) and left.is_file():
                with suppress(BaselineError):
                    found = baseline.read_header(left)
                    if found.test == header.test and found.body not in ("", header.body):
                        batch.remove(left)

    def take(self, batch: Batch, candidate: Baseline) -> None:
        """Add a copy of another store's candidate to a batch."""
        header = candidate.header
        self._hide(batch)
        path = self.path(header.model, header.test, header.version or "")
        batch.add(path, [Path(candidate.path).read_bytes()])

    def read(self, model: str, check: str, version: str, *, further: bool = False) -> Baseline | None:
        """Read a version's results of a check; ``None`` if it never ran it.

        ``further`` includes further runs, which confirmed a miss and are not approved.

        Raises:
            BaselineError: The file is damaged, incomplete, or belongs to another test.
        """
        with _readable():
            return checked(self.path(model, check, version), model, check, further=further)

    def is_complete(self, like: Header) -> bool:
        """Return whether there is a candidate of this test, its cases and models, without missing answers."""
        with suppress(BaselineError, OSError):
            found = baseline.read_header(self.path(like.model, like.test, like.version or ""))
            same = ("test", "body", "files", "fingerprint", "others")
            incomplete = found.stopped or any(one.limit in _INCOMPLETE for one in found.findings)
            return not incomplete and all(getattr(found, name) == getattr(like, name) for name in same)
        return False

    def last_run(self, model: str, version: str) -> float:
        """The time of a version's last candidate, in seconds since the epoch; 0 if there is none."""
        files = jsonl_files(self._folder(model, version))
        return max((path.stat().st_mtime for path in files), default=0.0)

    def path(self, model: str, check: str, version: str) -> Path:
        """The result file of a version and a check."""
        return self.root / _place(model, check, version)

    def entries(self, model: str, version: str) -> Iterator[tuple[Path, Header]]:
        """Every check that a version ran, by path, without the cases."""
        return _with_headers(self._folder(model, version))

    def everything(self) -> Iterator[tuple[Path, Header]]:
        """Every check that any version of any model ran, by path, without the cases."""
        return _with_headers(self.root)

    def models(self) -> list[str]:
        """The names of the models that ever left a candidate."""
        folders = sorted(self.root.glob("*/*/"))
        with _readable():
            return sorted({header.model for header in map(first_header, folders) if header is not None})

    def versions(self, model: str) -> list[str]:
        """The versions of a model that ever left a candidate, older numbers first."""
        folders = sorted((self.root / names.safe(model)).glob("*/"))
        with _readable():
            headers = [header for header in map(first_header, folders) if header is not None]
        return sorted({header.version or "" for header in headers}, key=natural)

    def _folder(self, model: str, version: str) -> Path:
        return self.root / names.safe(model) / names.version_folder(version)


def _place(model: str, check: str, version: str) -> PurePath:
    return PurePath(names.safe(model), names.version_folder(version), names.check_path(check))


def result_header(path: Path) -> Header:
    """Read only the first line of a result file."""
    with _readable():
        return baseline.read_header(path)


def root_of(path: Path) -> Path | None:
    """The folder of candidates that a file is in, as its header says; ``None`` if it does not fit there."""
    try:
        header = baseline.read_header(path)
    except BaselineError:
        return None
    below = _place(header.model, header.test, header.version or "").parts
    return path.parents[len(below) - 1] if path.parts[-len(below) :] == below else None


def _with_headers(folder: Path) -> Iterator[tuple[Path, Header]]:
    with _readable():
        yield from with_headers(jsonl_files(folder))


@contextmanager
def _readable() -> Iterator[None]:
    """Replace the advice about damaged files by one that fits results, which are not in git."""
    try:
        yield
    except BaselineError as error:
        # Baselines are restored from git. Candidates are not in git, so that advice would be of no use.
        advice = "Run pytest again, which writes it anew, or remove the file."
        raise BaselineError(str(error).replace(RESTORE, advice)) from error


def find(
    store: BaselineStore, candidates: CandidateStore, model: str, check: str, version: str
) -> Baseline | None:
    """Find a version's results of a check: approved now, approved earlier, or all of its last run."""
    approved = store.header(model, check, version)
    if approved is not None and approved.version == version:
        return store.read(model, check, version)
    earlier = store.history(model, check, version)
    return candidates.read(model, check, version, further=True) if earlier is None else earlier


def never_ran(store: BaselineStore, candidates: CandidateStore, model: str, version: str) -> VersionError:
    """The error to raise if there is no stored run of a version; it lists the versions that have one."""
    known = sorted({*candidates.versions(model), *store.saved_versions(model)}, key=natural)
    others = f"there are runs of {', '.join(known)}" if known else "there is none of any other version either"
    prefix, equals, _ = version.partition("=")
    typo = f". If {prefix!r} was meant to be a model: there is {model!r} only" if equals else ""
    several = len({model, *store.models(), *candidates.models()}) > 1
    argument = f"--model-version={model}={version}" if several else f"--model-version={version}"
    return VersionError(
        f"no run of {model} {version} is stored in {candidates.root}; {others}. "
        f"Run it first: pytest {shlex.quote(argument)}{typo}"
    )


def natural(text: str) -> tuple[tuple[int, str], ...]:
    """A sort key that puts 1.10 after 1.9.

    >>> sorted(["1.10", "1.9", "rc", "1.9b"], key=natural)
    ['1.9', '1.9b', '1.10', 'rc']
    """
    parts = re.findall(r"0*([0-9]+)|([^0-9]+)", text)
    return tuple((len(number), number) if number else (_AFTER_NUMBERS, word) for number, word in parts)
