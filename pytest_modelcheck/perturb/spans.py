"""What perturbations leave alone: numbers, addresses, placeholders, code, handles and tags.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

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
class Span:
    """A part of a text that is left alone, and why: ``code``, ``address``, ``number``, …"""

    start: int
    end: int
    kind: str


def protected(text: str) -> list[Span]:
    """The parts of a text that are left alone, in order.

    >>> text = "Mail {name} <b>2.50</b> at a@b.org, see https://x.io/a?b=1. Order A-1182 #late"
    >>> [text[span.start : span.end] for span in protected(text)]
    ['{name}', '<b>', '2.50', '</b>', 'a@b.org', 'https://x.io/a?b=1', 'A-1182', '#late']
    """
    return [Span(*match.span(), match.lastgroup) for match in _PROTECTED.finditer(text) if match.lastgroup]


def free(text: str) -> list[tuple[int, int]]:
    """The parts between, as pairs of where they begin and end.

    >>> free("pay 20 EUR")
    [(0, 4), (6, 10)]
    """
    parts = []
    start = 0
    for span in protected(text):
        if span.start > start:
            parts.append((start, span.start))
        start = span.end
    if start < len(text):
        parts.append((start, len(text)))
    return parts


def rewritten(text: str, edit: Callable[[str], str]) -> str:
    """The text with all that is not protected passed through ``edit``, part by part.

    >>> rewritten("pay 20eur to {name}", str.upper)
    'PAY 20eur TO {name}'
    """
    parts = []
    start = 0
    for begin, end in free(text):
        parts += [text[start:begin], edit(text[begin:end])]
        start = end
    return "".join([*parts, text[start:]])


def found(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    """Where a pattern occurs, wherever that touches no protected part.

    >>> [match[0] for match in found(re.compile(r"[a-z]+"), "see x.com or `code`")]
    ['see', 'or']
    """
    return [match for begin, end in free(text) for match in pattern.finditer(text, begin, end)]
