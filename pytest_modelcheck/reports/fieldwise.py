"""Two answers of many fields, told by the fields that differ.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical import same

if TYPE_CHECKING:
    from collections.abc import Iterator

    Difference = tuple[str, Any, Any]
    """The way to a field, what was there, and what is; :data:`ABSENT` for nothing."""

ABSENT: Final = object()


def differences(then: Any, now: Any) -> list[Difference] | None:
    """The fields in which two JSON values differ, in order; ``None`` where they are not of one kind.

    Numbers that differ in their last bits only are the same, as between answers.

    >>> differences({"total": 12, "lines": [{"n": 1}]}, {"total": 0, "lines": [{"n": 2}, {"n": 3}]})[:2]
    [('lines[0].n', 1, 2), ('lines[1]', <object object at ...>, {'n': 3})]
    >>> differences({"total": 12}, {"total": 0}), differences("a", "b"), differences({}, [])
    ([('total', 12, 0)], None, None)
    """
    if type(then) is not type(now) or not isinstance(then, (dict, list)):
        return None
    return list(_between("", then, now))


def _between(path: str, then: Any, now: Any) -> Iterator[Difference]:
    if isinstance(then, dict) and isinstance(now, dict):
        for name in sorted(then.keys() | now.keys()):
            step = f"{path}.{name}" if path else name
            yield from _between(step, then.get(name, ABSENT), now.get(name, ABSENT))
    elif isinstance(then, list) and isinstance(now, list):
        for place in range(max(len(then), len(now))):
            old = then[place] if place < len(then) else ABSENT
            new = now[place] if place < len(now) else ABSENT
            yield from _between(f"{path}[{place}]", old, new)
    elif then is ABSENT or now is ABSENT or not _same(then, now):
        yield path, then, now


def _same(then: Any, now: Any) -> bool:
    import orjson

    return same(orjson.dumps(then), orjson.dumps(now))
