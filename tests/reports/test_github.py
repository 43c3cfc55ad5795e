"""Workflow commands that no text can break out of."""

import pytest

from pytest_modelcheck.reports.github import error_command


def test_what_is_not_known_is_left_out():
    assert error_command("broke", title="t-1") == "::error title=t-1::broke"
    assert error_command("broke", title="t-1", file="x.py") == "::error file=x.py,title=t-1::broke"


@pytest.mark.parametrize("hostile", ["a\n::error::b", "a\r\n::add-mask::b", "a,line=7::b", "%0A::error::b"])
def test_a_text_stays_where_it_is_put(hostile):
    command = error_command(hostile, title=hostile, file=hostile, line=1)
    assert len(command.splitlines()) == 1
    properties = command.split("::")[1]
    assert properties.count(",") == 2
    assert properties.count("line=1,") == 1
