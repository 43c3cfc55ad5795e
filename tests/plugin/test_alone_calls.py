"""Equal bound arguments make equal calls, however a callable is called."""

KINDS = ("plain", "batched", "threaded", "awaited")

_MODELS = """
        def made(kind):
            def one(question, answer="none", *, style="short"):
                return f"{question}|{answer}|{style}"
            if kind == "batched":
                def ask(calls):
                    for call in calls:
                        log(NAME, json.dumps(call))
                    return [one(**call) if isinstance(call, dict) else one(call) for call in calls]
                return model_fixture(batch=True, name=NAME + "-judge", deterministic=True)(lambda_of(ask))
            def plain(question, answer="none", *, style="short"):
                log(NAME, json.dumps([question, answer, style]))
                return one(question, answer, style=style)
            async def awaited(question, answer="none", *, style="short"):
                await asyncio.sleep(0)
                return plain(question, answer, style=style)
            options = {"concurrency": 4} if kind == "threaded" else {}
            chosen = awaited if kind == "awaited" else plain
            return model_fixture(name=NAME + "-judge", deterministic=True, **options)(lambda_of(chosen))

        def lambda_of(ask):
            def judge(model_version):
                return ask
            return judge

        judge = made(KIND)
"""
CHECKS = {
    "one positional argument": _MODELS
    + """
        def test_it(judge, case):
            assert judge(case.input) == f"{case.input}|none|short"
        """,
    "two positional arguments": _MODELS.replace("made(KIND)", "made('plain' if KIND == 'batched' else KIND)")
    + """
        def test_it(judge, case):
            assert judge(case.input, "yes") == f"{case.input}|yes|short"
            assert judge(case.input, answer="yes") == f"{case.input}|yes|short"
        """,
    "keywords": _MODELS
    + """
        def test_it(judge, case):
            assert judge(question=case.input, answer="yes") == f"{case.input}|yes|short"
            assert judge(answer="yes", question=case.input) == f"{case.input}|yes|short"
        """,
    "keywords only": _MODELS
    + """
        def test_it(judge, case):
            assert judge(question=case.input, style="long") == f"{case.input}|none|long"
            assert judge(question=case.input, style="short") == f"{case.input}|none|short"
        """,
    "keywords in an async test": _MODELS
    + """
        async def test_it(judge, case):
            assert await judge(question=case.input, answer="yes") == f"{case.input}|yes|short"
        """,
    "keywords with values that are made": _MODELS
    + """
        def test_it(judge, case):
            first = judge(question=case.input, answer="yes")
            assert judge(question=first, answer=case.input * 2) == f"{first}|{case.input * 2}|short"
        """,
    "two models, one after the other": _MODELS
    + """
        @pytest.mark.golden([Case(str(n), id=f"c{n}") for n in range(1, 7)], model=NAME + "-judge")
        def test_it(echo, judge, case):
            answer = echo(case.input)
            assert judge(question=case.input, answer=answer) == f"{case.input}|{case.input}|short"
        """,
    "keywords that change from case to case": _MODELS
    + """
        def test_it(judge, case):
            more = {"style": "long"} if case.input in "24" else {}
            style = more.get("style", "short")
            assert judge(question=case.input, **more) == f"{case.input}|none|{style}"
        """,
    "a call that does not fit": (
        {"error": 6},
        _MODELS
        + """
        def test_it(judge, case):
            judge(case.input, quality="high")
        """,
    ),
}
RUNS = ("loop", "cold", "warm", "one", "partly", "reversed")


def test_a_model_that_is_called_with(outcomes_by_run):
    found, expected = outcomes_by_run
    assert found == expected


MODEL = """
@model_fixture(deterministic=True{options})
def judge(model_version):
    {asynchronous}def ask(question, answer="none", *, style="short"):
        with open("calls.log", "a") as log:
            log.write(f"{{question}} {{answer}} {{style}}\\n")
        return f"{{question}} {{answer}} {{style}}"
    return ask
"""
FORMS = """
@pytest.mark.golden(["a", "b", "c"])
def test_it(judge, case):
    assert judge(case.input) == judge(question=case.input)
    answers = {
        judge(case.input, "yes"),
        judge(case.input, answer="yes"),
        judge(question=case.input, answer="yes"),
        judge(answer="yes", question=case.input),
    }
    assert answers == {f"{case.input} yes short"}
"""


def test_equal_calls_in_other_words_are_one_call(project):
    for options, asynchronous in (("", ""), (", concurrency=4", ""), ("", "async ")):
        project.forget_calls()
        project.model(MODEL.format(options=options, asynchronous=asynchronous))
        project.test(FORMS)
        project.passes(f"--model-version=1{len(options)}{len(asynchronous)}")
        assert sorted(project.calls) == [
            f"{each} {answer} short" for each in "abc" for answer in ("none", "yes")
        ]


def test_other_arguments_are_another_call_and_any_number_of_them_is_one(project):
    project.model(
        MODEL.format(options="", asynchronous="")
        + """
@model_fixture(deterministic=True)
def anything(model_version):
    def ask(*parts, **more):
        with open("anything.log", "a") as log:
            log.write(f"{parts} {sorted(more)}\\n")
        return [*parts, *sorted(more.items())]
    return ask
"""
    )
    project.test("""
        @pytest.mark.golden(["a"])
        def test_it(judge, case):
            calls = [(("a", "b"), {}), (("b", "a"), {}), (("a",), {"style": "b"}), (("a",), {"answer": None})]
            answers = [judge(*args, **kwargs) for args, kwargs in calls]
            assert answers == ["a b short", "b a short", "a none b", "a None short"]

        @pytest.mark.golden(["a", "b"])
        def test_anything(anything, case):
            assert anything() == []
            assert anything(case.input, 1) == [case.input, 1]
            assert anything(case.input, b=2, a=1) == anything(case.input, a=1, b=2)
            assert anything((case.input, 1)) != anything(case.input, 1)
    """)
    for calls in (4, 0):
        project.run("--model-version=1").assert_outcomes(passed=2)
        assert len(project.calls) == calls
        project.forget_calls()
    assert len((project.path / "anything.log").read_text().splitlines()) == 1 + 2 * 3


def test_a_batch_gets_values_or_mappings(project):
    project.model("""
        @model_fixture(batch=True, deterministic=True)
        def judge(model_version):
            def ask(calls):
                with open("calls.log", "a") as log:
                    log.writelines(f"{call!r}\\n" for call in calls)
                return [str(call) for call in calls]
            return ask
    """)
    project.test("""
        @pytest.mark.golden(["a", "b"])
        def test_values(judge, case):
            assert judge(case.input) == case.input

        @pytest.mark.golden(["a", "b"])
        def test_mappings(judge, case):
            judge(question=case.input, answer="yes")
    """)
    project.run("--model-version=1").assert_outcomes(passed=2)
    assert sorted(project.calls) == sorted(
        ["'a'", "'b'", *(str({"question": each, "answer": "yes"}) for each in "ab")]
    )
