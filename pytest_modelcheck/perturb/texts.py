"""Perturb texts: find the text of an input, protect numbers and addresses in it, look words up in tables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.perturb.building import TRIES, called, check_choice, check_n, pick, with_field
from pytest_modelcheck.perturb.paths import texts_in
from pytest_modelcheck.perturb.perturbation import Perturbation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from random import Random

    from pytest_modelcheck.perturb.paths import Fields

    Edit = Callable[[str, Random], str | None]


# Separates the texts of several fields that are perturbed as one: a placeholder, which no edit changes.
_BETWEEN: Final = "\n{\ue000}\n"


def drawn(name: str, edit: Edit, n: int, field: Fields | None, *, jointly: bool = False) -> Perturbation:
    """A perturbation that draws ``n`` random variants of a text. The first ones do not depend on ``n``.

    Args:
        name: The name, without the field.
        edit: Takes a text and a source of randomness, returns another text, or ``None`` if it does not apply.
        n: The number of variants to look for. There are fewer if the text does not allow that many.
        field: The part of the input that is the text. Several parts are edited with the same random numbers.
        jointly: Whether the texts of several fields are edited as one, so that a word in two of them is
            replaced by the same word.
    """
    check_n(name, n)

    def edited(texts: Sequence[str], rng: Random) -> tuple[str, ...] | None:
        if jointly or len(texts) == 1:
            # As one text, so that a name in two fields gets the same new name in both.
            new = edit(_BETWEEN.join(texts), rng)
            if new is None:
                return None
            return tuple(new.split(_BETWEEN)) if len(texts) > 1 else (new,)
        # The same draws for each field: a question and its copy in another field get the same typo.
        state = rng.getstate()
        made = []
        for text in texts:
            rng.setstate(state)
            made.append(edit(text, rng))
        return _completed(made, texts)

    def apply(x: Any, rng: Random) -> list[Any]:
        texts, put = texts_in(x, field)
        seen: set[tuple[str, ...] | None] = {tuple(texts)}
        made: list[Any] = []
        for _ in range(n):
            for _ in range(TRIES):
                new = edited(texts, rng)
                if new is None or new not in seen:
                    break
            else:
                new = None
            seen.add(new)
            made.append(None if new is None else put(new))
        return made

    return Perturbation(with_field(name, field), apply)


def _completed(made: Sequence[str | None], texts: Sequence[str]) -> tuple[str, ...] | None:
    """The new texts, with the old one where an edit does not apply; ``None`` where it applies to none."""
    if all(new is None for new in made):
        return None
    return tuple(text if new is None else new for new, text in zip(made, texts, strict=True))


def listed(name: str, edits: Sequence[Callable[[str], str | None]], field: Fields | None) -> Perturbation:
    """A perturbation without randomness, with one variant for each of ``edits``, which edits all fields."""

    def apply(x: Any, _: Random) -> list[Any]:
        texts, put = texts_in(x, field)
        made = [_completed([edit(text) for text in texts], texts) for edit in edits]
        return [None if new is None else put(new) for new in made]

    return Perturbation(with_field(name, field), apply, random=False)


# The first alternative passes over plain words, many at once. Each of the others is tried where a token
# begins only, and cannot give back what it took: the time is linear in the length of the text, whatever
# the text is.
_PROTECTED: Final = re.compile(
    r"""
      (?: [^\W\d_]++(?=[\s!?,;)"'…]|\.?(?:\s|\Z))
        | [\s!?,;()"'¿¡…\u3000-\u303f\uff01\uff0c\uff1f]++
        | \.(?=\s|\Z)
      )++
    | (?P<code> ```(?:(?!```).)*+``` | `[^`\n]++` )
    | (?P<address>
          (?<![A-Za-z0-9])(?:https?|ftp)://[^\s<>"]*[^\s<>".,;:!?)\]}']
        | (?<![A-Za-z0-9])www\.[^\s<>"]*[^\s<>".,;:!?)\]}']
        | (?<![\w.+-])[\w.+-]++@[\w-]++(?:\.[\w-]++)++
        | (?<![\w.-])(?:[^\W_][\w-]*+\.(?=[^\W_]))++
          (?:com|org|net|edu|gov|io|ai|app|dev|info|co|eu|uk|de|fr|es|it|nl|pt|br|mx|pl|ru|in|cn|jp|us)\b
          (?:/[^\s<>"]*[^\s<>".,;:!?)\]}'])?
      )
    | (?P<placeholder>
          \{\{[^{}\n]{0,80}+\}\} | \$?\{[^{}\n]{0,80}+\}
        | <[^<>\s][^<>\n]{0,79}+>
        | \[[A-Z][A-Z0-9_ ]{0,40}+\]
        | %\(\w++\)[sdifr] | %[-+]?\d*+(?:\.\d++)?[sdifr]\b
        | \$[A-Za-z_]\w*+
        | &(?:\w{1,31}+|\#x?\w{1,8}+);
      )
    | (?P<handle> (?<![A-Za-z0-9_@\#])[@\#]\w++ )
    | (?P<number>
          (?<![A-Za-z0-9\u00c0-\u024f_]) [$€£¥+-]? (?:[A-Z]{1,5}-)?
          [A-Za-z\u00c0-\u024f_]*+\d[\dA-Za-z\u00c0-\u024f_]*+
          (?:[.,:/\-'][A-Za-z\u00c0-\u024f_]*+\d[\dA-Za-z\u00c0-\u024f_]*+)*+ %?
      )
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Protected:
    """A part of a text that perturbations leave alone, and its kind: ``code``, ``address``, ``number``, …"""

    start: int
    end: int
    kind: str


def protected(text: str) -> list[Protected]:
    """The protected parts of a text, in order.

    >>> text = "Mail {name} <b>2.50</b> at a@b.org, see https://x.io/a?b=1. Order A-1182 #late"
    >>> [text[span.start : span.end] for span in protected(text)]
    ['{name}', '<b>', '2.50', '</b>', 'a@b.org', 'https://x.io/a?b=1', 'A-1182', '#late']
    """
    return [
        Protected(*match.span(), match.lastgroup) for match in _PROTECTED.finditer(text) if match.lastgroup
    ]


def free(text: str) -> list[tuple[int, int]]:
    """The unprotected parts of a text, as (start, end).

    >>> free("pay 20 EUR")
    [(0, 4), (6, 10)]
    """
    spans = protected(text)
    starts = [0, *(span.end for span in spans)]
    ends = [*(span.start for span in spans), len(text)]
    return [(start, end) for start, end in zip(starts, ends, strict=True) if start < end]


def rewritten(text: str, edit: Callable[[str], str]) -> str:
    """The text with its unprotected parts passed through ``edit``, one by one.

    >>> rewritten("pay 20eur to {name}", str.upper)
    'PAY 20eur TO {name}'
    """
    parts = []
    start = 0
    for begin, end in free(text):
        parts += [text[start:begin], edit(text[begin:end])]
        start = end
    return "".join([*parts, text[start:]])


def matches_in(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    """The matches of a pattern in the unprotected parts of a text.

    >>> [match[0] for match in matches_in(re.compile(r"[a-z]+"), "see x.com or `code`")]
    ['see', 'or']
    """
    return [match for begin, end in free(text) for match in pattern.finditer(text, begin, end)]


class WordTable:
    """A table of replacements for words, in lower case.

    Args:
        words: The replacements.
        possessive: Whether words before a possessive 's match, too.

    >>> table = WordTable({"colour": "color", "grey": "gray"})
    >>> table.replaced("Grey, colourful, COLOUR"), table.replaced("blue")
    ('Gray, colourful, COLOR', None)
    """

    def __init__(self, words: Mapping[str, str], *, possessive: bool = False) -> None:
        self.words = words
        self._after = r"(?!\w|['’](?!s\b))" if possessive else r"(?![\w'’])"

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The pattern of all words, longest first, which does not match inside longer words."""
        longest_first = sorted(self.words, key=len, reverse=True)
        # Texts write either apostrophe; tables have the plain one.
        words = "|".join(map(re.escape, longest_first)).replace("'", "['’]")
        return re.compile(rf"(?<![\w'’])(?:{words}){self._after}", re.IGNORECASE)

    def matches(self, text: str) -> list[re.Match[str]]:
        """The words of the table in a text, outside its protected parts."""
        return matches_in(self.pattern, text)

    def other(self, match: re.Match[str]) -> str:
        """The replacement of a matched word, in its capitalisation."""
        return like(match[0], self.words[match[0].lower().replace("’", "'")])

    def replaced(self, text: str) -> str | None:
        """The text with all words of the table replaced, or ``None`` if it contains none."""
        return substituted(text, self.matches(text), self.other)


def substituted(
    text: str, matches: list[re.Match[str]], becomes: Callable[[re.Match[str]], str]
) -> str | None:
    """The text with each match replaced, or ``None`` if there are no matches."""
    parts: list[str] = []
    start = 0
    for match in matches:
        parts += [text[start : match.start()], becomes(match)]
        start = match.end()
    return "".join([*parts, text[start:]]) if parts else None


def one_substituted(
    text: str, matches: list[re.Match[str]], becomes: Callable[[re.Match[str]], str], rng: Random
) -> str | None:
    """The text with one match, which is drawn, replaced; ``None`` if there are no matches."""
    return substituted(text, [pick(rng, matches)], becomes) if matches else None


def ways(
    name: str, to: str | None, edits: Mapping[str, Callable[[str], str | None]], field: Fields | None
) -> Perturbation:
    """A perturbation with one of several edits; without ``to``, one variant for each."""
    if to is None:
        return listed(name, list(edits.values()), field)
    check_choice(f"{name}({to!r})", to, edits)
    return listed(called(name, to), [edits[to]], field)


def like(model: str, word: str) -> str:
    """A word with the capitalisation of another.

    >>> like("REFUND", "credit"), like("Refund", "credit"), like("refund", "credit"), like("A", "one")
    ('CREDIT', 'Credit', 'credit', 'One')
    """
    # One capital letter is no shouting: "I" begins a sentence as "You" does.
    if len(model) > 1 and model.isupper():
        return word.upper()
    return word[:1].upper() + word[1:] if model[:1].isupper() else word
