"""Texts cut short, and sentences in another order.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.building import called, drawn, listed
from pytest_modelcheck.perturb.spans import found, protected

if TYPE_CHECKING:
    from random import Random

    from pytest_modelcheck.perturb.focus import Field
    from pytest_modelcheck.perturb.perturbation import Perturbation

_BETWEEN: Final = re.compile(r"(?<=[.!?…])[\"'”’»)]*\s+(?=\S)|(?<=[。！？])(?=\S)")


def truncate(keep: float = 0.8, *, field: Field | None = None) -> Perturbation:
    """The text without its end, cut between words, and never inside of an address, a number or code.

    Args:
        keep: Which part of the characters stays, at most.
        field: Where the text is, in an input that is more than text.

    >>> truncate(0.5).preview("Where is my parcel? I ordered it in May.")
    ['Where is my parcel?']
    """
    if not 0 < keep < 1:
        raise PerturbationError(f"truncate({keep!r}): the part that stays is more than 0 and less than 1")

    def edit(text: str) -> str | None:
        end = int(len(text) * keep)
        for span in protected(text):
            if span.start < end < span.end:
                end = span.start
        cut = _at_a_word(text, end)
        return text[:cut].rstrip() or None

    return listed("truncate" if keep == 0.8 else called("truncate", keep), [edit], field)


def sentence_order(n: int = 1, *, field: Field | None = None) -> Perturbation:
    """The sentences of the text in another order. Does not apply to a single one.

    >>> sentence_order().preview("Hi. I want a refund. The lamp is broken.")
    ['I want a refund. Hi. The lamp is broken.']
    """

    def edit(text: str, rng: Random) -> str | None:
        sentences, gaps = _sentences(text)
        if len(sentences) < 2:
            return None
        shuffled = sorted(sentences, key=lambda _: rng.random())
        return "".join(sentence + gap for sentence, gap in zip(shuffled, [*gaps, ""], strict=True))

    return drawn("sentence_order", edit, n, field)


def _at_a_word(text: str, end: int) -> int:
    """The place at or before ``end`` where a word ends; in scripts without spaces, any place will do."""
    if end >= len(text) or text[end].isspace():
        return end
    space = max(text.rfind(" ", 0, end), text.rfind("\n", 0, end))
    return space if space > 0 else end


def _sentences(text: str) -> tuple[list[str], list[str]]:
    """The sentences, and what stands between each and the next."""
    gaps = found(_BETWEEN, text)
    starts = [0, *(match.end() for match in gaps)]
    ends = [*(match.start() for match in gaps), len(text)]
    return [text[start:end] for start, end in zip(starts, ends, strict=True)], [match[0] for match in gaps]
