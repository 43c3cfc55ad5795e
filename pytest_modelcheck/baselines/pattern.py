"""Choosing checks by a part of their node id, as ``--check`` does.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re


def matches(pattern: str, check: str) -> bool:
    """Whether ``pattern`` names a check: whole parts of its node id, with ``*`` and ``?`` as wildcards.

    A part is a folder, a file, a class, a test or its parameters, so that ``test_known`` means the test
    and all its parameter sets, and never ``test_known_tickets``.

    >>> check = "tests/test_triage.py::TestX::test_known[es-1]"
    >>> [matches(pattern, check) for pattern in ("test_known", "TestX", "tests/test_triage.py", "test_*[es*")]
    [True, True, True, True]
    >>> matches("test_know", check), matches("test_known[en-1]", check)
    (False, False)
    """
    wild = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.search(rf"(?:^|/|::){wild}(?=$|/|::|\[)", check, re.DOTALL) is not None
