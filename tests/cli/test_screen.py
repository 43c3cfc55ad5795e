import io
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

from pytest_modelcheck import cli
from pytest_modelcheck.cli.screen import indented, keys, prepare, print_document, width
from pytest_modelcheck.display import harmless


def printed(monkeypatch, encoding):
    """Streams of an encoding, as those of a process."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True) for _ in range(2)]
    monkeypatch.setattr(sys, "stdout", streams[0])
    monkeypatch.setattr(sys, "stderr", streams[1])
    return streams[0].buffer


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_a_character_that_the_screen_cannot_show_is_a_question_mark(monkeypatch, encoding):
    content = printed(monkeypatch, encoding)
    prepare(click.Context(click.Command("modelcheck")))
    click.echo("caf\u00e9 \u65e5")
    assert content.getvalue() == "caf\u00e9 ?\n".encode(encoding)


def test_documents_are_utf_8_in_every_locale(monkeypatch):
    """The locale of Windows is cp1252: a page would break, and answers in JSON would be lost."""
    content = printed(monkeypatch, "cp1252")
    prepare(click.Context(click.Command("modelcheck")))
    click.echo("caf\u00e9")
    print_document('{"answer": "\u65e5"}')
    assert content.getvalue() == "caf\u00e9\n".encode("cp1252") + '{"answer": "\u65e5"}\n'.encode()


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


KEYS = """
from pytest_modelcheck.cli.screen import keys

with keys() as key:
    print("ready", flush=True)
    while one := key():
        print(ascii(one), flush=True)
"""


def test_without_a_shell_to_resume_it_it_does_not_stop():
    pty = pytest.importorskip("pty")
    ours, its = pty.openpty()
    command = [sys.executable, "-c", KEYS]  # alone in its session, as under ssh -t
    process = subprocess.Popen(command, stdin=its, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTSTP)
        os.write(ours, b"q")
        goes_on, _, _ = select.select([process.stdout], [], [], 20)
        assert goes_on
    finally:
        process.kill()
        process.communicate()
        os.close(ours)
        os.close(its)


def test_a_terminal_that_hangs_up_within_a_character_gives_no_more(monkeypatch):
    pty = pytest.importorskip("pty")
    ours, its = pty.openpty()
    with os.fdopen(its) as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        with keys() as key:
            os.write(ours, b"\xc3")
            os.close(ours)
            assert (key(), key()) == ("", "")


@pytest.mark.parametrize(("encoding", "typed"), [("utf-8", "\ufffdyq"), ("latin-1", "\xe9yq")])
def test_a_byte_of_another_encoding_swallows_no_key_behind_it(monkeypatch, encoding, typed):
    pty = pytest.importorskip("pty")
    ours, its = pty.openpty()
    with os.fdopen(its, encoding=encoding) as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        with keys() as key:
            os.write(ours, b"\xe9yqqqq")
            assert "".join(key() for _ in range(3)) == typed
    os.close(ours)


def test_a_signal_that_is_ignored_stays_so(monkeypatch):
    pty = pytest.importorskip("pty")
    ours, its = pty.openpty()
    before = signal.signal(signal.SIGTSTP, signal.SIG_IGN)
    try:
        with os.fdopen(its) as stream:
            monkeypatch.setattr(sys, "stdin", stream)
            with keys():
                assert signal.getsignal(signal.SIGTSTP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTSTP, before)
        os.close(ours)
