"""One form for every input and every answer: bytes to look it up by, a line of JSON to keep it as.

- :func:`digest`, :func:`short`: what was asked, as a key.
- :class:`Codec`: an answer as one line of JSON, and back, without loss; else it raises :class:`NotKept`.
- :func:`comparable`: a value that is only compared, as a line of JSON.
- :func:`same`: whether two lines hold the same answer.
- :func:`describe`, :func:`encode_plain`, :func:`excerpt`: any value, for people; never an identity.
- :func:`unkept`, :func:`is_kept`: what a record has in place of an answer that could not be stored.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from pytest_modelcheck.canonical.codec import Codec, describe, is_kept, unkept
from pytest_modelcheck.canonical.compare import same
from pytest_modelcheck.canonical.digest import digest, short
from pytest_modelcheck.canonical.lowering import comparable, encode_plain
from pytest_modelcheck.canonical.refusal import NotCanonical, NotKept, Unreadable
from pytest_modelcheck.canonical.text import excerpt, printable_json

__all__ = [
    "Codec",
    "NotCanonical",
    "NotKept",
    "Unreadable",
    "comparable",
    "describe",
    "digest",
    "encode_plain",
    "excerpt",
    "is_kept",
    "printable_json",
    "same",
    "short",
    "unkept",
]
