import os
import subprocess
import sys

import click
import pytest

from pytest_modelcheck import __version__
from pytest_modelcheck.baselines.store import BaselineStore
from pytest_modelcheck.cli.command import modelcheck


def test_help_says_of_every_command_what_the_command_says_of_itself(command):
    shown = command("--help").output.partition("\nCommands:\n")[2].splitlines()
    context = click.Context(modelcheck)
    commands = {name: modelcheck.get_command(context, name) for name in modelcheck.list_commands(context)}
    assert [line.split(maxsplit=1) for line in shown] == [
        [name, own.get_short_help_str(80)] for name, own in commands.items()
    ]


def test_help_imports_no_command():
    code = (
        "import sys\n"
        "from pytest_modelcheck.cli.command import modelcheck\n"
        "modelcheck(['--help'], standalone_mode=False)\n"
        "print(*(name for name in sys.modules if name.startswith('pytest_modelcheck.cli.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.rpartition(".")[2] for name in done.stdout.splitlines()[-1].split()}
    assert loaded == {"command", "project", "screen", "targets"}


@pytest.mark.parametrize("name", ["approve", "diff", "list"])
def test_every_command_explains_itself_within_eighty_columns(command, name):
    output = command(name, "--help").output
    assert output.startswith(f"Usage: modelcheck {name}")
    assert max(map(len, output.splitlines())) <= 80


def test_the_version_is_printed(command):
    assert command("--version").output == f"modelcheck, version {__version__}\n"


@pytest.mark.parametrize("arguments", [["approve"], ["approve", "2.1"], ["diff"], ["list"]])
def test_without_a_run_the_error_names_the_searched_folder_and_the_remedy(project, command, arguments):
    output = command(*arguments, code=1).output
    assert f"no run or approval is stored in {project.root}: neither" in output
    assert " .modelcheck_cache/candidates nor baselines" in output
    assert "pytest --model-version=VERSION" in output


@pytest.mark.parametrize(
    "arguments", [["approve", "--nonsense"], ["frobnicate"], ["--rootdir", "nowhere", "list"]]
)
def test_a_command_line_that_means_nothing_exits_with_two(command, arguments):
    assert "Error" in command(*arguments, code=2).output


def test_a_configuration_that_cannot_be_read_exits_with_two(project, command):
    (project.root / "pytest.ini").write_text("[pytest\n")
    assert "pytest.ini" in command("list", code=2).output


def test_the_project_is_found_from_a_folder_below(project, command, monkeypatch):
    project.run({"a": 1})
    monkeypatch.chdir(project.root / "tests")
    assert "triage 2.1 is approved" in command("approve", "2.1").output
    assert BaselineStore(project.root / "baselines").approved("triage").version == "2.1"


def test_the_project_may_be_named(project, command, monkeypatch, tmp_path_factory):
    project.run({"a": 1})
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert "triage" in command("--rootdir", str(project.root), "list").output


def test_the_folders_of_the_ini_file_are_used(project, command):
    project.run({"a": 1})
    (project.root / ".modelcheck_cache").rename(project.root / "kept")
    (project.root / "pytest.ini").write_text(
        "[pytest]\nmodelcheck_cache_dir = kept\nmodelcheck_baseline_dir = ok\n"
    )
    assert "Written to ok:" in command("approve", "2.1").output
    assert (project.root / "ok" / "triage" / "approved.yaml").is_file()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nothing is forbidden to this user")
def test_a_folder_that_may_not_be_written_is_named(project, command):
    project.run({"a": 1})
    project.root.chmod(0o500)
    try:
        output = command("approve", "2.1", code=1).output
        assert "baselines: Permission denied. Give this user the right to (chmod, chown)." in output
    finally:
        project.root.chmod(0o700)


def test_a_file_in_the_place_of_a_folder_is_named(project, command):
    project.run({"a": 1})
    (project.root / "baselines").mkdir()
    (project.root / "baselines" / "triage").write_text("")
    output = command("approve", "2.1", code=1).output
    assert "Error: " in output
    assert "triage" in output


def test_a_path_cannot_drive_the_terminal(project, command, monkeypatch):
    def refuse(*_):
        raise OSError(5, "no\x9b", "a\x1b[2Jb")

    monkeypatch.setattr("pytest_modelcheck.cli.project.open_workspace", refuse)
    assert command("list", code=1).output == "Error: a\\x1b[2Jb: no\\x9b\n"


def test_an_error_cannot_drive_the_terminal(project, command):
    project.run({"a": 1}, version="2\x1b]0;owned\x07")
    output = command("approve", "9", code=2).output
    assert "\x1b" not in output
    assert "2\\x1b]0;owned\\x07" in output


def in_a_process(project, *arguments):
    code = "from pytest_modelcheck.cli import main; main()"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=project.root,
        capture_output=True,
        text=True,
        env=environment,
    )


def test_the_command_leaves_with_its_exit_code_and_keeps_errors_apart(project):
    project.run({"a": 1})
    done = in_a_process(project, "approve", "9", "--reason=why")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: no run of triage 9")
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="a POSIX shell closes them")
@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&-"])
@pytest.mark.parametrize("arguments", ["diff 2.1", "review 2.1 --reason why", "list"])
def test_closed_input_and_output_break_nothing(project, arguments, closed):
    project.run({"a": 1})
    module = "from pytest_modelcheck.cli import main; main()"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        ["sh", "-c", f"exec {sys.executable} -c '{module}' {arguments} {closed}"],
        cwd=project.root,
        stderr=subprocess.PIPE,
        env=environment,
    )
    assert done.stderr == b""
    assert done.returncode == (1 if "review" in arguments else 0)  # nothing was accepted


def test_output_to_a_pipe_has_no_colours(project):
    project.run({"a": 1})
    done = in_a_process(project, "approve", "2.1", "--reason=why")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout


def test_the_command_imports_neither_pytest_nor_anything_heavy(project):
    project.run({"a": 1})
    code = (
        "import sys\nfrom pytest_modelcheck.cli.command import modelcheck\n"
        "modelcheck(['approve', '2.1', '--reason=why'], standalone_mode=False)\n"
        "modelcheck(['diff', '2.1'], standalone_mode=False)\n"
        "modelcheck(['list'], standalone_mode=False)\n"
        "heavy = {'pytest', '_pytest', 'numpy', 'scipy', 'sklearn', 'hypothesis', 'pandas'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project.root, capture_output=True, text=True, env=environment
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


@pytest.mark.skipif(not hasattr(click.exceptions, "NoArgsIsHelpError"), reason="since click 8.2")
@pytest.mark.parametrize("arguments", [(), ("baselines",), ("cache",)], ids=str)
def test_a_group_without_a_command_shows_its_help_and_no_error(command, arguments):
    output = command(*arguments, code=2).output
    assert output.count("Usage: ") == 1
    assert "Error" not in output
