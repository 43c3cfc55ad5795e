"""``modelcheck rename``: a test that got another name keeps its baseline.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_modelcheck.baselines.moves import move, moves, refuse_odd, remove
from pytest_modelcheck.canonical.wording import plural
from pytest_modelcheck.cli.project import shown
from pytest_modelcheck.cli.screen import indented, print_lines
from pytest_modelcheck.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_modelcheck.baselines.moves import Move
    from pytest_modelcheck.cli.workspace import Workspace


def rename(workspace: Workspace, old: str, new: str) -> None:
    """Move what is approved and what was run of the tests that ``old`` means.

    Raises:
        UsageError: ``new`` cannot be a name of what ``old`` is, nothing is remembered of that, or something
            is remembered under the new name.
    """
    refuse_odd(old, new)
    store, candidates = workspace.store, workspace.candidates
    approved, ran = moves(store.root, old, new), moves(candidates.root, old, new)
    if not approved and not ran:
        raise UsageError(f"nothing is remembered of {old}. See all: modelcheck list")
    move(store.root, approved)
    # Where the test was run under its new name already, that run says more than the one before.
    stale = [one.path for one in ran if one.path != one.target and one.target.exists()]
    move(candidates.root, [one for one in ran if one.path not in stale], durable=False)
    remove(candidates.root, stale)
    print_lines(_told(workspace, approved, ran))


def _told(workspace: Workspace, approved: Sequence[Move], ran: Sequence[Move]) -> Iterator[str]:
    for one in approved:
        yield from indented([f"{one.header.test} → {one.check} ({one.header.model} {one.header.version})"])
    if approved:
        place = shown(workspace.store.root)
        yield f"{plural(len(approved), 'baseline')} renamed in {place}: commit this with the test."
    if ran:
        yield f"{plural(len(ran), 'candidate')} renamed, which git need not know."
