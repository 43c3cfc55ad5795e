"""Facts that the source of a body proves."""

from __future__ import annotations

import textwrap

import pytest

from pytest_modelcheck.lint.body import body_of


@pytest.fixture
def read(tmp_path):
    def read(source, name="test_it"):
        path = tmp_path / "test_it.py"
        lines = textwrap.indent(textwrap.dedent(source).strip(), "    ")
        path.write_text(f"def test_it(triage, case):\n{lines}\n")
        return body_of(path, name)

    return read


@pytest.mark.parametrize(
    ("source", "reads", "always", "keys"),
    [
        ("assert triage(case.input) == case.expected", {"input", "expected"}, {"input", "expected"}, set()),
        ("if case.repeat:\n    assert case.expected", {"repeat", "expected"}, set(), set()),
        ("assert case.id or case.expected", {"id", "expected"}, set(), set()),
        ("case.input\nwith raises():\n    case.expected", {"input", "expected"}, {"input"}, set()),
        ("[case.expected for _ in range(3)]", {"expected"}, set(), set()),
        ('assert case["language"] == case.input', {"metadata", "input"}, {"input"}, {"language"}),
        ('assert case.metadata["language"]', {"metadata"}, {"metadata"}, set()),
        ("key = 'a'\nassert case[key]", {"metadata"}, set(), set()),
    ],
)  # fmt: skip
def test_reads_of_a_body(read, source, reads, always, keys):
    body = read(source)
    assert (set(body.reads), set(body.always_reads), set(body.keys)) == (reads, always, keys)
    assert not body.hands_on
    assert body.may_read_metadata == ("metadata" in reads)


@pytest.mark.parametrize(
    "source", ["check(case)", "other = case", "return [case]", "getattr(case, 'expected')"]
)
def test_uses_of_a_case_that_is_handed_on_are_unknown(read, source):
    body = read(source)
    assert body.hands_on
    assert body.may_read("perturbed")


@pytest.mark.parametrize(
    ("source", "void"),
    [
        ("triage(case.input) == case.expected", "a comparison whose result is not used"),
        ("assert (triage(case.input) == 1, 'why')", "assert of a tuple, which is always true"),
        ("assert 'label'", "assert 'label' is always true"),
        ("assert triage(case.input) or True", "assert … or True is always true"),
        ("assert triage(case.input) == triage( case.input )", "both sides of the comparison are the same"),
    ],
)
def test_comparisons_that_cannot_fail(read, source, void):
    ((problem, line),) = read("answer = 1\n" + source).void
    assert problem.startswith(void)
    assert line == 3


@pytest.mark.parametrize(
    "source",
    [
        "assert triage(case.input) == triage(case.perturbed)",
        "assert ()",
        "assert 0",
        "same = triage(case.input) == 1\nassert same",
        "assert 1 <= triage(case.input) <= 1",
        "assert triage(case.input) != triage(case.input)",
    ],
)
def test_comparisons_that_can(read, source):
    assert read(source).void == ()


def test_methods_and_other_names(tmp_path):
    path = tmp_path / "test_it.py"
    path.write_text(
        "class TestIt:\n    async def test_a(self, case):\n        assert await model(case.input)\n"
    )
    assert body_of(path, "TestIt.test_a").reads == {"input"}
    assert body_of(path, "TestIt") is None
    assert body_of(path, "test_b") is None


def test_a_source_that_is_not_to_be_had(tmp_path):
    assert body_of(tmp_path / "gone.py", "test_it") is None
    (tmp_path / "broken.py").write_text("def test_it(:\n")
    assert body_of(tmp_path / "broken.py", "test_it") is None


def test_a_changed_file_is_read_again(tmp_path):
    import os

    path = tmp_path / "test_it.py"
    path.write_text("def test_it(case): case.input")
    assert body_of(path, "test_it").reads == {"input"}
    path.write_text("def test_it(case): case.expected")
    os.utime(path, ns=(1, 1))
    assert body_of(path, "test_it").reads == {"expected"}


@pytest.mark.parametrize(
    ("source", "silent"),
    [
        ("triage(case.input)", True),
        ("answer = triage(case.input).lower()\nprint(answer, case.id)", True),
        ("await triage(case.input)", True),
        ("case.record(triage(case.input).label)", True),
        ("assert triage(case.input)", False),
        ("if triage(case.input):\n    raise ValueError", False),
        ("check(triage(case.input))", False),
        ("triage(case.input)\nhelper.judge(case)", False),
        ("with pytest.raises(ValueError):\n    triage(case.input)", False),
    ],
)
def test_a_body_that_cannot_fail_is_found(tmp_path, source, silent):
    path = tmp_path / "test_it.py"
    path.write_text(f"async def test_it(triage, case):\n{textwrap.indent(source, '    ')}\n")
    assert body_of(path, "test_it").silent is silent


def test_another_fixture_may_be_what_judges(tmp_path):
    path = tmp_path / "test_it.py"
    path.write_text("def test_it(triage, judge, case):\n    judge(triage(case.input))\n")
    assert not body_of(path, "test_it").silent


SHADOWS = """
def test_it(triage, case):
    assert triage(case.input)

{between}

@pytest.mark.golden("b.yaml")
def test_it(triage, case):
    assert triage(case.input)

class TestIt:
    def test_it(self): ...
    @slow
    def test_it(self): ...

slow = pytest.mark.slow
"""


def shadows(tmp_path, source, name="test_it"):
    path = tmp_path / "test_it.py"
    path.write_text(source)
    return body_of(path, name).shadows


def test_tests_of_the_same_name_in_one_block_shadow_each_other(tmp_path):
    assert shadows(tmp_path, SHADOWS.format(between="")) == (2,)
    assert shadows(tmp_path, SHADOWS.format(between=""), "TestIt.test_it") == (12,)
    assert shadows(tmp_path, SHADOWS.format(between="def test_it(): ...")) == (2, 5)
    assert body_of(tmp_path / "test_it.py", "test_it").line == 8


@pytest.mark.parametrize(
    "between",
    ["other = test_it", "test_old = copy(test_it)", "del test_it", "if True:\n    test_a = test_it"],
)
def test_a_name_that_is_kept_under_another_is_not_shadowed(tmp_path, between):
    assert shadows(tmp_path, SHADOWS.format(between=between)) == ()


@pytest.mark.parametrize(
    "source",
    [
        "@register\ndef test_it(case): ...\ndef test_it(case): ...\n",
        "register = app.add\n@register\ndef test_it(case): ...\ndef test_it(case): ...\n",
        "if X:\n    def test_it(case): ...\nelse:\n    def test_it(case): ...\n",
        "def test_it(case): ...\n@wraps(test_it)\ndef test_it(case): ...\n",
        "class TestIt:\n    def test_it(self): ...\ndef test_it(case): ...\n",
    ],
)
def test_definitions_that_may_be_wanted_are_left_alone(tmp_path, source):
    assert shadows(tmp_path, source) == ()
