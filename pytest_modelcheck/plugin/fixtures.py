"""The plugin's fixtures; :func:`model_fixture` and :func:`judge_fixture` turn a model into a fixture."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Literal, overload

import pytest

from pytest_modelcheck.plugin.ours import DECLARATION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Executor
    from contextvars import ContextVar
    from datetime import date
    from os import PathLike

    from pytest_modelcheck.engine.router import Router
    from pytest_modelcheck.engine.view import CaseView
    from pytest_modelcheck.models.definition import Definition
    from pytest_modelcheck.plugin.running import Modelcheck


@pytest.fixture
def case(request: pytest.FixtureRequest) -> CaseView:
    """The case that the body runs for: ``.id``, ``.input``, ``.expected``, ``.perturbed``, …"""
    from pytest_modelcheck.plugin.running import CurrentCase, refuse_unmarked

    refuse_unmarked(request, "case")
    return CurrentCase(_router(request))  # type: ignore[return-value]


@pytest.fixture
def score(request: pytest.FixtureRequest) -> Callable[[float], None]:
    """Grade the case: ``score(0.83)`` in place of pass or fail, from 0.0 (worst) to 1.0 (best)."""
    from pytest_modelcheck.plugin.running import current_score, refuse_unmarked

    refuse_unmarked(request, "score")
    return current_score(_router(request))


def _router(request: pytest.FixtureRequest) -> Router:
    from pytest_modelcheck.plugin.state import state_of

    return state_of(request.session).session.router


@pytest.fixture(scope="session")
def model_version(request: pytest.FixtureRequest) -> str | None:
    """The version of the model given by ``--model-version``, or the approved one."""
    from pytest_modelcheck.plugin.neighbours import guarded
    from pytest_modelcheck.plugin.state import state_of

    with guarded():
        return state_of(request.session).versions.only()


@pytest.fixture
def modelcheck(request: pytest.FixtureRequest) -> Modelcheck:
    """The checks as functions: ``modelcheck.golden(body, cases, at_least=0.95)`` returns a verdict."""
    from pytest_modelcheck.plugin.running import Modelcheck

    return Modelcheck(request)


@overload
def model_fixture(function: Callable[..., Any], /) -> Any: ...
@overload
def model_fixture(
    *,
    name: str | None = None,
    scope: Literal["session", "package", "module", "class", "function"] = "session",
    batch: bool | None = None,
    batch_size: int | None = None,
    concurrency: int | None = None,
    method: str | None = None,
    collate: Literal["list", "frame"] | Callable[[list[Any]], Any] | None = None,
    returns: Any = None,
    deterministic: bool | None = None,
    recorded: bool = False,
    fingerprint: Any = None,
    answer_fingerprint: Callable[[Any], str | None] | None = None,
    rate_limit: str | None = None,
    retries: int | None = None,
    retry_on: type[BaseException]
    | tuple[type[BaseException], ...]
    | Callable[[BaseException], bool]
    | None = None,
    timeout: float | None = None,
    give_up_after: int | None = None,
    usage: Callable[[Any], Any] | None = None,
    cost: Callable[[Any], float] | None = None,
    max_cost: float | None = None,
    executor: Executor | Callable[[], Executor] | None = None,
    context: Sequence[ContextVar[Any]] | None = None,
    ignore: Sequence[str] = (),
    compare_by: Callable[[Any], Any] | None = None,
    role: Literal["model", "support"] = "model",
    retires: Mapping[str, date] | Callable[[str], date | None] | None = None,
) -> Callable[[Callable[..., Any]], Any]: ...
def model_fixture(
    function: Callable[..., Any] | None = None,
    /,
    *,
    scope: Literal["session", "package", "module", "class", "function"] = "session",
    **options: Any,
) -> Any:
    """Make a pytest fixture from a model: any callable that answers one input, or a batch of inputs.

    The decorated function loads the model and returns it; it may take ``model_version`` (the version given by
    ``--model-version``) and any other fixtures, and may ``yield`` the model to clean up after it. Tests
    always call the model with one input, even if it takes batches.

    Args:
        function: The function, if the decorator is used without arguments.
        options: The keywords that follow.
        scope: The fixture's scope.
        name: The model's name in baselines and on the command line. Default: the fixture's name.
        batch: Whether the callable takes a list of inputs and returns a list of answers. Default: no; yes if
            a method is called (``predict``, or ``method=``), as with estimators.
        batch_size: The largest number of inputs in a batch. Default: 64, doubled up to 256 as long as that
            shortens the time per input.
        concurrency: The largest number of calls at the same time: in threads, or for an ``async`` callable
            in tasks on one event loop. Default: 1, or 16 for an ``async`` callable.
        method: The name of the method to call (``"predict_proba"``). Default: the object itself, else its
            ``predict``.
        collate: The form in which the model gets a batch: ``"list"`` (default), ``"frame"`` (a pandas
            frame), or a callable that converts the list.
        returns: The type of one answer (a dataclass, a pydantic model, an enum, ``list[...]`` of them), so
            that cached answers are restored as this type. Default: the callable's return annotation, if
            usable; plain values, arrays and data frames need none.
        deterministic: Whether equal inputs always get equal answers. Default: measured before a check fails.
        recorded: Whether the model only replays recorded answers (a dictionary, a cassette). It is then not
            called to search for a smaller counterexample, whose inputs nobody recorded.
        fingerprint: Distinguishes models of the same version: a value, a callable that returns one, or
            ``files("model.joblib", "prompts/*.txt")``. If the fixture neither takes ``model_version`` nor
            has a fingerprint, answers are not cached across runs.
        answer_fingerprint: Reads from an answer the system that gave it, as some providers report it:
            ``lambda answer: answer.system_fingerprint``. An answer from a system that was not approved under
            this version then fails the check. Default: not checked.
        rate_limit: The largest rate of calls, evenly spaced: ``"500/minute"``, ``"10/second"``,
            ``"3000/hour"``. Retries count. Workers of pytest-xdist share it. Default: no limit.
        retries: How often a failed call is repeated, after waits of up to 0.5, 1, 2, … 60 seconds (random,
            or as the endpoint's ``Retry-After`` requests). Default: 0.
        retry_on: The exceptions after which a call is repeated: a type, a tuple of types, or a callable that
            takes the exception. Default: connection errors, timeouts, and the statuses 408, 409, 425, 429
            and 5xx of any HTTP client.
        timeout: The largest time of one call in seconds. A thread cannot be stopped: a call that hangs is
            abandoned. Default: no limit.
        give_up_after: The number of consecutive calls that fail with a ``retry_on`` exception, or with
            status 401, 402, 403 or 404, after which the model is not called again in this run; 0 for never.
            Default: 5.
        usage: Reads the provider's token counts from an answer: ``lambda answer: answer.usage``.
            Alternatively, the model returns ``Answer(value, usage=...)``.
        cost: Computes the cost of an answer: called with its usage if there is one, else with the answer;
            returns a number.
        max_cost: The largest total cost of the calls of one run, in the unit of ``cost``. No call is made
            that could exceed it. Workers of pytest-xdist share it. Default: no limit.
        executor: A ``concurrent.futures.Executor`` in which calls are made, or a function that makes one:
            ``lambda: ProcessPoolExecutor(4, mp_context=get_context("spawn"))``.
            See :func:`pytest_modelcheck.per_worker`.
        context: Context variables that the model reads, such as the tenant of a request:
            ``context=[TENANT]``. Calls with different values are different calls. ``context=[]`` says that it
            reads none. Default: unknown; calls that a test makes after setting a variable that is not named,
            itself or by a library, are then not cached.
        ignore: Paths to parts of an answer that comparisons leave out, because they differ from call to call:
            ``("id", "usage.*", "choices.*.id")``. ``*`` matches one step, ``**`` any number. They do not
            affect ``==`` in a test; ``case.same_as_approved(answer)`` uses them. Default: none.
        compare_by: Returns the part of an answer to compare, like the ``key`` of :func:`sorted`:
            ``lambda answer: (answer.label, answer.amount)``. Default: the whole answer.
        role: ``"support"`` for a model that tests of other models use: ``--model-version=VERSION`` does not
            apply to it (``--model-version=NAME=VERSION`` does), and it is judged only by checks with
            ``model=NAME``. Default: ``"model"``.
        retires: The shutdown dates of versions, as announced by the provider:
            ``{"gpt-x": date(2027, 1, 14)}``, or a function from a version to its date or ``None``. Runs,
            reports and ``modelcheck list`` show the date of the approved version, and runs warn from 60 days
            before. Default: unknown.

    Raises:
        UsageError: Options contradict each other; raised by the decorator.

    Example::

        @model_fixture(batch=True, returns=Triage)
        def triage(model_version):
            return load_classifier(model_version)
    """

    def declared(function: Callable[..., Any]) -> Definition:
        from pytest_modelcheck.plugin.definitions import declare

        __tracebackhide__ = True
        return declare(function, options)

    return _decorating("model_fixture", function, declared, scope)


def judge_fixture(
    function: Callable[..., Any] | None = None,
    /,
    *,
    labels: str | PathLike[str] | None = None,
    scope: Literal["session", "package", "module", "class", "function"] = "session",
    **options: Any,
) -> Any:
    """Make a pytest fixture from a model that judges the answers of other models, and is sometimes wrong.

    A judge is a model like any other (see :func:`model_fixture`), with its own version, cache and noise. It
    answers ``True`` or ``False``, a category, or a score. If the judge decides the outcome of cases, limits
    apply to the outcomes that people would have given: labels show how often the judge is wrong.

    Args:
        function: The function that loads it, if the decorator is used without arguments.
        labels: A JSON Lines file of labels by people, relative to the file of the fixture:
            ``{"input": {"question": "...", "answer": "..."}, "expected": true}``, where ``input`` holds the
            arguments of the judge by name. ``modelcheck label NAME`` writes it, and it is also a case file
            for checks of the judge itself. It need not exist yet. Default: none; then nothing is corrected.
        scope: The fixture's scope.
        options: The other keywords of :func:`model_fixture`, except ``role``. If the judge's answer holds
            more than its verdict, ``compare_by=`` returns the verdict: ``lambda answer: answer.helpful``.

    Raises:
        UsageError: Options contradict each other; raised by the decorator.

    Example::

        @judge_fixture(labels="labels/helpful.jsonl", fingerprint=files("rubrics/helpful.md"))
        def helpful(model_version):
            return lambda question, answer: grade(question, answer, model=model_version)
    """

    def declared(function: Callable[..., Any]) -> Definition:
        from pytest_modelcheck.plugin.definitions import declare_judge

        __tracebackhide__ = True
        return declare_judge(function, labels, options)

    return _decorating("judge_fixture", function, declared, scope)


def _decorating(
    name: str,
    function: Callable[..., Any] | None,
    declared: Callable[[Callable[..., Any]], Definition],
    scope: Literal["session", "package", "module", "class", "function"],
) -> Any:
    def decorate(function: Callable[..., Any]) -> Any:
        from pytest_modelcheck.plugin.definitions import providing

        __tracebackhide__ = True
        definition = declared(function)
        fixture_function = providing(function, definition)
        setattr(fixture_function, DECLARATION, definition)
        return pytest.fixture(scope=scope)(fixture_function)

    __tracebackhide__ = True
    if function is None:
        return decorate
    if not inspect.isroutine(function):
        raise TypeError(f"@{name} takes keyword arguments: @{name}(name=...)")
    return decorate(function)
