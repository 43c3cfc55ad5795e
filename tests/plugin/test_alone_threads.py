"""Bodies that run threads, loops or greenlets of their own, and call the model from there."""

KINDS = ("plain", "batched", "threaded")


CHECKS = {
    "a thread": """
        def test_it(echo, case):
            answers = []
            thread = threading.Thread(target=lambda: answers.append(echo(case.input)))
            thread.start()
            thread.join()
            assert answers == [case.expected]
        """,
    "a pool": """
        def test_it(echo, case):
            with ThreadPoolExecutor(3) as pool:
                texts = [case.input, case.input + "!", case.input]
                assert list(pool.map(echo, texts)) == texts
        """,
    "a pool of the module": """
        POOL = ThreadPoolExecutor(1)

        def test_it(echo, case):
            assert POOL.submit(echo, case.input).result() == case.expected
        """,
    "a thread that outlives its body": """
        texts, answers = queue.Queue(), queue.Queue()

        @pytest.fixture
        def worker(echo):
            def work():
                while (text := texts.get()) is not None:
                    answers.put(echo(text))
            thread = threading.Thread(target=work)
            thread.start()
            yield
            texts.put(None)
            thread.join()

        def test_it(worker, case):
            texts.put(case.input)
            assert answers.get(timeout=4) == case.expected
        """,
    "joblib": """
        import joblib

        def test_it(echo, case):
            texts = [case.input, case.input + "!"]
            calls = (joblib.delayed(echo)(text) for text in texts)
            assert joblib.Parallel(n_jobs=2, prefer="threads")(calls) == texts
        """,
    "asyncio.run": """
        async def application(model, text):
            await asyncio.sleep(0)
            return model(text)

        def test_it(echo, case):
            assert asyncio.run(application(echo, case.input)) == case.expected
        """,
    "asyncio.run and asyncio.to_thread": """
        async def application(model, text):
            return await asyncio.gather(asyncio.to_thread(model, text), asyncio.to_thread(model, text + "!"))

        def test_it(echo, case):
            assert asyncio.run(application(echo, case.input)) == [case.input, case.input + "!"]
        """,
    "trio.run": """
        import trio

        async def application(model, text):
            await trio.lowlevel.checkpoint()
            return model(text)

        def test_it(echo, case):
            assert trio.run(application, echo, case.input) == case.expected
        """,
    "trio.run and threads": """
        import trio

        async def application(model, text):
            return await trio.to_thread.run_sync(model, text)

        def test_it(echo, case):
            assert trio.run(application, echo, case.input) == case.expected
        """,
    "anyio.run": """
        import anyio

        async def application(model, text):
            await anyio.sleep(0)
            return model(text)

        def test_it(echo, case):
            assert anyio.run(application, echo, case.input) == case.expected
        """,
    "greenlets": """
        import greenlet

        def test_it(echo, case):
            def application(text):
                greenlet.getcurrent().parent.switch("begun")
                return echo(text)

            child = greenlet.greenlet(application)
            assert child.switch(case.input) == "begun"
            assert child.switch() == case.expected
        """,
    "recursion": """
        def deep(model, text, depth):
            return deep(model, text, depth - 1) if depth else model(text)

        def test_it(echo, case):
            assert deep(echo, case.input, 300) == case.expected
        """,
    "a tracing function": """
        def test_it(echo, case):
            lines, before = [], sys.gettrace()
            sys.settrace(lambda frame, event, argument: lines.append(event))
            try:
                answer = echo(case.input)
            finally:
                sys.settrace(before)
            assert answer == case.expected
            assert lines
        """,
    "a loop of the module": """
        LOOP = asyncio.new_event_loop()

        async def application(model, text):
            await asyncio.sleep(0)
            return model(text)

        def test_it(echo, case):
            assert LOOP.run_until_complete(application(echo, case.input)) == case.expected
        """,
    "a callback": """
        def test_it(echo, case):
            answers, done = [], threading.Event()

            def call():
                answers.append(echo(case.input))
                done.set()

            threading.Timer(0.001, call).start()
            assert done.wait(timeout=4)
            assert answers == [case.expected]
        """,
}


def test_a_body_that_runs(outcomes_by_run):
    found, expected = outcomes_by_run
    assert found == expected
