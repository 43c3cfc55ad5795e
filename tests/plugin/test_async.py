"""``async def`` bodies: on our loop, or on that of pytest-asyncio or anyio if one of them owns them."""

import pytest

from pytest_modelcheck.records import Tally

BACKEND = """
import pytest

@pytest.fixture
def anyio_backend():
    return "asyncio"
"""
MODEL = f"""
import asyncio
{BACKEND}
@model_fixture
def echo(model_version):
    async def ask(text):
        with open("calls.log", "a") as log:
            log.write(text + "\\n")
        await asyncio.sleep(0)
        return text.upper() if model_version == "2" else text
    return ask

under_way = []

@model_fixture(concurrency=50)
def slow(model_version):
    async def ask(text):
        under_way.append(text)
        with open("under_way.log", "a") as log:
            log.write(f"{{len(under_way)}}\\n")
        await asyncio.sleep(0.05)
        under_way.remove(text)
        return text
    return ask
"""

OWNERS = {
    "unowned": ("", []),
    "pytest-asyncio in strict mode": (
        "@pytest.mark.asyncio",
        ["-p", "asyncio", "--asyncio-mode=strict", "-o", "asyncio_default_fixture_loop_scope=function"],
    ),
    "pytest-asyncio in auto mode": (
        "",
        ["-p", "asyncio", "--asyncio-mode=auto", "-o", "asyncio_default_fixture_loop_scope=function"],
    ),
    "pytest-asyncio with a loop a session": (
        '@pytest.mark.asyncio(loop_scope="session")',
        ["-p", "asyncio", "--asyncio-mode=strict", "-o", "asyncio_default_fixture_loop_scope=session"],
    ),
    "anyio on asyncio": ("@pytest.mark.anyio", ["-p", "anyio"]),
}


@pytest.fixture(params=OWNERS)
def owner(request, project):
    """A project, the mark that hands a test to its owner, and the options that load it."""
    mark, options = OWNERS[request.param]
    if options:
        pytest.importorskip(options[1] if options[1] == "anyio" else f"pytest_{options[1]}")
    project.model(MODEL)
    return project, mark, options


TEST = """
import pytest

{mark}
@pytest.mark.golden(["a", "b", "c"])
async def test_it(echo, case):
    assert await echo(case.input) == case.input
    assert await echo(case.input) == case.input
"""
TESTS = (
    TEST
    + """
{mark}
@pytest.mark.golden(["pass", "fail", "skip", "xfail", "error"])
async def test_outcomes(echo, case):
    answer = await echo(case.input)
    assert answer != "fail"
    if answer == "skip": pytest.skip()
    if answer == "xfail": pytest.xfail()
    if answer == "error": raise OSError("broken")

{mark}
@pytest.mark.golden([str(number) for number in range(50)])
async def test_waits(slow, case):
    assert await slow(case.input) == case.input

@pytest.mark.golden(["x", "y"])
def test_sync(echo, case):
    assert echo(case.input) == case.input

{mark}
async def test_plain(echo):
    assert await echo("x") == "x"
"""
)


def test_bodies_are_awaited_together_and_a_later_test_is_not_affected(owner):
    project, mark, options = owner
    project.test(TESTS.format(mark=mark))
    result = project.run(*options, "--model-version=1")
    assert {name: verdict.cases for name, verdict in project.verdicts(result).items()} == {
        "test_it": Tally(passed=3),
        "test_outcomes": Tally(passed=1, failed=1, skipped=1, xfailed=1, error=1),
        "test_waits": Tally(passed=50),
        "test_sync": Tally(passed=2),
    }
    # An ordinary `async` test runs only with a plugin that runs it.
    result.assert_outcomes(**({"passed": 4, "failed": 1} if options else {"passed": 3, "failed": 2}))
    assert sorted(project.calls) == sorted(["a", "b", "c", *"xy", "pass", "fail", "skip", "xfail", "error"])
    assert max(map(int, (project.path / "under_way.log").read_text().split())) > 20


def test_fails_as_a_synchronous_check_fails_and_may_end_the_run(owner):
    project, mark, options = owner
    project.test(TEST.format(mark=mark))
    result = project.fails(*options, "--model-version=2")
    result.stdout.fnmatch_lines(
        ["0/3 cases pass (0%), all required", "FAILED *::test_it - 0/3 cases pass (0%), all required"]
    )
    result.stdout.no_fnmatch_line("*pytest_modelcheck/*")
    project.test(TEST.format(mark=mark) + "    pytest.exit('enough', returncode=9)\n")
    assert project.run(*options, "--model-version=1").ret == 9


SCOPE = ("-p", "asyncio", "-o", "asyncio_default_fixture_loop_scope=function")


@pytest.mark.parametrize(
    ("fixture", "mark", "options"),
    [
        ("pytest_asyncio.fixture", "asyncio", (*SCOPE, "--asyncio-mode=strict")),
        ("pytest_asyncio.fixture", "asyncio", (*SCOPE, "--asyncio-mode=auto")),
        ("pytest.fixture", "anyio", ("-p", "anyio")),
    ],
)
def test_async_fixtures_of_the_owner_work(project, fixture, mark, options):
    pytest.importorskip("anyio" if mark == "anyio" else "pytest_asyncio")
    project.model(MODEL)
    asks = "anyio_backend" if mark == "anyio" else ""
    project.test(f"""
        import asyncio
        import {fixture.partition(".")[0]}
        import pytest

        @{fixture}
        async def connection({asks}):
            yield asyncio.get_running_loop()

        @pytest.mark.{mark}
        @pytest.mark.golden(["a", "b"])
        async def test_it(echo, case, connection):
            assert connection is asyncio.get_running_loop()
            assert await echo(case.input) == case.input
    """)
    result = project.passes(*options, "--model-version=1")
    assert project.verdict(result).cases == Tally(passed=2)


@pytest.mark.parametrize("gather", [False, True])
@pytest.mark.parametrize(
    ("library", "backend"),
    [("anyio", "asyncio"), ("anyio", "trio"), ("asyncio", "asyncio"), ("trio", "trio")],
)
def test_anyio_runs_the_check_on_each_backend(project, library, backend, gather):
    """Each alone, so that none finds the answers of another. A model written for trio needs trio's loop."""
    pytest.importorskip("anyio")
    pytest.importorskip("trio")
    project.model(f"""
        import {library}
        import pytest

        @pytest.fixture
        def anyio_backend():
            return {backend!r}

        @model_fixture
        def echo(model_version):
            async def ask(text):
                await {library}.sleep(0)
                return text
            return ask
    """)
    project.test(f"""
        @pytest.mark.anyio
        @pytest.mark.golden([str(number) for number in range(20)], gather={gather})
        async def test_it(echo, case):
            assert await echo(case.input) == case.input
    """)
    cold = project.passes("-p", "anyio", "--model-version=1")
    assert project.verdict(cold).cases == Tally(passed=20)
    assert project.verdict(cold).calls.new == 20
    warm = project.run("-p", "anyio", "--model-version=1")
    assert project.verdict(warm).cases == Tally(passed=20)
    assert project.verdict(warm).calls.new == 0


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_an_async_model_is_called_by_an_application_that_runs_any_backend(project, backend):
    """anyio notes its backend in the context of the call, on our loop."""
    pytest.importorskip("anyio")
    pytest.importorskip("trio")
    project.model("""
        import anyio

        @model_fixture
        def echo(model_version):
            async def ask(text):
                await anyio.sleep(0)
                return text
            return ask
    """)
    project.test(f"""
        import anyio

        @pytest.mark.golden([str(number) for number in range(20)])
        def test_it(echo, case):
            async def application():
                await anyio.sleep(0)
                return await echo(case.input)
            assert anyio.run(application, backend={backend!r}) == case.input

        @pytest.mark.golden([str(number) + "!" for number in range(20)])
        def test_threads(echo, case):
            async def application():
                return await anyio.to_thread.run_sync(echo, case.input)
            assert anyio.run(application, backend={backend!r}) == case.input
    """)
    result = project.run("--model-version=1")
    assert {verdict.cases for verdict in project.verdicts(result).values()} == {Tally(passed=20)}


def test_on_trio_a_failure_is_reported_and_diagnosed_alike(project):
    pytest.importorskip("anyio")
    pytest.importorskip("trio")
    project.model("""
        import pytest

        @pytest.fixture
        def anyio_backend():
            return "trio"

        @model_fixture
        def echo(model_version):
            return str.upper
    """)
    project.test("""
        @pytest.mark.anyio
        @pytest.mark.golden(["a", "B", "c"])
        async def test_it(echo, case):
            assert await echo(case.input) == case.input
    """)
    result = project.fails("-p", "anyio", "--model-version=1")
    result.stdout.fnmatch_lines(["FAILED *::test_it - 1/3 cases pass (33.3%), all required"])
    assert project.verdict(result).varies is False


def test_a_model_that_is_not_awaited_is_gathered_for_async_bodies_too(project):
    project.model("""
        @model_fixture(batch=True)
        def echo(model_version):
            def ask(texts):
                with open("calls.log", "a") as log:
                    log.write(f"{len(texts)}\\n")
                return list(texts)
            return ask
    """)
    project.test("""
        @pytest.mark.golden([str(number) for number in range(20)])
        async def test_it(echo, case):
            assert await echo(case.input) == case.input
    """)
    project.passes("--model-version=1")
    assert project.calls == ["20"]


def test_an_inner_loop_hears_an_answer_for_each_of_equal_calls(project):
    project.model("""
        import itertools

        numbers = itertools.count()

        @model_fixture
        def dice(model_version):
            async def throw(text):
                return next(numbers)
            return throw
    """)
    project.test("""
        import asyncio

        async def twice(dice, text):
            return await dice(text), await dice(text)

        @pytest.mark.golden(["a"], repeats=3)
        def test_it(dice, case):
            first, second = asyncio.run(twice(dice, case.input))
            assert first != second
    """)
    result = project.passes("--model-version=1")
    assert project.verdict(result).calls.new == 6


def test_an_input_is_stored_as_it_was_at_the_call(project):
    """Otherwise its answer is cached under the old input, and given to the next call with that input."""
    project.model(
        "@model_fixture\ndef echo(model_version):\n"
        "    async def ask(messages):\n        return list(messages)\n    return ask\n"
    )
    project.test("""
@pytest.mark.golden(["a", "b"])
async def test_it(echo, case):
    messages = [case.input]
    first = echo(messages)
    messages.append("later")
    assert await first == [case.input]
    assert await echo([case.input]) == [case.input]
    """)
    project.passes("--model-version=1")
