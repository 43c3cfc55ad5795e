"""The public names of :mod:`pytest_modelcheck.perturb`, and the modules that define them.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final

PUBLIC: Final = {
    "Levels": "ordered",
    "Perturbation": "perturbation",
    "abbreviations": "english",
    "adapt": "perturbation",
    "ages": "people",
    "append": "wording",
    "as_perturbation": "perturbation",
    "as_perturbations": "perturbation",
    "blur": "images",
    "boundaries": "numbers",
    "brightness": "images",
    "casing": "surface",
    "contractions": "english",
    "contrast": "images",
    "countries": "people",
    "crop": "geometry",
    "diacritics": "surface",
    "distractors": "contexts",
    "double_letters": "mistakes",
    "drop_letters": "mistakes",
    "emoji": "wording",
    "entities": "wording",
    "extra_fields": "records",
    "extremes": "numbers",
    "field_order": "records",
    "flip": "geometry",
    "gamma": "images",
    "gaussian_noise": "images",
    "hesitations": "mistakes",
    "homoglyphs": "surface",
    "homophones": "mistakes",
    "injection": "contexts",
    "irrelevant": "wording",
    "jitter": "numbers",
    "jpeg": "images",
    "leetspeak": "surface",
    "levels": "ordered",
    "links": "wording",
    "markup": "wording",
    "missing": "records",
    "mojibake": "mistakes",
    "near_keys": "mistakes",
    "negation": "english",
    "normal_form": "surface",
    "number_words": "english",
    "occlude": "geometry",
    "ocr": "mistakes",
    "one_of": "perturbation",
    "out_of_range": "numbers",
    "politeness": "wording",
    "prepend": "wording",
    "punctuation": "surface",
    "religions": "people",
    "replace": "wording",
    "rotate": "geometry",
    "rounding": "numbers",
    "salt_and_pepper": "images",
    "scale": "numbers",
    "sentence_order": "surface",
    "shift": "geometry",
    "spelling": "english",
    "swap_category": "records",
    "swap_gender": "people",
    "swap_letters": "mistakes",
    "swap_names": "people",
    "transcript": "mistakes",
    "truncate": "surface",
    "type_noise": "records",
    "typos": "mistakes",
    "units": "measures",
    "variants": "perturbation",
    "whitespace": "surface",
    "width": "surface",
    "word_breaks": "mistakes",
    "zero_width": "surface",
}
"""The module of each public name."""


def meant(name: str) -> str | None:
    """The public function that is most like a misspelt name, or ``None`` if none is.

    >>> meant("typos"), meant("typo"), meant("Swap-Names"), meant("xyz")
    ('typos', 'typos', 'swap_names', None)
    """
    known = [public for public in PUBLIC if public.islower() and not public.startswith("as_")]
    close = get_close_matches(name.lower().replace("-", "_").replace(" ", "_"), known, 1)
    return close[0] if close else None
