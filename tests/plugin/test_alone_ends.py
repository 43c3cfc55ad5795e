"""An exception of any kind ends the call or the body of one case only."""

KINDS = ("plain", "batched", "threaded", "awaited")

ENDS = {
    "StopIteration": ("StopIteration", "error"),
    "StopAsyncIteration": ("StopAsyncIteration", "error"),
    "CancelledError": ("asyncio.CancelledError", "error"),
    "GeneratorExit": ("GeneratorExit", "error"),
    "SystemExit": ("SystemExit(3)", "error"),
    "a BaseException": ("Final('over')", "error"),
    "an ExceptionGroup": ("ExceptionGroup('two', [ValueError(1), KeyError(2)])", "error"),
    "a BaseExceptionGroup": ("BaseExceptionGroup('two', [ValueError(1), Final()])", "error"),
    "a group of a CancelledError": ("BaseExceptionGroup('one', [asyncio.CancelledError()])", "error"),
    "an ordinary error": ("OSError('broken')", "error"),
    "a TimeoutError": ("TimeoutError", "error"),
    "an error that cannot be copied": ("Picky(1, 2)", "error"),
    "pytest.skip": ("pytest.skip.Exception('not here')", "skipped"),
    "pytest.xfail": ("pytest.xfail.Exception('known')", "xfailed"),
    "pytest.fail": ("pytest.fail.Exception('no')", "failed"),
}
_HEAD = """
        class Final(BaseException):
            pass

        class Picky(Exception):
            def __init__(self, one, two):
                super().__init__(f"{one} {two}")

        def ending(text):
            if text == "3":
                raise %s
            return text
"""
_CALL = """
        echo = model(KIND, NAME, ending)

        %sdef test_it(echo, case):
            assert %secho(case.input) == case.expected
"""
_BODY = """
        %sdef test_it(echo, case):
            assert %secho(case.input) == case.expected
            ending(case.input)
"""
_CAUGHT = """
        echo = model(KIND, NAME, ending)

        %sdef test_it(echo, case):
            try:
                answer = %secho(case.input)
            except BaseException as error:
                answer = type(error).__name__
            assert answer == (case.input if case.input != "3" else %r)
"""


def _checks():
    for name, (raised, outcome) in ENDS.items():
        head, came = _HEAD % raised, {"passed": 5, outcome: 1}
        yield f"{name} in a model", (came, head + _CALL % ("", ""))
        yield f"{name} in a model of an async test", (came, head + _CALL % ("async ", "await "))
        yield f"{name} in a body", (came, head + _BODY % ("", ""))
        yield f"{name} in an async body", (came, head + _BODY % ("async ", "await "))
    for name in ("CancelledError", "GeneratorExit", "SystemExit", "an ordinary error", "an ExceptionGroup"):
        raised = ENDS[name][0]
        caught = raised.partition("(")[0].rpartition(".")[2]
        yield f"{name} that is caught", ({"passed": 6}, _HEAD % raised + _CAUGHT % ("", "", caught))
        body = _HEAD % raised + _CAUGHT % ("async ", "await ", caught)
        yield f"{name} that is caught in an async test", ({"passed": 6}, body)


CHECKS = {
    **dict(_checks()),
    "an exhausted mock": (
        {"passed": 4, "error": 2},
        """
        exhausted = mock.Mock(side_effect=[])
        echo = model("plain", NAME, lambda text: exhausted(text) if text in "56" else text)

        def test_it(echo, case):
            assert echo(case.input) == case.expected
        """,
    ),
    "a skip among wrong answers": (
        {"failed": 5, "skipped": 1},
        """
        def wrong(text):
            if text == "3":
                pytest.skip("not here")
            return "wrong"

        echo = model(KIND, NAME, wrong)

        def test_it(echo, case):
            assert echo(case.input) == case.expected
        """,
    ),
    "an error that the bodies of equal cases change": (
        {"passed": 6},
        """
        def refusing(text):
            raise ValueError("no")

        echo = model(KIND, NAME, refusing)

        @pytest.mark.golden([Case("same", id=f"c{n}") for n in range(1, 7)])
        def test_it(echo, case):
            with pytest.raises(ValueError) as caught:
                echo(case.input)
            caught.value.add_note("seen")
            caught.value.args += ("changed",)
            assert (caught.value.args, caught.value.__notes__) == (("no", "changed"), ["seen"])
        """,
    ),
    "an end before the call that was foreseen": (
        {"passed": 3, "skipped": 3},
        """
        def picky(text):
            if text in "246":
                raise ValueError(text)
            return text

        echo = model(KIND, NAME, picky)

        def test_it(echo, case):
            if case.input in "246":
                pytest.skip("even")
            assert echo(case.input) == case.expected
        """,
    ),
    "an error in the clean-up of a body": (
        {"passed": 5, "error": 1},
        """
        def test_it(echo, case):
            try:
                assert echo(case.input) == case.expected
            finally:
                if case.input == "3":
                    raise LookupError(case.input)
        """,
    ),
    "a body that is a generator of answers": (
        {"passed": 5, "error": 1},
        """
        def ending(text):
            if text == "3":
                raise StopIteration
            return text

        echo = model("plain", NAME, ending)

        def answers(model, text):
            yield model(text)

        def test_it(echo, case):
            assert next(answers(echo, case.input)) == case.expected
        """,
    ),
}
# StopIteration cannot leave an async def as itself, and asyncio lets no future carry it.
OPTIONS = ("-Wignore::pytest.PytestUnraisableExceptionWarning",)
RUNS = ("loop", "cold", "warm", "one", "partly", "reversed")
KINDS_EACH = 1


def test_a_case_that_ends_with(outcomes_by_run):
    found, expected = outcomes_by_run
    assert found == expected
