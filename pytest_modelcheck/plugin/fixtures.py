"""The fixtures of the plugin, and :func:`model_fixture` and :func:`judge_fixture`, which make one of a model.

PYTEST_DONT_REWRITE
"""

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
    from pytest_modelcheck.plugin.imperative import Modelcheck


@pytest.fixture
def case(request: pytest.FixtureRequest) -> CaseView:
    """The case that the test is run for: ``.id``, ``.input``, ``.expected``, ``.perturbed``, …"""
    from pytest_modelcheck.plugin.current import CurrentCase, refuse_unmarked

    refuse_unmarked(request, "case")
    return CurrentCase(_router(request))  # type: ignore[return-value]


@pytest.fixture
def score(request: pytest.FixtureRequest) -> Callable[[float], None]:
    """Grade the case: ``score(0.83)`` in place of pass or fail, from 0.0 (worst) to 1.0 (best)."""
    from pytest_modelcheck.plugin.current import current_score, refuse_unmarked

    refuse_unmarked(request, "score")
    return current_score(_router(request))


def _router(request: pytest.FixtureRequest) -> Router:
    from pytest_modelcheck.plugin.state import state_of

    return state_of(request.session).session.router


@pytest.fixture(scope="session")
def model_version(request: pytest.FixtureRequest) -> str | None:
    """The version of the model that was asked for with ``--model-version``, or the approved one."""
    from pytest_modelcheck.plugin.state import state_of, usage

    with usage():
        return state_of(request.session).versions.only()


@pytest.fixture
def modelcheck(request: pytest.FixtureRequest) -> Modelcheck:
    """The checks as functions: ``modelcheck.golden(body, cases, at_least=0.95)`` returns a verdict."""
    from pytest_modelcheck.plugin.imperative import Modelcheck

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
    context: Sequence[ContextVar[Any]] = (),
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
    """Make a pytest fixture of a model: any callable that answers one input, or a batch of them.

    The decorated function loads the model and returns it; it may take ``model_version`` (the version asked
    for with ``--model-version``) and any other fixtures, and may ``yield`` the model to clean up after it.
    What tests get is callable with one input, whatever the model itself takes.

    Args:
        function: The function, where the decorator is used without arguments.
        options: The keywords that follow.
        scope: The fixture's scope.
        name: The model's name in baselines and on the command line. Default: the fixture's name.
        batch: Whether the callable takes a list of inputs and answers with a list. Default: no, but yes
            where a method is called (``predict``, or ``method=``), as estimators do.
        batch_size: How many inputs a batch may have. Default: 64, doubled up to 256 for as long as the time
            of an input falls.
        concurrency: How many calls may be under way at once: threads, or for an ``async`` callable tasks on
            one event loop. Default: 1, and 16 for an ``async`` callable.
        method: The name of the method to call (``"predict_proba"``). Default: the object itself, else its
            ``predict``.
        collate: What a batch is turned into before the call: ``"list"`` (default), ``"frame"`` (a pandas
            frame), or a callable.
        returns: The type of one answer (a dataclass, a pydantic model, an enum, ``list[...]`` of them), so
            that cached answers can be read back as such. Default: what the callable's annotation says,
            as far as it can be used; plain values, arrays and data frames need none.
        deterministic: Whether equal inputs always get equal answers. Default: measured where it matters.
        recorded: Whether the model only has answers that were recorded (a dictionary, a cassette). It is
            not called for the smallest counterexample then, whose inputs nobody recorded.
        fingerprint: What tells two models of one version apart: a value, a callable that returns one, or
            ``files("model.joblib", "prompts/*.txt")``. A model whose fixture takes neither
            ``model_version`` nor has a fingerprint is not remembered across runs.
        answer_fingerprint: Reads from an answer which system gave it, as some providers say:
            ``lambda answer: answer.system_fingerprint``. An answer from a system that was not approved under
            this version then fails the check. Default: nobody asks.
        rate_limit: How many calls may be made in what time, evenly spaced: ``"500/minute"``, ``"10/second"``,
            ``"3000/hour"``. Retries count. Workers of pytest-xdist share it. Default: any number.
        retries: How often a call that failed is made again, after waits of up to 0.5, 1, 2, … 60 seconds
            (chosen at random, or as the endpoint's ``Retry-After`` says). Default: 0.
        retry_on: Which exceptions a call is made again for: a type, a tuple of types, or a callable that is
            given the exception. Default: connection errors, timeouts, and the statuses 408, 409, 425, 429
            and 5xx of any HTTP client.
        timeout: How many seconds one call may take before it is given up. A thread cannot be ended: what
            hangs is left behind. Default: any time.
        give_up_after: After how many calls in a row that failed as ``retry_on`` says, or with the status 401,
            402, 403 or 404, nothing more is asked of the model in this run; 0 for never. Default: 5.
        usage: Takes what the provider reports of an answer's tokens from the answer:
            ``lambda answer: answer.usage``. Or let the model answer with ``Answer(value, usage=...)``.
        cost: What an answer cost: called with what is reported, else with the answer; gives a number.
        max_cost: What the calls of one run may cost, in the unit of ``cost``. No call is made that could
            exceed it. Workers of pytest-xdist share it. Default: any amount.
        executor: A ``concurrent.futures.Executor`` in which calls are made, or a function that makes one:
            ``lambda: ProcessPoolExecutor(4, mp_context=get_context("spawn"))``.
            See :func:`pytest_modelcheck.per_worker`.
        context: Context variables that the model reads, such as the tenant that a request is for:
            ``context=[TENANT]``. Their values are part of each call. Default: none; answers to calls that a
            test makes under a variable that it has set itself are then not cached.
        ignore: Ways to parts of an answer that comparisons leave out, since they differ from call to call:
            ``("id", "usage.*", "choices.*.id")``. ``*`` stands for one step, ``**`` for any number. They
            leave ``==`` in a test alone; ``case.same_as_approved(answer)`` uses them. Default: none.
        compare_by: Takes from an answer what comparisons see, like the ``key`` of :func:`sorted`:
            ``lambda answer: (answer.label, answer.amount)``. Default: the whole answer.
        role: ``"support"`` for a model that tests of other models use: ``--model-version=VERSION`` is not its
            version (``--model-version=NAME=VERSION`` is), and it is judged only where a check says
            ``model=NAME``. Default: ``"model"``.
        retires: When versions shut down, as the provider says: ``{"gpt-x": date(2027, 1, 14)}``, or a
            function that gives the date of a version, or ``None``. Runs, reports and ``modelcheck list`` say
            when the approved version does, and runs warn from 60 days before. Default: nobody knows.

    Raises:
        UsageError: options that contradict each other, at the decorator.

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
    """Make a pytest fixture of a model that judges what other models answer, and errs.

    A judge is a model like any other (see :func:`model_fixture`), with a version, a cache and noise of its
    own. It answers ``True`` or ``False``, a category, or a score. Where a case's outcome is what the judge
    says of it, the limits of a check are held against what people would have said: the labels tell how often
    the judge errs.

    Args:
        function: The function that loads it, where the decorator is used without arguments.
        labels: A JSON Lines file of what people said, relative to the file of the fixture:
            ``{"input": {"question": "...", "answer": "..."}, "expected": true}``, where ``input`` holds the
            arguments of the judge by name. ``modelcheck label NAME`` writes it, and it is a case file
            for checks of the judge itself. It need not exist yet. Default: none: nothing is corrected.
        scope: The fixture's scope.
        options: The other keywords of :func:`model_fixture`, but for ``role``. Where the judge answers with
            more than its verdict, ``compare_by=`` takes the verdict from the answer:
            ``lambda answer: answer.helpful``.

    Raises:
        UsageError: options that contradict each other, at the decorator.

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
