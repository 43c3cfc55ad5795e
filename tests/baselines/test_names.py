import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_modelcheck.baselines.names import check_path, safe, version_folder

STEADY = settings(deadline=None, derandomize=True)
NASTY = st.lists(
    st.sampled_from(["a", "A", ".", "/", "\\", ":", "~", " ", "\0", "é", "\ud800", "1", "con"]), max_size=8
).map("".join)
ANY = st.one_of(st.text(max_size=300), NASTY)
PARAMETERS = st.text(string.ascii_letters + "-/:", max_size=8)


@pytest.mark.parametrize(
    ("check", "path"),
    [
        ("tests/test_triage.py::test_known", "tests/test_triage.py/test_known.jsonl"),
        (
            "tests/test_triage.py::TestX::test_known[es-1]",
            "tests/test_triage.py/TestX.test_known[es-1].jsonl",
        ),
        ("test_a.py::test_größe", "test_a.py/test_größe.jsonl"),
        ("test_a.py::test[two words]", "test_a.py/test[two words].jsonl"),
    ],
)
def test_an_ordinary_node_id_is_readable_in_its_path(check, path):
    assert str(check_path(check)) == path


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../../etc",
        "/etc",
        "C:\\x",
        "a\0b",
        "nul",
        "NUL.txt",
        "com1",
        "a ",
        "a.",
        " a",
        ".git",
        "a/b",
        "a:b",
        "a\nb",
        "x" * 300,
        "é" * 200,
        "\u202egnp",
        "caf\u0065\u0301",
        "\ud800",
    ],
)
def test_a_name_that_some_file_system_refuses_is_altered_and_marked(name):
    altered = safe(name)
    assert altered != name
    assert altered[-11] == "~"


@STEADY
@given(ANY)
def test_any_text_becomes_one_component_that_every_file_system_takes(text):
    name = safe(text)
    assert len(name.encode()) <= 120
    assert name.isprintable()
    assert not set(name) & set('<>:"/\\|?*')
    assert name not in ("", ".", "..")
    assert not name.startswith((".", " "))
    assert not name.endswith((".", " "))


@STEADY
@given(ANY, ANY)
def test_no_two_texts_share_a_name(one, two):
    assert (safe(one) == safe(two)) == (one == two)


def test_a_text_that_looks_altered_is_not_mistaken_for_the_altered_one():
    assert safe(safe("a/b")) != safe("a/b")


@STEADY
@given(PARAMETERS, PARAMETERS)
def test_parameters_that_differ_only_in_case_are_kept_apart_where_case_is_ignored(one, two):
    paths = [str(check_path(f"t.py::test[{parameters}]")).casefold() for parameters in (one, two)]
    assert (paths[0] == paths[1]) == (one == two)


def test_versions_that_differ_only_in_case_are_kept_apart_where_case_is_ignored():
    assert version_folder("2.1-RC").casefold() != version_folder("2.1-rc").casefold()


def test_a_class_and_a_dotted_name_are_kept_apart():
    assert check_path("t.py::A::b") != check_path("t.py::A.b")


def test_a_test_outside_the_project_stays_inside_the_store():
    path = check_path("../../etc/test_x.py::test")
    assert ".." not in path.parts
    assert not path.is_absolute()


@pytest.mark.parametrize("folder", ["history", "History", "beside", "approved.yaml"])
def test_a_folder_of_tests_is_not_mistaken_for_the_stores_own_files(folder):
    assert check_path(f"{folder}/test_x.py::test").parts[0].lower() != folder.lower()


def test_a_very_long_parameter_fits_a_real_file_system(tmp_path: Path):
    path = tmp_path / check_path(f"tests/test_x.py::test[{'Ünïcödé ' * 100}]")
    path.parent.mkdir(parents=True)
    path.write_text("fits")
    assert path.name.endswith(".jsonl")
