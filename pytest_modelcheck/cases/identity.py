"""Ids: the names by which a case is known from one run to the next.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical import NotCanonical, digest
from pytest_modelcheck.errors import CaseError, located
from pytest_modelcheck.records import MISSING, Case

if TYPE_CHECKING:
    from collections.abc import Sequence

_DIGITS: Final = 10
_ALL_DIGITS: Final = 32


def identified(cases: Sequence[Case]) -> tuple[Case, ...]:
    """The cases, each with an id that no other has.

    A case that does not say its id gets one from its content: from its input and variants alone, so that
    correcting an expectation leaves it the same case; where several cases have these in common, from all
    that is known of them. The order of the cases makes no difference, except among cases that are alike
    in everything.

    Raises:
        CaseError: Two cases say the same id, or the input of one cannot be told from others.
    """
    taken = _explicit(cases)
    named = _from_content([case for case in cases if not case.id], taken)
    return tuple(case if case.id else _named(case, next(named)) for case in cases)


def _named(case: Case, name: str) -> Case:
    """The case with an id (``dataclasses.replace`` takes three times as long)."""
    return Case(
        case.input, case.expected, name, case.metadata, case.variants, case.known_failure, case.origin
    )


def _explicit(cases: Sequence[Case]) -> dict[str, Case]:
    taken: dict[str, Case] = {}
    for case in cases:
        if not case.id:
            continue
        other = taken.setdefault(case.id, case)
        if other is not case:
            raise _error(
                case, f"the id '{case.id}' is here twice: {other.origin} has it too; ids must differ"
            )
    return taken


def _from_content(cases: Sequence[Case], taken: dict[str, Case]) -> Any:
    keys = [_key(case, _question(case)) for case in cases]
    shared = Counter(keys)
    keys = [
        _key(case, [_question(case), *_known(case)]) if shared[key] > 1 else key
        for case, key in zip(cases, keys, strict=True)
    ]
    short = Counter(key[:_DIGITS] for key in set(keys))
    seen: Counter[str] = Counter()
    for key in keys:
        name = f"c-{key[: _DIGITS if short[key[:_DIGITS]] == 1 else _ALL_DIGITS]}"
        seen[name] += 1
        while (unique := name if seen[name] == 1 else f"{name}-{seen[name]}") in taken:
            seen[name] += 1
        yield unique


def _key(case: Case, content: Any) -> str:
    try:
        return digest(content).hex()
    except NotCanonical as error:
        raise _error(
            case, f"no id can be made from what is in this case, so give it one ({error})"
        ) from error


def _question(case: Case) -> Any:
    return [case.input, list(case.variants)] if case.variants else case.input


def _known(case: Case) -> list[Any]:
    expected = [] if case.expected is MISSING else [case.expected]
    return [expected, dict(case.metadata), case.known_failure]


def _error(case: Case, message: str) -> CaseError:
    origin = case.origin
    return CaseError(located(message, origin.path if origin else None, origin.line if origin else None))
