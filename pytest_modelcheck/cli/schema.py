"""``modelcheck schema``: what a case file may hold, for editors.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import json

from pytest_modelcheck.cases.documents import PATH, schema_of_file, schema_of_line
from pytest_modelcheck.cli.screen import print_document
from pytest_modelcheck.errors import UsageError


def show(*, line: bool, path: bool) -> None:
    """Print the schema of a file or of a line, or where that of a file is.

    Raises:
        UsageError: Both are asked for; that of a line is not a file.
    """
    if path and line:
        raise UsageError("--path and --line: only the schema of whole files is installed as a file; use one")
    shown = schema_of_line() if line else schema_of_file()
    print_document(str(PATH) if path else json.dumps(shown, indent=2))
