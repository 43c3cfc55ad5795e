"""A service that fails for some inputs is not given up because the answers to others are cached."""

import pytest

from pytest_modelcheck.records import Tally

MODEL = """
@model_fixture(give_up_after=3, deterministic=True{options})
def service(model_version):
    {asynchronous}def ask(text):
        with open("calls.log", "a") as log:
            log.write(text + "\\n")
        if text.startswith("bad"):
            raise ConnectionError(text)
        return text
    return ask
"""
TEST = """
TEXTS = "bad-1 bad-2 good-1 bad-3 bad-4 good-2 bad-5 bad-6 good-3".split()

@pytest.mark.golden([{"id": text, "input": text, "expected": text} for text in TEXTS])
def test_it(service, case):
    assert service(case.input) == case.expected
"""
KINDS = {
    "plain": ("", ""),
    "one thread": (", concurrency=1", ""),
    "awaited": (", concurrency=1", "async "),
}
WHOLE = Tally(passed=3, error=6)


@pytest.fixture(params=KINDS)
def service(request, project):
    options, asynchronous = KINDS[request.param]
    project.model(MODEL.format(options=options, asynchronous=asynchronous))
    project.test(TEST)
    return project


@pytest.mark.parametrize("first", [(), ("--modelcheck-case=good-1", "--modelcheck-case=good-2")])
def test_a_run_reports_the_same_regardless_of_the_previous_one(service, first):
    service.run("--model-version=1", *first)
    verdict = service.verdict(service.run("--model-version=1"))
    assert (verdict.cases, verdict.uncalled) == (WHOLE, 0)
    assert "given up" not in verdict.headline


def test_a_service_that_is_down_is_given_up_all_the_same(service):
    service.test(TEST.replace("good", "bad-too"))
    verdict = service.verdict(service.run("--model-version=1"))
    assert verdict.cases == Tally(error=9)
    assert verdict.uncalled == 6
    assert len(service.calls) == 3


def test_calls_in_a_batch_that_fail_for_some_inputs_do_not_give_it_up(project):
    project.model("""
        @model_fixture(batch=True, give_up_after=3, deterministic=True)
        def service(model_version):
            def ask(texts):
                for text in texts:
                    if text.startswith("bad"):
                        raise ConnectionError(text)
                return list(texts)
            return ask
    """)
    project.test(TEST)
    for _ in range(2):
        verdict = project.verdict(project.run("--model-version=1"))
        assert verdict.cases == WHOLE
