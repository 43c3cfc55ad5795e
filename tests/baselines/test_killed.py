"""An approval that is killed at any file operation leaves everything old or everything new."""

import subprocess
import sys

import pytest

from pytest_modelcheck.baselines.approvals import Signature, approve
from pytest_modelcheck.baselines.store import ApprovedVersion, BaselineStore

APPROVING = """
import os, shutil, signal, sys
from pathlib import Path
from pytest_modelcheck.baselines.approvals import Signature, approve
from pytest_modelcheck.baselines.candidates import CandidateStore
from pytest_modelcheck.baselines.store import BaselineStore

root = Path(sys.argv[1])
candidates = CandidateStore(root / ".modelcheck_cache" / "candidates")

def approve_until_killed(folder, limit):
    left = [limit]

    def kill_at_the_nth_operation(event, arguments):
        if event in ("open", "os.rename", "os.remove", "os.mkdir") and folder.name in str(arguments[0]):
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(kill_at_the_nth_operation)
    signature = Signature("Ada", "now")
    approve(candidates, BaselineStore(folder), root, model="triage", version="2.1", signature=signature)
    os._exit(0)

for limit in range(500):
    folder = root / f"killed-{limit}"
    shutil.copytree(root / "baselines", folder)
    child = os.fork()
    if child == 0:
        approve_until_killed(folder, limit)
    if os.waitpid(child, 0)[1] == 0:
        break
"""

NAMES = ("test_known", "test_other")


def versions(store):
    """The version of each check, after a check that all of its file is of that version."""
    found = []
    for name in NAMES:
        baseline = store.read("triage", f"tests/test_triage.py::{name}")
        answers = {baseline[case].trials[0].answer for case in baseline}
        assert answers == {f'"{baseline.header.version}"'.encode()}
        assert len(baseline) == baseline.header.cases == 3
        found.append(baseline.header.version)
    return tuple(found)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_kill_at_any_file_operation_leaves_everything_old_or_everything_new(bench):
    for version in ("2.0", "2.1"):
        for name in NAMES:
            bench.run(dict.fromkeys("abc", version), name, version=version)
    where = {"root": bench.root, "model": "triage", "signature": Signature("Ada", "now")}
    approve(bench.candidates, bench.store, version="2.0", **where)
    script = bench.root / "approving.py"
    script.write_text(APPROVING)
    subprocess.run([sys.executable, script, bench.root], check=True)
    seen = set()
    for folder in bench.root.glob("killed-*"):
        store = BaselineStore(folder)
        held = store.approved("triage")
        seen.add((held.version, versions(store)))
        approve(bench.candidates, store, version="2.1", **where)
        assert (store.approved("triage"), versions(store)) == (ApprovedVersion("2.1"), ("2.1", "2.1"))
    assert seen == {("2.0", ("2.0", "2.0")), ("2.1", ("2.1", "2.1"))}
    assert not list(bench.root.glob("killed-*/**/.modelcheck-*.journal"))
