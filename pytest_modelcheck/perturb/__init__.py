"""What may happen to an input: perturbations, seeded and the same in every process.

>>> from pytest_modelcheck import perturb
>>> perturb.append("I will call my lawyer.").preview("Where is my parcel?")
['Where is my parcel? I will call my lawyer.']

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from pytest_modelcheck.perturb.applying import variants
from pytest_modelcheck.perturb.characters import (
    diacritics,
    homoglyphs,
    leetspeak,
    normal_form,
    width,
    zero_width,
)
from pytest_modelcheck.perturb.compose import one_of
from pytest_modelcheck.perturb.context import emoji, injection, irrelevant, links, markup, politeness
from pytest_modelcheck.perturb.english import abbreviations, contractions, negation, number_words, spelling
from pytest_modelcheck.perturb.identity import ages, countries, religions, swap_gender
from pytest_modelcheck.perturb.keyboard import double_letters, drop_letters, near_keys, swap_letters, typos
from pytest_modelcheck.perturb.levels import Levels, levels
from pytest_modelcheck.perturb.misreading import homophones, ocr, transcript
from pytest_modelcheck.perturb.names import swap_names
from pytest_modelcheck.perturb.own import as_perturbation, as_perturbations
from pytest_modelcheck.perturb.perturbation import Perturbation
from pytest_modelcheck.perturb.sentences import sentence_order, truncate
from pytest_modelcheck.perturb.surface import casing, punctuation, whitespace
from pytest_modelcheck.perturb.wording import append, prepend, replace

__all__ = [
    "Levels",
    "Perturbation",
    "abbreviations",
    "ages",
    "append",
    "as_perturbation",
    "as_perturbations",
    "casing",
    "contractions",
    "countries",
    "diacritics",
    "double_letters",
    "drop_letters",
    "emoji",
    "homoglyphs",
    "homophones",
    "injection",
    "irrelevant",
    "leetspeak",
    "levels",
    "links",
    "markup",
    "near_keys",
    "negation",
    "normal_form",
    "number_words",
    "ocr",
    "one_of",
    "politeness",
    "prepend",
    "punctuation",
    "religions",
    "replace",
    "sentence_order",
    "spelling",
    "swap_gender",
    "swap_letters",
    "swap_names",
    "transcript",
    "truncate",
    "typos",
    "variants",
    "whitespace",
    "width",
    "zero_width",
]
