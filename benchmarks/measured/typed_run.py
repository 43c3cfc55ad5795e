"""Typed answers to pairs and to mappings: ``python typed_run.py FOLDER CASES``.

Says how long the checks took from their calls on, each by itself, and how long a plain loop takes over the
same cases with the same asserts. The folder keeps the predictions, so that a second run is warm.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from time import perf_counter, process_time
from types import SimpleNamespace

from watched import Watch, run, write

SHOP = '''
"""Inputs and answers of a shop's models."""

from dataclasses import dataclass
from enum import Enum


class Label(Enum):
    REFUND = "refund"
    SHIPPING = "shipping"
    OTHER = "other"


@dataclass
class Triage:
    label: Label
    priority: int
    confidence: float
    tags: list[str]


def answer(text):
    number = int(text.rpartition(" ")[2])
    label = list(Label)[number % 3]
    return Triage(label, number % 5, number % 97 / 97, [label.value, text[:8]])


def of_pairs(pairs):
    return [answer(first) for first, _ in pairs]


def of_mappings(mappings):
    return [answer(mapping["subject"]) for mapping in mappings]


def pair(number):
    return [f"Where is my parcel number {number}", f"It was ordered {number % 30} days ago, and paid for."]


def mapping(number):
    return {
        "subject": f"About my parcel number {number}",
        "body": "I ordered it last week.\\nWhere is it now?",
        "language": "en" if number % 3 else "es",
        "history": [number % 7, number % 11],
    }


def expected(number):
    return list(Label)[number % 3].value
'''
CONFTEST = """
from shop import Triage, of_mappings, of_pairs

from pytest_modelcheck import model_fixture

@model_fixture(batch=True, deterministic=True, returns=Triage)
def pairs(model_version):
    return of_pairs

@model_fixture(batch=True, deterministic=True, returns=Triage)
def mappings(model_version):
    return of_mappings
"""
TESTS = """
import pytest
from shop import expected, mapping, pair

from pytest_modelcheck import Case

def cases(of):
    return [Case(of(n), id=f"t-{{n:06}}", expected=expected(n)) for n in range({cases})]

@pytest.mark.golden(cases(pair))
def test_pairs(pairs, case):
    assert pairs(case.input).label.value == case.expected

@pytest.mark.golden(cases(mapping))
def test_mappings(mappings, case):
    assert mappings(case.input).label.value == case.expected
"""


def loop(of, model, cases: int) -> float:
    """The CPU time of a plain loop, in seconds; the cases are made before."""
    shop = importlib.import_module("shop")
    made = [SimpleNamespace(input=of(n), expected=shop.expected(n)) for n in range(cases)]
    began = process_time()
    for case in made:
        assert model([case.input])[0].label.value == case.expected
    return process_time() - began


def main(folder: Path, cases: int) -> dict[str, float]:
    tests = TESTS.format(cases=cases)
    write(folder, {"shop.py": SHOP, "conftest.py": CONFTEST, "test_typed.py": tests})
    sys.path.insert(0, str(folder))
    shop = importlib.import_module("shop")
    loops = loop(shop.pair, shop.of_pairs, cases), loop(shop.mapping, shop.of_mappings, cases)
    watch, began = Watch(), perf_counter()
    run(folder, "--model-version=1", watch=watch)
    (_, pairs), (_, mappings), *_ = watch.tests
    used = {"pairs": pairs, "mappings": mappings, "loop pairs": loops[0], "loop mappings": loops[1]}
    return {**used, "wall": perf_counter() - began}


if __name__ == "__main__":
    print(json.dumps([main(Path(sys.argv[1]), int(sys.argv[2]))]))
