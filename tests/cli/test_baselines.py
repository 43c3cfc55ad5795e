import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from pytest_modelcheck.baselines import atomic, watch
from pytest_modelcheck.baselines.store import BaselineStore
from pytest_modelcheck.cli.command import modelcheck

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
        "2 candidates renamed (they are not in git).\n"
    )
    assert command("show", NEW).output == before.replace(OLD, NEW)
    assert "1.0" in command("history", NEW).output
    assert "no check that is approved" in command("show", OLD, code=2).output
    assert "→ 1" in command("show", NEW, "1.0").output
    files = sorted(path.name for path in (approved.root / "baselines").rglob("*.jsonl"))
    assert files == ["test_tickets.jsonl", "test_tickets.jsonl"]


def test_a_test_that_gets_a_parameter_gives_its_baseline_to_one_of_its_runs_alone(approved, command):
    approved.run({"a": 2}, "test_known[de]")
    approved.run({"a": 2}, "test_known[en]")
    command("baselines", "rename", OLD, f"{OLD}[fr]")
    found = command("list").output
    assert [f"test_known[{language}]" in found for language in ("de", "en", "fr")] == [True] * 3
    assert "][" not in found


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
    assert "already has a baseline" in output
    assert OLD in command("show", OLD).output


def test_a_name_that_nothing_is_known_of_is_refused(approved, command):
    output = command("baselines", "rename", "tests/test_x.py", "y.py", code=2).output
    assert "no baseline or run of tests/test_x.py" in output


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
def test_an_invalid_name_is_refused_and_nothing_is_moved(approved, command, old, new, mistake):
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


def test_no_baseline_is_renamed_where_a_candidate_cannot_be(approved, command):
    before = {path: path.read_bytes() for path in approved.root.glob("baselines/**/*.jsonl")}
    in_the_way = approved.root / ".modelcheck_cache/candidates/triage/2.1/tests/test_moved.py"
    in_the_way.write_text("")
    output = command("baselines", "rename", "tests/test_triage.py", "tests/test_moved.py", code=1).output
    assert f"Error: {in_the_way}" in output
    assert {path: path.read_bytes() for path in approved.root.glob("baselines/**/*.jsonl")} == before
    in_the_way.unlink()
    output = command("baselines", "rename", "tests/test_triage.py", "tests/test_moved.py").output
    assert "2 baselines renamed" in output
    assert "2 candidates renamed" in output


def test_results_under_the_new_name_are_kept(approved, command):
    path = approved.root / "tests" / "test_triage.py"
    path.write_text(path.read_text().replace("test_known", "test_tickets"))
    approved.run({"a": 3}, "test_tickets")
    command("baselines", "rename", OLD, NEW)
    assert "→ 2" in command("show", NEW).output
    assert "1 case" in command("list").output
    assert "a" in command("diff", "2.1", "--check", "test_tickets").output


FIXTURE = """
from pytest_modelcheck import model_fixture

@model_fixture
def triage():
    return str
"""
USED = "def {}(triage): pass\n"


@pytest.fixture
def approved_twice(project, command):
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


@pytest.mark.parametrize(
    "source",
    [
        "{}",
        "import pytest\npytest.importorskip('nothing_of_that_name')\n{}",
        # Its tests are made by a function, so that the file shows none.
        "import pytest\npytest.skip('no GPU', allow_module_level=True)\n",
        "if False:\n    def test_known(): pass\n    def test_other(): pass\ndef test_more(): pass\n",
    ],
    ids=["all there", "skipped import", "skipped module", "not defined on this machine"],
)
def test_nothing_goes_while_a_test_may_be_there(approved_twice, command, source):
    path = approved_twice.root / "tests" / "test_triage.py"
    path.write_text(source.format(path.read_text()))
    assert "Nothing to prune" in command("baselines", "prune", "--yes").output
    assert files(approved_twice) == ["test_known", "test_other"]


def test_the_baseline_of_a_deleted_test_is_listed_and_removed(approved_twice, command):
    delete(approved_twice, "test_other")
    output = command("baselines", "prune", "--yes").output
    assert "1 baseline without a test:\n  tests/test_triage.py::test_other  (triage 2.1)\n" in output
    assert output.endswith("Removed: look at it with git diff, and commit it.\n")
    assert files(approved_twice) == ["test_known"]
    assert "test_other" not in command("list").output


def test_nothing_is_removed_before_it_is_agreed_to(approved_twice):
    delete(approved_twice, "test_other")
    result = CliRunner().invoke(modelcheck, ["baselines", "prune"], input="n\n")
    assert "Nothing was removed. A test that only moved: modelcheck baselines rename OLD NEW" in result.output
    assert files(approved_twice) == ["test_known", "test_other"]


def test_no_baseline_is_pruned_where_a_candidate_cannot_be(approved_twice, command, monkeypatch):
    def forbidden(steps, root):
        if root.name == "candidates":
            raise PermissionError(13, "Permission denied", str(root))
        carry_out(steps, root)

    carry_out = atomic._carry_out
    delete(approved_twice, "test_known")
    with monkeypatch.context() as patch:
        patch.setattr(atomic, "_carry_out", forbidden)
        output = command("baselines", "prune", "--yes", code=1).output
    assert "candidates: Permission denied. Give this user the right to (chmod, chown)." in output
    assert "no check" not in command("show", OLD).output
    assert "Removed: look at it with git diff" in command("baselines", "prune", "--yes").output


def test_a_file_that_is_gone_takes_its_folders_along(approved_twice, command):
    (approved_twice.root / "tests" / "test_triage.py").rename(approved_twice.root / "tests" / "test_new.py")
    command("baselines", "prune", "--yes")
    assert files(approved_twice) == []
    assert [path.name for path in (approved_twice.root / "baselines" / "triage").iterdir()] == [
        "approved.yaml"
    ]


@pytest.mark.parametrize(
    ("source", "messages"),
    [
        ("import nothing_of_that_name\n", ["pytest cannot collect the tests", "nothing_of_that_name"]),
        (None, ["pytest collects no test in ., so it is unknown which of them still exist"]),
    ],
    ids=["an error", "no file"],
)
def test_tests_that_pytest_cannot_collect_are_no_reason_to_remove_anything(
    approved_twice, command, source, messages
):
    path = approved_twice.root / "tests" / "test_triage.py"
    path.unlink() if source is None else path.write_text(source)
    output = command("baselines", "prune", "--yes", code=2).output
    assert all(message in output for message in messages)
    assert files(approved_twice) == ["test_known", "test_other"]


def test_checks_that_a_test_makes_at_run_time_belong_to_it(approved_twice, command):
    approved_twice.run({"a": 1}, test="tests/test_triage.py::test_known::French")
    command("approve", "2.1", "--force")
    assert "Nothing to prune" in command("baselines", "prune", "--yes").output


def test_the_baseline_of_a_test_that_asks_another_model_is_of_no_use(approved_twice, command):
    write(approved_twice, "test_known", "test_other", how="def {}(): pass\n")
    output = command("baselines", "prune", "--yes").output
    assert "2 baselines without a test:\n" in output
    assert "2 candidates without a test, in the cache:\n" in output
    assert files(approved_twice) == []


def test_candidates_alone_are_no_matter_of_git(project, command):
    (project.root / "test_new.py").write_text("def test_new(): pass\n")
    project.run({"a": 1})
    output = command("baselines", "prune", "--yes").output
    assert output.endswith("  tests/test_triage.py::test_known  (triage 2.1)\nRemoved.\n")


def test_the_baselines_are_found_from_a_folder_below_them(approved_twice, command, monkeypatch):
    (approved_twice.root / "tests" / "pytest.ini").write_text("[pytest]\n")
    monkeypatch.chdir(approved_twice.root / "tests")
    assert "Nothing to prune" in command("baselines", "prune", "--yes").output


@pytest.fixture
def shards(project):
    """Two jobs, each of which ran one of the two tests."""
    folders = []
    for name in ("test_known", "test_other"):
        project.run({"a": name}, name)
        folder = project.root / f"job-{name}"
        shutil.move(project.root / ".modelcheck_cache", folder)
        folders.append(str(folder))
    return folders


def test_results_of_two_jobs_are_approved_together(shards, project, command):
    output = command("merge", *shards).output
    assert "  triage 2.1: 2 checks\nmerged into .modelcheck_cache/candidates." in output
    assert "for 2 of 2" not in command("approve", "2.1").output
    assert command("list").output.count("2.1, 1 case") == 2


def test_the_same_run_twice_is_merged_once(shards, command):
    assert "triage 2.1: 1 check\n" in command("merge", shards[0], shards[0]).output


def test_two_jobs_that_disagree_are_refused_with_both_places(shards, project, command):
    project.run({"a": "another"})
    project.run({"a": 1}, "test_third")
    shutil.move(project.root / ".modelcheck_cache", project.root / "job-again")
    output = command("merge", *shards, "job-again", code=1).output
    assert "came out differently (1 of 1 cases):\n" in output
    assert "job-test_known" in output
    assert "job-again" in output
    assert not list((project.root / ".modelcheck_cache").rglob("*.*"))
    next(project.root.glob("job-again/**/test_known.jsonl")).unlink()  # the remedy
    assert "triage 2.1: 3 checks\n" in command("merge", *shards, "job-again").output


def run_elsewhere(project, answers=None, **more):
    """Another job that runs ``test_known``."""
    project.run(answers or {"a": "test_known"}, **more)
    shutil.move(project.root / ".modelcheck_cache", project.root / "job-again")


def test_the_environment_of_a_run_does_not_count(shards, project, command):
    run_elsewhere(project, environment="CPython 3.13.0, Linux", plugin="0.0.9")
    output = command("merge", *shards, "job-again").output
    assert "triage 2.1: 2 checks (1 of them in several folders, which agree)\n" in output
    (merged,) = project.root.glob(".modelcheck_cache/**/test_known.jsonl")
    assert b"3.13.0" not in merged.read_bytes()
    command("merge", "job-again", *shards)
    assert b"3.13.0" in merged.read_bytes()


def test_nothing_is_merged_where_a_late_one_disagrees(shards, project, command):
    run_elsewhere(project, fingerprint="f2", stopped="stopped after 1 of 9 cases")
    output = command("merge", shards[1], shards[0], "job-again", code=1).output
    assert "(the model's fingerprint, how many cases were run)" in output
    assert "Nothing was merged." in output
    assert not list((project.root / ".modelcheck_cache").rglob("*.*"))


def test_a_killed_merge_is_finished_by_the_next_command(shards, project, command, monkeypatch):
    def killed(steps, root):
        raise KeyboardInterrupt

    monkeypatch.setattr(atomic, "_carry_out", killed)
    command("merge", *shards, code=1)
    monkeypatch.undo()
    monkeypatch.chdir(project.root)
    assert command("list").output.count("::test_") == 2
    assert not list((project.root / ".modelcheck_cache").rglob(".modelcheck-*"))


# -- nights ------------------------------------------------------------------------------------------


@pytest.fixture
def watched(approved):
    """A project with two nights of the test, and one of an approval that was replaced."""
    store = BaselineStore(approved.root / "baselines")
    night = watch.Night(
        model="triage",
        version="2.1",
        check=OLD,
        of="answers",
        approval=watch.approval_of(store.read("triage", OLD)),
        night=1,
        run="first",
        evidence=1.0,
        alarm=100.0,
        calls={"0 0": ["a"]},
    )
    second = replace(night, night=2, run="second", evidence=14.2)
    watch.unite(store.root, [night, second, replace(night, run="old", approval="0123456789ab")])
    return approved


def nights(project):
    return [(night.run, night.check) for night in watch.read(project.root / "baselines")]


def test_the_list_says_what_all_nights_come_to(watched, command):
    assert "    answers: night 2, evidence 14 (alarm at 100)\n" in command("list").output


def test_the_list_says_nothing_of_nights_of_a_replaced_approval(watched, command):
    store = watched.root / "baselines"
    old = next(night for night in watch.read(store) if night.run == "old")
    watch.unite(store, [replace(old, run="merged", night=9, evidence=300.0)])
    output = command("list").output
    assert "night 2, evidence 14" in output
    assert "alarms" not in output


def test_the_list_names_a_damaged_night_and_shows_the_rest(watched, command):
    path = watch.path_of(watched.root / "baselines")
    path.write_bytes(path.read_bytes().replace(b'"night":2', b'"night":3'))
    output = command("list", code=1).output
    assert OLD in output
    assert "watch.jsonl:3: this line is not as it was written" in output


def test_a_renamed_test_takes_its_nights_along(watched, command):
    command("baselines", "rename", OLD, NEW)
    assert nights(watched) == [("first", NEW), ("old", NEW), ("second", NEW)]
    assert "night 2, evidence 14" in command("list").output


def test_nights_of_a_deleted_test_make_room_for_one_that_gets_its_name(watched, command):
    store = watched.root / "baselines"
    (first, *_) = watch.read(store)
    watch.unite(store, [replace(first, check=NEW, evidence=9.0)])
    command("baselines", "rename", OLD, NEW)
    assert nights(watched) == [("first", NEW), ("old", NEW), ("second", NEW)]
    assert watch.read(store)[0].evidence == first.evidence


def test_nights_that_count_under_no_approval_are_pruned(watched, command):
    (watched.root / "conftest.py").write_text(FIXTURE)
    write(watched, "test_known")
    output = command("baselines", "prune", "--yes").output
    assert "1 line of watch.jsonl that count" in output
    assert nights(watched) == [("first", OLD), ("second", OLD)]


def test_an_approval_starts_afresh(watched, command):
    watched.run({"a": 3})
    command("approve", "2.1", "--dry-run")
    assert len(nights(watched)) == 3
    command("approve", "2.1")
    assert nights(watched) == []


def test_an_approval_of_another_check_leaves_them_alone(watched, command):
    watched.run({"a": 3}, "test_other")
    command("approve", "2.1", "--check=test_other")
    assert len(nights(watched)) == 3


def test_nights_of_several_jobs_are_united(watched, project, command):
    store = project.root / "baselines"
    (first, _, second) = watch.read(store)
    for name, night in (("job-1", first), ("job-2", replace(second, run="third", night=3))):
        watch.unite(project.root / name, [night])
    output = command("merge", "job-1", "job-2").output
    assert output == "2 lines of watch.jsonl united with those in baselines: commit it.\n"
    assert [run for run, _ in nights(watched)] == ["first", "old", "second", "third"]
    watch.unite(project.root / "job-3", [replace(first, evidence=9.0)])
    assert "has another line of" in command("merge", "job-3", code=1).output


def test_a_folder_may_hold_both_nights_and_candidates(watched, shards, project, command):
    (first, *_) = watch.read(project.root / "baselines")
    watch.unite(Path(shards[0]), [replace(first, run="third", night=3)])
    output = command("merge", shards[0]).output
    assert output.startswith("1 line of watch.jsonl united")
    assert "  triage 2.1: 1 check\nmerged into .modelcheck_cache/candidates." in output


@pytest.mark.parametrize("folder", ["baselines", "empty"])
def test_a_folder_without_candidates_is_refused(approved, command, folder):
    (approved.root / "empty").mkdir()
    output = command("merge", folder, code=1).output
    assert f"{folder} holds no candidates. Give the cache folder of the run" in output


@pytest.mark.parametrize("below", ["", "candidates", ".modelcheck_cache/candidates"])
def test_the_folders_of_jobs_are_named_one_by_one(shards, project, command, below):
    for number, shard in enumerate(shards):
        folder = project.root / "downloads" / f"job-{number}" / below
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(Path(shard, "candidates"), folder)
    for arguments in (["merge", "downloads"], ["diff", "2.1", "--from", "downloads"]):
        output = command(*arguments, code=1).output
        assert "downloads holds no candidates itself; downloads/job-" in output.replace(os.sep, "/")
        assert "modelcheck merge JOB-1 JOB-2" in output
    output = command("merge", "downloads/job-0", "downloads/job-1").output  # the remedy
    assert "  triage 2.1: 2 checks\n" in output


def test_no_night_is_kept_where_the_runs_of_jobs_disagree(shards, project, command):
    run_elsewhere(project, fingerprint="f2")
    night = watch.Night("triage", "2.1", OLD, "answers", "0123456789ab", 1, "first", 1.0, 100.0)
    watch.unite(project.root / "watched", [night])
    output = command("merge", "watched", *shards, "job-again", code=1).output
    assert "Nothing was merged." in output
    assert not watch.path_of(project.root / "baselines").exists()


def test_each_baseline_is_read_once_however_many_nights_there_are(watched, command, monkeypatch):
    (watched.root / "conftest.py").write_text(FIXTURE)
    write(watched, "test_known")
    read, found = BaselineStore.read, []

    def counted(self, model, check, version=None):
        found.append(check)
        return read(self, model, check, version)

    monkeypatch.setattr(BaselineStore, "read", counted)
    command("baselines", "prune", "--yes")
    assert found == [OLD]


@pytest.mark.parametrize(
    "arguments",
    [
        ("list",),
        ("diff", "2.1"),
        ("report", "2.1"),
        ("show", OLD, "2.1"),
        ("baselines", "rename", OLD, NEW),
        ("baselines", "prune"),
        ("merge", ".modelcheck_cache"),
    ],
    ids=" ".join,
)
def test_a_damaged_candidate_is_not_to_be_restored_from_git(approved, command, arguments):
    (last, *_) = approved.root.glob(".modelcheck_cache/candidates/triage/2.1/**/*.jsonl")
    content = last.read_bytes()
    last.write_bytes(content[:40])
    output = " ".join(command(*arguments, code=1).output.split())
    assert output.endswith("Run pytest again, which writes it anew, or remove the file.")
