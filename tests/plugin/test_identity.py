"""A check is the same check however pytest was started: editors pass a rootdir, jobs an ini file."""

import shutil

import pytest

TEST = """
import pytest

@pytest.mark.golden("tickets.yaml", max_drop=0)
def test_known_tickets(triage, case):
    assert triage(case.input) == case.expected
"""
WORSE = "--model-version=2.1"  # fails only where its baseline is found


@pytest.fixture
def shop(project):
    """The project in a subfolder of a workspace, with its ini file and an approved baseline."""
    folder = project.path / "shop"
    (folder / "tests").mkdir(parents=True)
    for name in ("conftest.py", "pytest.ini"):
        (project.path / name).rename(folder / name)
    (project.path / "tickets.yaml").rename(folder / "tests" / "tickets.yaml")
    (folder / "tests" / "test_triage.py").write_text(TEST)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        result = project.run("--model-version=2.0", "--modelcheck-update", "--rootdir=.")
    assert result.ret == 0
    assert (folder / "baselines/triage/tests/test_triage.py/test_known_tickets.jsonl").is_file()
    return folder


STARTS = {
    "where it was approved": ("shop", []),
    "in the folder of the tests": ("shop/tests", []),
    "in the workspace": (".", ["-c", "shop/pytest.ini", "--rootdir=.", "shop"]),
    "as an editor does it": (".", ["--rootdir=.", "shop/tests/test_triage.py"]),
    "with another rootdir": ("shop", ["--rootdir=elsewhere"]),
    "with an ini file elsewhere": ("shop", ["-c", "config/pytest.ini", "--confcutdir=.", "tests"]),
    "through a link to the project": ("link", []),
    "through a link to its tests": ("shop", ["alias/test_triage.py"]),
    "from another folder": ("other", ["../shop/tests"]),
}


@pytest.mark.parametrize("start", STARTS)
def test_a_baseline_is_found(project, shop, monkeypatch, start):
    folder, arguments = STARTS[start]
    for name in ("shop/config", "shop/elsewhere", "other"):
        (project.path / name).mkdir()
    (shop / "config" / "pytest.ini").write_text("[pytest]\n")
    (project.path / "link").symlink_to(shop)
    if "its tests" in start:
        (shop / "alias").symlink_to(shop / "tests")
    monkeypatch.chdir(project.path / folder)
    result = project.run(WORSE, *arguments)
    assert result.ret == 1
    verdict = project.verdict(result)
    assert verdict.check == "tests/test_triage.py::test_known_tickets"
    assert "unused baseline" not in result.stdout.str()
    assert project.run(*arguments).ret == 0
    assert not (project.path / ".modelcheck_cache").exists()
    assert len(list((shop / ".modelcheck_cache/candidates").rglob("*.jsonl"))) == 2


def test_the_command_to_run_it_again_works_where_it_is_shown(project, shop):
    result = project.run(WORSE, "shop", "--rootdir=shop")
    again = next(line for line in result.stdout.lines if "pytest shop/tests/test_triage.py" in line)
    assert "shop/tests/test_triage.py::test_known_tickets" in again


def test_approving_under_another_rootdir_changes_the_same_file(project, shop):
    result = project.run(WORSE, "--modelcheck-update", "--rootdir=.", "shop")
    result.stdout.fnmatch_lines(["approved: triage 2.1, 1 check in shop/baselines"])
    assert not (project.path / "baselines").exists()
    assert len(list((shop / "baselines/triage/tests").rglob("*.jsonl"))) == 1


def test_approving_under_xdist_changes_the_same_file(project, shop):
    pytest.importorskip("xdist")
    result = project.run_apart("-p", "xdist", "-n", "1", WORSE, "--modelcheck-update", "--rootdir=.", "shop")
    result.stdout.fnmatch_lines(["approved: triage 2.1, 1 check in shop/baselines"])
    assert not (project.path / "baselines").exists()


def test_two_tests_that_would_share_a_baseline_are_refused(project, shop, monkeypatch):
    monkeypatch.chdir(shop)
    (shop / "alias").symlink_to(shop / "tests")
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["*alias/test_triage.py::test_known_tickets and tests/*::test_known_tickets are one check*"]
    )


def test_a_test_that_is_collected_twice_is_one_test(project):
    project.test()
    assert project.run("--keep-duplicates", "test_triage.py", "test_triage.py").ret == 0


def test_baselines_in_two_folders_are_refused(project, shop):
    shutil.copytree(shop, project.path / "bank")
    (project.path / "bank/tests/test_triage.py").rename(project.path / "bank/tests/test_loans.py")
    (project.path / "bank/conftest.py").unlink()
    (shop / "conftest.py").rename(project.path / "conftest.py")
    result = project.run("-c", "shop/pytest.ini", "--confcutdir=.", "bank", "shop")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "*lie in 2 folders*",
            "*bank/baselines*test_loans.py*",
            "*shop/baselines*",
            "Run the tests of each folder*",
        ]
    )
    alone = project.run("-c", "shop/pytest.ini", "--confcutdir=.", "bank")
    alone.assert_outcomes(failed=1)
    alone.stdout.fnmatch_lines(["*no approved baseline yet*"])  # the copy is that of another test file
    assert project.run("-c", "shop/pytest.ini", "--confcutdir=.", "bank", "shop", "--collect-only").ret == 0


def test_a_test_that_only_did_not_fail_last_time_still_exists(project):
    tests = TEST + TEST.replace("test_known_tickets", "test_others")
    project.test(tests)
    project.approve()
    project.test(tests.replace("max_drop=0", "at_least=1").replace("case.expected", "'refund'", 1))
    assert project.run("-p", "cacheprovider").ret == 1
    result = project.run("-p", "cacheprovider", "--lf")
    result.assert_outcomes(failed=1)
    assert "unused baseline" not in result.stdout.str()


def test_commands_find_the_folder_upward(project, shop, monkeypatch):
    (shop / "tests" / "pytest.ini").write_text("[pytest]\n")
    monkeypatch.chdir(shop / "tests")
    project.command("show", "test_known_tickets").stdout.fnmatch_lines(["*tests/test_triage.py::*"])
