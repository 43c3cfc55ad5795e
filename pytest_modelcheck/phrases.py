"""Numbers and lists as phrases of a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_FEW: Final = 6


def percent(rate: float, bound: float | None = None) -> str:
    """A rate in percent, with enough digits to distinguish it from 0%, 100% and a bound beside it.

    >>> percent(0.95), percent(2 / 3), percent(1.0), percent(0.99999), percent(0.94999, 0.95)
    ('95%', '66.7%', '100%', '99.999%', '94.999%')
    """
    text = f"{rate * 100:.1f}"
    others = {0.0, 1.0} if bound is None else {0.0, 1.0, bound}
    if rate not in others and any(text == f"{other * 100:.1f}" for other in others):
        text = apart(rate * 100, 100.0 if bound is None else bound * 100, 6)
    return f"{text.removesuffix('.0')}%"


def apart(value: float, bound: float, digits: int = 3, sign: str = "") -> str:
    """A number with at least ``digits`` digits, and more if needed to distinguish it from a bound.

    >>> apart(0.49962, 0.5), apart(0.5, 0.5), apart(0.4, 0.5)
    ('0.4996', '0.5', '0.4')
    """
    texts = (f"{value:{sign}.{count}g}" for count in range(digits, 18))
    return next((text for text in texts if float(text) != bound or value == bound), repr(value))


def counted(count: int, nouns: str) -> str:
    """A count with a noun that is given in the plural.

    >>> counted(3, "groups by template"), counted(1, "groups by template"), counted(1, "cases")
    ('3 groups by template', '1 group by template', '1 case')
    """
    first, *rest = nouns.split(" ")
    return " ".join([f"{count:,}", first.removesuffix("s") if count == 1 else first, *rest])


def plural(count: int, one: str, many: str | None = None) -> str:
    """A count with its noun.

    >>> plural(1, "case"), plural(3, "case"), plural(2, "answer differs", "answers differ")
    ('1 case', '3 cases', '2 answers differ')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listed(names: Sequence[str], most: int) -> str:
    """The first names, and how many more there are.

    >>> listed(["a", "b", "c"], 2), listed(["a"], 2)
    ('a, b (+1 more)', 'a')
    """
    more = f" (+{len(names) - most:,} more)" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def p_text(p_value: float) -> str:
    """A p-value as text; a very small one as an upper bound.

    >>> p_text(0.0017), p_text(6.103515625e-05), p_text(0.0)
    ('p = 0.0017', 'p = 6.1e-05', 'p < 1e-9')
    """
    return "p < 1e-9" if p_value < 1e-9 else f"p = {p_value:.2g}"


def gains(fields: Sequence[str]) -> str:
    """A sentence about the fields that the types of answers gained.

    >>> gains(["note", "choices[].refusal"])
    'the type of the answers has gained `note`, `choices[].refusal` (at the default, so no change)'
    """
    shown = ", ".join(f"`{name}`" for name in fields[:_FEW])
    more = len(fields) - _FEW
    return (
        f"the type of the answers has gained {shown}{f' and {more} more' if more > 0 else ''} "
        "(at the default, so no change)"
    )


def odds(value: float) -> str:
    """A factor of evidence with a sensible number of digits.

    >>> odds(0.3821), odds(14.2), odds(23456.7), odds(1e12)
    ('0.38', '14', '23,457', 'over 1,000,000')
    """
    if value > 1e6:
        return "over 1,000,000"
    return f"{value:.2g}" if value < 10 else f"{value:,.0f}"
