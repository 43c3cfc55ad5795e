import pytest
from click.testing import CliRunner

from pytest_modelcheck.cli.command import modelcheck

FIXTURE = """
from pytest_modelcheck import model_fixture

@model_fixture
def triage():
    return str
"""
USED = "def {}(triage): pass\n"


@pytest.fixture
def approved(project, command):
    (project.root / "conftest.py").write_text(FIXTURE)
    write(project, "test_known", "test_other")
    for name in ("test_known", "test_other"):
        project.run({"a": 1}, name)
    command("approve", "2.1")
    return project


def write(project, *names, how=USED):
    (project.root / "tests" / "test_triage.py").write_text("".join(how.format(name) for name in names))


def files(project):
    return sorted(path.stem for path in (project.root / "baselines").rglob("*.jsonl"))


def delete(project, name):
    path = project.root / "tests" / "test_triage.py"
    path.write_text(path.read_text().replace(USED.format(name), ""))


def test_nothing_goes_while_every_test_is_there(approved, command):
    assert "Nothing to prune" in command("baselines", "prune", "--yes").output
    assert files(approved) == ["test_known", "test_other"]


def test_the_baseline_of_a_deleted_test_is_listed_and_removed(approved, command):
    delete(approved, "test_other")
    output = command("baselines", "prune", "--yes").output
    assert (
        "1 baseline that no test is left for:\n  tests/test_triage.py::test_other  (triage 2.1)\n" in output
    )
    assert output.endswith("Removed: look at it with git diff, and commit it.\n")
    assert files(approved) == ["test_known"]
    assert "test_other" not in command("list").output


def test_nothing_is_removed_before_it_is_agreed_to(approved):
    delete(approved, "test_other")
    result = CliRunner().invoke(modelcheck, ["baselines", "prune"], input="n\n")
    assert "Nothing was removed. A test that only moved: modelcheck baselines rename OLD NEW" in result.output
    assert files(approved) == ["test_known", "test_other"]


def test_a_file_that_is_gone_takes_its_folders_along(approved, command):
    (approved.root / "tests" / "test_triage.py").rename(approved.root / "tests" / "test_new.py")
    command("baselines", "prune", "--yes")
    assert files(approved) == []
    assert [path.name for path in (approved.root / "baselines" / "triage").iterdir()] == ["approved.yaml"]


def test_tests_that_pytest_cannot_collect_are_no_reason_to_remove_anything(approved, command):
    (approved.root / "tests" / "test_triage.py").write_text("import nothing_of_that_name\n")
    output = command("baselines", "prune", "--yes", code=2).output
    assert "pytest cannot collect the tests" in output
    assert "nothing_of_that_name" in output
    assert files(approved) == ["test_known", "test_other"]


def test_checks_that_a_test_makes_at_run_time_belong_to_it(approved, command):
    approved.run({"a": 1}, test="tests/test_triage.py::test_known::French")
    command("approve", "2.1", "--force")
    assert "Nothing to prune" in command("baselines", "prune", "--yes").output


def test_a_module_that_is_skipped_keeps_its_baselines(approved, command):
    path = approved.root / "tests" / "test_triage.py"
    path.write_text("import pytest\npytest.importorskip('nothing_of_that_name')\n" + path.read_text())
    assert "Nothing to prune" in command("baselines", "prune", "--yes").output
    assert files(approved) == ["test_known", "test_other"]


def test_the_baseline_of_a_test_that_asks_another_model_is_of_no_use(approved, command):
    write(approved, "test_known", "test_other", how="def {}(): pass\n")
    output = command("baselines", "prune", "--yes").output
    assert "2 baselines that no test is left for:\n" in output
    assert "2 candidates that no test is left for, in the cache:\n" in output
    assert files(approved) == []


def test_candidates_alone_are_no_matter_of_git(project, command):
    (project.root / "test_new.py").write_text("def test_new(): pass\n")
    project.run({"a": 1})
    output = command("baselines", "prune", "--yes").output
    assert output.endswith("  tests/test_triage.py::test_known  (triage 2.1)\nRemoved.\n")


def test_nothing_is_removed_where_pytest_collects_nothing(approved, command):
    (approved.root / "tests" / "test_triage.py").unlink()
    output = command("baselines", "prune", "--yes", code=2).output
    assert "pytest collects no test in ., so that nobody knows which of them still exist" in output
    assert files(approved) == ["test_known", "test_other"]


def test_the_baselines_are_found_from_a_folder_below_them(approved, command, monkeypatch):
    (approved.root / "tests" / "pytest.ini").write_text("[pytest]\n")
    monkeypatch.chdir(approved.root / "tests")
    assert "Nothing to prune" in command("baselines", "prune", "--yes").output
