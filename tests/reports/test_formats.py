"""Which file has which format."""

import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.reports.formats import FORMATS, Target, target_of, write


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("report.json", Target("json", "report.json")),
        ("REPORT.JSON", Target("json", "REPORT.JSON")),
        ("a/b c/summary.md", Target("md", "a/b c/summary.md")),
        ("json:report", Target("json", "report")),
        ("md:report.json", Target("md", "report.json")),
        ("gitlab:gl-code-quality.json", Target("gitlab", "gl-code-quality.json")),
        ("C:\\out\\report.json", Target("json", "C:\\out\\report.json")),
        ("json:C:\\out\\report", Target("json", "C:\\out\\report")),
    ],
)
def test_a_name_says_its_format(text, target):
    assert target_of(text) == target


@pytest.mark.parametrize("text", ["report", "report.xml", "xml:report", "json:", ".json/report", ""])
def test_a_name_that_says_none_is_refused_with_the_choices(text):
    with pytest.raises(UsageError) as refused:
        target_of(text)
    assert str(refused.value).startswith(f"--modelcheck-report={text}: which format? ")
    assert all(name in str(refused.value) for name in FORMATS)


def test_a_report_is_written_with_its_folder_and_replaces_an_old_one(report, tmp_path):
    for _ in range(2):
        write(report, Target("json", "a/b/report.json"), tmp_path)
    assert json.loads((tmp_path / "a/b/report.json").read_bytes())["modelcheck_report"] == 1
    assert [path.name for path in (tmp_path / "a/b").iterdir()] == ["report.json"]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_writes_something(report, name, tmp_path):
    write(report, Target(name, "out"), tmp_path)
    assert (tmp_path / "out").stat().st_size > 200


def test_a_folder_that_cannot_be_made_is_an_os_error(report, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        write(report, Target("json", "file/report.json"), tmp_path)


def test_a_link_stays_and_its_target_is_replaced(report, tmp_path):
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "link.json").symlink_to("real.json")
    write(report, Target("json", "link.json"), tmp_path)
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "real.json").read_bytes())["modelcheck_report"] == 1


def test_a_link_to_nothing_makes_its_target(report, tmp_path):
    (tmp_path / "link.json").symlink_to("new.json")
    write(report, Target("json", "link.json"), tmp_path)
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "new.json").is_file()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_written_to(report, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    got = []
    reader = threading.Thread(target=lambda: got.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    write(report, Target("json", "pipe"), tmp_path)
    reader.join(10)
    assert json.loads(got[0])["modelcheck_report"] == 1
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="no such device here")
@pytest.mark.parametrize("into", ["a pipe", "a file"])
def test_standard_output_is_written_to(project, into):
    project.test()
    before = Path("/dev/stdout").readlink()
    out = project.path / "out.txt"
    command = [sys.executable, "-m", "pytest", "-p", "modelcheck", "--model-version=2.0"]
    with out.open("w") as file:
        done = subprocess.run(
            [*command, "--modelcheck-report=json:/dev/stdout"],
            stdout=subprocess.PIPE if into == "a pipe" else file,
            check=True,
            text=True,
        )
    text = done.stdout if into == "a pipe" else out.read_text()
    assert '{"modelcheck_report":1,' in text.replace(" ", "")
    assert "1 passed" in text
    assert Path("/dev/stdout").readlink() == before
