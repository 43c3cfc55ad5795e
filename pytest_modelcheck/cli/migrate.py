"""``modelcheck migrate``: baselines that an older version wrote, brought to today's form.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pytest_modelcheck.baselines import migration
from pytest_modelcheck.canonical.wording import plural
from pytest_modelcheck.cli.project import shown

if TYPE_CHECKING:
    from pytest_modelcheck.cli.workspace import Workspace


def migrate(workspace: Workspace) -> None:
    """Migrate what is outdated, and say how much that was."""
    root = workspace.store.root
    paths = migration.outdated(root)
    if not paths:
        click.echo(f"Nothing to migrate: every baseline in {shown(root)} has today's form.")
        return
    migration.migrate(root, paths)
    count = plural(len(paths), "baseline")
    click.echo(f"{count} in {shown(root)} migrated: look at it with git diff, and commit it.")
