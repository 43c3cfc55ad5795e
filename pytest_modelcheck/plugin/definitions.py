"""What a model fixture declares, and the fixture function that makes a model of what it returns.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import inspect
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.errors import UsageError, located
from pytest_modelcheck.models.identity import source_digest
from pytest_modelcheck.models.model import Definition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

_VERSION = "model_version"
_OPTIONS = (
    "name",
    "batch",
    "batch_size",
    "concurrency",
    "method",
    "collate",
    "returns",
    "deterministic",
    "fingerprint",
    "answer_fingerprint",
)


def declare(function: Callable[..., Any], options: dict[str, Any]) -> Definition:
    """Check what a ``@model_fixture`` says.

    Raises:
        UsageError: it cannot be meant.
    """
    path, line = inspect.getsourcefile(function), function.__code__.co_firstlineno
    where = f"{Path(path).name if path else '<unknown>'}:{line}"
    for key in options:
        if key not in _OPTIONS:
            near = get_close_matches(key, _OPTIONS, 1)
            hint = f"; did you mean {near[0]}?" if near else f" (it takes {', '.join(_OPTIONS)}, scope)"
            raise UsageError(located(f"@model_fixture has no option {key!r}{hint}", where))
    for key in ("batch_size", "concurrency"):
        value = options.get(key)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
            raise UsageError(located(f"@model_fixture({key}={value!r}): write a whole number from 1", where))
    if options.get("batch") is False and options.get("batch_size") is not None:
        raise UsageError(located("@model_fixture(batch=False, batch_size=...) contradicts itself", where))
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise UsageError(
            located(
                f"the model fixture {function.__name__!r} is itself `async`; write an ordinary function that "
                "returns the `async` callable",
                where,
            )
        )
    return Definition(
        source=source_digest(function),
        location=f"{path or where}:{line}",
        takes_version=_VERSION in inspect.signature(function).parameters,
        **{**options, "name": options.get("name") or function.__name__},
    )


def providing(function: Callable[..., Any], definition: Definition) -> Callable[..., Any]:
    """The function that pytest calls in place of ``function``: it opens what that returns as a model.

    Its ``model_version`` is the model's own, so it is taken out of what pytest is asked for.
    """
    signature = inspect.signature(function)
    wants_request = "request" in signature.parameters

    def arguments(request: pytest.FixtureRequest, given: dict[str, Any]) -> dict[str, Any]:
        from pytest_modelcheck.plugin.state import usage

        with usage():
            version = _state(request).versions.of(definition.name)
        if wants_request:
            given["request"] = request
        if definition.takes_version:
            given[_VERSION] = version
        return given

    def provide(*instance: Any, request: pytest.FixtureRequest, **given: Any) -> Any:
        return _opened(request, definition, function(*instance, **arguments(request, given)))

    def provide_and_clean_up(*instance: Any, request: pytest.FixtureRequest, **given: Any) -> Iterator[Any]:
        generator = function(*instance, **arguments(request, given))
        yield _opened(request, definition, next(generator))
        yield from generator

    wrapper = provide_and_clean_up if inspect.isgeneratorfunction(function) else provide
    wrapper.__name__ = wrapper.__qualname__ = function.__name__
    wrapper.__module__, wrapper.__doc__ = function.__module__, function.__doc__
    kept = [each for name, each in signature.parameters.items() if name not in (_VERSION, "request")]
    asking = inspect.Parameter("request", inspect.Parameter.KEYWORD_ONLY)
    positional = [each for each in kept if each.kind is not inspect.Parameter.KEYWORD_ONLY]
    keyword = [each for each in kept if each.kind is inspect.Parameter.KEYWORD_ONLY]
    setattr(wrapper, "__signature__", inspect.Signature([*positional, asking, *keyword]))  # noqa: B010 - typed
    return wrapper


def _state(request: pytest.FixtureRequest) -> Any:
    from pytest_modelcheck.plugin.hooks import RECEIVED
    from pytest_modelcheck.plugin.state import state_of

    if RECEIVED not in request.config.stash:
        raise UsageError("a model fixture needs the plugin that runs it: take -p no:modelcheck away")
    return state_of(request.session)


def _opened(request: pytest.FixtureRequest, definition: Definition, raw: Any) -> Any:
    from pytest_modelcheck.plugin.state import usage

    with usage():
        return _state(request).open_model(definition, raw)
