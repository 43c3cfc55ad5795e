import pytest

from pytest_modelcheck.baselines import approvals
from pytest_modelcheck.baselines.approvals import Signature, approve
from pytest_modelcheck.baselines.baseline import Written
from pytest_modelcheck.baselines.store import ApprovedVersion
from pytest_modelcheck.errors import BaselineError, VersionError
from pytest_modelcheck.records import Finding, Status

SIGNED = Signature("Ada <ada@example.org>", "2025-03-01T12:00:00Z", "better", "0.2")
KNOWN, OTHER = "tests/test_triage.py::test_known", "tests/test_triage.py::test_other"
RED = Finding("at_least", Status.FAILED, "1/2 cases pass, at least 95% required")
ERRORS = Finding("errors", Status.FAILED, "1 case broke")
DROPPED = Finding("max_drop", Status.FAILED, "1 broke, none allowed", against_baseline=True)
UNSURE = Finding("at_least", Status.INCONCLUSIVE, "noise could explain it")


@pytest.fixture
def approving(bench):
    def act(version="2.1", **more):
        where = (bench.candidates, bench.store, bench.root)
        return approve(*where, model="triage", version=version, signature=SIGNED, **more)

    return act


def test_a_candidate_becomes_the_baseline(bench, approving):
    bench.run({"a": "refund", "b": "other"}, findings=(DROPPED, UNSURE))
    report = approving()
    assert [(done.check, done.previous, done.written) for done in report.approved] == [
        (KNOWN, None, Written(2, added=2))
    ]
    assert report.gone == report.left == ()
    assert report.refused == {}
    assert bench.store.approved("triage") == ApprovedVersion("2.1")
    found = bench.store.read("triage", KNOWN)
    assert dict(found) == dict(bench.candidates.read("triage", KNOWN, "2.1"))


def test_the_header_says_who_when_why_and_nothing_of_the_run(bench, approving):
    ran = bench.run({"a": 1}, findings=(DROPPED,), fingerprint="f1", others={"tone": "3"})
    approving()
    header = bench.store.read("triage", KNOWN).header
    assert (header.approved_by, header.approved_at, header.reason, header.plugin) == (*_signed(), "0.2")
    assert header.findings == header.forced == ()
    assert (header.body, header.files, header.others) == (ran.body, ran.files, ran.others)
    assert bench.store.approved("triage") == ApprovedVersion("2.1", "f1")


def _signed():
    return SIGNED.by, SIGNED.at, SIGNED.reason


def test_approving_twice_changes_no_file(bench, approving):
    bench.run({"a": 1})
    approving()
    before = {path: path.read_bytes() for path in bench.store.root.rglob("*") if path.is_file()}
    later = Signature("Bob", "2026-01-01T00:00:00Z", plugin="0.3")
    where = (bench.candidates, bench.store, bench.root)
    approve(*where, model="triage", version="2.1", signature=later)
    assert {path: path.read_bytes() for path in bench.store.root.rglob("*") if path.is_file()} == before


def test_an_older_version_is_approved_again_from_its_own_run(bench, approving):
    for version, answer in (("2.0", "old"), ("2.1", "new")):
        bench.run({"a": answer}, version=version)
        approving(version)
    approving("2.0")
    assert bench.store.approved("triage") == ApprovedVersion("2.0")
    assert bench.store.read("triage", KNOWN)["a"].trials[0].answer == b'"old"'


def test_an_older_version_is_approved_again_from_history_where_the_cache_is_gone(bench, approving):
    bench.run({"a": "old"}, version="2.0")
    approving("2.0")
    bench.run({"a": "new"})
    approving(keep_history=True)
    bench.candidates.root.rename(bench.root / "lost")
    approving("2.0")
    assert bench.store.read("triage", KNOWN)["a"].trials[0].answer == b'"old"'


def test_history_is_kept_on_request_only_and_never_of_the_same_version(bench, approving):
    bench.run({"a": "old"}, version="2.0")
    approving("2.0")
    approving("2.0", keep_history=True)
    bench.run({"a": "new"})
    approving()
    assert bench.store.saved_versions("triage") == []


def test_a_version_that_never_ran_is_an_error_that_lists_those_that_did(bench, approving):
    bench.run({"a": 1}, version="2.0")
    with pytest.raises(
        VersionError, match=r"no run of triage 2\.1 .* runs of 2\.0\. Run it first: pytest --model"
    ):
        approving()


def edit_test(bench):
    bench.test_file.write_text(bench.test_file.read_text().replace("== case.expected", "!= case.expected"))


def edit_cases(bench):
    bench.case_file.write_text("- input: b\n")


def drop_cases(bench):
    bench.case_file.unlink()


REFUSED = [
    (
        edit_test,
        (),
        "test_known in tests/test_triage.py, or what it uses there, has changed since it ran: run pytest",
    ),
    (edit_cases, (), "its case file tests/tickets.yaml has changed since it ran: run pytest again"),
    (drop_cases, (), "its case file tests/tickets.yaml no longer exists: run pytest again"),
    (None, (RED,), "1/2 cases pass, at least 95% required"),
    (None, (ERRORS,), "1 case broke"),
]


@pytest.mark.parametrize(("change", "findings", "reason"), REFUSED)
def test_a_candidate_that_is_out_of_date_or_red_is_refused_with_the_reason(
    bench, approving, change, findings, reason
):
    bench.run({"a": 1}, findings=findings)
    if change is not None:
        change(bench)
    report = approving()
    assert report.approved == ()
    [(check, [found])] = report.refused.items()
    assert check == KNOWN
    assert found.startswith(reason)
    assert not bench.store.root.exists()


@pytest.mark.parametrize(("change", "findings", "reason"), REFUSED)
def test_force_overrides_that_and_records_it(bench, approving, change, findings, reason):
    bench.run({"a": 1}, findings=findings)
    if change is not None:
        change(bench)
    report = approving(force=True)
    assert report.refused == {}
    assert report.approved[0].forced[0].startswith(reason)
    assert bench.store.read("triage", KNOWN).header.forced == report.approved[0].forced


def test_one_refusal_leaves_everything_as_it_was(bench, approving):
    bench.run({"a": 1}, version="2.0")
    approving("2.0")
    bench.run({"a": 2})
    bench.run({"a": 2}, "test_other", findings=(RED,))
    report = approving()
    assert list(report.refused) == [OTHER]
    assert bench.store.approved("triage") == ApprovedVersion("2.0")
    assert bench.store.header("triage", KNOWN).version == "2.0"


def test_an_edit_elsewhere_in_the_file_is_no_objection(bench, approving):
    bench.run({"a": 1})
    bench.test_file.write_text("import os\n" + bench.test_file.read_text() + "\ndef test_new(): pass\n")
    assert approving().approved


@pytest.mark.parametrize("replacement", ["def test_renamed", None])
def test_a_candidate_of_a_test_that_no_longer_exists_is_passed_over(bench, approving, replacement):
    bench.run({"a": 1}, "test_other")
    if replacement is None:
        bench.test_file.unlink()
    else:
        bench.run({"a": 1})
        bench.test_file.write_text(bench.test_file.read_text().replace("def test_other", replacement))
    report = approving()
    assert report.gone == (OTHER,)
    assert [done.check for done in report.approved] == ([] if replacement is None else [KNOWN])
    assert report.refused == {}


def test_a_test_made_at_run_time_is_approved_while_its_file_stays_as_it_is(bench, approving):
    bench.run({"a": 1}, "test_made")
    assert bench.header("test_made").body.startswith("file:")
    assert approving().approved
    edit_test(bench)
    [[reason]] = approving().refused.values()
    assert "has changed" in reason


def test_candidates_of_two_fingerprints_are_refused(bench, approving):
    bench.run({"a": 1}, fingerprint="f1")
    bench.run({"a": 1}, "test_other")
    report = approving()
    assert list(report.refused) == [KNOWN, OTHER]
    assert (
        "ran with fingerprint f1, but candidates of this version have several (f1, none)"
        in report.refused[KNOWN][0]
    )


def test_a_candidate_that_lost_lines_is_an_error_and_writes_nothing(bench, approving):
    bench.run({"a": 1})
    bench.run({"a": 1, "b": 1}, "test_other")
    path = next(bench.candidates.root.rglob("test_other.jsonl"))
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-2]))
    with pytest.raises(BaselineError, match="holds 1 of 2 cases"):
        approving()
    assert [path for path in bench.store.root.rglob("*") if path.is_file()] == []


def test_a_test_file_that_is_no_python_is_an_error(bench, approving):
    bench.run({"a": 1})
    bench.test_file.write_text("def test_known(:\n")
    with pytest.raises(BaselineError, match=r"test_triage\.py:1: cannot be read as Python"):
        approving()


def test_the_last_bits_of_a_float_make_no_diff(bench, approving):
    bench.run({"a": 0.3}, version="2.0")
    approving("2.0")
    line = bench.store.read("triage", KNOWN).line("a")
    bench.run({"a": 0.1 + 0.2})
    assert approving().approved[0].written == Written(1)
    assert bench.store.read("triage", KNOWN).line("a") == line


def test_each_approval_of_something_else_adds_the_one_before_to_the_past(bench, approving):
    for version, rate in (("1.0", 0.5), ("1.1", 0.75), ("1.1", 0.8), ("1.0", 0.5)):
        bench.run({"a": f"{version} {rate}"}, version=version, rate=rate, judged=4)
        approving(version)
    found = bench.store.header("triage", KNOWN)
    assert (found.version, found.rate) == ("1.0", 0.5)
    assert [(past.version, past.rate, past.judged) for past in found.past] == [
        ("1.0", 0.5, 4),
        ("1.1", 0.75, 4),
        ("1.1", 0.8, 4),
    ]


def test_approving_the_same_again_adds_nothing_to_the_past(bench, approving):
    for _ in range(3):
        bench.run({"a": "right"}, version="1.0", rate=1.0, judged=1)
        approving("1.0")
    assert bench.store.header("triage", KNOWN).past == ()


def test_a_test_that_is_run_while_it_is_approved_is_refused(bench, approving, monkeypatch):
    """Objections are those of one run; another must not be approved in its place."""
    bench.run({"a": 1})
    look = approvals.objections

    def look_and_run_again(header, root):
        found = look(header, root)
        bench.run({"a": 2}, findings=(Finding("at_least", Status.FAILED, "0/1 cases pass"),))
        return found

    monkeypatch.setattr(approvals, "objections", look_and_run_again)
    with pytest.raises(BaselineError, match="test_known has been run again.*nothing was written"):
        approving()
    assert list(bench.store.everything()) == []
