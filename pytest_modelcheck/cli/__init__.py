"""The ``modelcheck`` command: see, compare and approve what was run, without calling a model."""

from __future__ import annotations


def main() -> None:
    """Run the command with the arguments of the process, and leave with its exit code."""
    from pytest_modelcheck.cli.command import modelcheck

    modelcheck(prog_name="modelcheck")
