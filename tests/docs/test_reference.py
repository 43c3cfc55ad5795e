"""The reference lists everything that exists, and nothing else.

Tables between ``<!-- generated: NAME -->`` and ``<!-- end -->`` are made of the code; with
``REWRITE_DOCS=1`` in the environment they are rewritten.
"""

import argparse
import ast
import dataclasses
import doctest
import functools
import importlib
import inspect
import json
import os
import re
from pathlib import Path

import click
import pytest

import pytest_modelcheck
from pytest_modelcheck import cases, perturb
from pytest_modelcheck.baselines import lines
from pytest_modelcheck.baselines.header import SCHEMA, Header
from pytest_modelcheck.baselines.lines import sealed
from pytest_modelcheck.cli.command import modelcheck
from pytest_modelcheck.limits import LIMITS
from pytest_modelcheck.lint import RULES
from pytest_modelcheck.plugin import definitions, markers
from pytest_modelcheck.plugin.options import add_options
from pytest_modelcheck.records import CaseResult, Outcome, TrialResult

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


class Options:
    """A parser that only collects the options added to it."""

    def __init__(self):
        self.command_line, self.ini = [], []
        add_options(self)

    def getgroup(self, name, description):
        return self

    def addoption(self, *names, **attributes):
        self.command_line.append((names[0], attributes))

    def addini(self, name, text, default="", **_):
        self.ini.append((name, text, default))


def options_table():
    rows = []
    for name, attributes in Options().command_line:
        if attributes["help"] is argparse.SUPPRESS:
            continue
        values = attributes.get("metavar") or "|".join(attributes.get("choices", ()))
        shape = f"={values}".replace("|", "\\|") if values else ""
        rows.append((f"`{name}{shape}`", escaped(attributes["help"])))
    return table(("option", "what it does"), rows)


def ini_table():
    rows = [
        (f"`{name}`", f"`{default}`" if default else "", escaped(text))
        for name, text, default in Options().ini
    ]
    return table(("name", "default", "what it says"), rows)


def limits_table():
    rows = []
    for name, limit in LIMITS.items():
        default = "none" if limit.default is None else f"`{json.dumps(limit.default)}`"
        rows.append((f"`{name}=`", default, escaped(f"{limit.text[0].upper()}{limit.text[1:]}.")))
    return table(("keyword", "default", "what it asks for"), rows)


TEXTS = {
    "Text": "english mistakes surface wording",
    "Attributes of people": "people",
    "Combinations, and augmenters of other libraries": "perturbation",
}
DATA = {"Numbers and records": "numbers records", "Images": "geometry images"}
"""The modules whose perturbations are listed under each heading of a page."""


def perturbations_text(kinds):
    """A table of each kind, and the examples of all docstrings, which run here as they do there."""
    parts = ["In all examples on this page:\n\n```pycon\n>>> from pytest_modelcheck.perturb import *\n```"]
    for heading, modules in kinds.items():
        there = {name: made for name, made in makers().items() if module_of(made) in modules.split()}
        rows = [(f"`{name}{shown(made)}`", escaped(summary(made))) for name, made in there.items()]
        examples = "\n\n".join(filter(None, map(example, there.values())))
        listing = table(("perturbation", "what it does"), rows)
        parts.append(f"## {heading}\n\n{listing}\n\n```pycon\n{examples}\n```")
    return "\n\n".join(parts)


def makers():
    return {name: getattr(perturb, name) for name in perturb.__all__ if is_maker(getattr(perturb, name))}


def test_every_perturbation_has_a_heading():
    listed = " ".join([*TEXTS.values(), *DATA.values()]).split()
    assert [name for name, made in makers().items() if module_of(made) not in listed] == []


def module_of(made):
    return made.__module__.rpartition(".")[2]


def shown(made):
    """The parameters of a maker, without types."""
    signature = inspect.signature(made)
    bare = [one.replace(annotation=inspect.Parameter.empty) for one in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))


def example(made):
    """The examples in a docstring, as typed."""
    lines = []
    for one in doctest.DocTestParser().get_examples(inspect.getdoc(made)):
        first, *more = one.source.splitlines()
        if first != "import numpy as np":
            lines += [f">>> {first}", *(f"... {line}" for line in more), *one.want.splitlines()]
    numpy = [">>> import numpy as np"] if any("np." in line for line in lines) else []
    return "\n".join([*numpy, *lines])


SHAPE = {"terminal_width": 80, "help_option_names": ["-h", "--help"]}


def commands_text():
    """The help of the command, and of each of its commands, as it prints it."""
    top = click.Context(modelcheck, info_name="modelcheck", **SHAPE)
    parts = [f"```text\n{modelcheck.get_help(top)}\n```", *commands_of(modelcheck, top)]
    return "\n\n".join(parts)


def commands_of(group, parent):
    for name in group.list_commands(parent):
        command = group.get_command(parent, name)
        context = click.Context(command, info_name=name, parent=parent, **SHAPE)
        if isinstance(command, click.Group):
            yield from commands_of(command, context)
        else:
            yield f"## {context.command_path}\n\n```text\n{command.get_help(context)}\n```"


def rules_text():
    """Every rule of lint."""
    parts = []
    for rule in RULES:
        warned = " It is a warning of pytest, too." if rule.cheap else ""
        parts.append(f"## {rule.code} {rule.name}\n\n{rule.what}{warned}\n\n{rule.why}\n\n{rule.instead}")
    return "\n\n".join(parts)


FORM = f"The form of the file, {SCHEMA} today."


def header_table():
    """The fields of a baseline's header."""
    attributes = inspect.getdoc(Header).partition("Attributes:\n")[2]
    described = re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", attributes, re.MULTILINE)
    assert [name for name, _ in described] == [field.name for field in dataclasses.fields(Header)]
    plain = [(f"`{name}`", re.sub(r" \(:func:.*?\)", "", " ".join(text.split()))) for name, text in described]
    return table(
        ("field", "what it says"), [("`modelcheck`", FORM), *((name, escaped(text)) for name, text in plain)]
    )


TABLES = {
    "header": ("files.md", header_table),
    "lint": ("lint.md", rules_text),
    "commands": ("command.md", commands_text),
    "options": ("options.md", options_table),
    "ini": ("options.md", ini_table),
    "limits": ("markers.md", limits_table),
    "perturbations": ("perturbations.md", functools.partial(perturbations_text, TEXTS)),
    "perturbations of data": ("perturbations-data.md", functools.partial(perturbations_text, DATA)),
}


def is_maker(made):
    return (
        inspect.isfunction(made)
        and "-> 'Perturbation'" in str(inspect.signature(made))
        and (not made.__name__.startswith("as_"))
    )


def summary(made):
    """The first paragraph of a docstring, on one line."""
    return " ".join(inspect.getdoc(made).split("\n\n")[0].split())


def escaped(text):
    """A text in Markdown: options as code, as two hyphens would become a dash."""
    marked = re.sub(r"(?<![`\w])--[a-z][a-z-]*", r"`\g<0>`", text.replace("``", "`"))
    return marked.replace("|", "\\|")


def table(heads, rows):
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


@pytest.mark.parametrize("name", TABLES)
def test_a_generated_table_is_what_the_code_says(name):
    page, make = TABLES[name]
    path = REFERENCE / page
    text = path.read_text(encoding="utf-8")
    marks = re.compile(rf"(<!-- generated: {name} -->\n)(.*?)(<!-- end -->)", re.DOTALL)
    found = marks.search(text)
    assert found is not None
    if os.environ.get("REWRITE_DOCS") == "1":
        path.write_text(marks.sub(lambda match: f"{match[1]}{make()}\n{match[3]}", text), encoding="utf-8")
        return
    assert found[2].strip() == make()


def documented(page, heading):
    """The names in the first column of the tables below a heading: ``at_least`` where it says `at_least=`."""
    text = (REFERENCE / page).read_text(encoding="utf-8")
    part = text.partition(f"## {heading}\n")[2]
    part = part.partition("\n## ")[0]
    firsts = [row.split(" | ")[0] for row in part.splitlines() if row.startswith("| `")]
    return [name.strip("=") for first in firsts for name in re.findall(r"`(\w+=)`", first)]


def test_every_keyword_of_a_marker_is_there():
    own = {name for names in markers._OF_A_KIND.values() for name in names}
    assert sorted(documented("markers.md", "Other keywords")) == sorted({*markers._COMMON, *own})


def test_every_option_of_a_model_fixture_is_there():
    found = documented("fixtures.md", "A model: `@model_fixture`")
    assert sorted(found) == sorted((*definitions._OPTIONS, "scope"))


def test_every_fixture_is_there():
    module = importlib.import_module("pytest_modelcheck.plugin")
    fixtures = [name for name in module.__all__ if not name.startswith("pytest_")]
    text = (REFERENCE / "fixtures.md").read_text(encoding="utf-8")
    assert sorted(fixtures) == ["case", "model_version", "modelcheck", "score"]
    assert all(f"\n## `{name}`\n" in text for name in fixtures)


def test_every_field_of_a_baseline_is_there():
    plain = TrialResult(Outcome.PASSED, (("8f0c", b"1"),))
    full = TrialResult(
        Outcome.FAILED,
        (("8f0c", b"1"), ("77aa", b"2")),
        perturbation="typos()",
        variant=1,
        repeat=1,
        score=0.5,
        recorded=b"3",
        about="x",
    )
    written = [
        json.loads(sealed(lines.encode(CaseResult("t-1", "8f0c", "99", "x", trials))))
        for trials in ((plain,), (plain, full))
    ]
    fields = {name for line in written for name in (*line, *line.get("trials", [{}])[-1])}
    text = (REFERENCE / "files.md").read_text(encoding="utf-8").partition("## The cases\n")[2]
    heads = [row.split(" | ")[0] for row in text.partition("\n## ")[0].splitlines() if row.startswith("| `")]
    assert sorted(name for head in heads for name in re.findall(r"`(\w+)`", head)) == sorted(fields)


def test_every_attribute_of_a_case_is_there():
    from pytest_modelcheck.engine.view import CaseView

    text = (REFERENCE / "fixtures.md").read_text(encoding="utf-8")
    public = [name for name in vars(CaseView) if not name.startswith("_")]
    assert len(public) > 7
    assert [name for name in public if f"`case.{name}" not in text] == []


def test_every_public_name_is_in_the_api():
    text = (REFERENCE / "api.md").read_text(encoding="utf-8")
    named = set(re.findall(r"auto(?:function|class|module):: (?:pytest_modelcheck\.)?(\w+)", text))
    assert set(pytest_modelcheck.__all__) <= named
    assert {*cases.__all__} - {"Case"} <= set(re.findall(r"pytest_modelcheck\.cases\.(\w+)", text))


def _texts_of_the_program():
    """Every text of the package, with `…` for values."""
    for path in (REFERENCE.parents[1] / "pytest_modelcheck").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, ast.JoinedStr):
                parts = (part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
                yield "".join(map(str, parts))


def test_the_index_of_messages_lists_what_the_program_says():
    page = (REFERENCE / "messages.md").read_text(encoding="utf-8")
    tables = re.findall(r"<!-- messages -->\n(.*?)<!-- end -->", page, re.DOTALL)
    rows = [row for table in tables for row in table.splitlines()[2:]]
    messages = [message for row in rows for message in re.findall(r"`([^`]+)`", row.split("|")[1])]
    assert len(messages) >= 30
    texts = "\0".join(_texts_of_the_program())
    assert [message for message in messages if message not in texts] == []
