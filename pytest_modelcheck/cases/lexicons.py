"""Lists of words to fill templates with, from the ``faker`` library.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import Any, Final

from pytest_modelcheck.errors import CaseError

_TRIES: Final = 50


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
        CaseError: faker is not installed, knows no such provider or locale, or has fewer values.
    """
    make = _provider(kind, locale, seed)
    values: dict[Any, None] = {}
    for _ in range(_TRIES * n):
        values[make(**options)] = None
        if len(values) == n:
            return list(values)
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
