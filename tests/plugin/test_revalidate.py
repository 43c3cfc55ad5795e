"""``--modelcheck-revalidate``: a version that no longer gives its cached answers is detected."""

import pytest

from tests.conftest import known

TEST = known("at_least=0.0")

SWAPPED = """
    import random
    from pathlib import Path

    @model_fixture
    def triage(model_version):
        how = Path(__file__).with_name("how").read_text()
        loads = Path(__file__).with_name("loads")
        loads.write_text(loads.read_text() + "." if loads.exists() else ".")
        rng = random.Random(len(loads.read_text()))

        def predict(text):
            if how == "down":
                raise ConnectionError("no route")
            if how == "other" and "parcel" in text:
                return "swapped"
            if how.startswith("noisy"):
                usual = "refund" if how == "noisy" else "other"
                return usual if rng.random() < 0.7 else "else"
            return "refund"

        return predict
"""


@pytest.fixture
def swapped(project):
    """A model whose weights can be swapped without changing its version."""

    def become(how):
        (project.path / "how").write_text(how)

    project.become = become
    project.model(SWAPPED)
    project.test(TEST)
    become("as it was")
    project.passes("--model-version=2.0")
    return project


def revalidated(result, project):
    (found,) = [one for one in project.verdict(result).findings if one.limit == "revalidation"]
    return found


def test_a_model_that_still_answers_so_passes_and_says_so(swapped):
    result = swapped.run("--model-version=2.0", "--modelcheck-revalidate=5")
    found = revalidated(result, swapped)
    assert (found.status.value, found.summary) == (
        "passed",
        "5 cached answers of triage 2.0 verified: all the same",
    )
    assert swapped.verdict(result).calls.new == 5


def test_a_swapped_model_fails_and_its_new_answers_are_not_cached(swapped):
    swapped.passes("--model-version=2.0", "--modelcheck-update")
    swapped.become("other")
    swapped.passes("--model-version=2.0")
    for _ in range(2):
        result = swapped.fails("--model-version=2.0", "--modelcheck-revalidate=50")
    result.stdout.fnmatch_lines(
        [
            "*triage 2.0 no longer answers as it did: 2 of 10 cached answers differ (t-0*, t-*); see*",
            "  call it again:   pytest *::test_known --model-version=2.0 --modelcheck-cache=refresh",
        ]
    )
    # What is cached passes, so that no stored answer shows it.
    result.stdout.no_fnmatch_line("  reproduce one: *")
    result.stdout.no_fnmatch_line("  see all: *")
    swapped.passes("--model-version=2.0")


@pytest.mark.parametrize(
    ("declared", "status", "text"),
    [
        (None, "inconclusive", "whether it has changed or varies is unknown"),
        (True, "failed", "triage 2.0 no longer answers as it did"),
        (False, "passed", "which can be chance: the model varies"),
    ],
)
def test_one_run_does_not_tell_a_change_from_an_unlucky_answer(swapped, declared, status, text):
    swapped.model(SWAPPED.replace("@model_fixture", f"@model_fixture(deterministic={declared})"))
    swapped.passes("--model-version=2.0")
    swapped.become("other")
    result = swapped.run("--model-version=2.0", "--modelcheck-revalidate=50")
    found = revalidated(result, swapped)
    assert found.status.value == status
    assert "2 of 10 cached answers" in found.summary
    assert text in found.summary


def test_a_changed_model_is_named_before_a_limit_that_noise_may_explain(swapped):
    swapped.model(SWAPPED.replace("@model_fixture", "@model_fixture(deterministic=True)"))
    swapped.test(known("at_least=0.99"))
    swapped.fails("--model-version=2.0")
    swapped.become("other")
    result = swapped.fails("--model-version=2.0", "--modelcheck-revalidate=50")
    limits = [one.limit for one in swapped.verdict(result).findings if one.status.value == "failed"]
    assert limits == ["revalidation", "at_least"]
    assert [what for what, _ in swapped.verdict(result).advice] == ["call it again"]


def test_an_unlucky_cached_answer_of_a_model_that_is_known_to_vary_is_no_change(swapped):
    swapped.passes("--model-version=2.0", "--modelcheck-cache=refresh", "--modelcheck-update")
    swapped.become("other")
    swapped.passes("--model-version=2.0", "--modelcheck-cache=refresh")
    swapped.become("as it was")
    found = revalidated(swapped.run("--model-version=2.0", "--modelcheck-revalidate=50"), swapped)
    assert (found.status.value, found.summary) == (
        "passed",
        "2 of 10 cached answers of triage 2.0 differ (t-03, t-04), which can be chance: the model varies",
    )


def test_changes_by_noise_pass_and_a_swap_is_seen_through_the_noise(swapped):
    swapped.become("noisy")
    swapped.passes("--model-version=2.1")
    found = revalidated(swapped.run("--model-version=2.1", "--modelcheck-revalidate=50"), swapped)
    assert found.status.value == "passed"
    assert "the model does not repeat" in found.summary
    swapped.become("noisy-other")
    found = revalidated(swapped.run("--model-version=2.1", "--modelcheck-revalidate=50"), swapped)
    assert found.status.value == "failed"
    assert found.p_value < 0.01


def test_calls_of_this_run_are_not_repeated(swapped):
    result = swapped.run("--model-version=2.2", "--modelcheck-revalidate=5")
    assert revalidated(result, swapped).summary == "triage 2.2 has no cached answer to verify"
    assert swapped.verdict(result).calls.new == 10


def test_a_model_that_fails_when_called_again_fails_the_check(swapped):
    swapped.become("down")
    result = swapped.fails("--model-version=2.0", "--modelcheck-revalidate=5")
    result.stdout.fnmatch_lines(["*triage 2.0 could not be called again: ConnectionError: no route*"])


def test_the_ini_file_can_ask_for_it(swapped):
    swapped.ini("modelcheck_revalidate = 3")
    assert "3 cached answers" in revalidated(swapped.run("--model-version=2.0"), swapped).summary


@pytest.mark.parametrize(
    "other", ["--modelcheck-offline", "--modelcheck-cache=refresh", "--modelcheck-cache=off"]
)
def test_incompatible_options_are_refused(swapped, other):
    swapped.refuses(
        "ERROR: --modelcheck-revalidate asks the model again for cached answers*",
        "--model-version=2.0",
        "--modelcheck-revalidate=5",
        other,
    )


def test_calls_of_async_bodies_are_repeated_too(swapped):
    swapped.model("""
        from pathlib import Path

        @model_fixture
        def triage(model_version):
            async def predict(text):
                return Path(__file__).with_name("how").read_text()
            return predict
    """)
    swapped.test(TEST.replace("def test", "async def test").replace("triage(case", "await triage(case"))
    swapped.passes("--model-version=3.0", "--modelcheck-update")
    swapped.become("swapped")
    result = swapped.run("--model-version=3.0", "--modelcheck-revalidate=4")
    assert "4 of 4 cached answers differ (" in revalidated(result, swapped).summary


def test_each_run_of_a_repeated_case_is_called_again_for_itself(swapped):
    swapped.golden(
        '"tickets.yaml", at_least=0.0, repeats=2',
        "assert triage(case.input) == triage(case.input) == case.expected",
    )
    swapped.passes("--model-version=2.0")
    result = swapped.run("--model-version=2.0", "--modelcheck-revalidate=100")
    assert revalidated(result, swapped).summary == "40 cached answers of triage 2.0 verified: all the same"


def test_a_test_that_asks_something_else_each_time_shows_nothing_and_fails(swapped):
    swapped.test("""
        TEXTS = iter(["first", "second", "third"])

        @pytest.mark.golden(["a"])
        def test_known(triage, case):
            triage(next(TEXTS))
    """)
    swapped.passes("--model-version=2.0")
    result = swapped.run("--model-version=2.0", "--modelcheck-revalidate=5")
    finding = revalidated(result, swapped)
    assert finding.status.value == "failed"
    assert finding.summary == (
        "none of 1 cached answer of triage 2.0 was called again, so it is unknown whether they still "
        "hold: does the test ask something different each time?"
    )
