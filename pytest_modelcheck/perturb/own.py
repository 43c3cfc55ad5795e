"""Callables of the user's own as perturbations, and what ``under=`` may say.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
from collections.abc import Callable, Iterable, Mapping
from types import GeneratorType
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.misspelt import meant
from pytest_modelcheck.perturb.perturbation import Perturbation, checked_name

if TYPE_CHECKING:
    from random import Random

_LONGEST: Final = 60
_RESERVED: Final = "variant"
"""What reports call the variants that a case brings along itself."""


def as_perturbations(under: object) -> tuple[Perturbation, ...]:
    """What ``under=`` means: one perturbation, several, or a mapping of names to them.

    Raises:
        PerturbationError: There are none, two of one name, or something that cannot be called.

    >>> [perturbation.name for perturbation in as_perturbations({"shout": str.upper, "calm": str.lower})]
    ['shout', 'calm']
    """
    if under is None:
        return ()
    if isinstance(under, Mapping):
        made = tuple(as_perturbation(item).named(name) for name, item in under.items())
    elif isinstance(under, Iterable) and not isinstance(under, str | Perturbation):
        made = tuple(as_perturbation(item) for item in under)
    else:
        made = (as_perturbation(under),)
    if not made:
        raise PerturbationError("under= is empty; name at least one perturbation, such as perturb.typos()")
    _check_names([perturbation.name for perturbation in made])
    return made


def as_perturbation(item: object) -> Perturbation:
    """A perturbation as it is, or made of a callable or of an augmenter (see :func:`adapt`).

    The callable takes an input, or an input and a :class:`random.Random`, and returns another input, a
    list or a generator of several, or ``None`` where it does not apply. Where the inputs are lists
    themselves, a list is one input, and a generator gives several.

    Raises:
        PerturbationError: It cannot be called in this way.

    >>> def without_vowels(text):
    ...     return "".join(character for character in text if character not in "aeiou")
    >>> as_perturbation(without_vowels).name, as_perturbation(without_vowels).preview("parcel")
    ('without_vowels', ['prcl'])
    """
    if isinstance(item, Perturbation):
        return item
    from pytest_modelcheck.perturb.adapters import adapt, is_augmenter

    if is_augmenter(item):
        return adapt(item)
    if not callable(item):
        close = meant(item) if isinstance(item, str) else None
        hint = f"; did you mean perturb.{close}()?" if close else ""
        raise PerturbationError(f"{item!r:.60} is no perturbation: it cannot be called{hint}")
    _check_kind(item)
    takes_rng = _takes_rng(item)

    def apply(x: Any, rng: Random) -> list[Any]:
        result = item(x, rng) if takes_rng else item(x)
        return _several(result, x)

    return Perturbation(_name(item), apply, random=takes_rng)


def _several(result: Any, x: Any) -> list[Any]:
    if isinstance(result, GeneratorType) or (isinstance(result, list) and not isinstance(x, list)):
        return list(result)
    return [result]


def _check_names(names: list[str]) -> None:
    for name in names:
        if name == _RESERVED:
            raise PerturbationError(
                f"a perturbation cannot be called {name!r}: cases' own variants are called so"
            )
        if names.count(name) > 1:
            raise PerturbationError(
                f"two perturbations are called {name!r}; give them names: under={{'first': …, 'second': …}}"
            )


def _check_kind(item: Callable[..., Any]) -> None:
    if inspect.iscoroutinefunction(item):
        raise PerturbationError(f"{_name(item)} is async; a perturbation is an ordinary function")
    if _is_ours(item):
        raise PerturbationError(
            f"perturb.{_name(item)} makes a perturbation; call it: perturb.{_name(item)}()"
        )


def _is_ours(item: Callable[..., Any]) -> bool:
    """Whether it makes perturbations (``under=perturb.typos``) rather than being one."""
    import pytest_modelcheck.perturb as room

    name = getattr(item, "__name__", "")
    return name in room.__all__ and getattr(room, name) is item


def _takes_rng(item: Callable[..., Any]) -> bool:
    try:
        parameters = inspect.signature(item).parameters.values()
    except (ValueError, TypeError):  # a builtin that does not tell
        return False
    positional = [
        parameter
        for parameter in parameters
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
    required = [parameter for parameter in positional if parameter.default is parameter.empty]
    variadic = any(parameter.kind == parameter.VAR_POSITIONAL for parameter in parameters)
    keywords = [p.name for p in parameters if p.kind == p.KEYWORD_ONLY and p.default is p.empty]
    if len(required) > 2 or keywords or not (positional or variadic):
        raise PerturbationError(
            f"{_name(item)}{inspect.signature(item)} cannot be a perturbation: it must take an input, or an"
            " input and rng"
        )
    return len(required) == 2 or (len(positional) > 1 and positional[1].name == "rng")


def _name(item: Callable[..., Any]) -> str:
    if isinstance(item, functools.partial):
        arguments = [repr(value) for value in item.args]
        arguments += [f"{name}={value!r}" for name, value in item.keywords.items()]
        return _cut(f"{_name(item.func)}({', '.join(arguments)})")
    name = getattr(item, "__name__", None) or type(item).__name__
    return _cut(_lambda_source(item)) if name == "<lambda>" else checked_name(name)


def _cut(name: str) -> str:
    name = " ".join(name.split())
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"


def _lambda_source(item: Callable[..., Any]) -> str:
    """The text of a lambda, found by where its code says that it stands; else the line that it stands on."""
    code = inspect.unwrap(item).__code__
    source = "".join(linecache.getlines(code.co_filename))
    starts = {(line, column) for line, _, column, _ in code.co_positions() if line and column is not None}
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return f"lambda:{code.co_firstlineno}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Lambda) and (node.body.lineno, node.body.col_offset) in starts:
            return ast.get_source_segment(source, node) or ast.unparse(node)
    return f"lambda:{code.co_firstlineno}"
