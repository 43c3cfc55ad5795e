"""One form for every input and every answer: bytes to look it up by, a line of JSON to keep it as.

- :func:`digest`, :func:`short`, :func:`canonical_bytes`: what was asked, as a key.
- :class:`Codec`: an answer as one line of canonical JSON, and back.
- :func:`encode_plain`: any value as JSON for display; never refuses, is never read back.
- :func:`same`: whether two kept answers are equal, but for the last bits of a float.
- :func:`excerpt`: a value as one safe line for people; :func:`printable_json`: JSON that is safe to print.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from pytest_modelcheck.canonical.codec import Codec, encode_plain
from pytest_modelcheck.canonical.compare import same
from pytest_modelcheck.canonical.digest import canonical_bytes, digest, short
from pytest_modelcheck.canonical.excerpt import excerpt, printable_json
from pytest_modelcheck.canonical.refusal import NotCanonical, NotKept, Unreadable

__all__ = [
    "Codec",
    "NotCanonical",
    "NotKept",
    "Unreadable",
    "canonical_bytes",
    "digest",
    "encode_plain",
    "excerpt",
    "printable_json",
    "same",
    "short",
]
