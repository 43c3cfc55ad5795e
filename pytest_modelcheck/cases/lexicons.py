"""Lists of words to fill templates with, from the ``faker`` library.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import Any, Final

from pytest_modelcheck.errors import CaseError

_TRIES: Final = 50
_IN_VAIN: Final = 100
"""How many draws without a new value, for each that there is, say that there are no more."""


def lexicon(kind: str, n: int = 20, *, locale: str = "en_US", seed: int = 0, **options: Any) -> list[Any]:
    """``n`` different values of one of faker's providers, such as ``"first_name_female"`` or ``"city"``.

    Needs ``pip install "pytest-modelcheck[faker]"``. The same values come under the same seed as long as
    faker's version stays; for cases that must stay for longer, write the list down.

    Args:
        kind: The name of the provider.
        n: How many values.
        locale: The language and country, such as ``"es_MX"``.
        seed: Decides which values.
        options: What the provider takes.

    Raises:
        CaseError: faker is not installed, knows no such provider or locale, or has fewer values (as far as a
            hundred draws for each of them tell).
    """
    if not isinstance(kind, str):
        raise CaseError(f"lexicon({kind!r}): write the name of a provider of faker, such as 'first_name'")
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise CaseError(f"lexicon({kind!r}, {n!r}): n is how many values, a whole number from 1")
    make = _provider(kind, locale, seed)
    values: dict[Any, None] = {}
    latest = 0
    for draw in range(_TRIES * n):
        count = len(values)
        values[make(**options)] = None
        if len(values) == n:
            return list(values)
        if len(values) > count:
            latest = draw
        elif draw - latest > _IN_VAIN * (count + 10):
            break
    raise CaseError(
        f"lexicon({kind!r}, {n}): faker has no more than {len(values)} values of that in {locale}"
    )


def _provider(kind: str, locale: str, seed: int) -> Any:
    try:
        from faker import Faker
    except ModuleNotFoundError as error:
        raise CaseError(
            f'lexicon({kind!r}) takes its words from faker: pip install "pytest-modelcheck[faker]"'
        ) from error
    try:
        fake = Faker(locale)
    except AttributeError as error:
        raise CaseError(
            f"lexicon({kind!r}, locale={locale!r}): faker has no such locale ({error})"
        ) from error
    fake.seed_instance(seed)
    make = getattr(fake, kind, None)
    if kind.startswith("_") or not callable(make):
        raise CaseError(f"lexicon({kind!r}): faker has no provider of that name")
    return make
