"""The canonical forms of inputs and answers: bytes as a key, a line of JSON for storage.

- :func:`digest`, :func:`of_repeat`, :func:`short`: the key of a call.
- :class:`Codec`: an answer as one line of JSON, and back, without loss; raises :class:`NotStored` otherwise.
- :func:`comparable`: a value that is only compared, as a line of JSON.
- :func:`same`, :func:`differences`, :func:`named_differences`, :func:`gained`: two lines, compared.
- :class:`Projection`, :func:`compared_part`, :func:`whole`: the part of an answer that comparisons use.
- :func:`encode_plain`, :func:`excerpt`, :func:`one_line`: any value, for people; never an identity.
- :func:`register`, :func:`builder`, :func:`tag_of`: storage of this package's own classes.
- :func:`unstored`, :func:`is_stored`, :func:`why_unstored`: what replaces an answer that could not be stored.
"""

from __future__ import annotations

from pytest_modelcheck.canonical.codec import Codec, described, is_stored, unstored, why_unstored
from pytest_modelcheck.canonical.compare import (
    Difference,
    Projection,
    compared_part,
    differences,
    first_trajectory,
    gained,
    named_differences,
    same,
    whole,
)
from pytest_modelcheck.canonical.digest import CALL_BYTES, digest, of_repeat, short
from pytest_modelcheck.canonical.kinds import ASIDE, builder, register, tag_of
from pytest_modelcheck.canonical.lowering import comparable, encode_plain, plain_line
from pytest_modelcheck.canonical.refusal import NotCanonical, NotStored, Unreadable
from pytest_modelcheck.canonical.text import excerpt, one_line, stored_text, untagged, untagged_json
from pytest_modelcheck.canonical.types import ABSENT

__all__ = [
    "ABSENT",
    "ASIDE",
    "CALL_BYTES",
    "Codec",
    "Difference",
    "NotCanonical",
    "NotStored",
    "Projection",
    "Unreadable",
    "builder",
    "comparable",
    "compared_part",
    "described",
    "differences",
    "digest",
    "encode_plain",
    "excerpt",
    "first_trajectory",
    "gained",
    "is_stored",
    "named_differences",
    "of_repeat",
    "one_line",
    "plain_line",
    "register",
    "same",
    "short",
    "stored_text",
    "tag_of",
    "unstored",
    "untagged",
    "untagged_json",
    "whole",
    "why_unstored",
]
