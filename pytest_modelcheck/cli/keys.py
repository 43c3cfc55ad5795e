"""Single keys from a terminal, in one mode from the first to the last, so that keys typed ahead count.

``click.getchar`` changes the mode for each key and throws away what came in between.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

AGAIN: Final = "\x0c"
"""The key (Ctrl-L) that stands for a return from the background: what was asked is to be shown again."""

_BACK: Final = frozenset({"\x7f", "\b"})
_ENDS: Final = frozenset({"\r", "\n", "\x04", ""})


@contextmanager
def keys() -> Iterator[Callable[[], str]]:
    """Read keys, each by a call; ``""`` where there will be no more.

    The terminal is restored at the end, however it comes: by Ctrl-C, an error or SIGTERM. Ctrl-Z restores it,
    too, until the program goes on. Keys typed ahead of the end are not left to the shell.
    """
    file = _file()
    if file is None:
        yield click.getchar
        return
    import termios

    terminal = _Terminal(file, termios)
    terminal.take()
    before = {
        number: signal.signal(number, terminal.on_signal) for number in (signal.SIGTSTP, signal.SIGTERM)
    }
    try:
        yield terminal.key
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        terminal.give_back(termios.TCSAFLUSH)


def _file() -> int | None:
    """The number of the terminal's file; ``None`` without one, and on Windows, whose console keeps keys."""
    try:
        file = sys.stdin.fileno()
    except (OSError, ValueError):
        return None
    return file if os.name == "posix" and os.isatty(file) else None


def line(key: Callable[[], str], prompt: str, start: str = "") -> str | None:
    """Read a line, key by key: what is typed behind it stays. ``None`` by Escape."""
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
    """The program was in the background while it waited for a key."""


class _Terminal:
    """A terminal that hands over each key as it is typed, and does not show it."""

    def __init__(self, file: int, termios: Any) -> None:
        self.file, self.termios = file, termios
        self.before = termios.tcgetattr(file)
        self.waits = False

    def take(self) -> None:
        """Hand over single keys from now on; those that were typed before count."""
        mode = self.termios.tcgetattr(self.file)
        mode[3] &= ~(self.termios.ICANON | self.termios.ECHO)
        mode[6][self.termios.VMIN], mode[6][self.termios.VTIME] = 1, 0
        self.termios.tcsetattr(self.file, self.termios.TCSADRAIN, mode)

    def give_back(self, when: int) -> None:
        """Restore what was before; a terminal that hung up has nothing to restore."""
        with suppress(self.termios.error):
            self.termios.tcsetattr(self.file, when, self.before)

    def on_signal(self, number: int, _: object) -> None:
        """End, or go to the background and come back."""
        if number != signal.SIGTSTP:
            raise SystemExit(128 + number)
        self.give_back(self.termios.TCSADRAIN)
        os.kill(os.getpid(), signal.SIGSTOP)
        self.take()
        if self.waits:
            raise _ResumedError

    def key(self) -> str:
        """One character, or Escape for any key that sends several."""
        self.waits = True
        try:
            first = os.read(self.file, 1)
        except _ResumedError:
            return AGAIN
        except OSError:  # the terminal hung up
            return ""
        finally:
            self.waits = False
        if first == b"\x1b":
            return self._escape()
        size = 1 + sum(first >= bound for bound in (b"\xc0", b"\xe0", b"\xf0"))
        while first and len(first) < size:
            first += os.read(self.file, size - len(first))
        return first.decode(errors="replace")

    def _escape(self) -> str:
        """Skip what an arrow, or another key of this kind, sends."""
        import select

        while select.select([self.file], [], [], 0.02)[0]:
            one = os.read(self.file, 1)
            if not one or (one.isalpha() and one != b"O") or one == b"~":
                break
        return "\x1b"
