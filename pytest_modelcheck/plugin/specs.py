"""Makes a runnable check from a test and its marker."""

from __future__ import annotations

import inspect
import os
import shlex
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import pytest

from pytest_modelcheck.baselines.names import as_argument, relative
from pytest_modelcheck.baselines.provenance import body_digest, file_digest
from pytest_modelcheck.canonical import digest, excerpt
from pytest_modelcheck.cases import load
from pytest_modelcheck.checks.limits import Limits
from pytest_modelcheck.checks.spec import CheckSpec, Provenance, refuse_variants
from pytest_modelcheck.display import harmless
from pytest_modelcheck.engine.view import give_score
from pytest_modelcheck.errors import CaseError, UsageError
from pytest_modelcheck.models.calling import Frames, wraps_async
from pytest_modelcheck.plugin.collecting import check_id
from pytest_modelcheck.plugin.exceptions import classifier, render, without_diffs
from pytest_modelcheck.plugin.neighbours import honouring, seeing_what_it_should, within
from pytest_modelcheck.plugin.ours import argument_names, fixture_value, own_fixtures
from pytest_modelcheck.plugin.settings import switch
from pytest_modelcheck.plugin.state import state_of
from pytest_modelcheck.plugin.terminal import progress_of
from pytest_modelcheck.records import MISSING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pytest_modelcheck.cases import Cases
    from pytest_modelcheck.checks.metrics import Metric
    from pytest_modelcheck.engine.view import CaseView
    from pytest_modelcheck.models.model import Model
    from pytest_modelcheck.plugin.collecting import MarkedTest
    from pytest_modelcheck.plugin.markers import CheckRequest
    from pytest_modelcheck.plugin.state import State
    from pytest_modelcheck.records import Case


def marked_spec(item: pytest.Function, marked: MarkedTest) -> CheckSpec:
    """The check of a marked test.

    Raises:
        ModelcheckError: Its cases cannot be read, or a fixture has the wrong type.
    """
    request = marked.request
    arguments = {name: item.funcargs[name] for name in argument_names(item)}
    cases = request.cases
    if cases is None:
        cases = load(fixture_value(item, "cases"), base=item.path.parent, **request.fields)
    gather = switch(item.config, "gather") if request.gather is None else request.gather
    return spec_of(
        item,
        request,
        subject=fixture_value(item, marked.subject),
        others=[fixture_value(item, name) for name in marked.others],
        body=_body(item.obj, arguments, marked.arguments),
        cases=cases,
        name=check_id(item),
        # A body that is restarted would print or log twice what such a fixture counts.
        gather=gather and _CAPTURING.isdisjoint(arguments),
    )


_CAPTURING = frozenset({"caplog", "capsys", "capsysbinary", "capfd", "capfdbinary", "capteesys", "recwarn"})
"""Fixtures through which a body reads its own output, logs or warnings: they cannot be held back."""


def spec_of(
    item: pytest.Function,
    request: CheckRequest,
    *,
    subject: Model,
    others: Sequence[Model],
    body: Callable[[CaseView], Any],
    cases: Cases,
    name: str,
    gather: bool = False,
) -> CheckSpec:
    """Assemble a check."""
    state = state_of(item.session)
    chosen = _selected(cases, state)
    if request.kind == "drift":
        refuse_variants(cases)
    for model in (subject, *others):
        for one in (model, model.other_version):
            # The frames of a model get the column types of the table that the cases come from.
            if one is not None and isinstance(one.caller.collate, Frames):
                one.caller.collate.dtypes = cases.dtypes
    state.session.warnings += [f"{name}: {note}" for note in cases.notes]
    provenance = _provenance(item, request, state.settings.root)
    body = honouring(body)
    if request.limits.max_steps is not None:
        body = within(body, request.limits.max_steps)
    limits = request.limits
    if state.settings.cases:
        # Selected cases have no rate and no baseline: each of them must pass.
        limits = Limits(at_least=limits.at_least) if "score" in own_fixtures(item) else Limits()
    return CheckSpec(
        **{**request.options(), "limits": limits},
        id=name,
        cases=chosen,
        body=seeing_what_it_should(body),
        subject=subject,
        others=others,
        classify=classifier(request.wrong_if),
        render=render,
        quietly=without_diffs,
        metric=_metric(request.metric, chosen),
        gather=gather,
        provenance=provenance,
        source=digest([name, provenance.body]) if provenance.body else None,
        partial=bool(state.settings.cases),
        rerun=_rerun(item, subject, others, state),
        names_model=len(state.definitions) > 1,
        progress=progress_of(item, len(chosen)),
        notes=cases.notes,
        smaller=cases.smaller,
        shrink_calls=state.settings.shrink_calls if request.shrink else 0,
    )


def _metric(value: object, cases: Sequence[Case]) -> Metric | None:
    """The metric of a marker; it needs an expectation in every case."""
    if value is None:
        return None
    from pytest_modelcheck.checks.metrics import metric_of

    found = metric_of(value)
    silent = next((case for case in cases if case.expected is MISSING and not case.variants), None)
    if silent is not None:
        where = "" if silent.origin is None else f" ({silent.origin})"
        raise UsageError(
            f"metric={found.name} scores answers against what is expected, and case {silent.id}{where} does "
            "not say what is: add `expected:` to it, or name the field in the marker, expected=..."
        )
    return found


def _rerun(item: pytest.Function, subject: Model, others: Sequence[Model], state: State) -> str:
    """The command that runs this test again with the same options; empty if pytest cannot name it."""
    here, ini = item.config.invocation_params.dir, item.config.option.inifilename
    folder, name = os.path.split(os.path.relpath(item.path, here))
    if "[" in name:
        return ""
    enter = ""
    if "[" in folder:  # for pytest, that would begin a test's parameters: it takes no such path
        enter = f"cd {shlex.quote(PurePath(folder).as_posix())} && "
        here, folder = item.path.parent, ""
        ini = ini and os.path.relpath(item.config.invocation_params.dir / ini, here)
    test = as_argument(PurePath(folder, name).as_posix()) + "::" + check_id(item).partition("::")[2]
    command = f"{enter}pytest {shlex.quote(test)}"
    if ini:
        command += f" -c {shlex.quote(ini)}"
    if subject.version is not None:
        command += " " + state.versions.option(subject.name, subject.version)
    for other in others:  # a judge, say, without whose version the verdict would be another
        version = state.versions.requested(other.name)
        command += "" if version is None else f" {state.versions.option(other.name, version)}"
    if subject.other_version is not None and subject.other_version.version is not None:
        command += " " + state.other_versions.option(subject.name, subject.other_version.version)
    return command


def _body(
    function: Callable[..., Any], arguments: dict[str, Any], own: frozenset[str]
) -> Callable[[CaseView], Any]:
    takes_case, takes_score = "case" in own, "score" in own

    def given(view: CaseView) -> dict[str, Any]:
        every = dict(arguments)
        if takes_case:
            every["case"] = view
        if takes_score:
            every["score"] = partial(give_score, view)
        return every

    if inspect.iscoroutinefunction(function):
        return asserting(lambda view: function(**given(view)), awaited=True)
    if wraps_async(function):
        return asserting(lambda view: _to_its_end(function(**given(view))))
    # Its code, since a decorator may give its wrapper the signature of the test.
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    names: tuple[str, ...] = ()
    if (
        code
        and not code.co_kwonlyargcount
        and not code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS)
    ):
        names = code.co_varnames[inspect.ismethod(function) : code.co_argcount]
    if takes_score or not takes_case or set(names) != arguments.keys():
        return asserting(lambda view: function(**given(view)))
    # By position, which is twice as fast as by name: this is the call of every body of most checks.
    place = names.index("case")
    values = [arguments[name] for name in names]
    before, after = values[:place], values[place + 1 :]

    def body(view: CaseView) -> None:
        returned = function(*before, view, *after)
        if returned is not None:
            _refuse(returned)

    return body


def _to_its_end(returned: Any) -> Any:
    """Await the result of a decorated ``async`` test, unless its decorator has run it already."""
    if not inspect.iscoroutine(returned):
        return returned
    import asyncio

    return asyncio.run(returned)


def asserting(body: Callable[[CaseView], Any], *, awaited: bool = False) -> Callable[[CaseView], Any]:
    """Wrap a body so that a returned value is an error: a comparison without ``assert`` can never fail."""

    def asserted(view: CaseView) -> None:
        _refuse(body(view))

    async def asserted_when_awaited(view: CaseView) -> None:
        _refuse(await body(view))

    return asserted_when_awaited if awaited else asserted


def _refuse(returned: Any) -> None:
    if returned is not None:
        raise UsageError(
            f"the body returned {excerpt(returned, 60)}: did you mean `assert` instead of `return`? If it "
            "has a metric= or is a drift check, pass the value to case.record(...)."
        )


def _selected(cases: Sequence[Case], state: State) -> Sequence[Case]:
    """The cases selected by ``--modelcheck-case``."""
    if not cases:
        raise CaseError("there are no cases, so the check would test nothing")
    wanted = state.settings.cases
    if not wanted:
        return cases
    chosen = [case for case in cases if case.id in wanted]
    if not chosen:
        pytest.skip(harmless(f"none of its cases is selected (--modelcheck-case={', '.join(wanted)})"))
    return chosen


def _provenance(item: pytest.Function, request: CheckRequest, root: Path) -> Provenance:
    path, name = item.path, item.function.__qualname__
    try:
        body = body_digest(path, name)
    except OSError:
        # No file to read (a test made at run time): its approved answers are compared as they were judged.
        body = ""
    sources = (request.cases, None if request.drift is None else request.drift.cases)
    files = {
        relative(each, root): file_digest(each)
        for source in sources
        for each in (() if source is None else source.paths)
    }
    line = item.location[1]
    return Provenance(body, f"{relative(path, root)}::{name}", files, None if line is None else line + 1)
