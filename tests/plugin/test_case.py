"""The fixture ``case``: the view of a body on its trial."""

from pytest_modelcheck.records import Tally

ECHO = "@model_fixture\ndef echo(model_version):\n    return str\n"


def test_shows_what_its_source_says_and_belongs_to_one_body(project):
    project.write("tests/data/cases.jsonl", '{"input": "a"}\n{"input": "b"}\n')
    project.model(ECHO)
    project.test(
        """
        from pathlib import Path
        from pytest_modelcheck import Case

        @pytest.mark.golden(
            [{"id": "one", "input": {"text": "a"}, "expected": ["b"], "metadata": {"language": "en", "n": 3}}]
        )
        def test_fields(echo, case):
            echo("x")
            assert case.id == "one"
            assert case.input == {"text": "a"}
            assert case.expected == ["b"]
            assert case.metadata == {"language": "en", "n": 3}
            assert case["language"] == "en"
            assert case["n"] == 3
            assert case.perturbation is None
            assert case.repeat == 0
            assert repr(case) == "<case one>"

        @pytest.mark.golden([("a", 1), ("b", 2)])
        def test_an_id_of_its_content(echo, case):
            echo(case.input)
            assert case.id.startswith("c-")

        @pytest.mark.golden([Case("a", expected="a", id="one"), Case("b", expected="b", metadata={"x": 1})])
        def test_objects(echo, case):
            assert echo(case.input) == case.expected

        @pytest.mark.golden("data/cases.jsonl")
        def test_text(echo, case):
            assert echo(case.input)

        @pytest.mark.golden(Path("data") / "cases.jsonl")
        def test_path(echo, case):
            assert echo(case.input)

        @pytest.mark.golden(Path(__file__).with_name("data") / "cases.jsonl")
        def test_absolute(echo, case):
            assert echo(case.input)

        @pytest.mark.golden(str(number) for number in range(5))
        def test_a_generator(echo, case):
            assert echo(case.input)

        @pytest.mark.golden([{"id": "one", "input": "a"}])
        def test_is_not_changed(echo, case):
            echo(case.input)
            with pytest.raises(AttributeError):
                case.input = "b"

        @pytest.fixture
        def later(case):
            yield
            print("after:", repr(case))

        @pytest.mark.golden(["a"])
        def test_is_gone(echo, case, later):
            echo(case.input)
        """,
        "tests/test_triage.py",
    )
    result = project.run("--model-version=1", "-s")
    result.assert_outcomes(passed=9)
    assert [verdict.cases for verdict in project.verdicts(result).values()] == [
        Tally(passed=number) for number in (1, 2, 2, 2, 2, 2, 5, 1, 1)
    ]
    result.stdout.fnmatch_lines(["*after: <case: none runs now>*"])


def test_says_which_repeat_it_is(project):
    project.model(ECHO)
    project.golden('["a"], repeats=3', "echo(case.input)\nassert case.repeat in (0, 2)", "echo, case")
    result = project.run("--model-version=1")
    assert project.verdict(result).trials == Tally(passed=2, failed=1)


def test_changes_of_a_body_to_metadata_are_invisible_to_the_next(project):
    project.model(ECHO)
    project.test("""
@pytest.mark.invariance(
    [{"input": "a", "variants": ["b", "c"], "metadata": {"tags": ["new"], "language": "en"}}],
    slices=["language"],
)
def test_it(echo, case):
    assert case["tags"] == ["new"] and case.metadata["language"] == "en"
    case["tags"].append("seen")
    case.metadata["language"] = "es"
    assert case["tags"] == ["new", "seen"]
    assert echo(case.perturbed)
    """)
    result = project.passes()
    assert [group.name for group in project.verdict(result).slices] in ([], ["language=en"])
