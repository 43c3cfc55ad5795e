"""What may happen to an input: perturbations, seeded and the same in every process.

>>> from pytest_modelcheck import perturb
>>> perturb.append("I will call my lawyer.").preview("Where is my parcel?")
['Where is my parcel? I will call my lawyer.']

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_modelcheck.perturb.adapters import adapt
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
    from pytest_modelcheck.perturb.context import (
        emoji,
        entities,
        injection,
        irrelevant,
        links,
        markup,
        politeness,
    )
    from pytest_modelcheck.perturb.english import (
        abbreviations,
        contractions,
        negation,
        number_words,
        spelling,
    )
    from pytest_modelcheck.perturb.geometry import crop, flip, occlude, rotate, shift
    from pytest_modelcheck.perturb.identity import ages, countries, religions, swap_gender
    from pytest_modelcheck.perturb.keyboard import (
        double_letters,
        drop_letters,
        near_keys,
        swap_letters,
        typos,
        word_breaks,
    )
    from pytest_modelcheck.perturb.lighting import (
        blur,
        brightness,
        contrast,
        gamma,
        gaussian_noise,
        salt_and_pepper,
    )
    from pytest_modelcheck.perturb.measures import units
    from pytest_modelcheck.perturb.misreading import hesitations, homophones, mojibake, ocr, transcript
    from pytest_modelcheck.perturb.names import swap_names
    from pytest_modelcheck.perturb.numeric import jitter, rounding, scale
    from pytest_modelcheck.perturb.ordered import Levels, levels
    from pytest_modelcheck.perturb.own import as_perturbation, as_perturbations
    from pytest_modelcheck.perturb.perturbation import Perturbation
    from pytest_modelcheck.perturb.ranges import boundaries, extremes, out_of_range
    from pytest_modelcheck.perturb.recompression import jpeg
    from pytest_modelcheck.perturb.records import extra_fields, field_order, missing
    from pytest_modelcheck.perturb.sentences import sentence_order, truncate
    from pytest_modelcheck.perturb.surface import casing, punctuation, whitespace
    from pytest_modelcheck.perturb.values import swap_category, type_noise
    from pytest_modelcheck.perturb.wording import append, prepend, replace

__all__ = [
    "Levels",
    "Perturbation",
    "abbreviations",
    "adapt",
    "ages",
    "append",
    "as_perturbation",
    "as_perturbations",
    "blur",
    "boundaries",
    "brightness",
    "casing",
    "contractions",
    "contrast",
    "countries",
    "crop",
    "diacritics",
    "double_letters",
    "drop_letters",
    "emoji",
    "entities",
    "extra_fields",
    "extremes",
    "field_order",
    "flip",
    "gamma",
    "gaussian_noise",
    "hesitations",
    "homoglyphs",
    "homophones",
    "injection",
    "irrelevant",
    "jitter",
    "jpeg",
    "leetspeak",
    "levels",
    "links",
    "markup",
    "missing",
    "mojibake",
    "near_keys",
    "negation",
    "normal_form",
    "number_words",
    "occlude",
    "ocr",
    "one_of",
    "out_of_range",
    "politeness",
    "prepend",
    "punctuation",
    "religions",
    "replace",
    "rotate",
    "rounding",
    "salt_and_pepper",
    "scale",
    "sentence_order",
    "shift",
    "spelling",
    "swap_category",
    "swap_gender",
    "swap_letters",
    "swap_names",
    "transcript",
    "truncate",
    "type_noise",
    "typos",
    "units",
    "variants",
    "whitespace",
    "width",
    "word_breaks",
    "zero_width",
]

# Where each public name lives. Imported at first use: a golden test perturbs nothing.
_HOMES = {
    "Levels": "ordered",
    "Perturbation": "perturbation",
    "abbreviations": "english",
    "adapt": "adapters",
    "ages": "identity",
    "append": "wording",
    "as_perturbation": "own",
    "as_perturbations": "own",
    "blur": "lighting",
    "boundaries": "ranges",
    "brightness": "lighting",
    "casing": "surface",
    "contractions": "english",
    "contrast": "lighting",
    "countries": "identity",
    "crop": "geometry",
    "diacritics": "characters",
    "double_letters": "keyboard",
    "drop_letters": "keyboard",
    "emoji": "context",
    "entities": "context",
    "extra_fields": "records",
    "extremes": "ranges",
    "field_order": "records",
    "flip": "geometry",
    "gamma": "lighting",
    "gaussian_noise": "lighting",
    "hesitations": "misreading",
    "homoglyphs": "characters",
    "homophones": "misreading",
    "injection": "context",
    "irrelevant": "context",
    "jitter": "numeric",
    "jpeg": "recompression",
    "leetspeak": "characters",
    "levels": "ordered",
    "links": "context",
    "markup": "context",
    "missing": "records",
    "mojibake": "misreading",
    "near_keys": "keyboard",
    "negation": "english",
    "normal_form": "characters",
    "number_words": "english",
    "occlude": "geometry",
    "ocr": "misreading",
    "one_of": "compose",
    "out_of_range": "ranges",
    "politeness": "context",
    "prepend": "wording",
    "punctuation": "surface",
    "religions": "identity",
    "replace": "wording",
    "rotate": "geometry",
    "rounding": "numeric",
    "salt_and_pepper": "lighting",
    "scale": "numeric",
    "sentence_order": "sentences",
    "shift": "geometry",
    "spelling": "english",
    "swap_category": "values",
    "swap_gender": "identity",
    "swap_letters": "keyboard",
    "swap_names": "names",
    "transcript": "misreading",
    "truncate": "sentences",
    "type_noise": "values",
    "typos": "keyboard",
    "units": "measures",
    "variants": "applying",
    "whitespace": "surface",
    "width": "characters",
    "word_breaks": "keyboard",
    "zero_width": "characters",
}

# Hidden from type checkers, which would else take every misspelt name for a known one.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        __tracebackhide__ = True  # the mistake is in the line of the test, not here
        home = _HOMES.get(name)
        if home is not None:
            found = globals()[name] = getattr(import_module(f"{__name__}.{home}"), name)
            return found
        from pytest_modelcheck.perturb.misspelt import meant

        close = None if name.startswith("_") else meant(name)
        hint = f"; did you mean perturb.{close}?" if close else ""
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}", name=name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
