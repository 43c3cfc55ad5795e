"""Runs the examples of README and docs: each page, from top to bottom, in an empty folder.

The language and the first line of a fenced block give its meaning:

- ```` ```python ````, ``yaml``, ``ini``, ``toml`` whose first line is a comment that names a file
  (``# test_tone.py``) write that file. A file of a format without comments is named by
  ``<!-- file: reviews.csv -->`` on the line before. A block that names no file quotes one: each of its
  paragraphs must stand in the folder.
- ```` ```pycon ````, and any block that begins with ``>>>``, is a doctest; those of a page share their names.
- ```` ```console ```` holds commands, each after ``$ ``, and their output, in which ``...`` stands for
  anything. A command must exit with 0, unless ``<!-- exit: 1 -->`` stands before its block.
- ``<!-- run: pytest -q -->`` runs a command that the reader does not see.
- ``<!-- folder: examples/support_tickets -->`` begins with a copy of that folder instead of an empty one.
- ``<!-- not run: why -->`` before a block excuses it.
- ``text`` is a picture, and ``{directives}`` are for Sphinx.

pytest, modelcheck and doctests are run by forks of one process, ``tests/warm.py``; adjacent doctests
run together.

With ``REWRITE_DOCS=1`` in the environment, the output of each command on a page is replaced by its actual
output; passages left out with ``...`` stay out.
"""

from __future__ import annotations

import doctest
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
REWRITE = os.environ.get("REWRITE_DOCS") == "1"

_FENCE = re.compile(r"^( *)(```+)(\S*)\s*$")
_REMARK = re.compile(r"^ *<!-- (file|exit|run|folder|not run): (.*?) -->\s*$")
_NAMED = re.compile(r"^# ([\w./-]+\.\w+)$")
_FILES = ("python", "yaml", "ini", "toml", "csv", "json")


@dataclass
class Block:
    """A fenced block, or a remark that stands for one.

    Attributes:
        place: File and line, for messages.
        first: The index of its first line in the page.
        language: The fence's language.
        lines: Its content, without the fence's indent.
        remarks: The remarks before it, by kind.
        indent: The fence's indent.
    """

    place: str
    first: int
    language: str
    lines: list[str]
    remarks: dict[str, str] = field(default_factory=dict)
    indent: str = ""


def blocks_of(path: Path) -> list[Block]:
    """Every fenced block of a page, and every remark that does something by itself."""
    found: list[Block] = []
    remarks: dict[str, str] = {}
    opened: tuple[Block, str] | None = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        place = f"{os.path.relpath(path, ROOT)}:{number + 1}"
        fence = _FENCE.match(line)
        if opened is not None:
            block, ticks = opened
            if fence is not None and fence[2] == ticks and not fence[3]:
                found.append(block)
                opened = None
            else:
                block.lines.append(line.removeprefix(block.indent))
        elif fence is not None:
            opened = (Block(place, number + 1, fence[3], [], remarks, fence[1]), fence[2])
            remarks = {}
        elif (remark := _REMARK.match(line)) is not None:
            if remark[1] in ("run", "folder"):
                found.append(Block(place, number, remark[1], [remark[2]], remarks))
                remarks = {}
            else:
                remarks[remark[1]] = remark[2]
        elif line.strip():
            assert not remarks, f"{path}:{number + 1}: the remark before this line belongs to no block"
    assert opened is None, f"{path}: a fence is opened and never closed"
    return found


class PageRun:
    """A page, and the folder in which it is run."""

    def __init__(self, page: Path, folder: Path, variables: dict[str, str]) -> None:
        self.page = page
        self.folder = folder
        self.environment = environment() | variables
        self._examples: list[str] = []
        self._pending: str | None = None
        self._written: list[tuple[Block, list[str]]] = []

    def run(self) -> None:
        """Do everything on the page, and compare outputs with it."""
        for block in blocks_of(self.page):
            if "not run" not in block.remarks:
                self._do(block)
        self._doctest()
        if REWRITE and self._written:
            self._rewrite()

    def _do(self, block: Block) -> None:
        if block.language == "pycon" or (block.lines[:1] and block.lines[0].startswith(">>>")):
            self._pending = self._pending or block.place
            self._examples += [*block.lines, ""]
            return
        self._doctest()
        if block.language == "folder":
            copy_of(ROOT / block.lines[0], self.folder)
        elif block.language == "run":
            self._command(block, block.lines[0], None)
        elif block.language == "console":
            self._console(block)
        elif block.language in _FILES or "file" in block.remarks:
            self._file(block)
        elif block.language != "text" and not block.language.startswith("{"):
            pytest.fail(f"{block.place}: nothing is known of blocks of {block.language or 'no language'!r}")

    def _file(self, block: Block) -> None:
        named = _NAMED.match(block.lines[0])
        if named is None and "file" not in block.remarks:
            self._quote(block)
            return
        path = self.folder / (named[1] if named is not None else block.remarks["file"])
        text = "\n".join(block.lines[1:] if named is not None else block.lines).strip("\n") + "\n"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def _quote(self, block: Block) -> None:
        suffix = {"python": "py"}.get(block.language, block.language)
        sources = [path.read_text(encoding="utf-8") for path in self.folder.glob(f"*.{suffix}")]
        for paragraph in re.split(r"\n\n+", "\n".join(block.lines)):
            known = any(paragraph in source for source in sources)
            assert known, f"{block.place}: names no file to write, and no file says\n{paragraph}"

    def _console(self, block: Block) -> None:
        lines: list[str] = []
        for command, wanted in commands_of(block):
            got = self._command(block, command, wanted)
            lines += [f"$ {command}", *abridged(wanted, got)]
        if lines != block.lines:
            self._written.append((block, lines))

    def _command(self, block: Block, command: str, wanted: list[str] | None) -> list[str]:
        with at_a_terminal() as terminal:
            done = subprocess.run(
                ["bash", "-c", command],
                cwd=self.folder,
                env=self.environment,
                stdin=terminal,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=300,
            )
        place, status = f"{block.place}: $ {command}", int(block.remarks.get("exit", "0"))
        assert done.returncode == status, f"{place}\nexits with {done.returncode}:\n{done.stdout}"
        got = readable(done.stdout)
        if wanted is not None and not REWRITE:
            same = alike("\n".join(wanted), "\n".join(got))
            assert same, f"{place}\nprints\n{chr(10).join(got)}"
        return got

    def _doctest(self) -> None:
        """Run the examples up to here that were not run yet."""
        if self._pending is None:
            return
        script = self.folder.parent / "examples.txt"
        script.write_text("\n".join(self._examples), encoding="utf-8")
        path = os.pathsep.join([str(self.folder), *filter(None, [os.environ.get("PYTHONPATH")])])
        options = ["-o", "ELLIPSIS", "-o", "NORMALIZE_WHITESPACE"]
        done = subprocess.run(
            ["doctest", *options, str(script)],
            cwd=self.folder,
            env=self.environment | {"PYTHONPATH": path},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, f"{self._pending}:\n{done.stdout}{done.stderr}"
        self._pending = None

    def _rewrite(self) -> None:
        lines = self.page.read_text(encoding="utf-8").splitlines()
        for block, output in reversed(self._written):
            if alike("\n".join(block.lines), "\n".join(output)):
                continue
            end = block.first + len(block.lines)
            lines[block.first : end] = [f"{block.indent}{line}".rstrip() for line in output]
        self.page.write_text("\n".join(lines) + "\n", encoding="utf-8")


@contextmanager
def at_a_terminal() -> Iterator[int]:
    """Standard input of a reader at a terminal, where an approval needs no reason."""
    ours, theirs = os.openpty()
    try:
        yield theirs
    finally:
        os.close(ours)
        os.close(theirs)


def commands_of(block: Block) -> list[tuple[str, list[str]]]:
    """Each command of a console block, and its output on the page."""
    commands: list[tuple[str, list[str]]] = []
    for line in block.lines:
        if line.startswith("$ "):
            commands.append((line[2:], []))
        elif commands and commands[-1][0].endswith("\\"):
            commands[-1] = (f"{commands[-1][0]}\n{line}", [])
        else:
            assert commands, f"{block.place}: does not begin with a command"
            commands[-1][1].append(line)
    return commands


def abridged(wanted: list[str], got: list[str]) -> list[str]:
    """An output as a page shows it: each passage between lines ``...``, from its first to its last line."""
    if not any(map(_is_gap, wanted)):
        return got
    shown: list[str] = []
    start = 0
    for is_gap, passage in groupby(wanted, _is_gap):
        lines = list(passage)
        if not is_gap:
            first = start + _closest(lines[0], got[start:], 0)
            start = first + _closest(lines[-1], got[first:], len(lines) - 1) + 1
            lines = got[first:start]
        shown += lines
    return shown


def _is_gap(line: str) -> bool:
    return line.strip() == "..."


def _closest(line: str, lines: list[str], place: int) -> int:
    """Find the most similar line; among equals, the one closest to a place."""

    def likeness(index: int) -> tuple[float, int]:
        return SequenceMatcher(None, line, lines[index]).ratio(), -abs(index - place)

    return max(range(len(lines)), key=likeness)


def copy_of(folder: Path, to: Path) -> None:
    """A copy of a folder of the project, without files that runs leave behind."""
    ignored = shutil.ignore_patterns(".*_cache", "__pycache__")
    shutil.copytree(folder, to, ignore=ignored, dirs_exist_ok=True)


def environment() -> dict[str, str]:
    """The environment of a reader's terminal: 80 columns, no colour, no plugin but ours, a git identity."""
    dropped = (
        "CI",
        "BUILD_NUMBER",
        "FORCE_COLOR",
        "PY_COLORS",
        "PYTEST_ADDOPTS",
        "PYTEST_CURRENT_TEST",
        "OPENAI_BASE_URL",
    )
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return kept | {
        "PATH": os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")]),
        "COLUMNS": "80",
        "NO_COLOR": "1",
        "PYTHONDONTWRITEBYTECODE": "1",  # `git status` on a page would list it
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_PLUGINS": "pytest_modelcheck.plugin",
        "GIT_CONFIG_COUNT": "3",
        "GIT_CONFIG_KEY_0": "user.name",
        "GIT_CONFIG_VALUE_0": "you",
        "GIT_CONFIG_KEY_1": "user.email",
        "GIT_CONFIG_VALUE_1": "you@example.com",
        "GIT_CONFIG_KEY_2": "init.defaultBranch",
        "GIT_CONFIG_VALUE_2": "main",
    }


_DULL = re.compile(
    r"^(platform|rootdir|configfile|testpaths|plugins|cachedir)\b"
    r"|^(\S+ \S+:| +calls  ) +[\d,]+ calls?( \(.*?\))?, median [^a-z]+ m?s, 95% within [^a-z]+ m?s$"
)


def readable(output: str) -> list[str]:
    """The output of a command, without parts that differ from machine to machine."""
    lines = [line.rstrip() for line in output.replace(str(sys.prefix), "VENV").splitlines()]
    lines = [line for line in lines if not _DULL.match(line)]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def alike(wanted: str, got: str) -> bool:
    """Return whether an output is that on a page, except for times and dates."""
    return doctest.OutputChecker().check_output(_timeless(wanted), _timeless(got), doctest.ELLIPSIS)


def _timeless(text: str) -> str:
    text = re.sub(r"={2,}|_{3,}|-{3,}", "===", text)
    text = re.sub(r"\bin \d+\.\d+s( \(\d+:\d\d:\d\d\))?", "in 1s", text)
    text = re.sub(r"\b20\d\d-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?", "2000-01-01", text)
    return text.strip("\n") + "\n"


class LanguageModel(BaseHTTPRequestHandler):
    """An endpoint that answers as a provider does, from words of the prompt."""

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = request["messages"][-1]["content"]
        poem = "Roses are red." if "poem" in text else None
        content = poem or json.dumps(
            {"label": "refund" if "money" in text else "other", "urgent": "!" in text}
        )
        answer = json.dumps({"choices": [{"message": {"content": content}}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_arguments: object) -> None:
        """Write no log."""


@pytest.fixture(scope="session")
def language_model() -> Iterator[str]:
    """The address of a language model on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), LanguageModel)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(name="abridged")
def _abridged() -> Callable[[list[str], list[str]], list[str]]:
    return abridged


@pytest.fixture
def run_page(tmp_path: Path, language_model: str, warm: Path) -> Callable[[str], None]:
    """Run a page in an empty folder."""
    variables = {"LLM_URL": language_model, "PATH": os.pathsep.join([str(warm), environment()["PATH"]])}

    def run(page: str) -> None:
        folder = tmp_path / "project"
        folder.mkdir(exist_ok=True)
        PageRun(ROOT / page, folder, variables).run()

    return run
