"""A model that each process of an executor loads once, so that it is not sent there with each call.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_lock = threading.Lock()
_loaded: dict[str, Callable[[Any], Any]] = {}


@dataclass(frozen=True, slots=True)
class PerWorker:
    """A function that loads a model, with its arguments: small enough to be pickled with each call.

    ``token`` identifies the model in a process; all pickled copies of one ``per_worker(...)`` share it.
    """

    load: Callable[..., Any]
    arguments: tuple[Any, ...] = ()
    keywords: Mapping[str, Any] = field(default_factory=dict)
    method: str | None = None
    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    def __call__(self, x: Any, /) -> Any:
        """Call this process's copy of the model; load it at the first call."""
        function = _loaded.get(self.token)
        if function is None:
            with _lock:
                function = _loaded.get(self.token)  # another thread may have loaded it meanwhile
                if function is None:
                    model = self.load(*self.arguments, **self.keywords)
                    is_called = self.method is None and callable(model)
                    function = model if is_called else getattr(model, self.method or "predict", None)
                    if not callable(function):
                        raise UsageError(
                            f"per_worker({getattr(self.load, '__name__', self.load)!s}) made a "
                            f"{type(model).__name__}, which has no method {self.method or 'predict'!r}"
                        )
                    _loaded[self.token] = function
        return function(x)


def per_worker(load: Callable[..., Any], /, *arguments: Any, **keywords: Any) -> PerWorker:
    """Load a model once in each process of an executor.

    Return this from a ``@model_fixture(executor=...)``: each call then sends the name of ``load`` and its
    arguments to a process, instead of the model. The process must be able to import ``load`` by its name:
    it must be a function in a module of yours, not in a test module, and not a lambda.

    Args:
        load: Returns the model: a callable, or an object with a ``predict`` method (or ``method=`` of the
            fixture).
        arguments: Positional arguments of ``load``.
        keywords: Keyword arguments of ``load``.

    >>> shout = per_worker(getattr, "", "join")
    >>> shout(["a", "b"])
    'ab'
    """
    return PerWorker(load, arguments, keywords)
