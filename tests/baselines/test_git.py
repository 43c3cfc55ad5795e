"""Merges of two branches that both approve."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pytest_modelcheck.baselines.approvals import Signature, approve
from pytest_modelcheck.baselines.baseline import read_header
from pytest_modelcheck.baselines.store import ApprovedVersion, BaselineStore
from pytest_modelcheck.errors import BaselineError

KNOWN = "tests/test_triage.py::test_known"
CASES = {f"t-{n:02}": "same" for n in range(30)}


@pytest.fixture
def git(bench, monkeypatch):
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(bench.root / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    (bench.root / "gitconfig").write_text(
        "[user]\nname = Ada\nemail = ada@example.org\n[init]\ndefaultBranch = main\n"
    )

    def run(*arguments, code=0):
        done = subprocess.run(
            ["git", *arguments], cwd=bench.root, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    run("init")
    (bench.root / ".gitignore").write_text(".modelcheck_cache\ngitconfig\n")
    return run


@pytest.fixture
def approving(bench, git):
    def act(branch, version, at, only=None, **answers):
        """Run both tests on a branch of its own, approve them (or one of them), and commit."""
        if branch != "main":
            git("checkout", "-b", branch, "main")
        for name in ("test_known", "test_other"):
            bench.run(
                {**CASES, **{case.replace("_", "-"): answer for case, answer in answers.items()}},
                name,
                version,
            )
        where = (bench.candidates, bench.store, bench.root)
        select = None if only is None else lambda check: check.endswith(only)
        approve(*where, model="triage", version=version, signature=Signature("Ada", at), select=select)
        git("add", ".")
        git("commit", "-m", branch)

    return act


def test_one_changed_answer_changes_one_line_and_the_header(git, approving):
    approving("main", "2.0", "monday")
    approving("upgrade", "2.1", "tuesday", only="test_known", t_20="other")
    stat = git("diff", "--numstat", "main", "--", "baselines/triage/tests").split()
    assert stat == ["2", "2", "baselines/triage/tests/test_triage.py/test_known.jsonl"]


def test_two_branches_that_approve_different_checks_merge(bench, git, approving):
    approving("main", "2.0", "monday")
    approving("one", "2.1", "tuesday", only="test_known", t_10="new")
    approving("two", "2.1", "wednesday", only="test_other", t_20="new")
    git("merge", "one", "-m", "merge")
    assert bench.store.approved("triage") == ApprovedVersion("2.1")
    for name, case in (("test_known", "t-10"), ("test_other", "t-20")):
        found = bench.store.read("triage", f"tests/test_triage.py::{name}")
        assert found.header.version == "2.1"
        assert found[case].trials[0].answer == b'"new"'


def test_two_branches_that_approve_the_same_check_conflict_on_the_changed_lines_only(bench, git, approving):
    approving("main", "2.0", "monday")
    approving("one", "2.1", "tuesday", t_10="one", t_20="one", t_25="one")
    approving("two", "2.1", "wednesday", t_10="two", t_20="two")
    git("merge", "one", "-m", "merge", code=1)
    text = (bench.root / "baselines/triage/tests/test_triage.py/test_known.jsonl").read_text()
    assert text.count("<<<<<<<") == 3
    assert text.count('"answer":"same"') == 27
    assert text.count('{"id":"t-25","outcome":"passed","answer":"one"') == 1
    with pytest.raises(BaselineError, match=r"test_known\.jsonl:1: an unresolved git conflict"):
        bench.store.read("triage", KNOWN)


def test_the_version_before_both_sides_is_none_of_theirs(bench, git, approving):
    git("config", "merge.conflictStyle", "diff3")
    approving("main", "2.0", "monday")
    approving("one", "2.1", "tuesday", t_10="one")
    approving("two", "2.1", "wednesday", t_10="two")
    git("merge", "one", "-m", "merge", code=1)
    with pytest.raises(
        BaselineError, match=r"test_known\.jsonl:1: .* Keep one side of each conflicting line"
    ):
        bench.store.read("triage", KNOWN)


def test_a_conflict_about_the_version_is_named(bench, git, approving):
    approving("main", "2.0", "monday")
    approving("one", "2.1", "tuesday")
    approving("two", "2.2", "tuesday")
    git("merge", "one", "-m", "merge", code=1)
    with pytest.raises(BaselineError, match=r"approved\.yaml:\d: an unresolved git conflict"):
        bench.store.approved("triage")


def test_two_versions_of_a_check_are_not_merged_line_by_line(bench, git, approving):
    """A file with the header of one side and the answers of the other was never approved."""
    approving("main", "2.0", "monday")
    approving("one", "2.1", "tuesday", t_10="one")
    approving("two", "2.2", "wednesday", t_20="two")
    git("merge", "one", "-m", "merge", code=1)
    message = r"test_known\.jsonl:1: .*The sides approve 2\.2 and 2\.1: take the whole folder of baselines"
    with pytest.raises(BaselineError, match=message):
        bench.store.read("triage", KNOWN)
    with pytest.raises(BaselineError, match=message):
        read_header(bench.store.path("triage", KNOWN))
    git("checkout", "--ours", "baselines")
    found = bench.store.read("triage", KNOWN)
    assert bench.store.approved("triage") == ApprovedVersion("2.2")
    assert (found.header.version, found["t-10"].trials[0].answer) == ("2.2", b'"same"')


@pytest.mark.parametrize(("version", "refused"), [("2.2", True), ("2.1", False)])
def test_lines_of_another_version_do_not_fit_a_header_that_was_kept_by_hand(
    bench, git, approving, version, refused
):
    """Git merges lines that one side alone has changed, so that the header may be the only conflict."""
    approving("main", "2.0", "monday")
    approving("one", "2.1", "tuesday", t_10="one")
    approving("two", version, "wednesday", t_20="two")
    git("merge", "one", "-m", "merge", code=1)
    path = bench.store.path("triage", KNOWN)
    path.write_text(
        re.sub(r"<<<<<<<.*?\n(.*?)=======\n.*?>>>>>>> one\n", r"\1", path.read_text(), flags=re.S)
    )
    if not refused:
        assert bench.store.read("triage", KNOWN)["t-10"].trials[0].answer == b'"one"'
        return
    with pytest.raises(BaselineError, match=r"test_known\.jsonl:12: .*merged from .* than 2\.2"):
        bench.store.read("triage", KNOWN)


def test_lines_that_older_approvals_left_stay_as_they_are(bench, git, approving):
    approving("main", "2.0", "monday")
    path = bench.store.path("triage", KNOWN)
    before = path.read_bytes().splitlines()
    approving("main", "2.1", "tuesday", t_10="new")
    approving("main", "2.2", "wednesday", t_10="new", t_20="new")
    after = path.read_bytes().splitlines()
    assert [number for number in range(1, 31) if before[number] != after[number]] == [11, 21]
    assert len(bench.store.read("triage", KNOWN)) == 30


def test_the_same_approval_on_two_branches_merges(bench, git, approving):
    approving("main", "2.0", "monday")
    approving("one", "2.1", "tuesday", t_10="new")
    approving("two", "2.1", "tuesday", t_10="new")
    git("merge", "one", "-m", "merge")
    assert bench.store.read("triage", KNOWN)["t-10"].trials[0].answer == b'"new"'


def checked_out_anew(bench, git):
    """Clone the repository as another machine does."""
    shutil.rmtree(bench.root / "baselines")
    git("checkout", "--", "baselines")


def test_line_ends_of_windows_are_read_the_same_and_change_nothing(bench, git, approving):
    git("config", "core.autocrlf", "true")
    approving("main", "2.0", "monday")
    before = bench.store.read("triage", KNOWN).lines()
    checked_out_anew(bench, git)
    path = bench.store.path("triage", KNOWN)
    content = path.read_bytes()
    assert content.count(b"\r\n") == content.count(b"\n") == 31
    assert bench.store.approved("triage") == ApprovedVersion("2.0")
    assert bench.store.read("triage", KNOWN).lines() == before
    approve(
        bench.candidates,
        bench.store,
        bench.root,
        model="triage",
        version="2.0",
        signature=Signature("Ada", "tuesday"),
    )
    assert path.read_bytes() == content


def test_the_attributes_that_the_docs_recommend_keep_every_byte(bench, git):
    guide = Path(__file__).parents[2] / "docs" / "how-to" / "keep-baselines.md"
    (attributes,) = re.findall(r"```text\n(baselines/.*?)```", guide.read_text(encoding="utf-8"), re.DOTALL)
    (bench.root / ".gitattributes").write_text(attributes)
    git("config", "core.autocrlf", "true")
    store = BaselineStore(bench.root / "baselines")
    for name in ("test_known", "test_other"):
        bench.run({f"t-{number}": number for number in range(5)}, name)
    where = {"model": "triage", "version": "2.1", "signature": Signature("Ada", "monday")}
    approve(bench.candidates, store, bench.root, **where)
    files = {path: path.read_bytes() for path in (bench.root / "baselines").rglob("*.*") if path.is_file()}
    assert {path.suffix for path in files} == {".jsonl", ".yaml"}
    git("add", ".")
    git("commit", "-m", "approve")
    checked_out_anew(bench, git)
    assert {path: path.read_bytes() for path in files} == files
