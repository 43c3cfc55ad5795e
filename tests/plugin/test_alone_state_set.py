"""Bodies that set state and read it after a call see their own, with any cache."""

KINDS = ("plain", "batched", "threaded", "awaited")

CHECKS = {
    "a helper over monkeypatch": """
        @pytest.fixture
        def pretend(monkeypatch):
            return lambda who: monkeypatch.setenv("WHO", who)

        def test_it(echo, case, pretend):
            pretend(case.input)
            assert echo(case.input) == case.expected
            assert os.environ["WHO"] == case.input
        """,
    "a helper over freezegun": """
        from freezegun import freeze_time

        @pytest.fixture
        def clock():
            freezers = []
            def move_to(when):
                while freezers:
                    freezers.pop().stop()
                freezers.append(freeze_time(when, real_asyncio=True))
                freezers[-1].start()
            yield move_to
            while freezers:
                freezers.pop().stop()

        def test_it(echo, case, clock):
            clock(f"200{case.input}-01-01")
            assert echo(case.input) == case.expected
            assert datetime.date.today().year == 2000 + int(case.input)
        """,
    "class_mocker": """
        def test_it(echo, case, class_mocker):
            class_mocker.patch("os.getcwd", return_value=case.input)
            assert echo(case.input) == case.expected
            assert os.getcwd() == case.input
        """,
    "an attribute of self": """
        class TestIt:
            def test_it(self, echo, case):
                self.who = case.input
                assert echo(case.input) == case.expected
                assert self.who == case.input
        """,
    "os.environ": """
        def test_it(echo, case):
            os.environ["WHO"] = case.input
            assert echo(case.input) == case.expected
            assert os.environ.pop("WHO") == case.input
        """,
    "a global": """
        who = None

        def test_it(echo, case):
            global who
            who = case.input
            assert echo(case.input) == case.expected
            assert who == case.input
        """,
    "random.seed": """
        def test_it(echo, case):
            random.seed(int(case.input))
            before = random.random()
            assert echo(case.input) == case.expected
            known = random.Random(int(case.input))
            assert [before, random.random()] == [known.random(), known.random()]
        """,
    "numpy.random.seed": """
        import numpy

        def test_it(echo, case):
            numpy.random.seed(int(case.input))
            assert echo(case.input) == case.expected
            assert numpy.random.random() == numpy.random.RandomState(int(case.input)).random_sample()
        """,
    "threading.local": """
        LOCAL = threading.local()

        def test_it(echo, case):
            LOCAL.who = case.input
            assert echo(case.input) == case.expected
            assert LOCAL.who == case.input
        """,
    "a context variable": """
        WHO = contextvars.ContextVar("who")

        def test_it(echo, case):
            WHO.set(case.input)
            assert echo(case.input) == case.expected
            assert WHO.get() == case.input
        """,
    "a generator that holds a patch": """
        def patched(who):
            with mock.patch.dict(os.environ, {"WHO": who}):
                yield
            yield

        def test_it(echo, case):
            held = patched(case.input)
            next(held)
            assert echo(case.input) == case.expected
            assert os.environ["WHO"] == case.input
            next(held)
            assert "WHO" not in os.environ
        """,
    "a patch that is started and stopped": """
        def test_it(echo, case):
            patcher = mock.patch("os.getcwd", return_value=case.input)
            patcher.start()
            try:
                assert echo(case.input) == case.expected
                assert os.getcwd() == case.input
            finally:
                patcher.stop()
        """,
    "modules of the standard library that break": """
        BREAKING = dict.fromkeys(["json.dumps", "json.loads", "copy.deepcopy", "pathlib.Path.open"], OSError)

        def test_it(echo, case):
            with contextlib.ExitStack() as patched:
                for name, error in BREAKING.items():
                    patched.enter_context(mock.patch(name, side_effect=error))
                assert echo(case.input) == case.expected
        """,
    "the current folder": """
        @pytest.fixture(autouse=True)
        def and_back():
            before = os.getcwd()
            yield
            os.chdir(before)

        def test_it(echo, case, tmp_path):
            place = tmp_path / case.input
            place.mkdir()
            os.chdir(place)
            assert echo(case.input) == case.expected
            assert Path.cwd().name == case.input
        """,
    "the precision of decimals": """
        def test_it(echo, case):
            decimal.getcontext().prec = int(case.input)
            assert echo(case.input) == case.expected
            assert len(str(decimal.Decimal(1) / 3)) == 2 + int(case.input)
        """,
    "sys.stdout": """
        def test_it(echo, case):
            before, sys.stdout = sys.stdout, io.StringIO()
            try:
                print("before", case.input)
                assert echo(case.input) == case.expected
                print("after", case.input)
                assert sys.stdout.getvalue().split() == ["before", case.input, "after", case.input]
            finally:
                sys.stdout = before
        """,
    "a warning filter": """
        def test_it(echo, case):
            warnings.filterwarnings("ignore", message=f"about {case.input}")
            assert echo(case.input) == case.expected
            warnings.warn(f"about {case.input}")
        """,
    "set in an async body": """
        who = None

        async def test_it(echo, case):
            global who
            who = os.environ["WHO"] = case.input
            assert await echo(case.input) == case.expected
            await asyncio.sleep(0.001)
            assert who == os.environ.pop("WHO") == case.input
        """,
    "a settings object": """
        class Settings:
            WHO = None

        @pytest.fixture
        def settings():
            return Settings()

        def test_it(echo, case, settings):
            settings.WHO = case.input
            assert echo(case.input) == case.expected
            assert settings.WHO == case.input
        """,
    "responses that are registered on a mocked client": """
        class MockedClient:
            def __init__(self):
                self.routes = {}
            def get(self, path, reply=None):
                if reply is not None:
                    self.routes[path] = reply
                return self.routes[path]

        @pytest.fixture
        def requests_mock():
            return MockedClient()

        def test_it(echo, case, requests_mock):
            requests_mock.get("/who", reply=case.input)
            assert echo(case.input) == case.expected
            assert requests_mock.get("/who") == case.input
        """,
    "a file in tmp_path": """
        def test_it(echo, case, tmp_path):
            (tmp_path / "who").write_text(case.input)
            assert echo(case.input) == case.expected
            assert (tmp_path / "who").read_text() == case.input
        """,
    "a dict fixture": """
        @pytest.fixture
        def basket():
            return {}

        def test_it(echo, case, basket):
            basket["who"] = case.input
            assert echo(case.input) == case.expected
            assert basket == {"who": case.input}
        """,
    "the level of a logger": """
        def test_it(echo, case):
            logging.getLogger("app").setLevel(int(case.input))
            assert echo(case.input) == case.expected
            assert logging.getLogger("app").level == int(case.input)
        """,
    "a class attribute of the application": """
        class Application:
            tenant = None
            def __init__(self, model):
                self.model = model
            def handle(self, text):
                answer = self.model(text)
                return f"{type(self).tenant}: {answer}"

        def test_it(echo, case):
            Application.tenant = case.input
            assert Application(echo).handle(case.input) == f"{case.input}: {case.input}"
        """,
}
OPTIONS = ("-Werror::UserWarning",)


def test_a_body_that_sets(outcomes_by_run):
    found, expected = outcomes_by_run
    assert found == expected
