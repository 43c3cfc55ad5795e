"""A call runs in its caller's context; variables that it reads must be named, or it is not cached."""

import pytest

KINDS = ("plain", "single", "threaded", "awaited", "batched")

_HEAD = """
        TENANT = contextvars.ContextVar("TENANT", default="nobody")
        echo = model(KIND, NAME, lambda text: f"{TENANT.get()}: {text}"%s)
"""
NAMED = _HEAD % ", context=[TENANT]"
UNNAMED = _HEAD % ""

SET = """
        def test_it(echo, case):
            TENANT.set(case.input)
            assert echo("a question") == f"{case.input}: a question"
"""
SET_AND_RESET = """
        def test_it(echo, case):
            token = TENANT.set(case.input)
            answer = echo("a question")
            TENANT.reset(token)
            assert answer == f"{case.input}: a question"
            assert echo("a question") == "nobody: a question"
"""
RUN = """
        def test_it(echo, case):
            def application():
                TENANT.set(case.input)
                return echo("a question")
            assert contextvars.copy_context().run(application) == f"{case.input}: a question"
            assert echo("a question") == "nobody: a question"
"""
SOME = """
        def test_it(echo, case):
            tenant = case.input if case.input in "45" else "nobody"
            token = TENANT.set(tenant)
            answer = echo(case.input)
            TENANT.reset(token)
            assert answer == f"{tenant}: {case.input}"
"""
THREAD = """
        def test_it(echo, case):
            TENANT.set(case.input)
            with ThreadPoolExecutor(1) as pool:
                context = contextvars.copy_context()
                assert pool.submit(context.run, echo, "a question").result() == f"{case.input}: a question"
                assert pool.submit(echo, "a question").result() == "nobody: a question"
"""
AWAITED = """
        async def test_it(echo, case):
            TENANT.set(case.input)
            assert await echo("a question") == f"{case.input}: a question"
"""
TASK = """
        async def test_it(echo, case):
            async def application(tenant):
                TENANT.set(tenant)
                return await echo("a question")
            tenants = [case.input, case.input + "!"]
            answers = await asyncio.gather(*map(application, tenants))
            assert answers == [f"{tenant}: a question" for tenant in tenants]
            assert await echo("a question") == "nobody: a question"
"""
FIXTURE = """
        @pytest.fixture
        def tenant():
            token = TENANT.set("shop")
            yield "shop"
            TENANT.reset(token)

        def test_it(echo, case, tenant):
            assert echo(case.input) == f"shop: {case.input}"
"""
OBJECT = """
        class Tenant:
            def __init__(self, name):
                self.name = name
            def __str__(self):
                return self.name

        def test_it(echo, case):
            TENANT.set(Tenant(case.input))
            assert echo("a question") == f"{case.input}: a question"
"""

WAYS = {
    "set": SET,
    "set and reset": SET_AND_RESET,
    "set in a context of its own": RUN,
    "set by some": SOME,
    "carried into a thread": THREAD,
    "set in an async body": AWAITED,
    "set in tasks": TASK,
    "set by a fixture": FIXTURE,
    "an object": OBJECT,
}

CHECKS = {
    **{f"a named variable that is {how}": NAMED + body for how, body in WAYS.items()},
    **{f"an unnamed variable that is {how}": UNNAMED + body for how, body in WAYS.items()},
    "a variable that a model reads which the model calls": """
        TENANT = contextvars.ContextVar("TENANT", default="nobody")
        inner = model(KIND, f"{NAME}-inner", lambda text: f"{TENANT.get()}: {text}")

        @model_fixture(name=NAME, deterministic=True, context=[TENANT])
        def echo(model_version, inner):
            return lambda text: inner(text).upper()

        @pytest.mark.golden([Case(str(n), id=f"c{n}") for n in range(1, 7)], model=NAME)
        def test_it(echo, inner, case):
            token = TENANT.set(case.input)
            answer = echo("A QUESTION")
            TENANT.reset(token)
            assert answer == f"{case.input}: A QUESTION"
            assert echo("A QUESTION") == "NOBODY: A QUESTION"
        """,
    "a variable that the model does not read": """
        REQUEST = contextvars.ContextVar("REQUEST")

        def test_it(echo, case):
            REQUEST.set(case.input)
            assert echo(case.input) == case.expected
        """,
}
OPTIONS = ("-Wdefault",)
RUNS = ("loop", "cold", "warm", "one", "partly", "reversed")


def test_a_call_under(outcomes_by_run):
    found, expected = outcomes_by_run
    assert found == expected


MODEL = """
    import contextvars

    TENANT = contextvars.ContextVar("TENANT", default="nobody")

    @model_fixture(batch=True, deterministic=True{options})
    def assistant(model_version):
        def ask(texts):
            with open("calls.log", "a") as log:
                log.writelines(f"{{TENANT.get()}} {{text}}\\n" for text in texts)
            return [f"{{TENANT.get()}}: {{text}}" for text in texts]
        return ask
"""
TEST = """
    from conftest import TENANT

    @pytest.mark.golden([str(n) for n in range(6)])
    def test_it(assistant, case):
        TENANT.set(str(int(case.input) % 2))
        assert assistant("a question") == f"{int(case.input) % 2}: a question"
"""


@pytest.fixture
def assistant(project, monkeypatch):
    monkeypatch.syspath_prepend(project.path)

    def write(options=""):
        project.model(MODEL.format(options=options))
        project.test(TEST)

    return write


def test_a_call_under_an_unnamed_change_is_not_cached_and_there_is_a_warning(project, assistant):
    assistant()
    for _ in range(2):
        project.forget_calls()
        result = project.passes("--model-version=1")
        assert set(project.calls) == {"0 a question", "1 a question"}
        result.stdout.fnmatch_lines(["*TENANT*context=*"])
