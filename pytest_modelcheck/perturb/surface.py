"""How a text is set: capitals, white space, punctuation.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.building import called, drawn, listed
from pytest_modelcheck.perturb.perturbation import pick
from pytest_modelcheck.perturb.spans import found, protected, rewritten

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from pytest_modelcheck.perturb.focus import Field
    from pytest_modelcheck.perturb.perturbation import Perturbation

_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_GAP: Final = re.compile(r"(?<=\S) (?=\S)")
_FINAL: Final = re.compile(r"[.!?…。！？]+(?=[\"'”’»)\]]*\s*\Z)")
_COMMA: Final = re.compile(r"[,;，、；]")
_OPENING: Final = re.compile(r"[¿¡]")
_WIDE: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]\s*\Z")


def _title(text: str) -> str:
    return _WORD.sub(lambda match: match[0][0].upper() + match[0][1:].lower(), text)


_CASES: Final[dict[str, Callable[[str], str]]] = {
    "lower": str.lower,
    "upper": str.upper,
    "title": _title,
    "swap": str.swapcase,
}


def casing(to: str | None = None, *, field: Field | None = None) -> Perturbation:
    """Other capitals. Without ``to``, two variants: all lower case, and all upper case.

    Numbers, addresses, placeholders, code, handles and tags stay as they are.

    Args:
        to: ``"lower"``, ``"upper"``, ``"title"`` or ``"swap"``.
        field: Where the text is, in an input that is more than text.

    >>> casing().preview("Refund order 12kg to {name}")
    ['refund order 12kg to {name}', 'REFUND ORDER 12kg TO {name}']
    >>> casing("title").preview("it's not what I ordered")
    ["It's Not What I Ordered"]
    """
    if to is not None and to not in _CASES:
        raise PerturbationError(f"casing({to!r}): there are {', '.join(map(repr, _CASES))}")

    def edit(case: str) -> Callable[[str], str]:
        return lambda text: rewritten(text, _CASES[case])

    edits = [edit(case) for case in ([to] if to else ["lower", "upper"])]
    return listed("casing" if to is None else called("casing", to), edits, field)


def whitespace(n: int = 1, *, field: Field | None = None) -> Perturbation:
    r"""White space that means nothing: a space doubled, a tab or a line end for one, more at either end.

    Args:
        n: How many variants to make.
        field: Where the text is, in an input that is more than text.

    >>> whitespace(n=3).preview("Where is my parcel?")
    ['Where is my parcel?  ', 'Where\tis my parcel?', 'Where is my parcel?\n']
    """
    return drawn("whitespace", _spaced, n, field)


def punctuation(n: int = 1, *, field: Field | None = None) -> Perturbation:
    """Careless punctuation. In this order, what applies: the final mark left out, or a full stop added where
    there is none; the commas left out; the final mark repeated; the Spanish opening marks left out.

    Args:
        n: How many variants to make, at most 4.
        field: Where the text is, in an input that is more than text.

    >>> punctuation().preview("Where is my parcel?"), punctuation().preview("I want my money back")
    (['Where is my parcel'], ['I want my money back.'])
    >>> punctuation(n=4).preview("Hola, ¿dónde está?")
    ['Hola, ¿dónde está', 'Hola ¿dónde está?', 'Hola, ¿dónde está???', 'Hola, dónde está?']
    """
    if not 1 <= n <= len(_CARELESS):
        raise PerturbationError(f"punctuation(n={n!r}): there are 1 to {len(_CARELESS)} variants")
    return listed("punctuation", _CARELESS[:n], field)


def _spaced(text: str, rng: Random) -> str | None:
    if not text:
        return None
    gaps = found(_GAP, text)
    kinds = [" {}", "{} ", "{}  ", "{}\n"] + ["  ", "  ", "\t", "\n"] * bool(gaps)
    kind = pick(rng, kinds)
    if "{}" in kind:
        return kind.replace("{}", text)
    gap = pick(rng, gaps)
    return text[: gap.start()] + kind + text[gap.end() :]


def _final_toggled(text: str) -> str | None:
    final = _free_final(text)
    if final is not None:
        return text[: final.start()] + text[final.end() :]
    body = text.rstrip()
    if not body or _ends_in_address(body):
        return None
    return body + ("。" if _WIDE.search(body) else ".") + text[len(body) :]


def _final_repeated(text: str) -> str | None:
    final = _free_final(text)
    return None if final is None else text[: final.end()] + final[0][-1] * 2 + text[final.end() :]


def _without(pattern: re.Pattern[str]) -> Callable[[str], str]:
    return lambda text: rewritten(text, lambda part: pattern.sub("", part))


_CARELESS: Final[list[Callable[[str], str | None]]] = [
    _final_toggled,
    _without(_COMMA),
    _final_repeated,
    _without(_OPENING),
]


def _free_final(text: str) -> re.Match[str] | None:
    matches = found(_FINAL, text)
    return matches[-1] if matches else None


def _ends_in_address(text: str) -> bool:
    spans = protected(text)
    return bool(spans) and spans[-1].end == len(text) and spans[-1].kind in ("address", "code", "placeholder")
