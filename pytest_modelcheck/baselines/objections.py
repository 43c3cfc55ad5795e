"""What stands in the way of approving a candidate.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_modelcheck.baselines.provenance import WHOLE_FILE, body_digest, defines, file_digest, place
from pytest_modelcheck.records import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from pytest_modelcheck.baselines.header import Header


def is_gone(header: Header, root: Path) -> bool:
    """Whether the test that a candidate belongs to no longer exists.

    Args:
        header: The candidate's.
        root: The folder that node ids are relative to.
    """
    file, qualname = place(header)
    path = root / file
    if not path.is_file():
        return True
    return not header.body.startswith(WHOLE_FILE) and not defines(path, qualname)


def objections(header: Header, root: Path) -> tuple[str, ...]:
    """Why a candidate cannot be approved: empty where it can.

    What is red against the baseline alone is no objection: approving it is the way to settle it.

    Args:
        header: The candidate's.
        root: The folder that node ids and paths of case files are relative to.

    Raises:
        BaselineError: The test's file is no Python.
    """
    return (*_stale_test(header, root), *_stale_cases(header, root), *_red(header))


def incomplete(header: Header) -> tuple[str, ...]:
    """Why a candidate can never be approved, whatever is forced: some of its cases were not run."""
    if not header.stopped:
        return ()
    others = "nothing is known of the others: run all of them (pytest --modelcheck-no-early-stop)"
    return (f"it was {header.stopped}, and {others}",)


def mixed_fingerprints(headers: Iterable[Header]) -> Mapping[str, tuple[str, ...]]:
    """By node id, the objection that candidates of one version come from different models."""
    by_check = {header.test: header.fingerprint for header in headers}
    if len(set(by_check.values())) < 2:
        return {}
    seen = ", ".join(sorted(mark or "none" for mark in set(by_check.values())))
    return {check: (_MIXED.format(own=mark or "none", seen=seen),) for check, mark in by_check.items()}


_MIXED: Final = (
    "ran with fingerprint {own}, but candidates of this version have several ({seen}): run pytest again"
)


def _stale_test(header: Header, root: Path) -> Iterator[str]:
    file, qualname = place(header)
    if header.body and body_digest(root / file, qualname) != header.body:
        yield (
            f"{qualname} in {file}, or what it uses there, has changed since it ran: run pytest again "
            f"(or modelcheck baselines prune, where it does not ask {header.model} any more)"
        )


def _stale_cases(header: Header, root: Path) -> Iterator[str]:
    for name, digest in header.files.items():
        path = root / name
        if not path.is_file():
            yield f"its case file {name} no longer exists: run pytest again"
        elif file_digest(path) != digest:
            yield f"its case file {name} has changed since it ran: run pytest again"


def _red(header: Header) -> Iterator[str]:
    for finding in header.findings:
        if finding.status is Status.FAILED and not finding.against_baseline:
            yield finding.summary
