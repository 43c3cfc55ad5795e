import ast
import gc
import sys

import pytest

from pytest_modelcheck.canonical.shapes import field_hints
from pytest_modelcheck.canonical.source import parsed, signature_of
from pytest_modelcheck.perturb.adapters import takes_rng


class Tells:
    """An object that parses source when it is collected, as printing the traceback of a lost task does."""

    def __init__(self):
        self.itself = self

    def __del__(self):
        ast.parse("(1, 2)")


@pytest.mark.parametrize("threshold", [50, 300, 800])
def test_source_is_parsed_even_if_objects_are_collected_meanwhile(threshold):
    source = "\n".join(f"x{n} = [1, 2, (3, 4)]" for n in range(200))
    before = gc.get_threshold()
    gc.collect()
    gc.disable()
    Tells()
    gc.set_threshold(threshold)
    gc.enable()
    try:
        assert len(parsed(source).body) == 200
    finally:
        gc.set_threshold(*before)


@pytest.fixture
def typed():
    """A module whose annotations name types that only a type checker imports."""
    future = "" if sys.version_info >= (3, 14) else "from __future__ import annotations\n"
    names = {"__name__": __name__}
    source = (
        future
        + """
def shouted(text: Text, rng: Random = None) -> Text:
    return text.upper()

class Answer:
    label: str
    reason: Text
"""
    )
    exec(compile(source, "typed.py", "exec", dont_inherit=True), names)
    return names


def test_signatures_and_fields_are_read_though_a_name_in_an_annotation_is_unknown(typed):
    assert list(signature_of(typed["shouted"]).parameters) == ["text", "rng"]
    assert takes_rng(typed["shouted"])
    assert field_hints(typed["Answer"]) == {"label": str}
