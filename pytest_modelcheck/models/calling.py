"""Call a model in its own form: with one input or a batch, plain or async, here or in other processes."""

from __future__ import annotations

import inspect
import os
import threading
import uuid
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import CoroutineType
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.canonical.source import signature_of
from pytest_modelcheck.errors import BatchSizeError, ModelError, UsageError
from pytest_modelcheck.phrases import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from pytest_modelcheck.models.definition import Definition


class Frames:
    """Turns a batch of mappings into a pandas frame (``collate="frame"``), with one row per input.

    pandas infers the type of a column from its values, so that the same row could look different to the
    model in another batch. Therefore each batch gets the column types of the table that the cases came from.

    Attributes:
        dtypes: Column types by column name. Other columns have the type that pandas infers.
    """

    def __init__(self) -> None:
        self.dtypes: Mapping[str, Any] = {}

    def __call__(self, inputs: list[Any]) -> Any:
        """Return the frame of a batch, in order."""
        try:
            import pandas as pd
        except ModuleNotFoundError as missing:
            raise UsageError(
                'collate="frame" needs pandas: pip install "pytest-modelcheck[pandas]"'
            ) from missing
        frame = pd.DataFrame(inputs)
        for name, dtype in self.dtypes.items():
            if name in frame.columns and frame[name].dtype != dtype:
                frame[name] = _typed(frame[name], dtype)
        return frame


def _typed(column: Any, dtype: Any) -> Any:
    """Convert a column to a type; return it unchanged if the type cannot hold its values."""
    import pandas as pd

    if isinstance(dtype, pd.CategoricalDtype):
        # astype() turns an unknown category into a missing value, which would change the input.
        known = set(dtype.categories)
        unknown = [value for value in column.dropna().unique() if value not in known]
        dtype = pd.CategoricalDtype([*dtype.categories, *unknown], dtype.ordered)
    try:
        return column.astype(dtype)
    except (TypeError, ValueError):
        return column


def aligned(answers: Any, inputs: Any, size: int, label: str) -> Any:
    """Put the answers of a batch into the order of its inputs, if they are a pandas Series or frame.

    A model that sorts its rows returns them in another order, but each row keeps its index.
    """
    index = _index_of(answers)
    if index is None or len(index) != size:
        return answers  # a wrong number of answers is reported by the caller
    own = _index_of(inputs)
    expected = list(range(size)) if own is None else list(own)
    found = list(index)
    if found == expected:
        return answers
    places = {name: place for place, name in enumerate(found)}
    if len(places) != size or set(places) != set(expected) or len(set(expected)) != size:
        kind = type(answers).__name__
        raise ModelError(
            f"{label} answered a batch of {size} inputs with a {kind} whose index is not that of its inputs"
            f" ({found[0]!r}, … instead of {expected[0]!r}, …), so it is unknown which answer belongs to"
            " which input. Keep the index of the inputs, or return a list or an array in their order"
            " (.to_numpy())"
        )
    return answers.iloc[[places[name] for name in expected]]


def _index_of(value: Any) -> Any:
    """The index of a pandas Series or frame, or ``None``."""
    if (
        hasattr(value, "iloc")
        and hasattr(value, "index")
        and type(value).__module__.partition(".")[0] == "pandas"
    ):
        return value.index
    return None


DEFAULT_BATCH_SIZE = 64
DEFAULT_ASYNC_CONCURRENCY = 16

_PLAIN = (str, int, float, bool, bytes, type(None))
_ONE = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class Arguments:
    """The arguments of a call with more than one argument, bound to the names of the parameters.

    Attributes:
        bound: The arguments that differ from their defaults, by parameter name. Two calls are equal if these
            are equal.
        positional: The arguments that are passed by position.
        named: The arguments that are passed by name.
        single: Whether the call equals one with the first argument only.
    """

    __slots__ = ("bound", "named", "positional", "single")

    def __init__(
        self,
        positional: tuple[Any, ...],
        named: Mapping[str, Any],
        bound: Mapping[str, Any] | None = None,
        *,
        single: bool = False,
    ) -> None:
        self.single = single
        self.positional = positional
        self.named = dict(named)
        self.bound = dict(bound) if bound is not None else {"*": list(positional), **self.named}

    def __repr__(self) -> str:
        return ", ".join(f"{name}={excerpt(value, 40)}" for name, value in self.bound.items())


@dataclass(frozen=True)
class Caller:
    """A callable, and the form in which it must be called.

    Attributes:
        function: The callable; it takes one input, or a collated batch.
        batch: Whether it takes a batch.
        batch_size: The largest number of inputs in a batch; 1 if it takes one input.
        awaited: Whether it is a coroutine function.
        concurrency: The number of calls that may be under way at once.
        collate: Turns a list of inputs into the batch that the function takes.
        wraps_async: Whether it is a plain function that wraps a coroutine function; async code awaits it.
    """

    function: Callable[..., Any]
    batch: bool
    batch_size: int
    awaited: bool
    concurrency: int
    collate: Callable[[list[Any]], Any]
    label: str
    wraps_async: bool = False

    @cached_property
    def is_awaitable(self) -> bool:
        """True if code on an event loop awaits the function."""
        return self.awaited or self.wraps_async

    @cached_property
    def signature(self) -> inspect.Signature | None:
        """The signature of the function, or ``None`` if Python cannot read it (some builtins)."""
        try:
            return signature_of(self.function)
        except (TypeError, ValueError):
            return None

    def bind(self, positional: tuple[Any, ...], named: Mapping[str, Any]) -> Any:
        """Return the single value that a call passes, or its :class:`Arguments`.

        A call that states a default explicitly equals a call without that argument. A call of a batch model
        with several named arguments passes one mapping from names to values.

        Raises:
            TypeError: the function does not take these arguments.
            UsageError: several values for a batch model have no names.
        """
        if self.batch:
            if len(positional) == 1 and not named:
                return positional[0]
            if positional:
                raise UsageError(
                    f"{self.label} takes a batch, so that several arguments need names: "
                    f"{self.label}(question=..., answer=...) becomes one mapping of its list"
                )
            return dict(named)
        if self.signature is None:
            return positional[0] if len(positional) == 1 and not named else Arguments(positional, named)
        found = self.signature.bind(*positional, **named)
        parameters = self.signature.parameters

        def is_default(name: str, value: Any) -> bool:  # 0 is not the default 0.0
            default = parameters[name].default
            return type(value) is type(default) and type(value) in _PLAIN and repr(value) == repr(default)

        given = {name: value for name, value in found.arguments.items() if not is_default(name, value)}
        first = next(iter(parameters.values()), None)
        single = first is not None and first.kind in _ONE and list(given) == [first.name]
        if single and len(found.arguments) == 1:
            return found.args[0]
        return Arguments(found.args, found.kwargs, given, single=single)

    def by_name(self, x: Any) -> Any:
        """Return the arguments by parameter name; for a batch model, return its single value."""
        if type(x) is Arguments:
            return x.bound
        if self.batch or self.signature is None or not self.signature.parameters:
            return x
        return {next(iter(self.signature.parameters)): x}

    def call(
        self, inputs: list[Any], run: Callable[[Coroutine[Any, Any, Any]], Any] | None = None
    ) -> list[Any]:
        """Call the function with ``inputs``: a batch, or exactly one.

        ``run`` runs the coroutine that a plain function may return (``lambda x: client.ask(x)``).
        """
        x = self.collate(inputs) if self.batch else inputs[0]
        found = self.function(*x.positional, **x.named) if type(x) is Arguments else self.function(x)
        if type(found) is CoroutineType and run is not None:
            found = run(found)
        return self._split(found, x, len(inputs)) if self.batch else [found]

    async def call_async(self, inputs: list[Any]) -> list[Any]:
        """Call a coroutine function, as :meth:`call` does a plain one."""
        if not self.batch:
            [x] = inputs
            if type(x) is Arguments:
                return [await self.function(*x.positional, **x.named)]
            return [await self.function(x)]
        collated = self.collate(inputs)
        return self._split(await self.function(collated), collated, len(inputs))

    def _split(self, answers: Any, inputs: Any, size: int) -> list[Any]:
        rows = split(aligned(answers, inputs, size, self.label))
        if rows is None:
            raise ModelError(
                f"{self.label} answered a batch of {plural(size, 'input')} with a {type(answers).__name__}; "
                "a batch model answers with a list, or an array with a row for each input "
                "(for a model that takes one input at a time: batch=False)"
            )
        if len(rows) != size:
            raise BatchSizeError(
                f"{self.label} answered a batch of {plural(size, 'input')} with "
                f"{plural(len(rows), 'answer')}; it must give one answer for each input, in the same order"
            )
        return rows


def split(answers: Any) -> list[Any] | None:
    """Split a batch of answers into single answers, or return ``None`` if it is no batch.

    A one-dimensional array is split into Python values, an array of more dimensions into its rows, and a
    pandas frame into mappings, one per row.

    >>> split(("a", "b"))
    ['a', 'b']
    >>> split("ab") is None
    True
    """
    if isinstance(answers, list):
        return answers
    # They are iterable, but a text is one answer, and not one for each of its letters.
    if isinstance(answers, (str, bytes, dict)):
        return None
    if hasattr(answers, "to_dict") and hasattr(answers, "columns"):
        return list(answers.to_dict(orient="records"))
    if hasattr(answers, "tolist") and hasattr(answers, "ndim"):
        # Plain Python values: tests compare with `is True` and with literals, and JSON has no others.
        listed = answers.tolist() if answers.ndim == 1 else answers
        return None if answers.ndim == 0 else list(listed)
    try:
        return list(answers)
    except TypeError:
        return None


def _callable_of(definition: Definition, raw: Any) -> tuple[Callable[[Any], Any], bool]:
    """Find the callable, and whether it takes a batch if the fixture does not say so."""
    if isinstance(raw, PerWorker):
        return replace(raw, method=definition.method), definition.method is not None
    if definition.method is not None:
        method = getattr(raw, definition.method, None)
        if not callable(method):
            raise UsageError(
                f"{definition.location}: the model fixture {definition.name!r} made a "
                f"{type(raw).__name__}, which has no method {definition.method!r}"
            )
        return method, True
    if callable(raw):
        return raw, False
    if callable(getattr(raw, "predict", None)):
        return raw.predict, True
    raise UsageError(
        f"{definition.location}: the model fixture {definition.name!r} made a {type(raw).__name__}; "
        "it must return something to call (a function, an object with a predict method, or any object "
        'with method="name" on @model_fixture)'
    )


def _is_awaited(function: Any) -> bool:
    method = inspect.getattr_static(type(function), "__call__", None)
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(method)


def wraps_async(function: Any) -> bool:
    """Return whether a plain function wraps an ``async def`` (``functools.wraps``).

    It may return the coroutine, or run it: only a call shows which.
    """
    return not _is_awaited(function) and inspect.iscoroutinefunction(inspect.unwrap(function))


def caller_of(definition: Definition, raw: Any) -> Caller:
    """Return the caller of the object that a model fixture returned.

    Raises:
        UsageError: the object cannot be called, or the options of the fixture contradict each other.
    """
    function, takes_batch = _callable_of(definition, raw)
    if inspect.isasyncgenfunction(function):
        raise UsageError(
            f"{definition.location}: the model fixture {definition.name!r} made an async generator, which "
            "can be read only once, but equal calls share an answer. Return a function that gives the whole "
            "answer: async def model(x): return [part async for part in stream(x)]"
        )
    batch = takes_batch if definition.batch is None else definition.batch
    awaited = _is_awaited(function)
    if awaited and definition.executor is not None:
        raise UsageError(
            f"{definition.location}: executor= makes calls elsewhere, and the model {definition.name!r} is "
            "`async`: concurrency= says how many of its calls may be under way"
        )
    concurrency = definition.concurrency or (DEFAULT_ASYNC_CONCURRENCY if awaited else 1)
    if definition.concurrency is None and definition.executor is not None:
        # The executors of the standard library keep their size private. Others (dask, ray) have no fixed
        # size; two calls per processor keep them busy while answers travel.
        workers = getattr(definition.executor, "_max_workers", None)
        concurrency = workers if isinstance(workers, int) else 2 * (os.cpu_count() or 1)
    collate: Any = definition.collate or list
    if isinstance(collate, str):
        collate = {"list": list, "frame": Frames()}.get(collate)
    if not callable(collate):
        problem = f'collate={definition.collate!r} is neither "list", "frame" nor a callable'
        raise UsageError(f"{definition.location}: {problem}")
    return Caller(
        function=function,
        batch=batch,
        batch_size=(definition.batch_size or DEFAULT_BATCH_SIZE) if batch else 1,
        awaited=awaited,
        concurrency=concurrency,
        collate=collate,
        label=definition.name,
        wraps_async=wraps_async(function),
    )


def answer_type(definition: Definition, raw: Any) -> Any:
    """Return the type of one answer: ``returns=``, else the callable's annotation, else ``None``."""
    if definition.returns is not None or isinstance(raw, PerWorker):
        return definition.returns
    import typing

    function, takes_batch = _callable_of(definition, raw)
    batch = takes_batch if definition.batch is None else definition.batch
    plain = inspect.isroutine(function)
    target = function if plain else inspect.getattr_static(type(function), "__call__", None)
    try:
        annotation = typing.get_type_hints(target).get("return")
    except (TypeError, NameError, AttributeError):
        return None  # answers of a callable whose annotations cannot be resolved are treated as plain JSON
    if not batch or annotation is None:
        return annotation
    # Of list[Label], Label is the type of one answer.
    arguments = getattr(annotation, "__args__", ())
    return arguments[0] if arguments else None


# -- a model in other processes ---------------------------------------------------------------------------

_lock = threading.RLock()  # a model that is being loaded may call another one, which is loaded then
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
