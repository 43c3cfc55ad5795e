"""Words added and replaced.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.building import called, listed
from pytest_modelcheck.perturb.spans import Span, protected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_modelcheck.perturb.focus import Field
    from pytest_modelcheck.perturb.perturbation import Perturbation

_UNSPACED: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Characters of scripts that put no space between words: Thai, Lao, Burmese, Khmer, Chinese, Japanese."""


def append(*texts: str, field: Field | None = None) -> Perturbation:
    """A text added at the end, after a space; of several texts, one variant each.

    >>> append("I will call my lawyer.").preview("Where is my parcel?")
    ['Where is my parcel? I will call my lawyer.']
    >>> append("Thanks!", "Cheers!", field="body").preview({"nr": "7", "body": "Where is it?"})
    [{'nr': '7', 'body': 'Where is it? Thanks!'}, {'nr': '7', 'body': 'Where is it? Cheers!'}]
    """

    def edit(added: str) -> Callable[[str], str]:
        return lambda text: text + ("" if not text or text[-1].isspace() else " ") + added

    _check_texts("append", texts)
    return listed(called("append", *texts), [edit(text) for text in texts], field)


def prepend(*texts: str, field: Field | None = None) -> Perturbation:
    """A text added at the beginning, before a space; of several texts, one variant each.

    >>> prepend("Hi there!").preview("Where is my parcel?")
    ['Hi there! Where is my parcel?']
    """

    def edit(added: str) -> Callable[[str], str]:
        return lambda text: added + ("" if not text or text[0].isspace() else " ") + text

    _check_texts("prepend", texts)
    return listed(called("prepend", *texts), [edit(text) for text in texts], field)


def replace(
    old: str | re.Pattern[str],
    new: str | list[str] | tuple[str, ...],
    *,
    words: bool = True,
    ignore_case: bool = False,
    field: Field | None = None,
) -> Perturbation:
    r"""One text in place of another, everywhere; of several new ones, one variant each.

    Does not apply where ``old`` does not occur. Inside of numbers, addresses, placeholders and code nothing
    is replaced, but the whole of one may be.

    Args:
        old: A text, or a compiled regular expression (``new`` may then refer to its groups).
        new: What takes its place, or several such.
        words: Whether ``old`` is only meant where it is not part of a longer word.
        ignore_case: Whether capitals make no difference. What takes the place of a capitalised word is
            then capitalised too.
        field: Where the text is, in an input that is more than text.

    >>> replace("refund", "chargeback").preview("A refund for order 1182? See x.io/refund, refunded.")
    ['A chargeback for order 1182? See x.io/refund, refunded.']
    >>> replace("1182", ["1183", "none"]).preview("Refund order 1182")
    ['Refund order 1183', 'Refund order none']
    >>> replace("refund", "credit", ignore_case=True).preview("Refund? REFUND!")
    ['Credit? CREDIT!']
    >>> import re
    >>> replace(re.compile(r"(\w+) (\w+)\?"), r"\2 \1?").preview("your name?")
    ['name your?']
    """
    news = [new] if isinstance(new, str) else list(new)
    if not news or not all(isinstance(text, str) for text in news):
        raise PerturbationError("replace(): what takes the place must be text, or a list of texts")
    pattern = _pattern(old, words=words, ignore_case=ignore_case)
    expands = isinstance(old, re.Pattern)

    def edit(template: str) -> Callable[[str], str | None]:
        def becomes(match: re.Match[str]) -> str:
            if expands:
                return match.expand(template)
            return like(match[0], template) if ignore_case else template

        return lambda text: _replaced(text, pattern, becomes)

    name = called("replace", old.pattern if isinstance(old, re.Pattern) else old, *news)
    return listed(name, [edit(text) for text in news], field)


def like(model: str, word: str) -> str:
    """A word in the capitals of another.

    >>> like("REFUND", "credit"), like("Refund", "credit"), like("refund", "credit"), like("A", "one")
    ('CREDIT', 'Credit', 'credit', 'One')
    """
    if len(model) > 1 and model.isupper():
        return word.upper()
    return word[:1].upper() + word[1:] if model[:1].isupper() else word


def whole_word(text: str) -> str:
    """A regular expression for a text that is not part of a longer word, in any script.

    >>> bool(re.search(whole_word("art"), "start")), bool(re.search(whole_word("订单"), "我的订单呢"))
    (False, True)
    """
    before = r"(?<!\w)" if _is_spaced(text[0]) else ""
    after = r"(?!\w)" if _is_spaced(text[-1]) else ""
    return before + re.escape(text) + after


def _is_spaced(character: str) -> bool:
    return (character.isalnum() or character == "_") and not _UNSPACED.match(character)


def _pattern(old: str | re.Pattern[str], *, words: bool, ignore_case: bool) -> re.Pattern[str]:
    if isinstance(old, re.Pattern):
        return old
    if not isinstance(old, str) or not old:
        raise PerturbationError(
            f"replace({old!r}, …): what is replaced must be text, or a regular expression"
        )
    return re.compile(whole_word(old) if words else re.escape(old), re.IGNORECASE if ignore_case else 0)


def _replaced(text: str, pattern: re.Pattern[str], becomes: Callable[[re.Match[str]], str]) -> str | None:
    parts: list[str] = []
    start = 0
    for match in _outside(pattern, text):
        parts += [text[start : match.start()], becomes(match)]
        start = match.end()
    return "".join([*parts, text[start:]]) if parts else None


def _outside(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """The matches that cut no protected part in two."""
    spans = iter(protected(text))
    span: Span | None = next(spans, None)
    for match in pattern.finditer(text):
        while span is not None and span.end <= match.start():
            span = next(spans, None)
        if match[0] and not _cuts(span, match):
            yield match


def _cuts(span: Span | None, match: re.Match[str]) -> bool:
    return span is not None and (
        span.start < match.start() < span.end or (span.start < match.end() < span.end)
    )


def _check_texts(name: str, texts: tuple[str, ...]) -> None:
    if not texts or not all(isinstance(text, str) and text for text in texts):
        raise PerturbationError(f"{name}() takes the text to add, or several")
