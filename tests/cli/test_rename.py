import pytest

OLD, NEW = "tests/test_triage.py::test_known", "tests/test_triage.py::test_tickets"


@pytest.fixture
def approved(project, command):
    project.run({"a": 1}, version="1.0")
    command("approve", "1.0")
    project.run({"a": 2})
    command("approve", "2.1", "--keep-history")
    return project


def test_a_renamed_test_keeps_its_baseline_its_history_and_its_candidates(approved, command):
    before = command("show", OLD).output
    output = command("baselines", "rename", OLD, NEW).output
    assert output.endswith(
        "2 baselines renamed in baselines: commit this with the test.\n"
        "2 candidates renamed, which git need not know.\n"
    )
    assert command("show", NEW).output == before.replace(OLD, NEW)
    assert "1.0" in command("history", NEW).output
    assert "no check approved" in command("show", OLD, code=2).output
    assert "→ 1" in command("show", NEW, "1.0").output
    files = sorted(path.name for path in (approved.root / "baselines").rglob("*.jsonl"))
    assert files == ["test_tickets.jsonl", "test_tickets.jsonl"]


def test_a_file_takes_all_its_tests_along_and_leaves_no_empty_folder(approved, command):
    approved.run({"a": 1}, "test_other")
    command("approve", "2.1")
    command("baselines", "rename", "tests/test_triage.py", "tests/unit/test_routing.py")
    found = command("list").output
    assert "tests/unit/test_routing.py::test_known" in found
    assert "tests/unit/test_routing.py::test_other" in found
    assert "test_triage" not in found
    assert not list((approved.root / "baselines").rglob("test_triage.py"))


def test_a_name_that_is_taken_is_refused_and_nothing_is_moved(approved, command):
    approved.run({"a": 1}, "test_other")
    command("approve", "2.1")
    output = command("baselines", "rename", OLD, "tests/test_triage.py::test_other", code=2).output
    assert "has a baseline of its own already" in output
    assert OLD in command("show", OLD).output


def test_a_name_that_nothing_is_known_of_is_refused(approved, command):
    assert (
        "nothing is stored of tests/test_x.py"
        in command("baselines", "rename", "tests/test_x.py", "y.py", code=2).output
    )


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        (OLD, "", "part of it is empty"),
        (OLD, "tests/test_triage.py::", "part of it is empty"),
        (OLD, "/tests/test_triage.py::test_b", "part of it is empty"),
        (OLD, "tests//test_triage.py::test_b", "part of it is empty"),
        (OLD, "../test_triage.py::test_b", "below the project's"),
        (OLD, "tests/./test_triage.py::test_b", "below the project's"),
        (OLD, "tests\\test_triage.py::test_b", "below the project's"),
        (OLD, "test_b", "one is a test or a class"),
        ("tests", "tests::test_b", "one is a test or a class"),
        ("tests/test_triage.py", "tests/unit", "one is a file, the other a folder"),
    ],
)
def test_what_cannot_be_its_name_is_refused_and_nothing_is_moved(approved, command, old, new, mistake):
    output = command("baselines", "rename", old, new, code=2).output
    assert mistake in output
    assert "such as tests/test_a.py" in output
    assert OLD in command("show", OLD).output


@pytest.mark.parametrize("new", ["tests/test_triage.py::TestX::test_b[a/../b::c]", "test_x.py::test_b"])
def test_parameters_may_be_anything(approved, command, new):
    command("baselines", "rename", OLD, new)
    assert new in command("show", new.partition("[")[0]).output


def test_the_same_name_changes_nothing(approved, command):
    command("baselines", "rename", OLD, OLD)
    assert OLD in command("show", OLD).output


def test_what_was_run_under_the_new_name_already_is_kept(approved, command):
    path = approved.root / "tests" / "test_triage.py"
    path.write_text(path.read_text().replace("test_known", "test_tickets"))
    approved.run({"a": 3}, "test_tickets")
    command("baselines", "rename", OLD, NEW)
    assert "→ 2" in command("show", NEW).output
    assert "1 case" in command("list").output
    assert "a" in command("diff", "2.1", "--check", "test_tickets").output
