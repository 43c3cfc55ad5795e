"""``modelcheck mutate``: would the suite notice if the model got worse?

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.baselines.atomic import replace as write
from pytest_modelcheck.canonical.text import percent
from pytest_modelcheck.cli.collected import told_by_pytest
from pytest_modelcheck.cli.screen import echo, print_document, print_lines, width
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.reports.mutation import (
    Mutated,
    Mutation,
    mutation_html,
    mutation_json,
    mutation_lines,
    mutation_markdown,
)
from pytest_modelcheck.reports.packing import unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_modelcheck.cli.project import Project

_FORMS: Final[dict[str, Callable[[Mutation], bytes]]] = {
    "json": mutation_json,
    "html": mutation_html,
    "markdown": lambda mutation: mutation_markdown(mutation).encode(),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """The command line's request.

    Attributes:
        versions: ``VERSION`` or ``MODEL=VERSION``, for pytest; none for the approved ones.
        arguments: What else pytest is told.
        form: ``"text"`` or one of the other forms.
        output: The file to write in place of the screen, or ``None``.
        fail_under: The score that is required, or ``None``.
    """

    versions: Sequence[str] = ()
    arguments: Sequence[str] = ()
    form: str = "text"
    output: Path | None = None
    fail_under: float | None = None


def mutate(project: Project, wish: Wish) -> int:
    """Replay the suite on damaged answers and print what it noticed. Returns the exit code.

    Raises:
        UsageError: pytest cannot run the tests, or no check can be replayed.
    """
    mutation = _mutation(project, wish)
    if not mutation.replayed:
        reasons = [f"{check.name}: {check.trouble}" for check in mutation.checks if check.trouble]
        raise UsageError("\n".join(["no check could be replayed.", *(reasons or ["There is none."])]))
    if wish.form == "text":
        print_lines(mutation_lines(mutation, width()))
    else:
        content = _FORMS[wish.form](mutation)
        if wish.output is None:
            print_document(content.decode(), nl=False)
        else:
            write(wish.output, [content], durable=False)
            echo(f"written: {wish.output}")
    if wish.fail_under is not None and mutation.score < wish.fail_under:
        required = f"{percent(wish.fail_under)} is required"
        echo(f"Error: the score is {percent(mutation.score)}, and {required}", err=True)
        return 1
    return 0


def _mutation(project: Project, wish: Wish) -> Mutation:
    arguments = [f"--model-version={version}" for version in wish.versions]
    folder = Path.cwd() if wish.arguments else project.root
    reported: dict[str, Any] = told_by_pytest(
        "--modelcheck-mutate",
        [*arguments, *wish.arguments],
        folder,
        "so that nothing is known of what it would notice",
        collect_only=False,
    )
    checks = [unpack(check, Mutated) for check in reported["checks"]]
    return Mutation(tuple(replace(check, cells=tuple(check.cells)) for check in checks))
