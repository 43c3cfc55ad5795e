"""``--modelcheck-update``: run, record and approve in one go."""

import json

GOLDEN = """
@pytest.mark.golden("tickets.yaml", at_least=0.5)
def test_known(triage, case):
    assert triage(case.input) == case.expected
"""

FILE = "baselines/triage/test_triage.py/test_known.jsonl"


def test_writes_what_is_approved_and_one_line_a_case(project):
    project.test(GOLDEN)
    result = project.passes("--model-version=2.0", "--modelcheck-update")
    result.stdout.fnmatch_lines(["approved: triage 2.0, 1 check in baselines"])
    written = project.baselines()
    assert set(written) == {"baselines/triage/approved.yaml", FILE}
    assert b"version: '2.0'" in written["baselines/triage/approved.yaml"].splitlines()
    header, *lines = [json.loads(line) for line in written[FILE].decode().splitlines()]
    assert header["version"] == "2.0"
    assert [line["id"] for line in lines] == [f"t-{number:02}" for number in range(1, 11)]


def test_of_a_worse_version_changes_only_the_lines_whose_answer_changed(project):
    """It is approved where only the baseline speaks against it, and only where that is asked for."""
    project.test(GOLDEN)
    project.run("--model-version=2.0")
    assert project.baselines() == {}
    project.approve("2.0")
    before = project.baselines()
    project.fails("--model-version=2.1")
    assert project.baselines() == before
    project.passes("--model-version=2.1", "--modelcheck-update")
    old, new = (text[FILE].decode().splitlines()[1:] for text in (before, project.baselines()))
    changed = [json.loads(after)["id"] for was, after in zip(old, new, strict=True) if was != after]
    assert changed == ["t-07", "t-08"]
    project.passes("--model-version=2.1")


def test_of_part_of_the_tests_leaves_the_others_as_they_are(project):
    project.test(GOLDEN + GOLDEN.replace("test_known", "test_other"))
    project.approve("2.0")
    other = project.baselines()["baselines/triage/test_triage.py/test_other.jsonl"]
    result = project.run("--model-version=2.1", "--modelcheck-update", "-k", "known")
    result.assert_outcomes(passed=1, deselected=1)
    after = project.baselines()
    assert after["baselines/triage/test_triage.py/test_other.jsonl"] == other
    assert b'"2.1"' in after[FILE].replace(b" ", b"").splitlines()[0]


def test_of_two_models_approves_each(project):
    model = "@model_fixture\ndef {0}(model_version):\n    return str.upper\n\n"
    check = "@pytest.mark.golden(['a'])\ndef test_{0}({0}, case):\n    assert {0}(case.input)\n\n"
    project.model(model.format("triage") + model.format("judge"))
    project.test(check.format("triage") + check.format("judge"))
    result = project.run("--model-version", "triage=1", "--model-version", "judge=7", "--modelcheck-update")
    result.stdout.fnmatch_lines(["approved: judge 7, 1 check *", "approved: triage 1, 1 check *"])
    assert b"7" in project.baselines()["baselines/judge/approved.yaml"]


def test_node_ids_that_are_no_file_names_get_files_of_their_own(project):
    project.test("""
        @pytest.mark.parametrize("word", ["a/b", "a b", "a_b", "A B", "..", "é" * 120, "con", ""])
        @pytest.mark.golden(["x"])
        def test_it(triage, case, word):
            assert triage(case.input + word)
    """)
    result = project.run("--model-version=2.0", "--modelcheck-update")
    result.assert_outcomes(passed=8)
    assert len([name for name in project.baselines() if name.endswith(".jsonl")]) == 8
    again = project.run("--model-version=2.0")
    assert {one.comparison.shared for one in project.verdicts(again).values()} == {1}


def test_the_folder_is_the_one_of_the_ini_file(project):
    project.ini("modelcheck_baseline_dir = approved/models")
    project.test(GOLDEN)
    project.approve("2.0")
    assert "approved/models/triage/approved.yaml" in project.files()


def test_from_a_folder_below_the_baselines_are_those_of_the_project(project, monkeypatch):
    project.write("tests/tickets.yaml", "- {id: a, input: Hello, expected: other}\n")
    project.test(GOLDEN, "tests/test_triage.py")
    project.approve("2.0")
    before = project.baselines()
    monkeypatch.chdir(project.path / "tests")
    result = project.run("--model-version=2.1")
    assert project.verdict(result).comparison.shared == 1
    assert project.baselines() == before


def test_without_an_ini_file_the_baselines_are_in_the_root_folder_of_pytest(project):
    (project.path / "pytest.ini").unlink()
    project.test(GOLDEN)
    project.passes("--model-version=2.0", "--modelcheck-update", f"--rootdir={project.path}")
    assert FILE in project.baselines()
