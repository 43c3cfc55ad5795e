"""Perturbations of inputs, seeded, and the same in every process.

>>> from pytest_modelcheck import perturb
>>> perturb.append("I will call my lawyer.").preview("Where is my parcel?")
['Where is my parcel? I will call my lawyer.']

Most take ``n``, the number of variants, and ``field``, the part of the input to change (or a list of parts)
where an input is more than a text or an image. Those of numbers and records take ``fields``, the parts to
change, and ``keep``, the parts to leave alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.perturb.building import PUBLIC, meant

if TYPE_CHECKING:
    from pytest_modelcheck.perturb.english import (
        abbreviations,
        contractions,
        negation,
        number_words,
        spelling,
    )
    from pytest_modelcheck.perturb.geometry import crop, flip, occlude, rotate, shift
    from pytest_modelcheck.perturb.images import (
        blur,
        brightness,
        contrast,
        gamma,
        gaussian_noise,
        jpeg,
        salt_and_pepper,
    )
    from pytest_modelcheck.perturb.mistakes import (
        double_letters,
        drop_letters,
        hesitations,
        homophones,
        mojibake,
        near_keys,
        ocr,
        swap_letters,
        transcript,
        typos,
        word_breaks,
    )
    from pytest_modelcheck.perturb.numbers import boundaries, extremes, jitter, out_of_range, rounding, scale
    from pytest_modelcheck.perturb.people import ages, countries, religions, swap_gender, swap_names
    from pytest_modelcheck.perturb.perturbation import (
        Levels,
        Perturbation,
        adapt,
        as_perturbation,
        as_perturbations,
        levels,
        one_of,
        variants,
    )
    from pytest_modelcheck.perturb.records import (
        extra_fields,
        field_order,
        missing,
        swap_category,
        type_noise,
        units,
    )
    from pytest_modelcheck.perturb.surface import (
        casing,
        diacritics,
        homoglyphs,
        leetspeak,
        normal_form,
        punctuation,
        sentence_order,
        truncate,
        whitespace,
        width,
        zero_width,
    )
    from pytest_modelcheck.perturb.wording import (
        append,
        distractors,
        emoji,
        entities,
        injection,
        irrelevant,
        links,
        markup,
        politeness,
        prepend,
        replace,
    )

__all__ = [
    "Levels", "Perturbation", "abbreviations", "adapt", "ages", "append", "as_perturbation",
    "as_perturbations", "blur", "boundaries", "brightness", "casing", "contractions", "contrast",
    "countries", "crop", "diacritics", "distractors", "double_letters", "drop_letters", "emoji", "entities",
    "extra_fields", "extremes", "field_order", "flip", "gamma", "gaussian_noise", "hesitations",
    "homoglyphs", "homophones", "injection", "irrelevant", "jitter", "jpeg", "leetspeak", "levels", "links",
    "markup", "missing", "mojibake", "near_keys", "negation", "normal_form", "number_words", "occlude",
    "ocr", "one_of", "out_of_range", "politeness", "prepend", "punctuation", "religions", "replace",
    "rotate", "rounding", "salt_and_pepper", "scale", "sentence_order", "shift", "spelling",
    "swap_category", "swap_gender", "swap_letters", "swap_names", "transcript", "truncate", "type_noise",
    "typos", "units", "variants", "whitespace", "width", "word_breaks", "zero_width",
]  # fmt: skip

# Hidden from type checkers, which would otherwise accept every misspelt name.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        __tracebackhide__ = True  # the mistake is in the line of the test, not here
        # Imported at first use: a golden test perturbs nothing.
        home = PUBLIC.get(name)
        if home is not None:
            found = globals()[name] = getattr(import_module(f"{__name__}.{home}"), name)
            return found
        close = None if name.startswith("_") else meant(name)
        hint = f"; did you mean perturb.{close}?" if close else ""
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}", name=name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
