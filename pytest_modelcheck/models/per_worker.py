"""A model that is loaded once in each process that it is called in, rather than sent there with each call.

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
    """The recipe for loading a model, small enough to be sent to another process with each call."""

    load: Callable[..., Any]
    arguments: tuple[Any, ...] = ()
    keywords: Mapping[str, Any] = field(default_factory=dict)
    method: str | None = None
    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    def __call__(self, x: Any, /) -> Any:
        """Ask the model of this process, which is loaded at its first question."""
        function = _loaded.get(self.token)
        if function is None:
            with _lock:
                function = _loaded.get(self.token)
                if function is None:
                    function = _loaded[self.token] = self._open()
        return function(x)

    def _open(self) -> Callable[[Any], Any]:
        model = self.load(*self.arguments, **self.keywords)
        if self.method is None and callable(model):
            return model  # type: ignore[no-any-return]
        function = getattr(model, self.method or "predict", None)
        if not callable(function):
            raise UsageError(
                f"per_worker({getattr(self.load, '__name__', self.load)!s}) made a {type(model).__name__}, "
                f"which has no method {self.method or 'predict'!r}"
            )
        return function  # type: ignore[no-any-return]


def per_worker(load: Callable[..., Any], /, *arguments: Any, **keywords: Any) -> PerWorker:
    """Load a model once in each process of an executor.

    For ``@model_fixture(executor=...)``: what is sent to a process with each call is then the name of
    ``load`` and its arguments, and not the model. ``load`` must be found by its name there: a function of a
    module of yours, not of a test and no lambda.

    Args:
        load: Makes the model: a callable, or an object with a ``predict`` method (or ``method=`` of the
            fixture).
        arguments: What it is called with.
        keywords: The same, by name.

    >>> shout = per_worker(getattr, "", "join")
    >>> shout(["a", "b"])
    'ab'
    """
    return PerWorker(load, arguments, keywords)
