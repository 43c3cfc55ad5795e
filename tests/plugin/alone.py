"""Runs the checks of one project in every way that must not matter, each run in a fork of this process.

It reads ``plan.json`` in the given folder, and writes ``found.json``: the outcomes of each check in
each run, and the inputs of the models' calls. Started warm (``tests/warm.py``), it spares the seconds that
imports take, and a run that hangs ends with its fork.

The first of the runs, ``loop``, does without the plugin: all others must agree with its ``PlainLoop``.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import json
import os
import signal
import sys
import threading
import time
import types
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PLUGINS = ["-pmodelcheck", "-ppytest_mock", "-ptimeout", "-pno:cacheprovider", "--timeout-method=signal"]
HANGS = "hangs"
MOST_HANGS = 2


# -- the loop that all runs must agree with -------------------------------------------------------


@dataclass
class PlainCase:
    """A case as a test sees it."""

    input: Any
    expected: Any = None
    id: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)


class PlainLoop:
    """A ``for`` loop over the cases of each test, and models that are just called."""

    def __init__(self) -> None:
        self.found: dict[str, Counter[str]] = {}
        self.awaits = False
        self.current: Any = None
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        module: Any = types.ModuleType("pytest_modelcheck")
        module.Case, module.model_fixture, module.ModelcheckWarning = (
            PlainCase,
            self.model_fixture,
            UserWarning,
        )
        sys.modules["pytest_modelcheck"] = module

        @pytest.fixture
        def case() -> Any:
            return _Current(self)

        @pytest.fixture(scope="session")
        def model_version() -> str:
            return "1"

        self.fixtures: Any = types.ModuleType("plain_fixtures")
        self.fixtures.case, self.fixtures.model_version = case, model_version

    def pytest_configure(self, config: pytest.Config) -> None:
        config.addinivalue_line("markers", "golden: run by a loop")
        self.thread.start()

    def model_fixture(self, function: Any = None, **options: Any) -> Any:
        if function is None:
            return lambda function: self.model_fixture(function, **options)
        batch, scope = options.get("batch"), options.get("scope", "session")

        def provide(**given: Any) -> Iterator[Any]:
            made = function(**given)
            if inspect.isgenerator(made):
                yield self.called_plainly(next(made), batch=batch)
                next(made, None)
            else:
                yield self.called_plainly(made, batch=batch)

        provide.__name__ = function.__name__
        provide.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
        return pytest.fixture(scope=scope)(provide)

    def called_plainly(self, model: Any, *, batch: bool | None) -> Any:
        asynchronous = inspect.iscoroutinefunction(model) or inspect.iscoroutinefunction(type(model).__call__)
        keywords = bool(batch)
        plain = self

        def one(*args: Any, **kwargs: Any) -> Any:
            if not keywords:
                return model(*args, **kwargs)
            return model([args[0] if len(args) == 1 and not kwargs else kwargs or args])

        def first(answers: Any) -> Any:
            return answers[0] if keywords else answers

        async def awaited(*args: Any, **kwargs: Any) -> Any:
            answer = one(*args, **kwargs)
            return first(await answer if inspect.isawaitable(answer) else answer)

        class Plain:
            @property
            def __class__(self) -> Any:
                return types.FunctionType if plain.awaits else Plain

            @property
            def __code__(self) -> Any:
                return awaited.__code__

            def __call__(self, *args: Any, **kwargs: Any) -> Any:
                if plain.awaits:
                    return awaited(*args, **kwargs)
                if not asynchronous:
                    return first(one(*args, **kwargs))
                try:
                    asyncio.get_running_loop()
                except RuntimeError:
                    return plain.elsewhere(awaited, args, kwargs)
                return awaited(*args, **kwargs)

        return Plain()

    def elsewhere(self, function: Any, args: Any, kwargs: Any) -> Any:
        """Await in the thread of the loop, in the caller's context."""
        heard: list[Any] = []
        done = threading.Event()

        async def hear() -> None:
            try:
                heard.append((await function(*args, **kwargs), None))
            except BaseException as error:
                heard.append((None, error))
            finally:
                done.set()

        context = contextvars.copy_context()
        self.loop.call_soon_threadsafe(lambda: self.loop.create_task(hear(), context=context))
        done.wait()
        answer, error = heard[0]
        if error is not None:
            raise error
        return answer

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> object:
        marker = pyfuncitem.get_closest_marker("golden")
        if marker is None:
            return None
        names = pyfuncitem._fixtureinfo.argnames
        arguments = {name: pyfuncitem.funcargs[name] for name in names}
        counts = self.found[pyfuncitem.nodeid] = Counter()
        self.awaits = inspect.iscoroutinefunction(inspect.unwrap(pyfuncitem.obj))
        try:
            if self.awaits:
                with asyncio.Runner() as runner:
                    runner.run(self.each(marker.args[0], pyfuncitem.obj, arguments, counts))
            else:
                for self.current in marker.args[0]:
                    counts[outcome_of_body(lambda: pyfuncitem.obj(**arguments))] += 1
        finally:
            self.awaits = False
        return True

    async def each(self, cases: Any, body: Any, arguments: Any, counts: Counter[str]) -> None:
        for self.current in cases:
            try:
                await body(**arguments)
            except BaseException as error:
                counts[outcome_of(error)] += 1
            else:
                counts["passed"] += 1


class _Current:
    """Attributes of the current case."""

    def __init__(self, loop: PlainLoop) -> None:
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop.current, name)


def outcome_of_body(body: Callable[[], object]) -> str:
    try:
        body()
    except BaseException as error:
        return outcome_of(error)
    return "passed"


def outcome_of(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt | pytest.exit.Exception):
        raise error
    if isinstance(error, pytest.xfail.Exception):
        return "xfailed"
    if isinstance(error, pytest.skip.Exception):
        return "skipped"
    return "failed" if isinstance(error, AssertionError | pytest.fail.Exception) else "error"


# -- runs -----------------------------------------------------------------------------------------


class Progress:
    """A plugin that notes which test has begun, so that a hanging one can be named, and may reverse them."""

    def __init__(self, path: Path, *, reverse: bool) -> None:
        self.path, self.reverse = path, reverse

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self.reverse:
            items.reverse()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        with self.path.open("a") as log:
            log.write(nodeid + "\n")


@dataclass
class Run:
    """One run of pytest: its arguments, and the place of its results."""

    name: str
    folder: Path
    cache: str
    arguments: list[str]
    seconds: float
    reverse: bool = False

    @property
    def place(self) -> Path:
        return self.folder.parent / "runs" / self.name

    def __call__(self) -> dict[str, Any]:
        """Run; again without a test that hangs, until none is left that does, or too many did."""
        self.place.mkdir(parents=True)
        hanging: list[str] = []
        began = self.place / "began"
        while len(hanging) < MOST_HANGS:
            began.write_text("")
            if forked(lambda: self.pytest(began, hanging), self.seconds, self.place / "output"):
                break
            started = began.read_text().split()
            hanging.append(started[-1] if started else HANGS)
        return {"checks": {**self.verdicts(), **dict.fromkeys(hanging, HANGS)}, "calls": self.calls()}

    def pytest(self, began: Path, without: list[str]) -> int:
        os.chdir(self.folder)
        os.environ["CALLS"] = str(self.place / "calls")
        sys.path.insert(0, str(self.folder))
        progress = Progress(began, reverse=self.reverse)
        plugins: list[object] = [progress]
        arguments = [*self.arguments, *(f"--deselect={name}" for name in without)]
        if self.name == "loop":
            plain = PlainLoop()
            plugins += [plain, plain.fixtures]
            code = pytest.main(["-pno:modelcheck", *PLUGINS[1:], *arguments], plugins=plugins)
            (self.place / "loop.json").write_text(json.dumps(plain.found))
            return int(code)
        ours = [f"-omodelcheck_cache_dir={self.place.parent / self.cache / 'cache'}", "--model-version=1"]
        ours += [f"--modelcheck-report={self.place / 'report.json'}"]
        return int(pytest.main([*PLUGINS, *ours, *arguments], plugins=plugins))

    def verdicts(self) -> dict[str, Any]:
        if self.name == "loop":
            return json.loads((self.place / "loop.json").read_bytes())
        path = self.place / "report.json"
        if not path.exists():
            return {}
        report = json.loads(path.read_bytes())
        found = {}
        for check in report["checks"]:
            verdict = check["verdict"]
            counts = {name: count for name, count in verdict["cases"].items() if count}
            found[verdict["check"]] = counts
        return found

    def calls(self) -> list[str]:
        path = self.place / "calls"
        return path.read_text().splitlines() if path.exists() else []


def forked(work: Callable[[], int], seconds: float, output: Path) -> bool:
    """Do a piece of work in a fork; return whether it ended in time."""
    child = os.fork()
    if child == 0:
        os.setsid()
        with output.open("ab") as stream:
            os.dup2(stream.fileno(), 1)
            os.dup2(stream.fileno(), 2)
        code = 70
        try:
            code = work()
        finally:
            sys.stdout.flush()
            os._exit(code)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if os.waitpid(child, os.WNOHANG)[0]:
            return True
        time.sleep(0.01)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def runs(folder: Path, plan: dict[str, Any]) -> Iterator[Run]:
    options = [f"--timeout={plan['timeout']}", *plan["options"]]
    wanted = plan["runs"]
    seconds = plan["seconds"]
    every = [
        Run("loop", folder, "", options, seconds),
        Run("cold", folder, "cold", options, seconds),
        Run("warm", folder, "cold", options, seconds),
        Run("one", folder, "one", [*options, f"--modelcheck-case={plan['one']}"], seconds),
        Run("partly", folder, "one", options, seconds),
        Run("reversed", folder, "reversed", options, seconds, reverse=True),
        Run("xdist", folder, "xdist", [*options, "-pxdist", "-n2", "--max-worker-restart=0"], seconds),
        *(
            Run(f"alone-{number}", folder, f"alone-{number}", [*options, check], seconds)
            for number, check in enumerate(plan["alone"])
        ),
    ]
    yield from (run for run in every if run.name.partition("-")[0] in wanted)


def main(folder: Path) -> None:
    plan = json.loads((folder / "plan.json").read_bytes())
    sys.dont_write_bytecode = False  # all runs have the same files
    found: dict[str, Any] = {}
    until = time.monotonic() + plan["in all"]
    for run in runs(folder / "project", plan):
        found[run.name] = run() if time.monotonic() < until else {"checks": {}, "calls": []}
    (folder / "found.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
