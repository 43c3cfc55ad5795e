"""One form for every input and every answer: bytes to look it up by, a line of JSON to keep it as.

- :func:`digest`, :func:`of_repeat`, :func:`short`: what was asked, as a key.
- :class:`Codec`: an answer as one line of JSON, and back, without loss; else it raises :class:`NotKept`.
- :func:`comparable`: a value that is only compared, as a line of JSON.
- :func:`same`, :func:`differences`, :func:`gained`: two lines, compared.
- :class:`Projection`, :func:`seen`, :func:`whole`: what comparisons see of a model's answers.
- :func:`encode_plain`, :func:`excerpt`: any value, for people; never an identity.
- :func:`register`, :func:`make_ours`: how a class of ours is written, and made again; :func:`tag_of`.
- :func:`unkept`, :func:`is_kept`, :func:`why_unkept`: what a record has in place of an answer that could
  not be stored.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from pytest_modelcheck.canonical.codec import Codec, described, is_kept, unkept, why_unkept
from pytest_modelcheck.canonical.compare import (
    Difference,
    Projection,
    differences,
    first_trajectory,
    gained,
    same,
    seen,
    whole,
)
from pytest_modelcheck.canonical.digest import CALL_BYTES, digest, of_repeat, short
from pytest_modelcheck.canonical.kinds import ASIDE, make_ours, register, tag_of
from pytest_modelcheck.canonical.lowering import comparable, encode_plain, plain_line
from pytest_modelcheck.canonical.refusal import NotCanonical, NotKept, Unreadable
from pytest_modelcheck.canonical.text import excerpt, summarised
from pytest_modelcheck.canonical.types import ABSENT

__all__ = [
    "ABSENT",
    "ASIDE",
    "CALL_BYTES",
    "Codec",
    "Difference",
    "NotCanonical",
    "NotKept",
    "Projection",
    "Unreadable",
    "comparable",
    "described",
    "differences",
    "digest",
    "encode_plain",
    "excerpt",
    "first_trajectory",
    "gained",
    "is_kept",
    "make_ours",
    "of_repeat",
    "plain_line",
    "register",
    "same",
    "seen",
    "short",
    "summarised",
    "tag_of",
    "unkept",
    "whole",
    "why_unkept",
]
