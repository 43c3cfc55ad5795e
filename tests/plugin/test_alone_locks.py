"""Bodies that hold a lock around a call, in any way: nothing waits for them, so nothing hangs."""

KINDS = ("batched", "plain", "threaded", "awaited")

CHECKS = {
    "with": """
        LOCK = threading.Lock()

        def test_it(echo, case):
            with LOCK:
                assert echo(case.input) == case.expected
        """,
    "acquire and finally": """
        LOCK = threading.Lock()

        def test_it(echo, case):
            LOCK.acquire()
            try:
                assert echo(case.input) == case.expected
            finally:
                LOCK.release()
        """,
    "acquire and no finally": """
        LOCK = threading.Lock()

        def test_it(echo, case):
            assert LOCK.acquire(timeout=2)
            answer = echo(case.input)
            LOCK.release()
            assert answer == case.expected
        """,
    "in a helper of a helper": """
        LOCK = threading.Lock()

        class Session:
            def open(self):
                LOCK.acquire()
                return self
            def close(self):
                LOCK.release()

        def test_it(echo, case):
            session = Session().open()
            answer = echo(case.input)
            session.close()
            assert answer == case.expected
        """,
    "an exit stack that a constructor enters": """
        LOCK = threading.Lock()

        class Unit:
            def __init__(self):
                self.stack = contextlib.ExitStack()
                self.stack.enter_context(LOCK)

        def test_it(echo, case):
            unit = Unit()
            answer = echo(case.input)
            unit.stack.close()
            assert answer == case.expected
        """,
    "a generator that is suspended inside a with": """
        LOCK = threading.Lock()

        def held():
            with LOCK:
                yield

        def test_it(echo, case):
            holding = held()
            next(holding)
            answer = echo(case.input)
            next(holding, None)
            assert answer == case.expected
        """,
    "a generator that calls while it holds it": """
        LOCK = threading.Lock()

        def answers(model, text):
            with LOCK:
                yield model(text)
            yield model(text + "!")

        def test_it(echo, case):
            assert list(answers(echo, case.input)) == [case.input, case.input + "!"]
        """,
    "an enter that calls the model": """
        LOCK = threading.Lock()

        class Asked:
            def __init__(self, model, text):
                self.model, self.text = model, text
            def __enter__(self):
                LOCK.acquire()
                return self.model(self.text)
            def __exit__(self, *error):
                LOCK.release()

        def test_it(echo, case):
            with Asked(echo, case.input) as answer:
                assert answer == case.expected
        """,
    "an exit that calls the model": """
        LOCK = threading.Lock()
        heard = []

        class Asked:
            def __init__(self, model, text):
                self.model, self.text = model, text
            def __enter__(self):
                LOCK.acquire()
            def __exit__(self, *error):
                heard.append(self.model(self.text))
                LOCK.release()

        def test_it(echo, case):
            with Asked(echo, case.input):
                pass
            assert heard[-1] == case.expected
        """,
    "a lock that may be taken again, which the model takes too": """
        LOCK = threading.RLock()

        def taking(text):
            with LOCK:
                return text

        echo = model("threaded", NAME, taking)

        def test_it(echo, case):
            with LOCK:
                assert echo(case.input) == case.expected
        """,
    "such a lock of a model with a timeout": """
        LOCK = threading.RLock()

        def taking(text):
            with LOCK:
                return text

        echo = model("plain", NAME, taking, timeout=15)

        def test_it(echo, case):
            with LOCK:
                assert echo(case.input) == case.expected
        """,
    "such a lock of a model in an executor": """
        LOCK = threading.RLock()

        def taking(text):
            with LOCK:
                return text

        echo = model("plain", NAME, taking, executor=lambda: ThreadPoolExecutor(2))

        def test_it(echo, case):
            with LOCK:
                assert echo(case.input) == case.expected
        """,
    "such a lock across an await": """
        LOCK = threading.RLock()

        def taking(text):
            with LOCK:
                return text

        echo = model(KIND, NAME, taking)

        async def test_it(echo, case):
            with LOCK:
                assert await echo(case.input) == case.expected
        """,
    "two conditions that the model takes too": """
        ONE, TWO = threading.Condition(), threading.Condition()

        def taking(text):
            with ONE, TWO:
                return text

        echo = model("threaded", NAME, taking)

        def test_it(echo, case):
            with TWO, ONE, TWO:
                assert echo(case.input) == case.expected
        """,
    "a semaphore of one": """
        ONE = threading.Semaphore(1)

        def test_it(echo, case):
            ONE.acquire()
            answer = echo(case.input)
            ONE.release()
            assert answer == case.expected
        """,
    "a condition": """
        READY = threading.Condition(threading.Lock())

        def test_it(echo, case):
            with READY:
                assert echo(case.input) == case.expected
                READY.notify_all()
        """,
    "a queue with one place": """
        PLACE = queue.Queue(maxsize=1)

        def test_it(echo, case):
            PLACE.put(case.input, timeout=2)
            answer = echo(case.input)
            assert PLACE.get(timeout=2) == case.input
            assert answer == case.expected
        """,
    "a write lock of a database": """
        @pytest.fixture
        def connect(tmp_path):
            opened = []
            def open():
                opened.append(sqlite3.connect(tmp_path / "data.db", timeout=0.2, isolation_level=None))
                return opened[-1]
            yield open
            for each in opened:
                each.close()

        def test_it(echo, case, connect):
            connection = connect()
            connection.execute("BEGIN EXCLUSIVE")
            answer = echo(case.input)
            connection.execute("COMMIT")
            assert answer == case.expected
        """,
    "a lock that fails where it is taken": """
        LOCK = threading.Lock()

        def test_it(echo, case):
            assert LOCK.acquire(blocking=False)
            answer = echo(case.input)
            LOCK.release()
            assert answer == case.expected
        """,
    "a lock that is never released": (
        {"passed": 1, "failed": 5},
        """
        LOCK = threading.Lock()

        def test_it(echo, case):
            taken = LOCK.acquire(blocking=False)
            assert echo(case.input) == case.expected
            assert taken
        """,
    ),
    "a threading lock across an await": """
        LOCK = threading.Lock()

        async def test_it(echo, case):
            with LOCK:
                assert await echo(case.input) == case.expected
        """,
    "a threading lock across an await without a with": """
        LOCK = threading.Lock()

        async def test_it(echo, case):
            LOCK.acquire()
            answer = await echo(case.input)
            await asyncio.sleep(0)
            LOCK.release()
            assert answer == case.expected
        """,
    "an asyncio lock": """
        LOCK = asyncio.Lock()

        async def test_it(echo, case):
            async with LOCK:
                assert await echo(case.input) == case.expected
        """,
    "a barrier of threads that call": """
        def test_it(echo, case):
            barrier, answers = threading.Barrier(2), []

            def work(text):
                barrier.wait(timeout=2)
                answers.append(echo(text))

            threads = [threading.Thread(target=work, args=(case.input,)) for _ in range(2)]
            for each in threads:
                each.start()
            for each in threads:
                each.join()
            assert answers == [case.expected] * 2
        """,
    "a lock that another thread holds while it calls": """
        LOCK = threading.Lock()

        def test_it(echo, case):
            answers = []

            def work():
                with LOCK:
                    answers.append(echo(case.input))

            thread = threading.Thread(target=work)
            thread.start()
            with LOCK:
                answers.append(echo(case.input))
            thread.join(timeout=4)
            assert answers == [case.expected] * 2
        """,
}


def test_a_body_that_holds_a_lock(came_of):
    found, expected = came_of
    assert found == expected
