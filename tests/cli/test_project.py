from pathlib import Path

import pytest
from _pytest.config.findpaths import determine_setup

from pytest_modelcheck.cli.project import find_project
from pytest_modelcheck.display import shown_path
from pytest_modelcheck.errors import UsageError

INI = "[pytest]\nmodelcheck_baseline_dir = approved\nmodelcheck_cache_dir = .cache/models\n"
NATIVE = '[tool.pytest]\nmodelcheck_baseline_dir = "approved"\nmodelcheck_cache_dir = ".cache/models"\n'
COMPATIBLE = NATIVE.replace("[tool.pytest]", "[tool.pytest.ini_options]")

FILES = {
    "pytest.ini": INI,
    ".pytest.ini": INI,
    "tox.ini": "[tox]\nenvlist = py\n" + INI,
    "setup.cfg": INI.replace("[pytest]", "[tool:pytest]"),
    "pyproject.toml": COMPATIBLE,
}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        *FILES.items(),
        ("pyproject.toml", NATIVE),
        ("pytest.toml", NATIVE.replace("tool.", "")),
        (".pytest.toml", NATIVE.replace("tool.", "")),
    ],
)
def test_both_folders_are_read_from_every_file_that_pytest_reads(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    (tmp_path / "deep" / "er").mkdir(parents=True)
    project = find_project(tmp_path / "deep" / "er")
    assert project.root == tmp_path
    assert project.config == tmp_path / name
    assert project.baselines == tmp_path / "approved"
    assert project.cache == tmp_path / ".cache" / "models"


LAYOUTS = [
    {},
    {"pytest.ini": ""},
    {"pytest.ini": "", "a/tox.ini": "[tox]\n"},
    {"a/pytest.ini": "", "pytest.ini": INI},
    {"pytest.ini": INI, "a/pyproject.toml": "[tool.other]\n"},
    {"pyproject.toml": "[tool.other]\n", "a/b/pyproject.toml": "[project]\nname = 'x'\n"},
    {"pyproject.toml": COMPATIBLE, "setup.cfg": FILES["setup.cfg"]},
    {"pyproject.toml": "[project]\nname = 'x'\n", "tox.ini": INI},
    {"tox.ini": INI, "pytest.ini": "[other]\n"},
    {"setup.py": "", "a/setup.py": ""},
    {"setup.cfg": "[metadata]\nname = x\n", "setup.py": ""},
    {"setup.cfg": "[metadata]\nname = x\n"},
    {"a/b/setup.cfg": FILES["setup.cfg"], "pytest.ini": ""},
    {"pyproject.toml": "[tool.pytest.ini_options]\n"},
    {"pyproject.toml": "[tool.pytest]\n", "a/setup.py": ""},
]


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: " ".join(layout) or "nothing")
def test_the_project_is_the_one_that_pytest_finds(tmp_path, layout):
    start = tmp_path / "a" / "b"
    start.mkdir(parents=True)
    for name, content in layout.items():
        (tmp_path / name).write_text(content)
    theirs = determine_setup(
        inifile=None, override_ini=None, args=[str(start)], rootdir_cmd_arg=None, invocation_dir=start
    )
    ours = find_project(start)
    assert (ours.root, ours.config) == theirs[:2]


def test_the_folders_have_names_by_default(tmp_path):
    project = find_project(tmp_path)
    assert (project.baselines, project.cache) == (tmp_path / "baselines", tmp_path / ".modelcheck_cache")


def test_an_absolute_folder_is_taken_as_it_is(tmp_path):
    (tmp_path / "pytest.ini").write_text(f"[pytest]\nmodelcheck_cache_dir = {tmp_path.parent / 'shared'}\n")
    assert find_project(tmp_path).cache == tmp_path.parent / "shared"


def test_with_a_rootdir_the_search_begins_there(tmp_path):
    (tmp_path / "a").mkdir()
    assert find_project(tmp_path, tmp_path / "a").root == tmp_path / "a"
    (tmp_path / "pytest.ini").write_text("")
    project = find_project(tmp_path.parent, tmp_path / "a")
    assert (project.root, project.baselines) == (tmp_path, tmp_path / "baselines")


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("pyproject.toml", "[tool.pytest\n", "not TOML"),
        ("pyproject.toml", "tool = 3\n", r"\[tool\] must be a table, not 3"),
        ("pyproject.toml", "[tool]\npytest = 3\n", r"\[pytest\] must be a table, not 3"),
        (
            "pyproject.toml",
            '[tool.pytest]\nmodelcheck_cache_dir = ["a"]\n',
            r"modelcheck_cache_dir must be a path",
        ),
        ("pytest.ini", "[pytest\n", "cannot be read"),
        ("pytest.toml", "x = \n", "not TOML"),
    ],
)
def test_a_file_that_says_nothing_is_named(tmp_path, name, content, problem):
    (tmp_path / name).write_text(content)
    with pytest.raises(UsageError, match=f"{name}: .*{problem}|{name}.*{problem}"):
        find_project(tmp_path)


def test_a_file_that_is_no_text_is_named(tmp_path):
    (tmp_path / "pytest.ini").write_bytes(b"[pytest]\n\xff = 1\n")
    with pytest.raises(UsageError, match=r"pytest\.ini: cannot be read"):
        find_project(tmp_path)


def test_a_path_is_shown_as_one_would_type_it_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert shown_path(tmp_path / "a" / "b") == str(Path("a", "b"))
    assert shown_path(tmp_path.parent) == str(tmp_path.parent)
