"""Rows of every form, and the cases that they mean."""

from __future__ import annotations

import pytest

from pytest_modelcheck import cases
from pytest_modelcheck.errors import CaseError

BOTH = "Say which are the input and the expectation, in the marker or in cases.load(): "
INPUT = "Say which is the input, in the marker or in cases.load(): "


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", "id,text,label\n1,a,b\n", "column 'input'; there are 'id', 'text', 'label'. " + BOTH),
        (
            "t.csv",
            "text,expected\na,b\n",
            f"column 'input'; there are 'text', 'expected'. {INPUT}input='text'",
        ),
        ("t.csv", "id,expected\na,b\n", f"column 'input'; there are 'id', 'expected'. {INPUT}input='…'"),
        ("t.yaml", "- {text: a, label: b}\n", "field 'input'; it has 'text', 'label'. " + BOTH),
        ("t.jsonl", '{"text": "a"}\n', f"field 'input'; it has 'text'. {BOTH}input='text', expected='…'"),
    ],
)
def test_where_nothing_is_called_input_it_is_said_how_to_name_it(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(CaseError) as caught:
        list(cases.load(name, base=tmp_path))
    assert f"{name}:1: no {message}" in str(caught.value)


def test_and_what_is_said_can_be_done(tmp_path):
    (tmp_path / "t.csv").write_text("id,text,label\n1,a,b\n")
    with pytest.raises(CaseError, match=r"cases\.load\(\): input='text', expected='label'$"):
        list(cases.load("t.csv", base=tmp_path))
    (case,) = cases.load("t.csv", base=tmp_path, input="text", expected="label")
    assert (case.input, case.expected) == ("a", "b")
