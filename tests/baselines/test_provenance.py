import os
import textwrap

import pytest

from pytest_modelcheck.baselines.header import Header
from pytest_modelcheck.baselines.provenance import body_digest, defines, file_digest, place
from pytest_modelcheck.errors import BaselineError

TEST = '''
import json
import pytest
from app import labels as known
from pytest_modelcheck import model_fixture

LIMIT = 3
UNUSED = 4

def normal(text):
    """Small letters."""
    return strip(text).lower()

def strip(text):
    return text.strip()

def unrelated():
    return 1

@pytest.fixture
def tolerance():
    return LIMIT

@model_fixture()
def triage(model_version):
    return lambda text: text

@pytest.mark.golden("tickets.yaml", at_least=0.9)
@pytest.mark.parametrize("language", ["es", "en"])
def test_known(triage, case, tolerance, language):
    """What it is about."""
    # why
    assert normal(triage(case.input)) == case.expected, known
'''


@pytest.fixture
def digest(tmp_path):
    """The digest of a test in a file of the given source."""
    numbers = iter(range(1000))

    def of(source, qualname="test_known"):
        path = tmp_path / f"test_{next(numbers)}.py"
        path.write_text(source)
        return body_digest(path, qualname)

    return of


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    # why\n", ""),
        ('    """What it is about."""\n', ""),
        ('    """Small letters."""\n', '    """Lower case."""\n'),
        ("(triage, case, tolerance, language):", "(\n    triage,\n    case, tolerance, language,\n):"),
        ("at_least=0.9", "at_least=0.8"),
        ('["es", "en"]', '["fr"]'),
        ('@pytest.mark.golden("tickets.yaml", at_least=0.9)\n', ""),
        ("UNUSED = 4", "UNUSED = 5"),
        ("    return 1\n", "    return 2\n"),
        ("lambda text: text", "lambda text: text.upper()"),
        ("import json\n", "import os, json, sys\n"),
        ("LIMIT = 3", "LIMIT = 0x3"),
        ("import labels as known", "import (other, labels as known)"),
    ],
)
def test_edits_that_do_not_change_the_behaviour_of_the_test_do_not_count(digest, old, new):
    assert old in TEST
    assert digest(TEST.replace(old, new)) == digest(TEST)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("== case.expected", "!= case.expected"),
        ("(triage, case, tolerance, language)", "(triage, case, language)"),
        ("return strip(text).lower()", "return strip(text)"),
        ("return text.strip()", "return text.strip('.')"),
        ("LIMIT = 3", "LIMIT = 4"),
        ("from app import labels as known", "from app import names as known"),
        ("from app import labels as known", "from .app import labels as known"),
        ("def strip(text):", "def strip(text, more=1):"),
        ("def strip(text):", "@functools.cache\ndef strip(text):"),
        ("@pytest.fixture\n", "@pytest.fixture(scope='module')\n"),
        ("LIMIT = 3", "LIMIT = 3\nLIMIT += 1"),
        ("def test_known", "async def test_known"),
        ("def test_known", "def test_known"[:0] + "@mock.patch('x')\ndef test_known"),
    ],
)
def test_the_behaviour_of_the_test_and_everything_it_names_counts(digest, old, new):
    assert old in TEST
    assert digest(TEST.replace(old, new)) != digest(TEST)


def test_the_order_of_definitions_does_not_count(digest):
    one = "def a():\n    return b()\n\ndef b():\n    return 1\n\ndef test_known():\n    a()\n"
    two = "def test_known():\n    a()\n\ndef b():\n    return 1\n\ndef a():\n    return b()\n"
    assert digest(one) == digest(two)


def test_a_marker_behind_a_name_of_its_own_does_not_count(digest):
    source = "import pytest\nknown = pytest.mark.golden({!r})\n\n@known\ndef test_known(): pass\n"
    assert digest(source.format("a.yaml")) == digest(source.format("b.yaml"))


CLASSES = """
class Base:
    limit = 3

    def helper(self):
        return self.deeper()

    def deeper(self):
        return 1

    def unrelated(self):
        return 2

    def test_inherited(self, triage, case):
        assert self.helper()

class TestX(Base):
    def test_known(self, triage, case):
        assert self.helper() < self.limit

    class TestInner:
        def test_deep(self, case):
            assert case
"""


@pytest.mark.parametrize(
    ("old", "new", "counts"),
    [
        ("self.helper() < self.limit", "self.helper() > self.limit", True),
        ("limit = 3", "limit = 4", True),
        ("return 1", "return 3", True),
        ("return 2", "return 3", False),
        ("        assert case\n", "        assert not case\n", False),
    ],
)
def test_a_method_counts_with_the_members_of_its_class_that_it_uses(digest, old, new, counts):
    changed = digest(CLASSES.replace(old, new), "TestX.test_known") != digest(CLASSES, "TestX.test_known")
    assert changed is counts


def test_a_member_that_a_subclass_overrides_counts_as_overridden(digest):
    override = CLASSES.replace(
        "class TestX(Base):", "class TestX(Base):\n    def deeper(self):\n        return 9\n"
    )
    assert digest(override, "TestX.test_inherited") != digest(CLASSES, "TestX.test_inherited")
    assert digest(override, "Base.test_inherited") == digest(CLASSES, "Base.test_inherited")


def test_inherited_and_inner_tests_are_found(tmp_path):
    path = tmp_path / "test_a.py"
    path.write_text(CLASSES)
    assert defines(path, "TestX.test_inherited")
    assert defines(path, "TestX.TestInner.test_deep")
    assert not defines(path, "TestX.test_nowhere")
    assert not defines(path, "TestX.helper.test")


def test_bases_in_a_circle_end(tmp_path):
    path = tmp_path / "test_a.py"
    path.write_text("class A(B): pass\nclass B(A): pass\n")
    assert not defines(path, "A.test")


def test_a_test_behind_if_try_or_with_is_found(tmp_path):
    path = tmp_path / "test_a.py"
    path.write_text(
        textwrap.dedent(
            """
            if True:
                def test_if(): pass
            else:
                def test_else(): pass
            try:
                def test_try(): pass
            except ImportError:
                def test_except(): pass
            with open("x"):
                def test_with(): pass
            match 1:
                case 1:
                    def test_match(): pass
            """
        )
    )
    for name in ("if", "else", "try", "except", "with", "match"):
        assert defines(path, f"test_{name}")


def test_names_bound_behind_an_if_count(digest):
    source = "if True:\n    LIMIT = {}\n\ndef test_known():\n    assert LIMIT\n"
    assert digest(source.format(1)) != digest(source.format(2))


def test_a_test_made_by_a_function_counts_with_what_it_names(digest):
    source = "LIMIT = {}\ndef make():\n    def test(case):\n        assert LIMIT\n    return test\n"
    assert digest(source.format(1), "make.<locals>.test") != digest(source.format(2), "make.<locals>.test")


def test_a_test_that_the_file_does_not_spell_out_takes_the_digest_of_the_whole_file(digest):
    assert digest(TEST, "test_made_at_run_time").startswith("file:")
    assert digest(TEST, "test_made_at_run_time") == digest(
        TEST.replace("# why", "# because"), "test_made_at_run_time"
    )
    assert digest(TEST, "test_made_at_run_time") != digest(TEST + "\nX = 1\n", "test_made_at_run_time")


def test_the_digest_is_the_same_on_every_python(digest):
    literals = "{1: (2.5, 1e400, -0.0, 0xff, b'\\xc3', 'é', ..., 2j, True, None)}"
    source = f"def test_known(case):\n    assert f'{{case.id!r:>{{3}}}}' 'x' == {literals}\n"
    assert digest(source) == "ae2419a59bd3e74c"


def test_a_sum_of_thousands_of_terms_and_a_number_of_thousands_of_digits_have_digests(digest):
    long = "x = " + " + ".join(["y"] * 900) + "\ndef test_known():\n    assert x + 0x" + "f" * 9000 + "\n"
    assert len(digest(long)) == 16


def test_a_file_is_read_again_when_it_has_changed(tmp_path):
    path = tmp_path / "test_a.py"
    path.write_text("def test(): assert 1\n")
    first = body_digest(path, "test")
    path.write_text("def test(): assert 2\n")
    os.utime(path, (1, 1))
    assert body_digest(path, "test") != first


@pytest.mark.parametrize("source", ["def test(:\n", "def test():\n\0"])
def test_a_file_that_is_no_python_is_named(tmp_path, source):
    path = tmp_path / "test_a.py"
    path.write_text(source)
    with pytest.raises(BaselineError, match=r"test_a\.py.*: cannot be read as Python"):
        body_digest(path, "test")


def test_reading_a_test_does_not_run_it(digest):
    assert digest("raise SystemExit\ndef test_known(): pass\n")


def test_the_source_of_an_encoding_of_its_own_is_read(tmp_path):
    path = tmp_path / "test_a.py"
    path.write_bytes("# -*- coding: latin-1 -*-\ndef test(): assert 'é'\n".encode("latin-1"))
    latin = body_digest(path, "test")
    path.write_text("def test(): assert 'é'\n", encoding="utf-8")
    assert body_digest(path, "test") == latin


def test_a_case_file_has_one_digest_with_any_line_ends_of_git(tmp_path):
    path = tmp_path / "tickets.yaml"
    path.write_bytes(b"- a\n- b\n")
    digest = file_digest(path)
    path.write_bytes(b"- a\r\n- b\r\n")
    assert file_digest(path) == digest
    path.write_bytes(b"- a\n- c\n")
    os.utime(path, (1, 1))
    assert file_digest(path) != digest


@pytest.mark.parametrize(
    ("test", "source", "expected"),
    [
        ("tests/test_a.py::test", "", ("tests/test_a.py", "test")),
        ("tests/test_a.py::TestX::TestY::test[a::b]", "", ("tests/test_a.py", "TestX.TestY.test")),
        ("tests/test_a.py::TestX::test", "tests/base.py::Base.test", ("tests/base.py", "Base.test")),
    ],
)
def test_the_place_of_the_source_is_what_the_header_says_else_the_node_id(test, source, expected):
    assert place(Header(test, "golden", "m", "1", source=source)) == expected
