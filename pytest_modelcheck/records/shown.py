"""The nouns of what a reader sees of one case: everything is text already.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Smallest:
    """The smallest change of an input that still fails, or the smallest input that does.

    Attributes:
        text: What changes, in brackets: ``"Please [refund→refnud] order 1182"``; empty where the input fails
            as it is. Where a strategy gave the input, another one that it may give: ``'"order 701"'``.
        edits: How many single changes that is; none where it is another input.
        got: What the model answers to it.
        complete: Whether the search came to its end, so that none of them can be left out.
    """

    text: str
    edits: int
    got: str | None = None
    complete: bool = True


@dataclass(frozen=True, slots=True)
class ShownCase:
    """One case as the reader of a report sees it: everything is text already, cut to length.

    ``note`` says how it differs from the others of its list: ``"failed"``, ``"regressed"``, ``"changed"``,
    ``"error"``, ``"new"``, ``"unexpected pass"``.
    """

    id: str
    note: str
    input: str
    message: str
    expected: str | None = None
    got: str | None = None
    approved: str | None = None
    perturbation: str | None = None
    perturbed: str | None = None
    base_answer: str | None = None
    detail: str | None = None
    origin: str | None = None
    smallest: Smallest | None = None
