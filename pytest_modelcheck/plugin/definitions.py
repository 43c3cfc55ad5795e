"""Model fixtures: their declaration, and the fixture function that makes a model of what they return."""

from __future__ import annotations

import inspect
import math
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import fields, replace
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_modelcheck.calls.throttle import interval_of
from pytest_modelcheck.canonical.source import signature_of
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.models.definition import Definition, no_dates
from pytest_modelcheck.models.identity import source_digest
from pytest_modelcheck.numeric import is_number, is_whole
from pytest_modelcheck.plugin.ours import fixture_parameters

if TYPE_CHECKING:
    from collections.abc import Iterator

_VERSION = "model_version"
_SET_HERE = frozenset({"source", "location", "takes_version", "labels"})
_OPTIONS = tuple(field.name for field in fields(Definition) if field.name not in _SET_HERE)
"""The options of a ``@model_fixture``: the fields of its definition, but those that are found out."""
_OF_A_JUDGE = (*(name for name in _OPTIONS if name != "role"), "labels")


def declare(
    function: Callable[..., Any],
    options: dict[str, Any],
    decorator: str = "@model_fixture",
    known: Sequence[str] = _OPTIONS,
) -> Definition:
    """Check the options of a ``@model_fixture``, or of another decorator with these known options.

    Raises:
        UsageError: it is invalid.
    """
    __tracebackhide__ = True  # here and in the decorators: the mistake is where they are used
    path, line = inspect.getsourcefile(function), function.__code__.co_firstlineno
    where = f"{Path(path).name if path else '<unknown>'}:{line}"
    for key in options:
        if key not in known:
            near = get_close_matches(key, known, 1)
            hint = f"; did you mean {near[0]}?" if near else f" (it takes {', '.join(known)}, scope)"
            raise UsageError(f"{decorator} has no option {key!r}{hint}", where)
    for key, value in options.items():
        mistake = _VALID[key](value) if key in _VALID and value is not None else None
        if mistake is not None:
            raise UsageError(f"{decorator}({key}={value!r}): {mistake}", where)
    if options.get("batch") is False and options.get("batch_size") is not None:
        raise UsageError(f"{decorator}(batch=False, batch_size=...) contradicts itself", where)
    if options.get("retry_on") is not None and not options.get("retries"):
        raise UsageError(f"{decorator}(retry_on=...) says when to retry: retries= is missing", where)
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise UsageError(
            f"the model fixture {function.__name__!r} is itself `async`; write an ordinary function that "
            "returns the `async` callable",
            where,
        )
    return Definition(
        source=source_digest(function),
        location=f"{path or where}:{line}",
        takes_version=_VERSION in signature_of(function).parameters,
        **{**options, "name": options.get("name") or function.__name__},
    )


def declare_judge(
    function: Callable[..., Any], labels: str | os.PathLike[str] | None, options: dict[str, Any]
) -> Definition:
    """Check the options of a ``@judge_fixture``; its label file is relative to the file of the fixture.

    Raises:
        UsageError: it is invalid.
    """
    __tracebackhide__ = True
    definition = declare(function, options, "@judge_fixture", _OF_A_JUDGE)
    # Labels are written as JSON Lines, and read as cases by the ending of the file.
    is_path = isinstance(labels, (str, os.PathLike)) and os.fspath(labels).endswith(".jsonl")
    if labels is not None and not is_path:
        raise UsageError(
            f"@judge_fixture(labels={labels!r}): write the path of a .jsonl file", definition.location
        )
    # Relative to the fixture's file, as case files are to the test's: the working directory may be any.
    folder = Path(definition.location.rpartition(":")[0]).absolute().parent
    return replace(definition, role="judge", labels=None if labels is None else folder / labels)


def _is_positive(value: Any) -> bool:
    return (is_number(value) or value == math.inf) and bool(value > 0)


def _no_parts(value: Any) -> str | None:
    if isinstance(value, str) or not isinstance(value, Sequence):
        return 'write a tuple of ways to parts of an answer: ("id", "usage.*")'
    ways = all(isinstance(way, str) and all(way.split(".")) for way in value)
    return None if ways else 'write names, with dots between them: ("id", "usage.*")'


def _tells_errors(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(isinstance(each, type) and issubclass(each, BaseException) for each in value)
    return issubclass(value, BaseException) if isinstance(value, type) else callable(value)


def _no_rate(value: Any) -> str | None:
    try:
        interval_of(value)
    except UsageError as error:
        return str(error).partition(": ")[2]
    return None


def _unless(is_valid: Callable[[Any], bool], remedy: str) -> Callable[[Any], str | None]:
    return lambda value: None if is_valid(value) else f"write {remedy}"


_FROM_0 = _unless(partial(is_whole, least=0), "a whole number from 0")
_FROM_1 = _unless(partial(is_whole, least=1), "a whole number from 1")
_GIVEN_AN_ANSWER = _unless(callable, "a function that is given an answer")
_VALID: dict[str, Callable[[Any], str | None]] = {
    "batch_size": _FROM_1,
    "concurrency": _FROM_1,
    "retries": _FROM_0,
    "give_up_after": _FROM_0,
    "recorded": _unless(lambda value: isinstance(value, bool), "True or False"),
    "timeout": _unless(_is_positive, "a number of seconds"),
    "max_cost": _unless(_is_positive, "an amount above 0"),
    "usage": _GIVEN_AN_ANSWER,
    "cost": _GIVEN_AN_ANSWER,
    "compare_by": _unless(callable, "a function that takes from an answer what is compared"),
    "role": _unless(lambda value: value in ("model", "support"), '"support" (a judge: @judge_fixture)'),
    "executor": _unless(
        lambda value: callable(value) or callable(getattr(value, "submit", None)),
        "a concurrent.futures.Executor, or a function that makes one",
    ),
    "context": _unless(
        lambda value: isinstance(value, (list, tuple)) and all(isinstance(one, ContextVar) for one in value),
        "a list of contextvars.ContextVar",
    ),
    "retry_on": _unless(_tells_errors, "a type of exception, a tuple of them, or a function"),
    "ignore": _no_parts,
    "rate_limit": _no_rate,
    "retires": no_dates,
}
"""For each option, a function from a value to what is wrong with it, or ``None``."""


def providing(function: Callable[..., Any], definition: Definition) -> Callable[..., Any]:
    """The function that pytest calls in place of ``function``: it wraps the returned object in a model.

    Its ``model_version`` is passed by the plugin, so it is removed from the signature that pytest sees.
    """
    signature = signature_of(function)
    wants_request = "request" in signature.parameters

    def arguments(
        request: pytest.FixtureRequest, given: dict[str, Any], versions: Sequence[str | None]
    ) -> Iterator[dict[str, Any]]:
        if wants_request:
            given["request"] = request
        for version in versions:
            yield given | {_VERSION: version} if definition.takes_version else given

    def provide(*instance: Any, request: pytest.FixtureRequest, **given: Any) -> Any:
        __tracebackhide__ = True
        versions = _versions(request, definition)
        raws = []
        for each in arguments(request, given, versions):
            with _naming_version(request, definition, each):
                raws.append(function(*instance, **each))
        return _opened(request, definition, versions, raws)

    def provide_and_clean_up(*instance: Any, request: pytest.FixtureRequest, **given: Any) -> Iterator[Any]:
        __tracebackhide__ = True
        versions = _versions(request, definition)
        wanted = list(arguments(request, given, versions))
        # The first is the tested version. Further ones, of --against, are closed before it.
        generator, *others = [function(*instance, **each) for each in wanted]
        with ExitStack() as stack:
            with _naming_version(request, definition, wanted[0]):
                raws = [next(generator)]
            for other, each in zip(others, wanted[1:], strict=True):
                with _naming_version(request, definition, each):
                    raws.append(next(other))
                stack.callback(list, other)  # which runs its teardown
            yield _opened(request, definition, versions, raws)
        # The rest of the user's generator is its teardown, which pytest runs through ours.
        yield from generator

    wrapper = provide_and_clean_up if inspect.isgeneratorfunction(function) else provide
    wrapper.__name__ = wrapper.__qualname__ = function.__name__
    wrapper.__module__, wrapper.__doc__ = function.__module__, function.__doc__
    kept = [each for name, each in signature.parameters.items() if name not in (_VERSION, "request")]
    # Pytest reads the signature to know what to pass: ours always needs the request, and gives the version
    # itself.
    asking = inspect.Parameter("request", inspect.Parameter.KEYWORD_ONLY)
    positional = [each for each in kept if each.kind is not inspect.Parameter.KEYWORD_ONLY]
    keyword = [each for each in kept if each.kind is inspect.Parameter.KEYWORD_ONLY]
    setattr(wrapper, "__signature__", inspect.Signature([*positional, asking, *keyword]))  # noqa: B010 - typed
    return wrapper


@contextmanager
def _naming_version(
    request: pytest.FixtureRequest, definition: Definition, given: dict[str, Any]
) -> Iterator[None]:
    """Add a note with the requested version to any exception of a model fixture."""
    __tracebackhide__ = True
    try:
        yield
    except Exception as error:
        if definition.takes_version and given[_VERSION] is None:
            # A lookup by version fails with a bare KeyError: None, which tells nothing that is not said.
            did = "" if error.args == (None,) else f": {type(error).__name__}: {error}"
            text = (
                f"no version of {definition.name!r} is approved yet, and none was named. Name one: pytest "
                f"--model-version=VERSION (the fixture at {definition.location} failed with "
                f"model_version=None{did})"
            )
            raise pytest.fail.Exception(text, pytrace=False) from None
        if definition.takes_version:
            error.add_note(_state(request).version_note(definition, given[_VERSION]))
        raise


def _state(request: pytest.FixtureRequest) -> Any:
    from pytest_modelcheck.plugin.received import RECEIVED
    from pytest_modelcheck.plugin.state import state_of

    if RECEIVED not in request.config.stash:
        raise UsageError("a model fixture needs the plugin that runs it: remove -p no:modelcheck")
    return state_of(request.session)


def _versions(request: pytest.FixtureRequest, definition: Definition) -> list[str | None]:
    from pytest_modelcheck.plugin.neighbours import guarded

    with guarded():
        versions: list[str | None] = _state(request).versions_of(definition)
    return versions


def _opened(
    request: pytest.FixtureRequest,
    definition: Definition,
    versions: Sequence[str | None],
    raws: Sequence[Any],
) -> Any:
    from pytest_modelcheck.plugin.neighbours import guarded

    with guarded():
        return _state(request).open_model(definition, versions, raws, fixture_parameters(request))
