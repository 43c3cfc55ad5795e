"""Mutants: damages to stored answers, in the ways models get worse.

Possible damages follow from the answers: a field with few different texts is a label, numbers can be scaled,
lists cut. Each damage is a :class:`Mutant`: the raw answers of the calls that it changes.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from itertools import chain
from random import Random
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.models.usage import usage_of
from pytest_modelcheck.records import MISSING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from pytest_modelcheck.models.usage import Usage

    Values = Mapping[bytes, Any]
    """The answer to each call, as JSON, by the key of the call."""
    Path = tuple[str, ...]
    """The place of a value in an answer: the names of its fields, and ``[]`` for every item of a list."""

LABELS: Final = 20
"""The largest number of distinct values of a label."""
REPLAYS: Final = 5
"""The number of replays, with different seeds or labels, to measure how often a mutant is noticed."""
SHARES: Final = (0.1, 0.3)
_REFUSAL: Final = "I'm sorry, but I can't help with that."
TRAJECTORY: Final = "$trajectory"
_ITEMS: Final = "[]"
_PARTS: Final = 40
"""The largest number of values that are damaged: a mapping may have other keys in every answer."""
_BOOKKEEPING: Final = frozenset(
    {"created", "created_at", "id", "model", "object", "request_id", "service_tier", "system_fingerprint"}
)
"""Fields of a provider's response that say how it was made: no application goes by them."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One way in which a model may get worse."""

    name: str
    """The damage in words: ``"10% exchanged"``, ``"label: 'refund' never given"``."""
    kind: str
    answers: tuple[Values, ...]
    """For each replay, the damaged answers by the key of the call; others stay unchanged."""
    path: Path = ()

    @property
    def where(self) -> str:
        """The field, dotted; empty for the whole answer."""
        return dotted(self.path)


def dotted(path: Path) -> str:
    """The dotted names of a path, without the tags of our own format."""
    return ".".join(name for name in path if name != TRAJECTORY).replace(f".{_ITEMS}", _ITEMS)


@dataclass(frozen=True, slots=True)
class _Part:
    """The values of the answers in one field: by the key of the call, several for the items of a list."""

    path: Path
    values: dict[bytes, list[Any]] = field(default_factory=dict)

    @property
    def all(self) -> list[Any]:
        return [value for some in self.values.values() for value in some]

    @property
    def labels(self) -> Counter[str]:
        """The number of each value, if few values repeat; texts that hardly ever repeat are no labels."""
        counts = Counter(map(json.dumps, self.all))
        return counts if 1 < len(counts) <= LABELS and counts.total() >= 2 * len(counts) else Counter()


def mutants(
    values: Values,
    slices: Mapping[str, frozenset[bytes]],
    compared: Mapping[bytes, bytes] | None = None,
) -> Iterator[Mutant]:
    """Yield every damage that changes at least one answer.

    ``slices`` has the calls of some slices' cases; ``compared`` is what ``ignore=`` and ``compare_by=`` leave
    of each answer, as JSON.

    >>> answers = {bytes([n]): label for n, label in enumerate(["refund", "refund", "other", "refund"])}
    >>> [mutant.name for mutant in mutants(answers, {})][:3]
    ['10% exchanged', '30% exchanged', 'always the same answer']
    """
    # A fixed seed: the table is the same for the same commit, so that it can stand in a README.
    dice = Random(0)  # noqa: S311 - dice, no secrets
    if compared is None:
        compared = {key: json.dumps(one).encode() for key, one in values.items()}
    made = [_of_whole_answers(values, compared, slices, dice), _of_tools(values, dice)]
    made += [_of_a_part(part, values, dice) for part in _parts(values)]
    for mutant in chain.from_iterable(made):
        # A damage that changes nothing (reversing one item) could not be noticed by any test.
        replays = [{key: one for key, one in some.items() if one != values[key]} for some in mutant.answers]
        if replays := [some for some in replays if some]:
            yield Mutant(mutant.name, mutant.kind, tuple(replays[:REPLAYS]), mutant.path)


def _of_whole_answers(
    values: Values,
    compared: Mapping[bytes, bytes],
    slices: Mapping[str, frozenset[bytes]],
    dice: Random,
) -> Iterator[Mutant]:
    def exchanged(keys: Collection[bytes], share: float) -> tuple[Values, ...]:
        return tuple(_exchanged(keys, values, compared, share, dice) for _ in range(REPLAYS))

    for share in SHARES:
        yield Mutant(f"{share:.0%} exchanged", "exchanged", exchanged(values, share))
    # Answers may differ in what nobody compares, such as an id.
    [(most, _)] = Counter(compared[key] for key in values).most_common(1)
    common = next(one for key, one in values.items() if compared[key] == most)
    others = {key: common for key in values if compared[key] != most}
    yield Mutant("always the same answer", "constant", (others,))
    for name, keys in slices.items():
        yield Mutant(f"{name} wrong", "slice", exchanged(keys, 1))


def _of_tools(values: Values, dice: Random) -> Iterator[Mutant]:
    """Damages to the tool calls of an agent."""
    acting = {key: one for key, one in values.items() if type(one) is dict and TRAJECTORY in one}

    def mutant(what: str, kind: str, change: Callable[[list[Any]], list[Any]], replays: int = 1) -> Mutant:
        changed = tuple(
            {key: _with_calls(one, change) for key, one in acting.items()} for _ in range(replays)
        )
        return Mutant(f"tool calls: {what}", kind, changed, (TRAJECTORY, "calls"))

    def dropped(calls: list[Any]) -> list[Any]:
        gone = dice.randrange(len(calls))
        return calls[:gone] + calls[gone + 1 :]

    if acting:
        yield mutant("one dropped", "dropped", dropped, REPLAYS)
        yield mutant("all dropped", "dropped", lambda _: [])
        yield mutant("the last repeated", "repeated", lambda calls: [*calls, calls[-1]])
        yield mutant("reversed", "reordered", lambda calls: calls[::-1])


def _with_calls(answer: Any, change: Callable[[list[Any]], list[Any]]) -> Any:
    """A trajectory with other calls, distributed over its messages as before; further ones go to the last."""
    messages = answer[TRAJECTORY]["messages"]
    calls = [call for message in messages for call in message.get("calls", ())]
    if not calls:
        return answer
    left, changed = change(calls), []
    last = next(message for message in reversed(messages) if message.get("calls"))
    for message in messages:
        count = len(message.get("calls", ()))
        count = len(left) if message is last else count
        mine, left = left[:count], left[count:]
        others = {name: one for name, one in message.items() if name != "calls"}
        changed.append(others | {"calls": mine} if mine else others)
    return {**answer, TRAJECTORY: answer[TRAJECTORY] | {"messages": changed}}


def _exchanged(
    some: Collection[bytes],
    values: Values,
    compared: Mapping[bytes, bytes],
    share: float,
    dice: Random,
) -> Values:
    """Replace a share of the answers to some calls by different answers to other calls."""
    keys, every = sorted(some), sorted(values)
    found = {}
    for key in dice.sample(keys, max(1, round(share * len(keys)))):
        # Twenty draws nearly always hold a different answer; a search of all would be quadratic.
        drawn = dice.sample(every, min(20, len(every)))
        others = [values[one] for one in drawn if compared[one] != compared[key]]
        if others:
            found[key] = others[0]
    return found


def _of_a_part(part: _Part, values: Values, dice: Random) -> Iterator[Mutant]:
    def mutant(what: str, kind: str, *changes: Callable[[Any], Any]) -> Mutant:
        replays = tuple(
            {key: _changed(values[key], part.path, change) for key in part.values} for change in changes
        )
        return Mutant(f"{dotted(part.path)}: {what}" if part.path else what, kind, replays, part.path)

    def of_values(what: str, kind: str, *changes: Callable[[Any], Any]) -> Mutant:
        """A damage to the values that are given; those that are null stay so."""
        return mutant(what, kind, *map(_unless_null, changes))

    if part.path and part.path[-2:-1] != (TRAJECTORY,):  # whose own parts are never missing
        yield mutant("missing", "missing", lambda _: MISSING)
        yield mutant("null", "null", lambda _: None)
    kinds = set(map(type, part.all)) - {type(None)}
    if kinds <= {str} and not part.labels:
        yield of_values("empty", "empty", lambda _: "")
        yield of_values("cut to half", "truncated", lambda one: one[: len(one) // 2] if one else one)
        yield of_values("a refusal", "refusal", lambda _: _REFUSAL)
    elif kinds <= {str}:
        yield from _never(part, mutant)
    elif kinds == {bool}:
        yield of_values("true and false exchanged", "flipped", lambda value: value is False)
        yield from _never(part, mutant)
    elif kinds <= {int, float}:
        yield of_values("scaled by 1.5", "scaled", lambda one: type(one)(one * 1.5) if one else one)
        if kinds == {int}:
            yield of_values("off by one", "off by one", lambda one: one + 1, lambda one: one - 1)
            if part.labels:
                yield from _never(part, mutant)
    elif kinds == {list}:
        yield of_values("cut to half", "cut", lambda one: one[: len(one) // 2])
        yield of_values("reversed", "reordered", lambda one: one[::-1])
        yield of_values("first item repeated", "repeated", lambda one: [*one[:1], *one])
        yield of_values("shuffled", "reordered", lambda one: dice.sample(one, len(one)))


def _unless_null(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else change(value)


def _never(part: _Part, mutant: Callable[..., Mutant]) -> Iterator[Mutant]:
    """Labels that are never given: the most common label replaces them; for itself, the next one."""
    ordered = [json.loads(label) for label, _ in Counter(map(json.dumps, part.all)).most_common()]
    if len(ordered) < 2:
        return
    # A model that has lost a label answers with a likely other one, not with something unknown.
    instead = {json.dumps(one): ordered[one == ordered[0]] for one in ordered}

    def without(label: Any) -> Callable[[Any], Any]:
        return lambda value: instead[json.dumps(label)] if value == label else value

    yield mutant("one value never given", "never", *map(without, ordered[:REPLAYS]))


# -- the places of values ------------------------------------------------------------------------------


def _parts(values: Values) -> list[_Part]:
    """The fields of the answers with their values, the whole answer first; those that most answers have."""
    found: dict[Path, _Part] = {}
    for key, value in values.items():
        for path, one in _paths(value, ()):
            found.setdefault(path, _Part(path)).values.setdefault(key, []).append(one)
    # The fields that most answers have, since keys of a mapping may be data.
    chosen = sorted(found, key=lambda path: (-len(found[path].values), path))[:_PARTS]
    return [found[path] for path in sorted(chosen)]


def _paths(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if type(value) is not dict:
        yield path, value
        if type(value) is list:
            for item in value:
                if type(item) is dict:
                    yield from _paths(item, (*path, _ITEMS))
        return
    if TRAJECTORY in value:
        for name in {"answer", "state"} & value[TRAJECTORY].keys():
            yield from _paths(value[TRAJECTORY][name], (*path, TRAJECTORY, name))
        return
    response = not path and _is_usage(usage_of(value))
    for name, one in value.items():
        if response and (name in _BOOKKEEPING or (type(one) is dict and _is_usage(usage_of({"usage": one})))):
            continue
        if not name.startswith("$"):  # a tag of ours, such as the class of an object: a model cannot lose it
            yield from _paths(one, (*path, name))


def _is_usage(usage: Usage) -> bool:
    return usage.tokens_in is not None or usage.tokens_out is not None


def _changed(value: Any, path: Path, change: Callable[[Any], Any]) -> Any:
    """A value with one field changed, in a list that of every item."""
    if not path:
        return change(value)
    name, *rest = path
    if name == _ITEMS and type(value) is list:
        return [_changed(item, tuple(rest), change) for item in value]
    if type(value) is not dict or name not in value:
        return value
    made = _changed(value[name], tuple(rest), change)
    return (
        {key: one for key, one in value.items() if key != name} if made is MISSING else value | {name: made}
    )
