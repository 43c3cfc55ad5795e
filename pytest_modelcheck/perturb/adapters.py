"""Call functions of a test, and augmenters of nlpaug, textattack and albumentations, as perturbations.

None of these libraries is imported: their augmenters are recognised by their methods.
"""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
import random
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical.source import parsed, signature_of
from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.building import PUBLIC, changed, check_n, checked_name
from pytest_modelcheck.perturb.paths import Field, found, image_path, placed, text_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

_LONGEST: Final = 60


def is_augmenter(item: object) -> bool:
    """Return whether something is an augmenter that :func:`~pytest_modelcheck.perturb.adapt` supports."""
    return _call_of(item) is not None


def augmentation(
    augmenter: Any, n: int | None, name: str | None, field: Field | None
) -> tuple[str, Callable[[Any, Random], list[Any]]]:
    """The name of an augmenter without its field, and the function that applies it."""
    if name is None:
        name = type(augmenter).__name__
        if isinstance(parts := getattr(augmenter, "transforms", None), list):
            name += f"({', '.join(type(one).__name__ for one in parts)})"
    shown = checked_name(name)
    if n is not None:
        check_n(f"adapt({shown}", n)
    call: Any = _call_of(augmenter)
    several, find = call is _textattack, image_path if call is _albumentations else text_path
    # A generator of its own would go on from where the last input left it, so variants would depend on the
    # order of cases.
    own = deepcopy(augmenter) if hasattr(augmenter, "set_random_seed") else augmenter

    def apply(x: Any, rng: Random) -> list[Any]:
        path = find(x, field) if field is not None or isinstance(x, Mapping) else ()
        old = found(x, path, field)
        with _seeded(int(rng.random() * 2**32), own):
            if several:
                made = list(call(own, old))[:n]
            else:
                made = [changed(functools.partial(call, own, old), old) for _ in range(n or 1)]
        return [None if new is None else placed(x, path, new) for new in made]

    return shown, apply


def _call_of(augmenter: Any) -> Callable[[Any, Any], Any] | None:
    """The function that calls an augmenter, or ``None`` for anything else."""
    # A class has the same methods as its objects, but was not configured.
    if isinstance(augmenter, type):
        return None
    augment = getattr(augmenter, "augment", None)
    if inspect.ismethod(augment):
        parameters = list(signature_of(augment).parameters.values())
        if parameters and parameters[0].default is inspect.Parameter.empty and parameters[0].kind < 2:
            return _nlpaug if any(one.name == "n" for one in parameters) else _textattack
    pipeline = hasattr(augmenter, "add_targets") or hasattr(augmenter, "available_keys")
    return _albumentations if callable(augmenter) and pipeline else None


def _nlpaug(augmenter: Any, data: Any) -> Any:
    made = augmenter.augment(data)
    if isinstance(made, list) and not isinstance(data, list):  # since its version 1.1.11
        return made[0] if made else data
    return made


def _textattack(augmenter: Any, text: str) -> list[Any]:
    made = augmenter.augment(text)
    return list(made[0] if isinstance(made, tuple) else made)  # with metrics, a tuple


def _albumentations(augmenter: Any, image: Any) -> Any:
    return augmenter(image=image)["image"]


@contextmanager
def _seeded(seed: int, augmenter: Any) -> Iterator[None]:
    """Seed the global sources of randomness, and restore them afterwards."""
    with ExitStack() as stack:
        stack.callback(random.setstate, random.getstate())
        random.seed(seed)
        # What has not been imported cannot be used by the augmenter, and torch takes seconds to import.
        numpy = sys.modules.get("numpy")
        if numpy is not None:
            stack.callback(numpy.random.set_state, numpy.random.get_state())
            numpy.random.seed(seed)
        torch = sys.modules.get("torch")
        if torch is not None:
            stack.enter_context(torch.random.fork_rng())
            torch.manual_seed(seed)
        if hasattr(augmenter, "set_random_seed"):
            augmenter.set_random_seed(seed)
        yield


def check_callable(item: Callable[..., Any]) -> None:
    """Refuse coroutine functions, and the functions of :mod:`pytest_modelcheck.perturb` themselves."""
    if inspect.iscoroutinefunction(item):
        raise PerturbationError(f"{name_of(item)} is async; a perturbation is an ordinary function")
    name = getattr(item, "__name__", "")
    public = PUBLIC.get(name)
    if public is not None and getattr(item, "__module__", "") == f"{__package__}.{public}":
        raise PerturbationError(f"perturb.{name} makes a perturbation; call it: perturb.{name}()")


def takes_rng(item: Callable[..., Any]) -> bool:
    """Return whether a callable takes an input and a source of randomness, rather than an input alone."""
    try:
        parameters = signature_of(item).parameters.values()
    except (ValueError, TypeError):  # a builtin without a signature
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
            f"{name_of(item)}{signature_of(item)} cannot be a perturbation: it must take an input, or an"
            " input and rng"
        )
    # A second parameter with a default is an option of the function, unless it is called rng.
    return len(required) == 2 or (len(positional) > 1 and positional[1].name == "rng")


def name_of(item: Callable[..., Any]) -> str:
    """The name of a callable: that of a function, the source text of a lambda, the call of a partial."""
    if isinstance(item, functools.partial):
        arguments = [repr(value) for value in item.args]
        arguments += [f"{name}={value!r}" for name, value in item.keywords.items()]
        return _cut(f"{name_of(item.func)}({', '.join(arguments)})")
    name = getattr(item, "__name__", None) or type(item).__name__
    return _cut(_lambda_source(item)) if name == "<lambda>" else checked_name(name)


def _cut(name: str) -> str:
    name = " ".join(name.split())
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"


def _lambda_source(item: Callable[..., Any]) -> str:
    """The source text of a lambda, found by the position of its code; without a source, its line number."""
    code = inspect.unwrap(item).__code__
    source = "".join(linecache.getlines(code.co_filename))
    # Two lambdas may stand on one line; only the columns of their code tell them apart.
    starts = {(line, column) for line, _, column, _ in code.co_positions() if line and column is not None}
    try:
        tree = parsed(source)
    except SyntaxError:
        return f"lambda:{code.co_firstlineno}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Lambda) and (node.body.lineno, node.body.col_offset) in starts:
            return ast.get_source_segment(source, node) or ast.unparse(node)
    return f"lambda:{code.co_firstlineno}"
