"""Recipes: predict the calls of a body from those of the bodies before it.

A recipe is a list of calls. Each argument of a call is a part of the trial (``input``, ``input["text"]``,
``perturbed``, ``expected``, metadata), a part of an earlier answer of the same body, a constant, or a mapping
or list of these. So the calls of bodies that have not run yet are known, and can be made together.

A recipe is a guess. A wrong one costs calls and time, and never changes a result: each body makes its own
calls, and a call that was not predicted is made then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from itertools import islice, product
from json import dumps, loads
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical import digest
from pytest_modelcheck.errors import ModelcheckError, UsageError
from pytest_modelcheck.models.calling import Arguments
from pytest_modelcheck.records import MISSING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_modelcheck.records import Trial

    Expression = tuple[Any, ...]
    """``("part", name, *path)``, ``("answer", number, *path)``, ``("const", value)``, ``("map", {...})``,
    ``("list", [...])`` or ``("arguments", [...], {...})``. The steps of a path are ``["key", k]`` for an item
    and ``["attr", a]`` for an attribute."""

    Getter = Callable[[Trial, Mapping[int, Any]], Any]
    """Evaluates an expression for a trial and the answers that its body has so far, by number."""

_DEEPEST: Final = 3  # steps of the longest path
_MOST: Final = 200  # parts of a value that are compared, and combinations that are tried
_LONGEST: Final = 1000  # calls of one body that a recipe foresees
_NEAR: Final = 16  # a call's input is searched in so many first answers of the body, and so many last ones

_ATOMS: Final = (str, int, float, bool, type(None), bytes)


@dataclass(frozen=True, slots=True)
class Made:
    """A call that a body has made.

    Attributes:
        model: The name of the model.
        answer: Its answer; ``MISSING`` before it ends, and if it fails.
        foreseeable: Whether the call could have been made ahead: not if the body had changed the context.
    """

    model: str
    x: Any
    answer: Any
    foreseeable: bool = True


class NotThereError(Exception):
    """A part of a trial or of an answer does not exist."""


class Recipe:
    """The known calls of a body.

    Attributes:
        calls: For each call, the model and the expressions that may give its input, the likeliest first.
        complete: True once a body ran to its end with these calls: no more will be added.
    """

    def __init__(self, calls: Sequence[tuple[str, list[Expression]]] = (), bodies: int = 0) -> None:
        self.calls = list(calls)
        self.complete = bool(bodies)
        self._bodies = [bodies] * len(self.calls)
        self._last: Trial | None = None
        self._compared = 0  # the number of calls of that trial's body that were compared

    @property
    def known(self) -> bool:
        """True if there are calls, and their inputs can be predicted without ambiguity.

        After one body, several expressions may fit an input, and an apparent constant may be chance. A second
        body decides.
        """
        return bool(self.calls) and all(
            bodies > 1 or (len(expressions) == 1 and not _has_constant(expressions[0]))
            for (_, expressions), bodies in zip(self.calls, self._bodies, strict=True)
        )

    def learn(self, trial: Trial, made: Sequence[Made], *, complete: bool = True) -> None:
        """Learn from the calls of one body, once or again and again while it makes them.

        A body that is not ``complete`` is running or failed, and may lack calls.
        """
        made = made[:_LONGEST]
        answers = {number: call.answer for number, call in enumerate(made)}
        if trial is not self._last:
            self._last, self._compared = trial, 0
        for number, (model, expressions) in enumerate(self.calls[self._compared :], self._compared):
            if number >= len(made):
                if complete:
                    self.cut(number)
                break
            if made[number].model != model:
                self.cut(number)
                break
            fitting = [each for each in expressions if _gives(each, trial, answers, made[number].x)]
            self.calls[number] = (model, fitting)
            self._bodies[number] += 1
        if not self.complete:
            for number in range(len(self.calls), len(made)):
                call = made[number]
                self.calls.append((call.model, expressions_of(call.x, trial, made[:number])))
                self._bodies.append(1)
            self.complete = complete and bool(made)
        for number, (_, expressions) in enumerate(self.calls):
            if not expressions or (number < len(made) and not made[number].foreseeable):
                self.cut(number)
                break
        self._compared = max(self._compared, min(len(made), len(self.calls)))

    def cut(self, number: int) -> None:
        """Remove a call and all calls after it."""
        del self.calls[number:], self._bodies[number:]
        self.complete = True

    def encode(self) -> bytes | None:
        """Return the recipe as a line of JSON, for the next run; ``None`` if it is not complete."""
        if not self.known or not self.complete:
            return None
        try:
            return dumps([[model, each[0]] for model, each in self.calls], separators=(",", ":")).encode()
        except (TypeError, ValueError):
            return None  # a constant that is not plain JSON

    @classmethod
    def decode(cls, line: bytes) -> Recipe:
        """Read a line of :meth:`encode`; return an empty recipe for any other text.

        >>> Recipe.decode(b'[["triage",["part","input"]]]').calls
        [('triage', [('part', 'input')])]
        """
        try:
            calls = [(str(model), [_read(expression)]) for model, expression in loads(line)]
            for number, (_, [expression]) in enumerate(calls):
                getter_of(expression)
                if needs(expression) > number:
                    return cls()  # a call can only use answers of the calls before it
        except (ValueError, TypeError, LookupError, AttributeError):
            return cls()
        return cls(calls, bodies=2)  # known at once, as if two bodies had confirmed it


def _read(expression: Any) -> Expression:
    kind, *rest = expression
    if kind == "map":
        return (kind, {name: _read(each) for name, each in rest[0].items()})
    if kind == "list":
        return (kind, [_read(each) for each in rest[0]])
    if kind == "arguments":
        positional, named = rest
        return (kind, [_read(each) for each in positional], {name: _read(e) for name, e in named.items()})
    return tuple(expression)


def _inner(expression: Expression) -> list[Expression]:
    """Return the expressions inside an expression."""
    kind, first, *rest = expression
    if kind == "map":
        return list(first.values())
    if kind == "arguments":
        return [*first, *rest[0].values()]
    return list(first) if kind == "list" else []


def _has_constant(expression: Expression) -> bool:
    return expression[0] == "const" or any(map(_has_constant, _inner(expression)))


# -- from an expression to its value -------------------------------------------------------------------


def getter_of(expression: Expression) -> Getter:
    """Compile an expression into a function.

    Raises:
        KeyError: the kind of expression is unknown.
    """
    kind, first, *path = expression
    return _GETTERS[kind](first, path)


def needs(expression: Expression) -> int:
    """Return the number of leading answers that an expression needs before it can be evaluated.

    >>> needs(("map", {"question": ("part", "input"), "answer": ("answer", 0)}))
    1
    """
    if expression[0] == "answer":
        return int(expression[1]) + 1
    return max(map(needs, _inner(expression)), default=0)


def _part(name: str, path: Sequence[Any]) -> Getter:
    if name == "input" and not path:  # as most calls do
        return lambda trial, _answers: trial.given.input
    if name == "perturbed" and not path:
        return lambda trial, _answers: trial.perturbed
    root = _ROOTS[name]
    return lambda trial, _answers: _walked(root(trial), path)


def _map(entries: Mapping[str, Expression], _path: Sequence[Any]) -> Getter:
    getters = {name: getter_of(each) for name, each in entries.items()}
    return lambda trial, answers: {name: get(trial, answers) for name, get in getters.items()}


def _arguments(positional: Sequence[Expression], rest: Sequence[Any]) -> Getter:
    values, names = _list(positional, ()), _map(rest[0], ())
    return lambda trial, answers: Passed(tuple(values(trial, answers)), names(trial, answers))


def _list(entries: Sequence[Expression], _path: Sequence[Any]) -> Getter:
    getters = [getter_of(each) for each in entries]
    return lambda trial, answers: [get(trial, answers) for get in getters]


_GETTERS: Final[dict[str, Callable[[Any, Sequence[Any]], Getter]]] = {
    "part": _part,
    "answer": lambda number, path: lambda _trial, answers: _walked(answers[number], path),
    "const": lambda value, _path: lambda _trial, _answers: value,
    "map": _map,
    "list": _list,
    "arguments": _arguments,
}

_ROOTS: Final[dict[str, Callable[[Trial], Any]]] = {
    "input": lambda trial: trial.given.input,
    "perturbed": lambda trial: trial.perturbed,
    "expected": lambda trial: trial.given.expected,
    "metadata": lambda trial: trial.given.metadata,
}


@dataclass(frozen=True, slots=True)
class Passed:
    """The arguments of a call, by position and by name, before they are bound to the model's parameters."""

    positional: tuple[Any, ...]
    named: Mapping[str, Any]


def _walked(value: Any, path: Sequence[Any]) -> Any:
    try:
        for kind, name in path:
            value = value[name] if kind == "key" else getattr(value, name)
    except (LookupError, AttributeError, TypeError) as error:
        raise NotThereError from error
    if value is MISSING:
        raise NotThereError
    return value


# -- from a value to the expressions that may have given it ----------------------------------------------


def expressions_of(x: Any, trial: Trial, made: Sequence[Made]) -> list[Expression]:
    """Return all expressions that give this input: parts of the trial or of earlier answers, or a constant.

    The likeliest comes first.
    """
    if type(x) is Arguments:
        positional = _lists(x.positional, trial, made)
        return [("arguments", *both) for both in _choices([positional, _maps(x.named, trial, made)])]
    found = [("part", name, *path) for name, root in _ROOTS.items() for path in _paths(x, root(trial))]
    # To search all answers would take minutes for a body of a thousand calls.
    looked_at = sorted({*range(len(made))[:_NEAR], *range(len(made))[-_NEAR:]})
    found += [("answer", number, *path) for number in looked_at for path in _paths(x, made[number].answer)]
    if found:
        return found
    if type(x) is dict and all(type(key) is str for key in x):
        return [("map", entries) for entries in _maps(x, trial, made)]
    if type(x) is list:
        return [("list", entries) for entries in _lists(x, trial, made)]
    return [("const", x)] if type(x) in _ATOMS and type(x) is not bytes else []


def _lists(values: Sequence[Any], trial: Trial, made: Sequence[Made]) -> list[list[Expression]]:
    return [list(entries) for entries in _choices([expressions_of(each, trial, made) for each in values])]


def _maps(values: Mapping[str, Any], trial: Trial, made: Sequence[Made]) -> list[dict[str, Expression]]:
    return [dict(zip(values, entries, strict=True)) for entries in _lists(list(values.values()), trial, made)]


def _choices(alternatives: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Return the combinations with one of each alternative, up to a limit."""
    return list(islice(product(*alternatives), _MOST))


def _gives(expression: Expression, trial: Trial, answers: Mapping[int, Any], x: Any) -> bool:
    try:
        value = getter_of(expression)(trial, answers)
    except (NotThereError, KeyError):
        return False
    if type(value) is Passed:
        return (
            type(x) is Arguments
            and _same(list(value.positional), list(x.positional))
            and _same(dict(value.named), x.named)
        )
    return _same(value, x)


def _paths(x: Any, root: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the paths to all parts of a value that equal ``x``, the shortest first."""
    level: list[tuple[tuple[Any, ...], Any]] = [((), root)]
    looked_at = 0
    for _ in range(_DEEPEST + 1):
        below: list[tuple[tuple[Any, ...], Any]] = []
        for path, value in level:
            looked_at += 1
            if looked_at > _MOST:
                return
            if _same(value, x):
                yield path
            below += [((*path, step), part) for step, part in _parts(value)]
        level = below


def _parts(value: Any) -> Iterator[tuple[list[Any], Any]]:
    if isinstance(value, Mapping):
        yield from ((["key", key], part) for key, part in value.items() if type(key) in (str, int))
    elif type(value) in (list, tuple):
        yield from ((["key", place], part) for place, part in enumerate(value))
    elif is_dataclass(value) and not isinstance(value, type):
        yield from ((["attr", field.name], getattr(value, field.name, MISSING)) for field in fields(value))
    elif type(value) not in _ATOMS:
        names = getattr(type(value), "model_fields", None)  # pydantic
        if isinstance(names, dict):
            yield from ((["attr", name], getattr(value, name, MISSING)) for name in names)


def _same(value: Any, x: Any) -> bool:
    """Return whether two values, as inputs, make the same call."""
    if value is x:
        return value is not MISSING
    if type(value) in _ATOMS or type(x) in _ATOMS:
        return type(value) is type(x) and bool(value == x)
    if type(value) is not type(x):
        return False
    try:
        return digest(value) == digest(x)
    except (ModelcheckError, UsageError):
        return False  # there is no canonical form, so that the call cannot be made ahead
