import io
import sys
from pathlib import Path

import click
import pytest

from pytest_modelcheck import cli
from pytest_modelcheck.cli.screen import indented, prepare, width
from pytest_modelcheck.display import harmless


def printed(monkeypatch, encoding):
    """Streams of an encoding, as those of a process."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True) for _ in range(2)]
    monkeypatch.setattr(sys, "stdout", streams[0])
    monkeypatch.setattr(sys, "stderr", streams[1])
    return streams[0].buffer


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_what_the_screen_cannot_show_is_a_question_mark(monkeypatch, encoding):
    content = printed(monkeypatch, encoding)
    prepare(click.Context(click.Command("modelcheck")))
    click.echo("caf\u00e9 \u65e5")
    assert content.getvalue() == "caf\u00e9 ?\n".encode(encoding)


@pytest.mark.parametrize(("value", "colour"), [("1", False), ("", None), (None, None)])
def test_no_color_is_obeyed(monkeypatch, value, colour):
    monkeypatch.delenv("NO_COLOR", raising=False)
    if value is not None:
        monkeypatch.setenv("NO_COLOR", value)
    context = click.Context(click.Command("modelcheck"))
    prepare(context)
    assert context.color is colour


def test_a_line_is_as_long_as_the_terminal_is_wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "132")
    assert width() == 132


def test_a_narrow_terminal_is_not_believed(monkeypatch):
    monkeypatch.setenv("COLUMNS", "3")
    assert width() == 40


def test_long_texts_are_wrapped_under_their_margin_and_words_stay_whole(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    assert list(indented(["one two " * 5, "x" * 50], depth=4)) == [
        "    one two one two one two one two one",
        "      two",
        "    " + "x" * 50,
    ]


def test_a_message_keeps_its_lines_and_loses_its_power():
    assert harmless("one\n\x1b[31mtwo\r") == "one\n\\x1b[31mtwo\\r"


def test_commands_print_through_the_screen_alone():
    files = Path(cli.__file__).parent.glob("*.py")
    assert [path.name for path in files if "click.echo(" in path.read_text()] == ["screen.py"]
