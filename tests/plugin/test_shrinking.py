"""The smallest change that still fails: shown for the worst cases of a check that is not passed."""

import inspect
import re

import pytest

MODEL = """
from pathlib import Path

LOG = Path(__file__).with_name("calls.log")
BATCHES = Path(__file__).with_name("batches.log")

@model_fixture(batch=True)
def triage(model_version):
    def predict(texts):
        with LOG.open("a") as log:
            log.writelines(f"{text}\\n" for text in texts)
        with BATCHES.open("a") as log:
            log.write(f"{len(texts)}\\n")
        return ["refund" if "refund" in str(text) else "other" for text in texts]
    return predict
"""

TEST = """
import pytest

def garbled(text):
    return text.replace("Please", "Plaese").replace("refund", "refnud").replace("because", "becuase")

@pytest.mark.invariance(["Please refund order 1182 because it broke"], under={"typos": garbled})
def test_typos(triage, case):
    assert triage(case.perturbed) == triage(case.input)
"""


@pytest.fixture
def shrinking(project):
    project.model(MODEL)
    project.test(TEST)
    return project


def shown(project, *options):
    return project.verdict(project.run("--model-version=1", *options)).shown


SMALLEST = "Please [refund→refnud] order 1182 because it broke"


def test_shows_the_smallest_change(shrinking):
    result = shrinking.fails("--model-version=1", "--color=yes", "--junitxml=junit.xml")
    assert "Please \x1b[36m[refund→refnud]\x1b[0m order" in result.stdout.str()
    plain = re.sub(r"\x1b\[\d*m", "", result.stdout.str())
    assert plain.index("'refund' → 'other'") < plain.index("smallest change that still fails:")
    (case,) = shrinking.verdict(result).shown
    smallest = case.smallest
    assert (smallest.text, smallest.edits, smallest.got, smallest.complete) == (SMALLEST, 1, "'other'", True)
    written = (shrinking.path / "junit.xml").read_text(encoding="utf-8")
    assert "[refund→refnud]" in written
    assert "#x1B" not in written


def test_a_model_that_breaks_on_the_change_gives_no_answer_to_show(shrinking):
    shrinking.model("""
        @model_fixture
        def triage(model_version):
            def predict(text):
                if "refnud" in text:
                    raise ValueError("no such word")
                return "refund"
            return predict
    """)
    shrinking.test(
        TEST.replace(
            "    assert triage(case.perturbed) == triage(case.input)",
            "    try:\n        triage(case.perturbed)\n    except Exception:\n        pytest.fail('broken')",
        )
    )
    (case,) = shown(shrinking)
    assert (case.smallest.text, case.smallest.got) == (SMALLEST, None)


def batches(project):
    return (project.path / "batches.log").read_text().split()


def test_says_what_it_took_asks_in_rounds_and_changes_nothing_of_the_verdict(shrinking):
    without = shrinking.verdict(shrinking.run("--model-version=1", "--modelcheck-no-shrink"))
    made, before = len(shrinking.calls), len(batches(shrinking))
    candidates = {name for name in shrinking.files() if "candidates" in name}
    verdict = shrinking.verdict(shrinking.run("--model-version=1"))
    further = len(shrinking.calls) - made
    assert f"the smallest changes took {further} further calls" in verdict.notes
    assert (without.calls.new, verdict.calls.new) == (made, further)
    rounds = batches(shrinking)[before:]
    assert len(rounds) <= 4
    assert int(rounds[0]) == 3
    assert (verdict.findings, verdict.trials, verdict.rate) == (
        without.findings,
        without.trials,
        without.rate,
    )
    assert candidates == {name for name in shrinking.files() if "candidates" in name}


def test_asks_nothing_the_second_time_nor_for_a_case_alone(shrinking):
    first = shown(shrinking)
    made = len(shrinking.calls)
    assert shown(shrinking) == first
    (alone,) = shown(shrinking, f"--modelcheck-case={first[0].id}")
    assert alone.smallest == first[0].smallest
    assert len(shrinking.calls) == made


@pytest.mark.parametrize(
    "off",
    [
        *("modelcheck_shrink = false", "modelcheck_shrink_calls = 0", "shrink=False, "),
        # Limited calls are left to verdicts.
        *("--modelcheck-no-shrink", "--modelcheck-max-calls=100"),
    ],
)
def test_can_be_turned_off(shrinking, off):
    shrinking.ini(off if off.startswith("modelcheck") else "")
    shrinking.test(TEST.replace("under=", f"{off if off.startswith('shrink') else ''}under="))
    (case,) = shown(shrinking, *([off] if off.startswith("--") else []))
    assert case.smallest is None
    assert len(set(shrinking.calls)) == 2


def test_never_asks_offline(shrinking):
    shown(shrinking, "--modelcheck-no-shrink")
    made = len(shrinking.calls)
    (case,) = shown(shrinking, "--modelcheck-offline")
    assert case.smallest is None
    assert len(shrinking.calls) == made


def test_stops_at_its_budget_and_says_so(shrinking):
    shrinking.test(
        TEST.replace(
            "garbled(text):", "garbled(text):\n    return ' '.join(w.title() for w in text.split())"
        ).replace("order 1182 because it broke", "the " * 40)
    )
    shrinking.ini("modelcheck_shrink_calls = 10")
    result = shrinking.run("--model-version=1")
    verdict = shrinking.verdict(result)
    assert len(set(shrinking.calls)) <= 12
    assert "the search for the smallest changes stopped at its budget of 10 calls" in verdict.notes
    assert not verdict.shown[0].smallest.complete
    result.stdout.fnmatch_lines(["*smallest change found so far*"])


def test_only_for_the_worst_few(shrinking):
    shrinking.test(
        TEST.replace('["Please', '[f"{n}: Please').replace('it broke"]', 'it broke" for n in range(9)]')
    )
    assert [case.smallest is not None for case in shown(shrinking)] == [True] * 3 + [False] * 2


def test_not_for_a_check_that_passes(shrinking):
    shrinking.test(TEST.replace("under=", "at_least=0.0, under="))
    shrinking.passes("--model-version=1")
    assert len(shrinking.calls) == 2


def test_not_for_a_model_that_varies(shrinking):
    shrinking.model("""
        import itertools
        counter = itertools.count()

        @model_fixture
        def triage(model_version):
            return lambda text: f"{'refund' in text}{' maybe' if next(counter) % 9 == 8 else ''}"
    """)
    shrinking.test(TEST.replace('["Please', '[f"{n} Please').replace('broke"]', 'broke" for n in range(30)]'))
    verdict = shrinking.verdict(shrinking.run("--model-version=1"))
    assert (verdict.status, verdict.varies) == ("failed", True)
    assert all(case.smallest is None for case in verdict.shown)
    assert not any("smallest" in note for note in verdict.notes)


def other(record):
    """Change two fields of a record that matter, and add one."""
    return {"text": "money please", "amount": 4, "vip": True}


def test_the_smallest_change_of_each_kind_of_input_direction_and_body(shrinking):
    rows = {
        "an input that fails as it is": (
            """invariance([("Where is it?", "refund")], under=str.upper)""",
            "triage(case.perturbed) == case.expected",
            "",
        ),
        "a direction that asks for a change has no smallest one": (
            """directional(["Where is it?"], under={"ask": lambda text: text + " I want money"})""",
            "triage(case.perturbed) != triage(case.input)",
            None,
        ),
        "a direction that must not be left has one": (
            """directional(["a refund"], under={"ask": lambda text: text.upper() + " NOW"})""",
            "triage(case.perturbed) >= triage(case.input)",
            "a [refund→Refund]",
        ),
        "fields of a record": (
            """invariance([{"input": {"text": "refund please", "amount": 3}}], under={"other": other})""",
            "triage(case.perturbed) == triage(case.input)",
            "text: [refund→money] please",
        ),
        "the simplest character": (
            """invariance(["the refund"], under={"x": lambda text: text.replace("refund", "refuxd")})""",
            "triage(case.perturbed) == triage(case.input)",
            "the [refund→refuad]",
        ),
        "in whichever order the body asks": (
            """invariance(["the refund"], under={"x": lambda text: text.replace("refund", "refnud")})""",
            "triage(case.input) == triage(case.perturbed)",
            "the [refund→refnud]",
        ),
        "several runs of each case": (
            """invariance(["A refund"], repeats=2, under={"x": lambda text: text.replace("fu", "uf")})""",
            "triage(case.perturbed) == triage(case.input)",
            "A [refund→reufnd]",
        ),
    }
    source = f"import pytest\n\n{inspect.getsource(other)}\n"
    for number, (marker, claim, _) in enumerate(rows.values()):
        source += f"@pytest.mark.{marker}\ndef test_{number}(triage, case):\n    assert {claim}\n\n"
    shrinking.test(source)
    result = shrinking.run("--model-version=1")
    verdicts = shrinking.verdicts(result)
    cases = {name: verdicts[f"test_{number}"].shown[0] for number, name in enumerate(rows)}
    smallest = {name: case.smallest and case.smallest.text for name, case in cases.items()}
    assert smallest == {name: text for name, (*_, text) in rows.items()}
    result.stdout.fnmatch_lines(["*it fails even without the change*"])
    turned = cases["in whichever order the body asks"]
    assert (turned.base_answer, turned.got) == ("'refund'", "'other'")


def test_a_body_that_breaks_on_a_candidate_stops_the_search_and_not_the_verdict(shrinking):
    shrinking.test(
        TEST.replace(
            "    assert",
            '    if "Plaese" not in case.perturbed:\n        raise OSError("no line")\n    assert',
        )
    )
    verdict = shrinking.verdict(shrinking.run("--model-version=1"))
    assert verdict.failed
    assert verdict.cases.error == 0
    assert any(
        note.startswith(
            "the search for the smallest changes stopped because the test raised an error (OSError: no line)"
        )
        for note in verdict.notes
    )
    assert not verdict.shown[0].smallest.complete


def test_a_model_that_breaks_on_a_candidate_stops_the_search_and_not_the_verdict(shrinking):
    shrinking.model(MODEL.replace("return [", "assert len(texts) < 3, 'too many'\n        return ["))
    result = shrinking.fails("--model-version=1")
    assert shrinking.verdict(result).cases.error == 0


# -- inputs that a strategy gave ---------------------------------------------------------------------------

DRAWN = """
import pytest
from hypothesis import strategies as st

@pytest.mark.golden(st.integers(0, 10_000).map("order {}".format), n=60)
def test_orders(triage, case):
    assert triage(case.input) == "other"
"""

LARGE = """
@model_fixture(batch=True)
def triage(model_version):
    return lambda texts: ["refund" if int(text.split()[-1]) > 700 else "other" for text in texts]
"""


@pytest.fixture
def drawn(project):
    project.model(LARGE)
    project.test(DRAWN)
    return project


def test_the_smallest_input_of_a_strategy(drawn):
    result = drawn.run("--model-version=1")
    found = [case.smallest for case in drawn.verdict(result).shown if case.smallest is not None]
    assert [(one.text, one.edits, one.got, one.complete) for one in found] == [
        ('"order 701"', 0, "'refund'", True)
    ]
    result.stdout.fnmatch_lines(
        ["* the smallest input took * further calls", '*smallest input that fails: "order 701"']
    )


def test_the_smallest_input_is_looked_for_within_the_budget(drawn):
    drawn.ini("modelcheck_shrink_calls = 3")
    verdict = drawn.verdict(drawn.run("--model-version=1"))
    assert "the smallest input took 3 further calls" in verdict.notes
    assert "the search for the smallest input stopped at its budget of 3 calls" in verdict.notes


@pytest.mark.parametrize("options", [["--modelcheck-no-shrink"], ["--modelcheck-max-calls=500"]])
def test_the_smallest_input_is_not_looked_for_where_it_must_not(drawn, options):
    verdict = drawn.verdict(drawn.run("--model-version=1", *options))
    assert verdict.failed
    assert not any(case.smallest for case in verdict.shown)


def test_a_body_that_breaks_on_a_smaller_input(drawn):
    drawn.test(
        DRAWN.replace(
            "    assert",
            '    if case.id == "smaller":\n        raise OSError("no line")\n    assert',
        )
    )
    verdict = drawn.verdict(drawn.run("--model-version=1"))
    assert verdict.cases.error == 0
    assert any(
        "smallest input stopped because the test raised an error (OSError: no line)" in note
        for note in verdict.notes
    )


def test_awaited_bodies(drawn):
    drawn.model("""
        @model_fixture
        def triage(model_version):
            async def predict(text):
                large = text.startswith("order") and int(text.split()[-1]) > 700
                return "refund" if large or "refund" in text else "other"
            return predict
    """)
    awaited = (DRAWN + TEST).replace("def test", "async def test").replace("triage(case", "await triage(case")
    drawn.test(awaited)
    verdicts = drawn.verdicts(drawn.run("--model-version=1"))
    smallest = {
        name: [case.smallest.text for case in verdict.shown if case.smallest]
        for name, verdict in verdicts.items()
    }
    assert smallest == {"test_orders": ['"order 701"'], "test_typos": [SMALLEST]}


def test_a_category_is_not_made_up_and_only_fields_that_differ_are_shown(project):
    project.answers(
        "quote", 'lambda row: {"basic": "small", "basis": "large"}[row["plan"]]', "deterministic=True"
    )
    project.test("""
        from pytest_modelcheck import perturb

        ROWS = [{"input": {"plan": "basic", "age": 40, "note": "none"}}]

        @pytest.mark.invariance(ROWS, under=perturb.swap_category("plan", ["basic", "basis"]))
        def test_plan(quote, case):
            assert quote(case.perturbed) == quote(case.input)
    """)
    verdict = project.verdict(project.run("--model-version=1"))
    assert verdict.failed
    (case,) = verdict.shown
    assert case.smallest.text == "plan: [basic→basis]"
    assert not any("broke" in note for note in verdict.notes)


@pytest.mark.parametrize("judged", ["recorded", "other"])
def test_a_recorded_model_is_never_called_with_an_unrecorded_input(project, judged):
    project.model("""
        ANSWERS = {"a b c": "x", "A B C": "y"}
        CALLS = []

        @model_fixture(deterministic=True, recorded=True)
        def recorded(model_version):
            return lambda text: CALLS.append(text) or ANSWERS.get(text, "unknown")

        @model_fixture(deterministic=True)
        def other(model_version):
            return lambda text: text

        import pytest

        @pytest.fixture(scope="session", autouse=True)
        def seen():
            yield
            assert sorted(set(CALLS)) == ["A B C", "a b c"]
            print("only what was recorded")
    """)
    project.test(f"""
        @pytest.mark.invariance([("a b c", "x")], under=str.upper, model="{judged}")
        def test_case(recorded, other, case):
            assert (recorded(case.perturbed), other("z")) == (recorded(case.input), other("z"))
    """)
    result = project.fails("--model-version=1", "-s")
    assert "only what was recorded" in result.stdout.str()
    (case,) = project.verdict(result).shown
    assert case.smallest is None


def test_a_model_of_recorded_answers_says_why_the_search_stops(project):
    project.answers("recorded", '{"a b c": "x", "A B C": "y"}.__getitem__', "deterministic=True")
    project.test("""
        @pytest.mark.invariance([("a b c", "x")], under=str.upper)
        def test_case(recorded, case):
            assert recorded(case.perturbed) == recorded(case.input)
    """)
    result = project.fails("--model-version=1")
    assert "because the model cannot answer other inputs" in " ".join(result.stdout.str().split())
