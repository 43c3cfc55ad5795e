"""A Hypothesis strategy in place of cases, and ``@given`` beside checks."""

ORDERS = 'st.builds("order {}".format, st.integers(0, 9999))'
OTHER = 'assert triage(str(case.input)) == "other"'


def drawn(project, strategy, body=OTHER):
    """A check of the values that a strategy draws."""
    project.golden(strategy, body)
    path = project.path / "test_triage.py"
    path.write_text(f"from hypothesis import strategies as st\n{path.read_text()}")


def test_all_cases_of_a_strategy_are_one_item_and_go_in_batches(project):
    drawn(project, f"{ORDERS}, n=300")
    project.model("""
        from pathlib import Path

        @model_fixture(batch=True, batch_size=64)
        def triage(model_version):
            def predict(texts):
                with Path("batches").open("a") as log:
                    log.write(f"{len(texts)} ")
                return ["other"] * len(texts)
            return predict
    """)
    result = project.passes("--model-version=2.0")
    assert project.verdict(result).cases.judged == 300
    assert sorted(map(int, (project.path / "batches").read_text().split())) == [44, 64, 64, 64, 64]


def test_a_case_is_found_again_by_its_id(project):
    body = "assert '7' not in case.input or not triage(case.input)\ntriage(case.input)"
    drawn(project, f"{ORDERS}, n=50, at_least=0.99", body)
    first = project.verdict(project.run("--model-version=2.0")).shown[0]
    again = project.verdict(project.run("--model-version=2.0", f"--modelcheck-case={first.id}"))
    assert again.cases.total == 1
    assert again.shown[0].input == first.input


def test_the_approved_cases_are_compared(project):
    words = 'st.sampled_from(["a reembolso", "b refund", "c parcel"])'
    drawn(project, f"{words}, max_changed=0", "triage(case.input)")
    project.approve()
    verdict = project.verdict(project.run("--model-version=2.1"))
    assert verdict.comparison.shared == 3
    assert len(verdict.comparison.changed) == 1


def test_a_strategy_may_be_perturbed_awaited_and_given_at_run_time(project):
    project.model("""
        @model_fixture
        def awaited(model_version):
            async def predict(text):
                return "other"
            return predict

        @model_fixture
        def triage(model_version):
            return lambda text: "shipping" if "parcel" in text else "other"
    """)
    project.test("""
        from hypothesis import strategies as st
        from pytest_modelcheck import perturb

        parcels = st.builds("parcel {}".format, st.integers(0, 999))

        @pytest.mark.invariance(parcels, under=perturb.append("Hi!"), n=20)
        def test_perturbed(triage, case):
            assert triage(case.perturbed) == triage(case.input) == "shipping"

        @pytest.mark.golden(st.integers(0, 99), n=15)
        async def test_awaited(awaited, case):
            assert await awaited(str(case.input)) == "other"

        def test_called(triage, modelcheck):
            def body(case):
                assert triage(str(case.input)) == "other"
            modelcheck.golden(body, st.integers(0, 99), n=15)

        @pytest.fixture
        def cases():
            return st.integers(0, 99)

        @pytest.mark.golden(n=15)
        def test_given_later(triage, case, cases):
            assert triage(str(case.input)) == "other"
    """)
    result = project.run("--model-version=2.0")
    result.assert_outcomes(passed=4)
    judged = {name: verdict.trials.judged for name, verdict in project.verdicts(result).items()}
    assert judged == {
        "test_perturbed": 20,
        "test_awaited": 15,
        "test_called::body": 15,
        "test_given_later": 15,
    }


def test_too_few_cases_are_reported_with_a_warning(project):
    drawn(project, "st.booleans(), n=200")
    result = project.run("--model-version=2.0")
    result.assert_outcomes(passed=1, warnings=1)
    (note,) = project.verdict(result).notes
    assert note.startswith("strategy booleans() drew 2 different cases instead of 200")
    result.stdout.fnmatch_lines(["*ModelcheckWarning: test_triage.py::test_it: strategy booleans() drew 2 *"])


def test_a_broken_strategy_fails_its_test_and_no_other(project):
    project.test("""
        from hypothesis import strategies as st

        @pytest.mark.golden(st.integers().map(lambda number: 1 // 0))
        def test_broken(triage, case):
            assert triage(str(case.input)) == "other"

        @pytest.mark.golden(["Hello"])
        def test_sound(triage, case):
            assert triage(case.input) == "other"
    """)
    result = project.run("--model-version=2.0")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["strategy integers()*ZeroDivisionError*(raised at test_triage.py:*)"])
    assert "Traceback" not in result.stdout.str()


def test_a_strategy_that_cannot_be_meant_is_refused_at_collection(project):
    project.test("""
        from hypothesis import strategies as st

        @pytest.mark.golden(st.integers(3, 1))
        def test_bounds(triage, case):
            assert triage(str(case.input)) == "other"

        @pytest.mark.golden(["Hello"], n=5)
        def test_n(triage, case):
            assert triage(case.input) == "other"
    """)
    result = project.run("--model-version=2.0")
    result.stderr.fnmatch_lines(
        [
            "*test_triage.py:5: strategy integers*Cannot have max_value=1*",
            "*test_triage.py:9: n=5: *sample(n)*",
        ]
    )


# -- @given ----------------------------------------------------------------------------------------------

TEXTS = 'st.sampled_from(["I want a refund", "a refund!", "Hello"])'
RIGHT = 'triage(text) == ("refund" if "refund" in text else "other")'
GIVEN = f"""
import pytest
from hypothesis import given, settings, strategies as st

@settings(max_examples=25, database=None, deadline=None)
@given({TEXTS})
def test_property(triage, text):
    assert {RIGHT}
"""


HYPOTHESIS = ("-p", "_hypothesis_pytestplugin", "--model-version=2.0")


def test_an_ordinary_test_with_given_asks_a_model(project):
    project.test(GIVEN)
    for _ in "cold", "warm":
        project.passes(*HYPOTHESIS)
        assert sorted(project.calls) == ["Hello", "I want a refund", "a refund!"]


def test_an_ordinary_test_with_given_shrinks_as_ever(project):
    source = GIVEN.replace(TEXTS, "st.text(min_size=1)")
    project.test(source.replace(RIGHT, 'len(text) < 3 or triage(text) == "refund"'))
    result = project.fails(*HYPOTHESIS)
    result.stdout.fnmatch_lines(["*text='000',*"])
