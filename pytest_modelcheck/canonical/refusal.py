"""The reason why a value has no canonical form, and its place inside a larger value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pytest_modelcheck.errors import ModelcheckError, UsageError


class NotCanonical(UsageError):  # noqa: N818 - says what the matter is
    """A part of an input cannot be identified by its content."""


class NotStored(UsageError):  # noqa: N818 - says what the matter is
    """A part of an answer cannot be restored equal and of the same type."""


class Unreadable(ModelcheckError):  # noqa: N818 - says what the matter is
    """A line does not hold an answer of the expected form: it is damaged, or the type changed."""


class Refusal(Exception):  # noqa: N818 - never leaves this package; NotCanonical and NotStored do
    """A problem inside nested values. It collects its place while it propagates."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.steps: list[str] = []

    def under(self, step: str) -> Refusal:
        """Prepend a step to the place of the problem, such as ``[3]`` or ``.name``."""
        self.steps.append(step)
        return self

    def message(self, root: str) -> str:
        """The message, starting with the name of the outermost value.

        >>> Refusal("a Socket.").under(".handle").under("['user']").message("input")
        "input['user'].handle: a Socket."
        """
        return f"{root}{''.join(reversed(self.steps))}: {self.problem}"


def qualified(kind: type) -> str:
    """The name of a class, with its module.

    >>> from fractions import Fraction
    >>> qualified(Fraction), qualified(int)
    ('fractions.Fraction', 'int')
    """
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def article(noun: str) -> str:
    """A noun with its article.

    >>> article("int"), article("dict")
    ('an int', 'a dict')
    """
    return f"{'an' if noun[0].lower() in 'aeiou' else 'a'} {noun}"


def step(key: object) -> str:
    """Write the step to an element of a mapping, cut to a readable length.

    >>> step("user"), step(3)
    ('["user"]', '[3]')
    """
    if isinstance(key, str):
        return f'["{key[:40]}"]'
    return f"[{key!r:.40}]" if isinstance(key, int | float | None) else f"[a {qualified(type(key))}]"


def attribute_step(name: str) -> str:
    """Write the step to a field."""
    return f".{name}" if name.isidentifier() else step(name)


def is_secret(kind: type) -> bool:
    """Return whether a class holds a secret, which is never stored: those of pydantic and Starlette."""
    return any(
        base.__name__.startswith("Secret") and base.__module__.partition(".")[0] in ("pydantic", "starlette")
        for base in kind.__mro__
    )


def unstored_reason(kind: type) -> str:
    """Why values of a class are not stored, and what to do."""
    name = article(qualified(kind))
    if is_secret(kind):
        return f"{name} is a secret, and secrets are never written down. Answer without it."
    data = "str(...)" if issubclass(kind, BaseException) else turned(kind)
    if data is not None:
        return f"{name} cannot be stored. Let the model answer {data} instead."
    return (
        f"{name} cannot be stored and made again. Let the model answer its data (text, numbers, lists, "
        "dicts, a dataclass, a pydantic model), or name in the test what is compared: case.record(...)."
    )


def turned(kind: type) -> str | None:
    """The data to which a value of a class is easily turned, as Python; ``None`` if none is known."""
    names = (f"{base.__module__.partition('.')[0]}.{base.__name__}" for base in kind.__mro__)
    found = next((_TURNED[name] for name in names if name in _TURNED), None)
    return "list(...)" if found is None and issubclass(kind, Iterator) else found


_TURNED: Final = {
    "builtins.memoryview": "bytes(...)",
    "builtins.mappingproxy": "dict(...)",
    **dict.fromkeys(("builtins.dict_keys", "builtins.dict_values", "builtins.dict_items"), "list(...)"),
    **dict.fromkeys(("array.array", "time.struct_time"), "list(...)"),
    **dict.fromkeys(("_io.BytesIO", "_io.StringIO"), "x.getvalue()"),
    **dict.fromkeys(("numpy.matrix", "numpy.memmap", "PIL.Image"), "numpy.asarray(...)"),
    "torch.Tensor": "x.tolist()",
    **dict.fromkeys(
        [f"scipy.{kind}_{what}" for kind in ("dok", "lil") for what in ("array", "matrix")], "x.tocsr()"
    ),
    "polars.LazyFrame": "x.collect()",
}
