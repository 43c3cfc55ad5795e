"""Find faults of a suite without calling any model: contradictory cases, checks that cannot fail.

>>> from pytest_modelcheck.cases import load
>>> from pytest_modelcheck.lint import LintTarget, lint
>>> known = load([("Where is it?", "shipping"), ("Where is it?", "refund")])
>>> for fault in lint([LintTarget(cases=known)]):
...     print(fault.code, fault.message)
MC101 list[1]: expects 'refund'; list[0] has the same input and expects 'shipping'
"""

from __future__ import annotations

from pytest_modelcheck.lint.faults import Fault, LintTarget
from pytest_modelcheck.lint.rules import RULES, chosen, lint, warnings_of

__all__ = ["RULES", "Fault", "LintTarget", "chosen", "lint", "warnings_of"]
