"""Safe printing of untrusted text to a terminal, and reading of single keys."""

from __future__ import annotations

import codecs
import io
import os
import shutil
import signal
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from pytest_modelcheck.canonical import one_line
from pytest_modelcheck.display import harmless
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.reports.bars import wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pytest_modelcheck.reports.bars import Line


# Lines that are printed at once: each time, click looks at the terminal anew, and flushes.
_TOGETHER: Final = 100


def width() -> int:
    """Return the width of the terminal, or 80 if there is none."""
    # Narrower than 40, words would run over the edge all the same, as they are never broken.
    return max(40, shutil.get_terminal_size((80, 24)).columns)


def height() -> int:
    """Return the height of the terminal, or 24 if there is none."""
    return shutil.get_terminal_size((80, 24)).lines


def encoding() -> str | None:
    """Return the encoding of standard output."""
    return getattr(sys.stdout, "encoding", None)


def prepare(context: click.Context) -> None:
    """Turn colour off if ``NO_COLOR`` is set; print ``?`` for characters that the terminal cannot encode."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by the caller: `<&-`, `>&-`
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - until the end
    if os.environ.get("NO_COLOR"):
        context.color = False
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a character of an answer gets a "?", not a UnicodeEncodeError.
            stream.reconfigure(errors="replace")


def print_lines(lines: Iterable[str]) -> None:
    """Print lines, without colours if output is not a terminal."""
    waiting: list[str] = []
    try:
        for line in lines:
            waiting.append(line)
            if len(waiting) == _TOGETHER:
                echo("\n".join(waiting))
                waiting.clear()
    finally:
        if waiting:  # also where the next line cannot be told
            echo("\n".join(waiting))


def coloured(line: Line) -> str:
    """A line with its colours as codes."""
    text = ""
    for piece, style in line:
        front = next((name for name in style if name != "bold" and name.islower()), None)
        behind = next((name.lower() for name in style if name.istitle()), None)
        text += click.style(piece, fg=front, bg=behind, bold=style.get("bold")) if style else piece
    return text


def echo(text: str = "", *, err: bool = False, nl: bool = True) -> None:
    """Print lines that may contain untrusted text: only our own colour codes reach the terminal."""
    click.echo(harmless(text, styled=True), err=err, nl=nl)


def print_document(text: str | bytes, *, nl: bool = True) -> None:
    """Print JSON, HTML or Markdown, which escape untrusted text: as UTF-8, except to a terminal."""
    if isinstance(text, str) and not sys.stdout.isatty():  # to a file or pipe, Windows encodes as in cp1252
        text = text.encode(errors="replace")
    click.echo(text, nl=nl)


def indented(texts: Iterable[str], depth: int = 2, *, breaks: bool = False) -> Iterator[str]:
    """Each text on its own lines, wrapped and made safe to print; ``breaks`` wraps within words, too."""
    margin = " " * depth
    for text in texts:
        yield from wrapped(one_line(text), width(), margin, margin + "  ", breaks=breaks)


# The key (Ctrl-L) that stands for a return from the background: what was asked is to be shown again.
AGAIN: Final = "\x0c"

_BACK: Final = frozenset({"\x7f", "\b"})
_ENDS: Final = frozenset({"\r", "\n", "\x04", ""})


# click.getchar changes the mode of the terminal for each key, and throws away what was typed in between.
@contextmanager
def keys() -> Iterator[Callable[[], str]]:
    """Yield a function that reads one key; it returns ``""`` at the end of input.

    The terminal is restored on every exit: also after Ctrl-C, an error or SIGTERM. Ctrl-Z restores it
    until the program continues. Keys typed ahead of the end are not left to the shell.
    """
    file = _file()
    if file is None:
        yield _character
        return
    import termios

    terminal = _Terminal(file, termios)
    # What is ignored stays so.
    numbers = [
        number for number in (signal.SIGTSTP, signal.SIGTERM) if signal.getsignal(number) != signal.SIG_IGN
    ]
    before: dict[signal.Signals, Any] = {}
    try:
        for number in numbers:
            before[number] = signal.signal(number, terminal.on_signal)
        terminal.take()
        yield terminal.key
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
        terminal.give_back(termios.TCSAFLUSH)


def _character() -> str:
    """Read a key from the terminal of the process, where standard input is none."""
    try:
        return click.getchar()
    except OSError as error:  # a job of CI or cron has no terminal at all
        raise UsageError(f"keys are read from a terminal, and there is none ({error.strerror})") from error


def _file() -> int | None:
    """The terminal's file descriptor; ``None`` without one, and on Windows, where the console buffers."""
    try:
        file = sys.stdin.fileno()
    except (OSError, ValueError):
        return None
    return file if os.name == "posix" and os.isatty(file) else None


def line(key: Callable[[], str], prompt: str, start: str = "") -> str | None:
    """Read a line key by key, so that keys typed after it are kept. Returns ``None`` after Escape."""
    text = start
    click.echo(f"{prompt}: {text}", nl=False)
    while (one := key()) not in _ENDS:
        if one == "\x1b":
            click.echo()
            return None
        if one == AGAIN:
            click.echo(f"\n{prompt}: {text}", nl=False)
        elif one in _BACK or one == "\x15":  # Ctrl-U takes all of it back
            text = text[:-1] if one in _BACK else ""
            click.echo(f"\r\x1b[K{prompt}: {text}", nl=False)
        elif one.isprintable():
            text += one
            click.echo(one, nl=False)
    click.echo()
    return text


class _ResumedError(Exception):
    """The program was suspended while it waited for a key."""


class _Terminal:
    """A terminal in a mode without echo that delivers each key as it is typed."""

    def __init__(self, file: int, termios: Any) -> None:
        self.file, self.termios = file, termios
        self.before = termios.tcgetattr(file)
        self.waits = False
        self.decoder = codecs.getincrementaldecoder(sys.stdin.encoding or "utf-8")(errors="replace")
        self.typed = ""  # a byte that is no character, and the key behind it, arrive together

    def take(self) -> None:
        """Switch to single keys; keys typed before are kept."""
        mode = self.termios.tcgetattr(self.file)
        # ISIG stays: Ctrl-C and Ctrl-Z remain signals.
        mode[3] &= ~(self.termios.ICANON | self.termios.ECHO)
        mode[6][self.termios.VMIN], mode[6][self.termios.VTIME] = 1, 0
        self.termios.tcsetattr(self.file, self.termios.TCSADRAIN, mode)

    def give_back(self, when: int) -> None:
        """Restore the terminal's mode; does nothing if it hung up."""
        with suppress(self.termios.error):
            self.termios.tcsetattr(self.file, when, self.before)

    def on_signal(self, number: int, _: object) -> None:
        """Restore the terminal before the process ends or is suspended; switch again when it continues."""
        if number != signal.SIGTSTP:
            raise SystemExit(128 + number)
        self.give_back(self.termios.TCSADRAIN)
        # Not SIGSTOP: where no shell can make it go on (ssh -t, docker run), the system ignores this one.
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)
        signal.signal(number, self.on_signal)
        self.take()
        if self.waits:
            raise _ResumedError

    def key(self) -> str:
        """Read one character; Escape for any key that sends several; ``""`` once the terminal hung up."""
        try:
            while not self.typed:
                first = self._first()
                if first == b"\x1b":
                    return self._escape()
                self.typed = self.decoder.decode(first)
        except _ResumedError:
            return AGAIN
        except (EOFError, OSError):
            return ""
        one, self.typed = self.typed[0], self.typed[1:]
        return one

    def _first(self) -> bytes:
        self.waits = True
        try:
            return self._read(1)
        finally:
            self.waits = False

    def _read(self, most: int) -> bytes:
        found = os.read(self.file, most)
        if not found:
            raise EOFError
        return found

    def _escape(self) -> str:
        """Skip the rest of an escape sequence, such as that of an arrow key."""
        import select

        # An arrow key is an escape followed at once by more bytes, which must not be taken for answers.
        # Escape alone is followed by nothing within 20 ms.
        while select.select([self.file], [], [], 0.02)[0]:
            one = self._read(1)
            if (one.isalpha() and one != b"O") or one == b"~":
                break
        return "\x1b"
