"""Bodies that keep state find that of the bodies before them, each of which ran once."""

KINDS = ("plain", "batched", "threaded", "awaited")

CHECKS = {
    "rows in a database": """
        @pytest.fixture
        def database():
            with contextlib.closing(sqlite3.connect(":memory:")) as connection:
                connection.execute("CREATE TABLE orders (id TEXT PRIMARY KEY)")
                yield connection

        def test_it(echo, case, database):
            database.execute("INSERT INTO orders VALUES (?)", [case.input])
            assert echo(case.input) == case.expected
            assert database.execute("SELECT COUNT(*) FROM orders").fetchone() == (int(case.input),)
        """,
    "a list that grows": """
        seen = []

        def test_it(echo, case):
            seen.append(case.input)
            assert echo(case.input) == case.expected
            assert "".join(seen) == "123456"[: int(case.input)]
        """,
    "a folder that must not be there yet": """
        def test_it(echo, case, tmp_path):
            (tmp_path / case.input).mkdir()
            assert echo(case.input) == case.expected
            assert len(list(tmp_path.iterdir())) == int(case.input)
        """,
    "the same folder each time": (
        {"passed": 1, "error": 5},
        """
        def test_it(echo, case, tmp_path):
            (tmp_path / "once").mkdir()
            assert echo(case.input) == case.expected
        """,
    ),
    "a singleton that is built around a call": """
        class Application:
            instance = None
            def __init__(self, model, text):
                type(self).instance = self
                self.first = model(text)
                self.ready = True

        def application(model, text):
            if Application.instance is None:
                Application(model, text)
            return Application.instance

        def test_it(echo, case):
            assert application(echo, case.input).ready
            assert Application.instance.first == "1"
            assert echo(case.input) == case.expected
        """,
    "log records of a helper": """
        @pytest.fixture
        def logged(caplog):
            return lambda: len(caplog.records)

        def test_it(echo, case, logged):
            before = logged()
            logging.getLogger("app").warning("before %s", case.input)
            assert echo(case.input) == case.expected
            logging.getLogger("app").warning("after %s", case.input)
            assert logged() == before + 2 == 2 * int(case.input)
        """,
    "warnings that are errors": (
        {"error": 6},
        """
        def test_it(echo, case):
            assert echo(case.input) == case.expected
            warnings.warn("deprecated", DeprecationWarning)
        """,
    ),
    "warnings that are recorded": """
        def test_it(echo, case, recwarn):
            warnings.warn(f"about {case.input}")
            assert echo(case.input) == case.expected
            assert str(recwarn.pop().message) == f"about {case.input}"
            assert len(recwarn) == 0
        """,
    "an iterator that runs out": (
        {"passed": 3, "error": 3},
        """
        tokens = iter("abc")

        def test_it(echo, case):
            try:
                token = next(tokens)
            except StopIteration:
                raise LookupError("no token left")
            assert echo(case.input) == case.expected
            assert token == "abc"[int(case.input) - 1]
        """,
    ),
    "a mock that counts": """
        def test_it(echo, case, mocker):
            spy = mocker.patch("os.getcwd", return_value=case.input)
            assert echo(case.input) == case.expected
            os.getcwd()
            assert spy.call_count == 1
        """,
    "captured output": """
        def test_it(echo, case, capsys):
            print("before", case.input)
            assert echo(case.input) == case.expected
            print("after", case.input)
            assert capsys.readouterr().out.split() == ["before", case.input, "after", case.input]
        """,
    "a running total of random numbers": """
        dice = random.Random(1)
        known = [random.Random(1).random()]
        again = random.Random(1)

        def test_it(echo, case):
            first = dice.random()
            assert echo(case.input) == case.expected
            second = dice.random()
            assert [first, second] == [again.random(), again.random()]
        """,
    "a memo of the application": """
        known = {}

        def test_it(echo, case):
            parity = int(case.input) % 2
            if parity not in known:
                known[parity] = echo(case.input)
            assert known[parity] == ("1" if parity else "2")
            assert echo("another " + case.input) == "another " + case.input
        """,
    "the order of bodies": """
        events = []

        def test_it(echo, case):
            events.append(("begin", case.input))
            assert echo(case.input) == case.expected
            events.append(("end", case.input))
            so_far = "123456"[: int(case.input)]
            assert events == [(what, each) for each in so_far for what in ("begin", "end")]
        """,
    "kept in an async body": """
        events = []

        async def test_it(echo, case):
            events.append(case.input)
            assert await echo(case.input) == case.expected
            await asyncio.sleep(0.001)
            assert "".join(events) == "123456"[: int(case.input)]
        """,
    "a second call that depends on what was kept": """
        conversation = []

        def test_it(echo, case):
            conversation.append(echo(case.input))
            assert echo(" ".join(conversation)) == " ".join("123456"[: int(case.input)])
        """,
    "a list of what was answered": """
        @pytest.fixture
        def history():
            return []

        def test_it(echo, case, history):
            history.append(echo(case.input))
            assert history == list("123456"[: int(case.input)])
        """,
    "a circuit breaker of the application": (
        {"passed": 3, "error": 3},
        """
        class Breaker:
            failures = 0
            def call(self, model, text):
                if self.failures >= 2:
                    raise RuntimeError("open")
                try:
                    answer = model(text)
                    if text in "24":
                        raise ValueError(text)
                except ValueError:
                    self.failures += 1
                    return "other"
                return answer

        breaker = Breaker()

        def test_it(echo, case):
            if case.input in "56":
                with pytest.raises(RuntimeError):
                    breaker.call(echo, case.input)
                raise LookupError("open")
            if case.input == "4":
                breaker.call(echo, case.input)
                raise LookupError("the last failure")
            assert breaker.call(echo, case.input) in (case.expected, "other")
        """,
    ),
    "a transaction that is begun without a with": """
        database = sqlite3.connect(":memory:", isolation_level=None)
        database.execute("CREATE TABLE orders (id TEXT)")

        def test_it(echo, case):
            database.execute("BEGIN")
            database.execute("INSERT INTO orders VALUES (?)", [case.input])
            answer = echo(case.input)
            database.execute("COMMIT" if answer in "135" else "ROLLBACK")
            rows = database.execute("SELECT COUNT(*) FROM orders").fetchone()[0]
            assert rows == (int(case.input) + 1) // 2
        """,
    "log records": """
        def test_it(echo, case, caplog):
            logging.getLogger("app").warning("about %s", case.input)
            assert echo(case.input) == case.expected
            assert "".join(record.args[0] for record in caplog.records) == "123456"[: int(case.input)]
        """,
    "a counter": """
        counter = itertools.count(1)

        def test_it(echo, case):
            number = next(counter)
            assert echo(case.input) == case.expected
            assert number == int(case.input)
        """,
    "a mock of the module": """
        audit = mock.Mock()

        def test_it(echo, case):
            audit(case.input)
            assert echo(case.input) == case.expected
            audit(case.input)
            twice = "112233445566"[: 2 * int(case.input)]
            assert audit.call_args_list == [mock.call(each) for each in twice]
        """,
    "an open file": """
        @pytest.fixture
        def stream():
            with tempfile.TemporaryFile("w+") as stream:
                yield stream

        def test_it(echo, case, stream):
            stream.write(case.input)
            assert echo(case.input) == case.expected
            stream.seek(0)
            assert stream.read() == "123456"[: int(case.input)]
        """,
    "a limit of the application": (
        {"passed": 4, "failed": 2},
        """
        remaining = 4

        def test_it(echo, case):
            global remaining
            allowed = remaining > 0
            answer = echo(case.input)
            remaining -= 1
            assert allowed and answer == case.expected
        """,
    ),
}
OPTIONS = ("-Werror::DeprecationWarning",)


def test_a_body_that_leaves(outcomes_by_run):
    found, expected = outcomes_by_run
    assert found == expected
