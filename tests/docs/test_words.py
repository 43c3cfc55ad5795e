"""One word for one thing: words that the glossary has replaced stay away, and docstrings name or command.

And few words for each thing: a page takes five minutes at most.
"""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "pytest_modelcheck"
MODULES = sorted(PACKAGE.rglob("*.py"))

RETIRED = {
    "asked": "calls, requested",
    "unasked": "uncalled",
    "said": "text or the thing's own name",
    "told": "text, message or the thing's own name",
    "rival": "other version",
    "strays": "foreign threads",
    "retelling": "report",
    "closer_look": "again, confirmation",
    "own_noise": "baseline noise",
    "remembered": "cached, saved",
}
"""Words that no name in the code has any more, each with what stands in its place."""

OPENERS = ("What", "Whether", "Which", "How", "Who", "Where", "When", "That")
"""Words that begin a clause, and no name and no command."""


def names_of(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name, node.lineno


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_speaks_the_words_of_the_glossary(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    used = [
        f"{name} (line {line}): say {RETIRED[word]}"
        for name, line in names_of(tree)
        for word in RETIRED
        if re.search(rf"(^|_){word}(_|$)", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())
    ]
    assert used == []
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = [(node, ast.get_docstring(node)) for node in ast.walk(tree) if isinstance(node, documented)]
    opened = [text for _, text in docstrings if text and re.match(rf"({'|'.join(OPENERS)})\b", text)]
    assert opened == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_entries_of_docstrings_begin_lines_of_their_own(path):
    documented = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = (
        node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, documented)
    )
    sections = [
        section
        for node in nodes
        for section in re.findall(
            r"^(?:Attributes|Args|Raises):\n((?: .*\n?)*)", ast.get_docstring(node) or "", re.MULTILINE
        )
    ]
    lines = [line for section in sections for line in section.splitlines()]
    assert [line for line in lines if not re.match(r" {4}[\w*.]+: \S| {8}\S", line)] == []


def attributes_of(kind):
    """The names that the body of a class and its methods give to its objects."""
    for node in ast.walk(kind):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.FunctionDef):
            yield node.name


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_described_attributes_exist(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    unknown = [
        f"{kind.name}.{name}"
        for kind in ast.walk(tree)
        if isinstance(kind, ast.ClassDef)
        for section in re.findall(r"^Attributes:\n((?: .*\n?)*)", ast.get_docstring(kind) or "", re.MULTILINE)
        for name in re.findall(r"^ {4}(\w+): ", section, re.MULTILINE)
        if name not in attributes_of(kind)
    ]
    assert unknown == []


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_named_modules_exist(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    named = re.findall(r"`((?:[a-z_]+/)+[a-z_]+\.py)`", text)
    named += [f"{package}/{module}.py" for package, module in re.findall(r"`([a-z]+)\.([a-z_]+)`", text)]
    roots = [path for path in named if (PACKAGE / path).parent.is_dir()]
    assert roots
    assert [path for path in roots if not (PACKAGE / path).exists()] == []


FIVE_MINUTES = 1250
"""Words, at 250 a minute."""

RECORDS = ("decisions.md", "decisions-verdicts.md")
"""Pages to look things up in, to which each decision adds."""

PAGES = sorted(path for path in (ROOT / "docs").rglob("*.md") if path.name not in RECORDS)


def words_in(text):
    """The number of words outside of code blocks; bars of tables are none."""
    prose = re.sub(r"^ *(```+).*?^ *\1 *$", "", text, flags=re.DOTALL | re.MULTILINE)
    return sum(word != "|" for word in prose.split())


def test_words_are_counted_without_code_blocks():
    assert words_in("| two `words` |\n\n```python\nfour = words.of(code)\n```\n\nand three more\n") == 5


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_page_takes_five_minutes_at_most(path):
    assert words_in(path.read_text(encoding="utf-8")) <= FIVE_MINUTES
