"""Sources of cases.

>>> from pytest_modelcheck import cases
>>> tickets = cases.load([{"input": "Where is my parcel?", "expected": "shipping"}])
>>> tickets[0].input
'Where is my parcel?'
"""

from __future__ import annotations

from pytest_modelcheck.cases.collection import Cases, generate, load
from pytest_modelcheck.cases.templates import lexicon, template
from pytest_modelcheck.records import Case, Variant

__all__ = ["Case", "Cases", "Variant", "generate", "lexicon", "load", "template"]
