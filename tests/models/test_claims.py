import subprocess
import sys
import textwrap

import pytest

from pytest_modelcheck.models.claims import Claims

pytest.importorskip("fcntl")

ELSEWHERE = """
import sys
from pathlib import Path
from pytest_modelcheck.models.claims import Claims

claims = Claims(Path(sys.argv[1]))
print(*(int(claims.take(word.split("/")[0], word.split("/")[1].encode())) for word in sys.argv[2:]))
"""


def elsewhere(path, *questions):
    """Which questions another process may claim, each written as ``model/key``."""
    command = [sys.executable, "-c", textwrap.dedent(ELSEWHERE), str(path), *questions]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


def test_what_one_process_claims_no_other_can_until_it_lets_go(tmp_path):
    path = tmp_path / "cache" / "claims.lock"
    claims = Claims(path)
    assert claims.take("triage", b"one")
    assert claims.take("triage", b"one")  # our own
    assert elsewhere(path, "triage/one", "triage/two", "other/one") == ["0", "1", "1"]
    claims.release("triage", [b"one"])
    assert elsewhere(path, "triage/one") == ["1"]
    claims.close()


def test_closing_lets_go_of_everything(tmp_path):
    path = tmp_path / "claims.lock"
    claims = Claims(path)
    claims.take("triage", b"one")
    claims.take("triage", b"two")
    claims.close()
    assert elsewhere(path, "triage/one", "triage/two") == ["1", "1"]
    claims.close()


def test_letting_go_before_anything_was_claimed_makes_no_file(tmp_path):
    Claims(tmp_path / "claims.lock").release("triage", [b"one"])
    assert not list(tmp_path.iterdir())


def test_claims_take_no_room(tmp_path):
    path = tmp_path / "claims.lock"
    claims = Claims(path)
    for number in range(300):
        assert claims.take("triage", b"%d" % number)
    assert path.stat().st_size == 0
    claims.close()
