"""In an ``async def`` test every call of a model is a real coroutine, even if it is never awaited."""

KINDS = ("awaited", "batched", "plain", "threaded")


CHECKS = {
    "inspect.iscoroutine": """
        async def test_it(echo, case):
            call = echo(case.input)
            assert inspect.iscoroutine(call) and asyncio.iscoroutine(call)
            assert await call == case.expected
        """,
    "inspect.iscoroutinefunction": """
        async def test_it(echo, case):
            assert inspect.iscoroutinefunction(echo)
            assert await echo(case.input) == case.expected
        """,
    "asyncio.iscoroutinefunction in a helper": """
        async def call(function, *arguments):
            answer = function(*arguments)
            return await answer if inspect.iscoroutinefunction(function) else answer

        async def test_it(echo, case):
            assert await call(echo, case.input) == case.expected
        """,
    "asyncio.create_task": """
        async def test_it(echo, case):
            task = asyncio.create_task(echo(case.input))
            assert await task == case.expected
        """,
    "TaskGroup.create_task": """
        async def test_it(echo, case):
            async with asyncio.TaskGroup() as group:
                first = group.create_task(echo(case.input))
                second = group.create_task(echo(case.input + "!"))
            assert [first.result(), second.result()] == [case.input, case.input + "!"]
        """,
    "a TaskGroup that breaks, and then a body that ends as if it were cancelled": (
        {"passed": 4, "error": 2},
        """
        async def breaks():
            await asyncio.sleep(0)
            raise OSError("broken")

        async def test_it(echo, case):
            if case.input == "2":
                async with asyncio.TaskGroup() as group:
                    group.create_task(breaks())
            if case.input == "3":
                raise asyncio.CancelledError
            assert await echo(case.input) == case.expected
        """,
    ),
    "run_coroutine_threadsafe": """
        @pytest.fixture
        def other():
            loop = asyncio.new_event_loop()
            thread = threading.Thread(target=loop.run_forever)
            thread.start()
            yield loop
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

        async def test_it(echo, case, other):
            future = asyncio.run_coroutine_threadsafe(echo(case.input), other)
            assert await asyncio.wrap_future(future) == case.expected
        """,
    "run_coroutine_threadsafe to the loop of the test": """
        async def test_it(echo, case):
            loop = asyncio.get_running_loop()
            call = lambda: asyncio.run_coroutine_threadsafe(echo(case.input), loop).result(timeout=4)
            assert await asyncio.to_thread(call) == case.expected
        """,
    "a thread with a loop of its own": """
        async def test_it(echo, case):
            async def ask():
                return await echo(case.input)
            assert await asyncio.to_thread(lambda: asyncio.run(ask())) == case.expected
        """,
    "anyio start_soon": """
        import anyio

        async def test_it(echo, case):
            answers = []
            async def ask(text):
                answers.append(await echo(text))
            async with anyio.create_task_group() as group:
                group.start_soon(ask, case.input)
                group.start_soon(echo, case.input + "!")
            assert answers == [case.expected]
        """,
    "asyncio.gather": """
        async def test_it(echo, case):
            texts = [case.input, case.input + "!", case.input]
            assert await asyncio.gather(*map(echo, texts)) == texts
        """,
    "asyncio.as_completed": """
        async def test_it(echo, case):
            calls = [echo(case.input + mark) for mark in "!?."]
            heard = {await each for each in asyncio.as_completed(calls)}
            assert heard == {case.input + mark for mark in "!?."}
        """,
    "asyncio.wait_for": """
        async def test_it(echo, case):
            assert await asyncio.wait_for(echo(case.input), 5) == case.expected
            async with asyncio.timeout(5):
                assert await asyncio.shield(echo(case.input + "!")) == case.input + "!"
        """,
    "a call that is cancelled and made again": """
        async def test_it(echo, case):
            task = asyncio.ensure_future(echo(case.input))
            await asyncio.sleep(0)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            assert await echo(case.input) == case.expected
        """,
    "a coroutine that is closed unawaited": """
        async def test_it(echo, case):
            echo("nobody listens to " + case.input).close()
            assert await echo(case.input) == case.expected
        """,
    "an answer that is awaited later": """
        async def test_it(echo, case):
            first, second = echo(case.input), echo(case.input + "!")
            assert await second == case.input + "!"
            await asyncio.sleep(0.001)
            assert await first == case.expected
        """,
    "an async generator": """
        async def answers(model, *texts):
            for text in texts:
                yield await model(text)

        async def test_it(echo, case):
            assert [each async for each in answers(echo, case.input, "and")] == [case.input, "and"]
        """,
    "an async context": """
        @contextlib.asynccontextmanager
        async def answering(model, text):
            yield await model(text)

        async def test_it(echo, case):
            async with answering(echo, case.input) as answer:
                assert answer == case.expected
        """,
    "a queue and workers": """
        async def worker(model, texts, answers):
            while True:
                text = await texts.get()
                answers.append(await model(text))
                texts.task_done()

        async def test_it(echo, case):
            texts, answers = asyncio.Queue(), []
            workers = [asyncio.create_task(worker(echo, texts, answers)) for _ in range(2)]
            for mark in "!?.":
                texts.put_nowait(case.input + mark)
            await asyncio.wait_for(texts.join(), 5)
            for each in workers:
                each.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            assert sorted(answers) == sorted(case.input + mark for mark in "!?.")
        """,
    "a task that outlives its body": """
        tasks = {}

        async def test_it(echo, case):
            tasks[case.input] = asyncio.create_task(echo(case.input + "!"))
            before = str(int(case.input) - 1)
            if before in tasks:
                assert await tasks[before] == before + "!"
            assert await echo(case.input) == case.expected
        """,
    "an event that the next body waits for": """
        events = {}

        async def test_it(echo, case):
            before = str(int(case.input) - 1)
            if before in events:
                await asyncio.wait_for(events[before].wait(), 5)
            event = events[case.input] = asyncio.Event()
            assert await echo(case.input) == case.expected
            event.set()
        """,
    "one loop for all cases": """
        loops = set()

        async def test_it(echo, case):
            loops.add(asyncio.get_running_loop())
            assert await echo(case.input) == case.expected
            assert len(loops) == 1
        """,
    "one body at a time": """
        under_way = []

        async def test_it(echo, case):
            under_way.append(case.input)
            await asyncio.sleep(0.002)
            assert await echo(case.input) == case.expected
            await asyncio.sleep(0.002)
            assert under_way == [case.input]
            under_way.clear()
        """,
    "a test under a decorator": """
        def traced(function):
            @functools.wraps(function)
            def wrapper(*arguments, **keywords):
                return function(*arguments, **keywords)
            return wrapper

        @CASES
        @traced
        async def test_it(echo, case):
            assert await echo(case.input) == case.expected
        """,
    "a wrong answer": (
        {"passed": 5, "failed": 1},
        """
        async def test_it(echo, case):
            assert await echo(case.input) != "4"
        """,
    ),
    "unowned async fixtures": """
        async def test_it(echo, case):
            loop = asyncio.get_running_loop()
            assert await echo(case.input) == case.expected
            assert asyncio.get_running_loop() is loop
        """,
}


def test_an_async_body_with(outcomes_by_run):
    found, expected = outcomes_by_run
    assert found == expected
