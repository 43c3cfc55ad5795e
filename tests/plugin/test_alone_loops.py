"""Async models give plain tests the answer itself, and an awaitable where the test runs a loop."""

KINDS = ("awaited",)

RUNS_A_LOOP = """
        @model_fixture(name=NAME)
        def echo(model_version):
            async def ask(text):
                await asyncio.sleep(0)
                return text
            def run_sync(text):
                return asyncio.run(ask(text))
            return run_sync

        %sdef test_it(echo, case):
            assert %secho(case.input) == case.expected
"""

CHECKS = {
    "no loop at all": """
        def test_it(echo, case):
            assert echo(case.input) == case.expected
        """,
    "asyncio.run": """
        def test_it(echo, case):
            assert asyncio.run(application(echo, case.input)) == case.expected
        """,
    "asyncio.run and asyncio.gather": """
        async def application(model, text):
            return await asyncio.gather(model(text), model(text + "!"), model(text))

        def test_it(echo, case):
            assert asyncio.run(application(echo, case.input)) == [case.input, case.input + "!", case.input]
        """,
    "asyncio.run and create_task": """
        async def application(model, text):
            async with asyncio.TaskGroup() as group:
                first = group.create_task(model(text))
                second = asyncio.create_task(model(text + "!"))
            return first.result() + await second

        def test_it(echo, case):
            assert asyncio.run(application(echo, case.input)) == f"{case.input}{case.input}!"
        """,
    "a runner of the module": """
        RUNNER = asyncio.Runner()

        def test_it(echo, case):
            assert RUNNER.run(application(echo, case.input)) == case.expected
        """,
    "a loop in a thread": """
        LOOP = asyncio.new_event_loop()
        threading.Thread(target=LOOP.run_forever, daemon=True).start()

        def test_it(echo, case):
            future = asyncio.run_coroutine_threadsafe(application(echo, case.input), LOOP)
            assert future.result(timeout=5) == case.expected
        """,
    "a thread without a loop": """
        def test_it(echo, case):
            with ThreadPoolExecutor(2) as pool:
                assert list(pool.map(echo, [case.input, case.input + "!"])) == [case.input, case.input + "!"]
        """,
    "both in one body": """
        def test_it(echo, case):
            assert echo(case.input) == case.expected
            assert asyncio.run(application(echo, case.input + "!")) == case.input + "!"
            assert echo(case.input) == case.expected
        """,
    "a model under a decorator": """
        def traced(function):
            @functools.wraps(function)
            def wrapper(*arguments, **keywords):
                return function(*arguments, **keywords)
            return wrapper

        @model_fixture(name=NAME)
        def echo(model_version):
            @traced
            async def ask(text):
                await asyncio.sleep(0)
                return text
            return ask

        def test_it(echo, case):
            assert echo(case.input) == case.expected
        """,
    "an object that is called and awaited": """
        class Client:
            async def __call__(self, text):
                await asyncio.sleep(0)
                return text

        @model_fixture(name=NAME)
        def echo(model_version):
            return Client()

        def test_it(echo, case):
            assert echo(case.input) == case.expected
        """,
    "a partial of an async method": """
        class Client:
            async def ask(self, temperature, text):
                await asyncio.sleep(0)
                return text

        @model_fixture(name=NAME)
        def echo(model_version):
            return functools.partial(Client().ask, 0.0)

        def test_it(echo, case):
            assert echo(case.input) == case.expected
        """,
    "a plain model that runs a loop itself": RUNS_A_LOOP % ("", ""),
    "a plain model that runs a loop itself in an async test": RUNS_A_LOOP % ("async ", "await "),
    "a batch model that runs a loop itself in an async test": """
        @model_fixture(name=NAME, batch=True)
        def echo(model_version):
            async def ask(text):
                await asyncio.sleep(0)
                return text
            async def all_of(texts):
                return await asyncio.gather(*map(ask, texts))
            def run_sync(texts):
                with asyncio.Runner() as runner:
                    return runner.run(all_of(texts))
            return run_sync

        async def test_it(echo, case):
            assert await echo(case.input) == case.expected
        """,
    "a model whose client belongs to the loop of its first call": """
        @model_fixture(name=NAME)
        def echo(model_version):
            home = []
            async def ask(text):
                loop = asyncio.get_running_loop()
                home[:] = home or [loop, asyncio.Lock()]
                assert home[0] is loop, "another loop"
                async with home[1]:
                    await asyncio.sleep(0.001)
                return text
            return ask

        def test_it(echo, case):
            assert echo(case.input) == case.expected
            assert asyncio.run(application(echo, case.input + "!")) == case.input + "!"
        """,
}
# A client of one loop works only where all calls are made on one: a plain loop has no such thing.
RUNS = ("cold", "warm", "one", "partly", "reversed", "xdist")


def test_a_plain_body_with(outcomes_by_run):
    found, expected = outcomes_by_run
    assert found == expected
