"""One word for one thing: words that the glossary has replaced stay away, and docstrings name or command.

And few words for each thing: a page takes five minutes at most.
"""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "pytest_modelcheck"

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
    "came_of": "outcomes",
}
"""Words that no name in the code may contain, each with its replacement."""

OPENERS = ("What", "Whether", "Which", "How", "Who", "Where", "When", "That")
"""Words that open a clause in place of a name or a command."""


def names_of(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id, node.lineno
        elif isinstance(node, ast.Attribute):
            yield node.attr, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name, node.lineno


DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def parsed(folder):
    modules = sorted(folder.rglob("*.py"))
    return {path.relative_to(folder).as_posix(): ast.parse(path.read_text("utf-8")) for path in modules}


@pytest.fixture(scope="module")
def trees():
    """The syntax tree of each module of the package, by its path."""
    return parsed(PACKAGE)


@pytest.fixture(scope="module", params=[PACKAGE.name, "tests", "benchmarks"])
def code(request):
    """The syntax tree of each module of the package, of the tests or of the benchmarks, by its path."""
    return parsed(ROOT / request.param)


def docstrings_of(tree):
    nodes = (node for node in ast.walk(tree) if isinstance(node, DOCUMENTED))
    return [text for node in nodes if (text := ast.get_docstring(node))]


def test_the_code_speaks_the_words_of_the_glossary(code):
    used = [
        f"{path}:{line}: {name}: say {RETIRED[word]}"
        for path, tree in code.items()
        for name, line in names_of(tree)
        for word in RETIRED
        if re.search(rf"(^|_){word}(_|$)", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())
    ]
    assert used == []


def test_each_public_class_has_a_name_of_its_own(trees):
    homes = defaultdict(list)
    for path, tree in trees.items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(path)
    assert {name: paths for name, paths in homes.items() if len(paths) > 1} == {}


def test_docstrings_name_the_thing_or_command(code):
    opened = re.compile(rf"({'|'.join(OPENERS)})\b")
    found = [(path, text) for path, tree in code.items() for text in docstrings_of(tree)]
    assert [each for each in found if opened.match(each[1])] == []


def test_entries_of_docstrings_begin_lines_of_their_own(trees):
    lines = [
        (path, line)
        for path, tree in trees.items()
        for text in docstrings_of(tree)
        for section in re.findall(r"^(?:Attributes|Args|Raises):\n((?: .*\n?)*)", text, re.MULTILINE)
        for line in section.splitlines()
    ]
    assert [each for each in lines if not re.match(r" {4}[\w*.]+: \S| {8}\S", each[1])] == []


def attributes_of(kind):
    """The names that the body of a class and its methods give to its objects."""
    for node in ast.walk(kind):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.FunctionDef):
            yield node.name


def test_described_attributes_exist(trees):
    unknown = [
        f"{path}: {kind.name}.{name}"
        for path, tree in trees.items()
        for kind in ast.walk(tree)
        if isinstance(kind, ast.ClassDef)
        for section in re.findall(r"^Attributes:\n((?: .*\n?)*)", ast.get_docstring(kind) or "", re.MULTILINE)
        for name in re.findall(r"^ {4}(\w+): ", section, re.MULTILINE)
        if name not in attributes_of(kind)
    ]
    assert unknown == []


MODULE = r"`([a-z]+)\.([a-z_]+)(?:\.\w+)?`"
"""Such as `calls.endpoint`, or a name in it."""


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/architecture.md", "docs/decisions.md"])
def test_named_modules_exist(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    named = re.findall(r"`((?:[a-z_]+/)+[a-z_]+\.py)`", text)
    named += [f"{package}/{module}.py" for package, module in re.findall(MODULE, text)]
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
