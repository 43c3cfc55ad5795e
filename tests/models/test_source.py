from __future__ import annotations

import asyncio
import functools
import importlib.util
import subprocess
import sys
import textwrap
from typing import Any

import pytest

from pytest_modelcheck.canonical import short
from pytest_modelcheck.models.identity import source_digest


class Mark:
    """Stands for a decorator."""

    def __init__(self, **_: Any) -> None:
        pass

    def __call__(self, function: Any) -> Any:
        return function


def defined(tmp_path, source: str, name: str = "load") -> Any:
    """A function or class as it would come out of a module with this source."""
    module = f"fixture_{short(source)}"
    path = tmp_path / f"{module}.py"
    path.write_text(textwrap.dedent(source), encoding="utf-8")
    spec = importlib.util.spec_from_file_location(module, path)
    assert spec is not None
    assert spec.loader is not None
    made = sys.modules[module] = importlib.util.module_from_spec(spec)  # where inspect looks for a class
    made.mark = Mark  # type: ignore[attr-defined]
    spec.loader.exec_module(made)
    return getattr(made, name)


BASE = """
    @mark(batch=True)
    def load(version="1"):
        weights = "a.bin"
        return weights, version
"""

SAME = [
    """
    @mark(
        batch=True,
    )
    def load(version='1'):
        '''Loads it.'''
        # with care
        weights = ("a.bin")

        return (weights,
                version)
    """,
    """
    if True:
        @mark(batch=True)
        def load(version="1"):
                weights = u"a.bin"
                return weights, version
    """,
]

OTHER = [
    BASE.replace("a.bin", "b.bin"),
    BASE.replace('"1"', '"2"'),
    BASE.replace("batch=True", "batch=False"),
    BASE.replace("return", "yield"),
    BASE.replace("(version=", "(version: str ="),
    BASE.replace("weights, version", "version, weights"),
]


@pytest.mark.parametrize("source", SAME)
def test_layout_comments_and_docstrings_do_not_count(tmp_path, source):
    assert source_digest(defined(tmp_path, source)) == source_digest(defined(tmp_path, BASE))


@pytest.mark.parametrize("source", OTHER)
def test_the_code_of_the_function_counts(tmp_path, source):
    assert source_digest(defined(tmp_path, source)) != source_digest(defined(tmp_path, BASE))


def test_async_functions_and_classes_are_identified_by_their_source(tmp_path):
    plain, other = "async def load(): return 1", "async def load(): return 2"
    assert source_digest(defined(tmp_path, plain)) != source_digest(defined(tmp_path, other))
    plain, other = "class load:\n    'Doc.'\n    a = 1", "class load:\n    a = 1"
    assert source_digest(defined(tmp_path, plain)) == source_digest(defined(tmp_path, other))
    assert source_digest(defined(tmp_path, plain)) != source_digest(
        defined(tmp_path, plain.replace("1", "2"))
    )


def test_strings_that_reach_column_zero_do_no_harm(tmp_path):
    source = 'if True:\n    def load():\n        return """\nzero\n"""\n'
    assert source_digest(defined(tmp_path, source)) != source_digest(
        defined(tmp_path, source.replace("zero", "one"))
    )


def test_lambdas_on_one_line_are_distinguished():
    one, two, three = (lambda x: x + 1), (lambda x: x + 2), (lambda x: x + 1)
    assert source_digest(one) == source_digest(three) != source_digest(two)
    assert source_digest(lambda x="a": x) != source_digest(lambda x="b": x)
    assert source_digest(lambda x, y: x) != source_digest(lambda y, x: y)
    assert source_digest(lambda x: x.upper()) != source_digest(lambda x: x.lower())


def made(source: str) -> Any:
    scope: dict[str, Any] = {}
    exec(source, scope)
    return scope["load"]


def test_functions_without_source_are_identified_by_their_bytecode():
    assert source_digest(made("def load(): return 1")) == source_digest(
        made("def load():\n  # one\n  return 1")
    )
    assert source_digest(made("def load(): return 1")) != source_digest(made("def load(): return 2"))
    assert source_digest(made("def load(a=1): return a")) != source_digest(made("def load(a=2): return a"))
    assert source_digest(made("def load(*, a=1): return a")) != source_digest(
        made("def load(*, a=2): return a")
    )
    assert source_digest(made("def load(a): return a")) != source_digest(made("def load(*a): return a"))
    nested = "def load():\n  def inner(): return 1\n  return inner"
    assert source_digest(made(nested)) == source_digest(made(nested))
    assert source_digest(made(nested)) != source_digest(made(nested.replace("1", "2")))


def test_a_default_without_content_counts_by_its_type():
    scope: dict[str, Any] = {"client": object()}
    exec("def load(client=client): return client", scope)
    assert source_digest(scope["load"]) == source_digest(scope["load"])


class Model:
    def answer(self, x: str) -> str:
        return x

    def __call__(self, x: str) -> str:
        return x


def test_wrappers_lead_to_the_function_that_was_written():
    def load(version: str) -> str:
        return version

    @functools.wraps(load)
    def wrapped(*args: Any) -> Any:
        return load(*args)

    assert source_digest(functools.partial(wrapped, "1")) == source_digest(load)
    assert source_digest(Model().answer) == source_digest(Model.answer)
    assert source_digest(Model()) == source_digest(Model)


def test_builtins_are_identified_by_their_names():
    assert source_digest(len) != source_digest(max)
    assert source_digest(int) != source_digest(asyncio.Future)


def test_the_digest_is_the_same_in_another_process():
    program = (
        "from pytest_modelcheck.models.identity import source_digest\n"
        "import textwrap\n"
        "scope = {}\n"
        'exec(\'def load(x={1}, *, y=("b",)):\\n  return x in {"a", "b", "c"}\', scope)\n'
        "print(source_digest(textwrap.dedent), source_digest(scope['load']))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
