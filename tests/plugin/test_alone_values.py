"""Inputs and answers that are mutated: neither the next reader nor the cache sees it."""

KINDS = ("plain", "batched", "threaded", "awaited")

CHECKS = {
    "a model that changes a list": """
        def counted(texts):
            texts.append("more")
            return len(texts)

        echo = model(KIND, NAME, counted)

        def test_it(echo, case):
            texts = [case.input]
            assert echo(texts) == 2
            assert texts == [case.input]
            assert echo(texts) == 2
        """,
    "a model that changes what is nested in the input of a case": """
        def popped(message):
            return message["parts"].pop()

        echo = model(KIND, NAME, popped)

        @pytest.mark.golden([Case({"parts": [str(n)]}, id=f"c{n}", expected=str(n)) for n in range(1, 7)])
        def test_it(echo, case):
            assert echo(case.input) == case.expected
            assert case.input == {"parts": [case.expected]}
            assert echo(case.input) == case.expected
        """,
    "a model that empties its batch": """
        @model_fixture(name=NAME, batch=True)
        def echo(model_version):
            def ask(texts):
                answers = []
                while texts:
                    answers.append(texts.pop(0))
                return answers
            return ask

        def test_it(echo, case):
            assert echo(case.input) == case.expected
        """,
    "a model that keeps its input and changes it later": """
        kept = []

        def keeping(texts):
            for each in kept:
                each.clear()
            kept.append(texts)
            return list(texts)

        echo = model(KIND, NAME, keeping)

        def test_it(echo, case):
            texts = [case.input]
            assert echo(texts) == [case.input]
            assert echo(["between", case.input]) == ["between", case.input]
            assert texts == [case.input]
        """,
    "a model that keeps its answer and changes it later": """
        kept = []

        def keeping(text):
            for each in kept:
                each.append("late")
            answer = [text]
            kept.append(answer)
            return answer

        # In threads, the model would change an answer that another call of it is just giving.
        echo = model(KIND if KIND == "awaited" else "plain", NAME, keeping)

        def test_it(echo, case):
            first = echo(case.input)
            echo("between " + case.input)
            assert first == [case.input] == echo(case.input)
        """,
    "a body that changes an answer": """
        echo = model(KIND, NAME, lambda text: {"words": [text]})

        def test_it(echo, case):
            answer = echo(case.input)
            answer["words"].append("more")
            assert echo(case.input) == {"words": [case.input]}
        """,
    "a body that changes an answer that others read": """
        echo = model(KIND, NAME, lambda text: [text])

        def test_it(echo, case):
            answer = echo("the same for all")
            answer.append(case.input)
            assert answer == ["the same for all", case.input]
        """,
    "an array that a body changes": """
        import numpy

        echo = model(KIND, NAME, lambda text: numpy.zeros(3))

        def test_it(echo, case):
            answer = echo("the same for all")
            answer += 1
            assert answer.tolist() == [1.0, 1.0, 1.0]
            assert echo("the same for all").tolist() == [0.0, 0.0, 0.0]
        """,
    "an object that cannot be stored": """
        class Reply:
            def __init__(self, text):
                self.text, self.tags = text, []

        echo = model(KIND, NAME, Reply)

        def test_it(echo, case):
            first = echo(case.input)
            first.tags.append("seen")
            second = echo(case.input)
            assert (first.text, first.tags, second.tags) == (case.input, ["seen"], [])
        """,
    "an object that cannot be stored and that others read": """
        class Reply:
            def __init__(self, text):
                self.tags = []

        echo = model(KIND, NAME, Reply)

        def test_it(echo, case):
            reply = echo("the same for all")
            reply.tags.append(case.input)
            assert reply.tags == [case.input]
        """,
    "an object that cannot be copied": """
        class Reply:
            def __init__(self, text):
                self.text, self.lock, self.used = text, threading.Lock(), False

        echo = model(KIND, NAME, Reply)

        def test_it(echo, case):
            for _ in range(2):
                reply = echo("the same for all")
                assert not reply.used
                with reply.lock:
                    reply.used = True
        """,
    "an iterator, which is refused": (
        {"error": 6},
        """
        echo = model(KIND, NAME, iter)

        def test_it(echo, case):
            assert list(echo(case.input)) == [case.expected]
        """,
    ),
    "a stream, which is refused": (
        {"error": 6},
        """
        echo = model(KIND, NAME, io.StringIO)

        def test_it(echo, case):
            assert echo(case.input).read() == case.expected
        """,
    ),
    "an input that the body changes after the call": """
        echo = model(KIND, NAME, list)

        def test_it(echo, case):
            texts = [case.input]
            assert echo(texts) == [case.input]
            texts.append("more")
            assert echo(texts) == [case.input, "more"]
            assert echo([case.input]) == [case.input]
        """,
    "an input that the body changes before it awaits": """
        echo = model(KIND, NAME, list)

        async def test_it(echo, case):
            texts = [case.input]
            call = echo(texts)
            answer = await call
            texts.append("more")
            assert answer == [case.input] == await echo([case.input])
        """,
    "an input of a case that the body changes before the call": """
        echo = model(KIND, NAME, list)

        @pytest.mark.golden([Case([str(n)], id=f"c{n}") for n in range(1, 7)])
        def test_it(echo, case):
            case.input.append("more")
            assert echo(case.input) == [case.id[1:], "more"]
        """,
    "an expectation that the body changes": """
        SHARED = ["a"]

        @pytest.mark.golden([Case(str(n), id=f"c{n}", expected=SHARED) for n in range(1, 7)])
        def test_it(echo, case):
            assert echo(case.input)
            assert case.expected == ["a"]
            case.expected.append("b")
        """,
    "an answer that is handed to the next call": """
        echo = model(KIND, NAME, lambda texts: [*texts, len(texts)])

        def test_it(echo, case):
            first = echo([case.input])
            second = echo(first)
            assert (first, second) == ([case.input, 1], [case.input, 1, 2])
        """,
    "an object as input": """
        class Ticket:
            def __init__(self, text):
                self.text, self.read = text, False

        def reading(ticket):
            before, ticket.read = ticket.read, True
            return f"{before} {ticket.text}"

        echo = model(KIND, NAME, reading)

        def test_it(echo, case):
            ticket = Ticket(case.input)
            assert echo(ticket) == f"False {case.input}"
            assert not ticket.read
        """,
    "a generator, which is refused": (
        {"error": 6},
        """
        def tokens(text):
            yield from text.split()

        echo = model(KIND, NAME, tokens)

        def test_it(echo, case):
            assert list(echo(case.input)) == [case.expected]
        """,
    ),
}
# A plain loop hands on the objects themselves, where we copy.
RUNS = ("cold", "warm", "one", "partly", "reversed")


def test_values_with(outcomes_by_run):
    found, expected = outcomes_by_run
    assert found == expected
