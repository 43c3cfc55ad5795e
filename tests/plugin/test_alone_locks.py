"""Bodies that hold a lock around a call, in any way: nothing waits for them, so nothing hangs."""

KINDS = ("batched", "plain", "threaded", "awaited")
CACHED = "c1"  # in one of the runs the first body waits for nothing

TAKEN = """
        AGAIN = threading.RLock()

        def taking(text):
            with AGAIN:
                return text

        echo = model(%s)

        %sdef test_it(echo, case):
            with AGAIN:
                assert %secho(case.input) == case.expected
"""
TAKEN_BY = {
    "in a thread": '"threaded", NAME, taking',
    "under a timeout": '"plain", NAME, taking, timeout=15',
    "in an executor": '"plain", NAME, taking, executor=lambda: ThreadPoolExecutor(2)',
}

CHECKS = {
    **{f"that a model takes again {how}": TAKEN % (made, "", "") for how, made in TAKEN_BY.items()},
    "that a model takes again across an await": TAKEN % ("KIND, NAME, taking", "async ", "await "),
    "with": """
        def test_it(echo, case):
            with LOCK:
                assert echo(case.input) == case.expected
        """,
    "acquire and finally": """
        def test_it(echo, case):
            LOCK.acquire()
            try:
                assert echo(case.input) == case.expected
            finally:
                LOCK.release()
        """,
    "acquire and no finally": """
        def test_it(echo, case):
            assert LOCK.acquire(timeout=2)
            answer = echo(case.input)
            LOCK.release()
            assert answer == case.expected
        """,
    "a generator that calls while it holds it": """
        def answers(model, text):
            with LOCK:
                yield model(text)
            yield model(text + "!")

        def test_it(echo, case):
            assert list(answers(echo, case.input)) == [case.input, case.input + "!"]
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
    "two locks that it takes one after the other, and the model the other way round": """
        ONE, TWO = threading.RLock(), threading.RLock()

        def taking(text):
            with ONE:
                time.sleep(0.01)
                with TWO:
                    return text

        echo = model("threaded", NAME, taking)

        def test_it(echo, case):
            with TWO:
                time.sleep(0.01)
                with ONE:
                    assert echo(case.input) == case.expected
        """,
    "a lock that a model takes in a thread of its own, inside of a call of another": """
        AGAIN = threading.RLock()

        @model_fixture(name=NAME + "-inner", deterministic=True, timeout=15)
        def inner(model_version):
            def taking(text):
                with AGAIN:
                    return text
            return taking

        @model_fixture(name=NAME, deterministic=True, concurrency=4)
        def echo(model_version, inner):
            return lambda text: inner(text)

        @pytest.mark.golden([Case(str(n), id=f"c{n}", expected=str(n)) for n in range(1, 7)], model=NAME)
        def test_it(echo, case):
            with AGAIN:
                assert echo(case.input) == case.expected
        """,
    "a lock that a model takes while it keeps the one that the body waits for": """
        ONE, TWO = threading.RLock(), threading.RLock()

        def taking(text):
            with TWO:
                return text

        def taking_both(text):
            with TWO:
                time.sleep(0.02)
                with ONE:
                    return text

        echo = model("threaded", NAME, taking)
        other = model("threaded", NAME + "-other", taking_both)

        @pytest.mark.golden([Case(str(n), id=f"c{n}", expected=str(n)) for n in range(1, 7)], model=NAME)
        def test_it(echo, other, case):
            with ONE:
                assert echo(case.input) == case.expected
            assert other(case.input) == case.expected
        """,
    "a condition": """
        READY = threading.Condition(threading.Lock())

        def test_it(echo, case):
            with READY:
                assert echo(case.input) == case.expected
                READY.notify_all()
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
    "a lock that is never released": (
        {"passed": 1, "failed": 5},
        """
        def test_it(echo, case):
            taken = LOCK.acquire(blocking=False)
            assert echo(case.input) == case.expected
            assert taken
        """,
    ),
    "a threading lock across an await": """
        async def test_it(echo, case):
            with LOCK:
                assert await echo(case.input) == case.expected
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
    "in a helper of a helper": """
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
    "an enter that calls the model": """
        class Calling:
            def __init__(self, model, text):
                self.model, self.text = model, text
            def __enter__(self):
                LOCK.acquire()
                return self.model(self.text)
            def __exit__(self, *error):
                LOCK.release()

        def test_it(echo, case):
            with Calling(echo, case.input) as answer:
                assert answer == case.expected
        """,
    "an exit that calls the model": """
        heard = []

        class Calling:
            def __init__(self, model, text):
                self.model, self.text = model, text
            def __enter__(self):
                LOCK.acquire()
            def __exit__(self, *error):
                heard.append(self.model(self.text))
                LOCK.release()

        def test_it(echo, case):
            with Calling(echo, case.input):
                pass
            assert heard[-1] == case.expected
        """,
    "a semaphore of one": """
        ONE = threading.Semaphore(1)

        def test_it(echo, case):
            ONE.acquire()
            answer = echo(case.input)
            ONE.release()
            assert answer == case.expected
        """,
    "a queue with one place": """
        PLACE = queue.Queue(maxsize=1)

        def test_it(echo, case):
            PLACE.put(case.input, timeout=2)
            answer = echo(case.input)
            assert PLACE.get(timeout=2) == case.input
            assert answer == case.expected
        """,
    "a lock that fails where it is taken": """
        def test_it(echo, case):
            assert LOCK.acquire(blocking=False)
            answer = echo(case.input)
            LOCK.release()
            assert answer == case.expected
        """,
    "a threading lock across an await without a with": """
        async def test_it(echo, case):
            LOCK.acquire()
            answer = await echo(case.input)
            await asyncio.sleep(0)
            LOCK.release()
            assert answer == case.expected
        """,
}


def test_a_body_that_holds_a_lock(outcomes_by_run):
    found, expected = outcomes_by_run
    assert found == expected
