from __future__ import annotations

import importlib.util
import os
import socket
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(socket, "send_fds"), reason="needs sockets that carry files")


def test_a_script_that_is_killed_while_it_asks_is_not_waited_for() -> None:
    spec = importlib.util.spec_from_file_location("warm", Path(__file__).with_name("warm.py"))
    assert spec is not None
    assert spec.loader is not None
    warm = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(warm)
    script, server = socket.socketpair()
    with server, Path(os.devnull).open("rb") as null:
        socket.send_fds(script, [(100).to_bytes(8, "big")], [null.fileno()] * 3)
        script.sendall(b"[[")
        script.close()
        with pytest.raises(EOFError, match="before it had sent its request"):
            warm.take_over(server)
