import pytest
from _pytest.assertion import rewrite, util

from pytest_modelcheck.engine.view import CaseView
from pytest_modelcheck.engine.work import Result
from pytest_modelcheck.plugin.exceptions import without_diffs
from pytest_modelcheck.records import Case, Trial


def test_what_is_switched_off_is_switched_on_again():
    before = rewrite._saferepr, util._reprcompare
    with without_diffs():
        during = rewrite._saferepr, util._reprcompare
    assert during[0] is not before[0]
    assert during[1] is None
    assert (rewrite._saferepr, util._reprcompare) == before


def test_they_are_switched_on_again_where_something_breaks():
    before = rewrite._saferepr
    with pytest.raises(KeyError), without_diffs():
        raise KeyError
    assert rewrite._saferepr is before


@pytest.mark.parametrize(
    "value", [1, -1.5, True, None, "text", "two\nlines\x1b", "x" * 1000, "\n" * 90, 10**17, 10**40, [1, "a"]]
)
def test_a_value_is_written_as_pytest_writes_it(value):
    careful = rewrite._saferepr(value)
    with without_diffs():
        assert rewrite._saferepr(value) == careful


@pytest.mark.parametrize("name", ["t-1", "t" * 90, "t" * 300])
def test_a_case_is_written_as_pytest_writes_it(name):
    view = CaseView(Result(Trial(0, Case("x", id=name))), None)
    careful = rewrite._saferepr(view)
    with without_diffs():
        assert rewrite._saferepr(view) == careful


def test_a_number_that_has_no_repr_is_written_all_the_same():
    careful = rewrite._saferepr(10**5000)
    with without_diffs():
        assert rewrite._saferepr(10**5000).split(" at ")[0] == careful.split(" at ")[0]


def test_a_pytest_without_these_names_only_fails_more_slowly(monkeypatch):
    monkeypatch.delattr(rewrite, "_saferepr")
    monkeypatch.delattr(util, "_reprcompare")
    with without_diffs():
        assert not hasattr(util, "_reprcompare")
    assert not hasattr(rewrite, "_saferepr")
