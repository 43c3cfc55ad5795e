"""A check is the same check however pytest was started: editors pass a rootdir, jobs an ini file."""

import re
import shlex
import shutil
from pathlib import Path

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


@pytest.mark.parametrize("ini", ["", "shop/odd.ini"])
def test_commands_that_a_failure_advises_work_where_they_are_shown(project, shop, ini):
    (shop / "odd.ini").write_text("[pytest]\nmodel_version = 2.1\n")
    result = project.run(*(["-c", ini] if ini else [WORSE]), "shop", "--rootdir=shop")
    (again,) = re.findall(r"reproduce one: +pytest (.*)", result.stdout.str())
    again = project.fails(*again.split())
    again.stdout.fnmatch_lines(["configfile: odd.ini" if ini else "configfile: pytest.ini"])
    (see_all,) = re.findall(r"see all: +modelcheck (.*)", result.stdout.str())
    project.command(*see_all.split()).stdout.fnmatch_lines(["1 check: 2 broke"])


def test_folders_whose_names_mean_something_to_pytest_are_run_again_and_kept(project, monkeypatch):
    folders = ["@shop", "-v", "[id]", "a/[b c]/d", "a b"]
    for number, folder in enumerate(folders):
        (project.path / folder).mkdir(parents=True)
        shutil.copy(project.path / "tickets.yaml", project.path / folder)
        project.write(f"{folder}/test_{number}.py", TEST)
    project.approve()
    project.ini("addopts = -p modelcheck")
    result = project.run(WORSE)
    commands = re.findall(r"reproduce one: +(?:cd (.*) && )?pytest (.*)", result.stdout.str())
    assert len(commands) == len(folders)
    for enter, again in commands:
        with monkeypatch.context() as shell:
            shell.chdir(project.path.joinpath(*shlex.split(enter)))
            project.fails(*shlex.split(again))
    project.command("baselines", "prune").stdout.fnmatch_lines(["Nothing to prune: *"])


def test_no_command_reproduces_a_file_that_pytest_cannot_name(project):
    project.write("test_[a].py", TEST)
    result = project.fails(WORSE)
    assert "reproduce one" not in result.stdout.str()


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n", "1")], ids=["alone", "worker"])
def test_approving_under_another_rootdir_changes_the_same_file(project, shop, workers):
    if workers:
        pytest.importorskip("xdist")
    run = project.run_apart if workers else project.run
    result = run(*workers, WORSE, "--modelcheck-update", "--rootdir=.", "shop")
    result.stdout.fnmatch_lines(["approved: triage 2.1, 1 check in shop/baselines"])
    assert not (project.path / "baselines").exists()
    assert len(list((shop / "baselines/triage/tests").rglob("*.jsonl"))) == 1


def test_two_tests_that_would_share_a_baseline_are_refused(project, shop, monkeypatch):
    monkeypatch.chdir(shop)
    (shop / "alias").symlink_to(shop / "tests")
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["*alias/test_triage.py::test_known_tickets and tests/*::test_known_tickets are the same check*"]
    )


def test_tests_and_models_whose_names_differ_only_in_capitals_are_refused(project):
    """Their baselines would be one file, or lie in one folder, in a checkout on macOS or Windows."""
    project.test(TEST + TEST.replace("test_known", "test_Known"))
    project.refuses("*::test_known_tickets and *::test_Known_tickets differ only in capitals*")
    each = '@pytest.mark.parametrize("n", ["a", "A"])\n@'
    project.test(TEST.replace("@", each).replace("(triage", "(n, triage", 1))
    project.approve()  # parameters may: their files have a digest in their names
    project.model(
        "@model_fixture\ndef triage():\n    return len\n@model_fixture\ndef Triage():\n    return len\n"
    )
    project.refuses("*two different models are called 'triage' and 'Triage': at *")


def test_a_test_that_is_collected_twice_is_one_test(project):
    project.test()
    assert project.run("--keep-duplicates", "test_triage.py", "test_triage.py").ret == 0


@pytest.fixture
def monorepo(project, shop):
    """A workspace of two projects with an ini file, a model and an approved baseline each."""
    shutil.copytree(shop, project.path / "bank")
    for path in (project.path / "bank").rglob("*test_triage.py"):
        path.rename(path.with_name("test_loans.py"))
    for path in (*(project.path / "bank").rglob("*.jsonl"), *(project.path / "bank").rglob("approved.yaml")):
        path.unlink()
    text = (shop / "conftest.py").read_text()
    (project.path / "bank/conftest.py").write_text(text.replace("def triage", "def loans"))
    (project.path / "bank/tests/test_loans.py").write_text(TEST.replace("triage", "loans"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project.path / "bank")
        assert project.run("--model-version=1.9", "--modelcheck-update").ret == 0
    return project


@pytest.mark.parametrize("approved", ["both", "one", "the workspace too"])
def test_projects_of_one_workspace_are_refused_together_and_run_one_by_one(monorepo, approved):
    """Pytest reads no ini file of theirs where it starts from both: neither project's settings would hold."""
    editor = ["--rootdir=.", "--import-mode=importlib"]
    workspace = monorepo.path
    if approved != "both":
        shutil.rmtree(workspace / "bank/baselines")
    if approved == "the workspace too":  # whose folder has the other's within
        for path in ("bank/tests/test_loans.py", "bank/tests/tickets.yaml", "bank/conftest.py"):
            (workspace / path).rename(workspace / Path(path).name)
    result = monorepo.run(*editor, ".")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines_random(["*lie in 2 folders*", "*/shop/baselines*test_triage.py*"])
    remedies = re.findall(r"pytest (\S+?)(?: and |\. )", result.stderr.str().partition("by themselves, ")[2])
    bank = {"both": "bank", "one": "bank/tests/test_loans.py", "the workspace too": "test_loans.py"}[approved]
    assert sorted(remedies) == sorted([bank, "shop"])
    for folder in remedies:
        new = folder != "shop" and approved != "both"
        monorepo.run(*editor, folder).assert_outcomes(passed=not new, failed=new)
    assert monorepo.run(*editor, "--collect-only", ".").ret == 0


def test_a_test_that_only_did_not_fail_last_time_still_exists(project):
    tests = TEST + TEST.replace("test_known_tickets", "test_others")
    project.test(tests)
    project.approve()
    project.test(tests.replace("max_drop=0", "at_least=1").replace("case.expected", "'refund'", 1))
    assert project.run("-p", "cacheprovider").ret == 1
    result = project.fails("-p", "cacheprovider", "--lf")
    assert "unused baseline" not in result.stdout.str()


def test_commands_find_the_folder_upward(project, shop, monkeypatch):
    (shop / "tests" / "pytest.ini").write_text("[pytest]\n")
    monkeypatch.chdir(shop / "tests")
    project.command("show", "test_known_tickets").stdout.fnmatch_lines(["*tests/test_triage.py::*"])


def test_a_mistake_in_an_installed_package_is_shown_with_its_file(project, tmp_path, monkeypatch):
    """Outside pytest's root folder, a node id may name no file."""
    file = tmp_path / "site" / "shop" / "checks" / "test_triage.py"
    file.parent.mkdir(parents=True)
    file.write_text("import pytest\n" + TEST)
    (project.path / "app").mkdir()
    (project.path / "app" / "pytest.ini").write_text("[pytest]\n")
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.chdir(project.path / "app")
    result = project.run("--pyargs", "shop.checks.test_triage")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {file}:5: no file *tickets.yaml*"])
