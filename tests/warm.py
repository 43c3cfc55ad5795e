"""Starts programs at once: a process that has imported slow modules, and forks.

Usage: ``warm.py FOLDER``. In the folder it leaves a script for each program, to be put on the PATH, and the
socket through which a script hands over its arguments, its environment and its standard streams. The program
``script`` runs a Python file.
"""

from __future__ import annotations

import doctest
import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SCRIPT = """#!{python} -IS
import json, os, socket, sys

with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    request = json.dumps([[{name!r}, *sys.argv[1:]], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(server, [len(request).to_bytes(8, "big")], [0, 1, 2])
    server.sendall(request)
    code = int(server.recv(8) or 70)
if code < 0:
    os.kill(os.getpid(), -code)
sys.exit(code)
"""
LATE = (
    *(
        "anyio",
        "freezegun",
        "hypothesis.strategies",
        "joblib",
        "openai",
        "orjson",
        "pydantic",
        "scipy.special",
    ),
    *("scipy.stats", "sklearn.linear_model", "sklearn.pipeline", "trio", "unittest.mock", "yaml"),
)
PROGRAMS = ("pytest", "modelcheck", "doctest", "script")


def program(name: str) -> Callable[[], int | None]:
    """The function of the installed script of this name; ``doctest`` has none: ``python -m`` runs it."""
    if name == "doctest":
        return doctest._test
    if name == "script":
        return script
    (installed,) = metadata.entry_points(group="console_scripts", name=name)
    return installed.load()


def script() -> None:
    """Run a Python file as ``python`` does."""
    del sys.argv[0]
    runpy.run_path(sys.argv[0], run_name="__main__")


def import_everything() -> None:
    """Import the package with all that it imports late, which costs each new process a second or two."""
    import pytest_modelcheck

    packages = pkgutil.walk_packages(pytest_modelcheck.__path__, "pytest_modelcheck.")
    for name in (*LATE, *(module.name for module in packages)):
        importlib.import_module(name)


def next_program(server: socket.socket) -> str:
    """Wait for a script; return in a new process that takes its place."""
    while True:
        if sys.stdin in select.select([server, sys.stdin], [], [])[0]:
            os._exit(0)  # the parent process is gone
        connection, _ = server.accept()
        if os.fork() == 0:
            server.close()
            worker = os.fork()
            if worker == 0:
                return take_over(connection)
            _, status = os.waitpid(worker, 0)
            connection.sendall(str(os.waitstatus_to_exitcode(status)).encode())
            os._exit(0)
        connection.close()
        while reaped():
            pass


def reaped() -> bool:
    """Return whether a process that was started earlier has ended."""
    try:
        return os.waitpid(-1, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return False


def take_over(connection: socket.socket) -> str:
    size, streams, _, _ = socket.recv_fds(connection, 8, 3)
    content = b""
    while len(content) < int.from_bytes(size, "big"):
        piece = connection.recv(1 << 16)
        if not piece:  # the client was killed; no more data will come
            raise EOFError("the script ended before it had sent its request")
        content += piece
    connection.close()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    for name, number, mode, buffering in (
        ("stdin", 0, "r", -1),
        ("stdout", 1, "w", -1),
        ("stderr", 2, "w", 1),
    ):
        # New streams, as the old ones keep whether their files could seek.
        setattr(sys, name, open(number, mode, buffering, encoding="utf-8", closefd=False))  # noqa: SIM115
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where tests run in the background
    sys.argv, folder, environment = json.loads(content)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.dont_write_bytecode = bool(environment.get("PYTHONDONTWRITEBYTECODE"))
    path = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
    sys.path[:0] = [str(Path(each).absolute()) for each in path]
    return sys.argv[0]


def main(folder: Path) -> int | None:
    address = str(folder / "socket")
    server = socket.socket(socket.AF_UNIX)
    server.bind(address)
    for name in PROGRAMS:
        script = folder / name
        script.write_text(SCRIPT.format(python=sys.executable, address=address, name=name))
        script.chmod(0o755)
    os.chdir(folder)
    import_everything()
    server.listen()
    gc.freeze()
    print("ready", flush=True)
    return program(next_program(server))()


if __name__ == "__main__":
    del sys.path[0]  # the folder of this file
    sys.exit(main(Path(sys.argv[1])))
