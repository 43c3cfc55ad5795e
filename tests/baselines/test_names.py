import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_modelcheck.baselines.names import check_path, home_of, matches, relative, safe, version_folder

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


@pytest.fixture
def service(tmp_path):
    """A project below a workspace: the folder ``shop`` holds baselines, the folder above it an ini file."""
    (tmp_path / "shop" / "tests" / "unit").mkdir(parents=True)
    approve(tmp_path / "shop")
    return tmp_path / "shop"


def approve(folder, name="baselines"):
    (folder / name / "triage").mkdir(parents=True)
    (folder / name / "triage" / "approved.yaml").write_text('version: "1.0"\n')


def test_it_is_the_closest_folder_above_the_test_that_holds_baselines(service, tmp_path):
    approve(tmp_path)
    assert home_of(service / "tests" / "unit", "baselines", tmp_path) == service


def test_it_is_the_fallback_where_nothing_was_approved(tmp_path):
    assert home_of(tmp_path / "tests", "baselines", Path("fallback")) == Path("fallback")


@pytest.mark.parametrize("name", ["approved", "qa/approved"])
def test_the_folder_may_have_another_name(service, name):
    approve(service / "tests", name)
    assert home_of(service / "tests" / "unit", name, Path("fallback")) == service / "tests"


@pytest.mark.parametrize("name", ["../approved", "/approved"])
def test_a_folder_that_lies_elsewhere_is_not_searched_for(service, name, tmp_path):
    approve(tmp_path, "approved")
    place = name if name.startswith(".") else str(tmp_path / "approved")
    assert home_of(service / "tests", place, Path("fallback")) == Path("fallback")


def test_the_search_ends_at_the_top_of_a_repository(service):
    (service / "tests" / ".git").touch()  # a file, as in a submodule
    assert home_of(service / "tests" / "unit", "baselines", Path("fallback")) == Path("fallback")


def test_a_folder_of_that_name_which_is_not_ours_is_passed_by(service):
    (service / "tests" / "baselines" / "images").mkdir(parents=True)
    (service / "tests" / "baselines" / "images" / "plot.png").touch()
    (service / "tests" / "baselines" / "test_names.py").touch()
    assert home_of(service / "tests", "baselines", Path("fallback")) == service


def test_baselines_that_lost_their_approved_version_still_count(service):
    (service / "baselines" / "triage" / "approved.yaml").unlink()
    check = service / "baselines" / "triage" / "tests" / "test_triage.py" / "test_known.jsonl"
    check.parent.mkdir(parents=True)
    check.write_bytes(b"\0damaged")
    assert home_of(service / "tests", "baselines", Path("fallback")) == service


def test_two_names_of_a_folder_are_one(service, tmp_path):
    (tmp_path / "link").symlink_to(service)
    (service / "alias").symlink_to(service / "tests")
    for path in (service / "tests", service / "alias", tmp_path / "link" / "tests"):
        home = home_of(path, "baselines", Path("fallback"))
        assert home == service
        assert relative(path / "test_a.py", home) == "tests/test_a.py"


def test_tests_that_are_linked_into_a_project_belong_to_it(service, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (service / "linked").symlink_to(tmp_path / "elsewhere")
    home = home_of(service / "linked", "baselines", Path("fallback"))
    assert home == service
    assert relative(service / "linked" / "test_a.py", home) == "linked/test_a.py"


def test_a_test_outside_the_folder_has_a_name_too(service, tmp_path):
    assert relative(tmp_path / "test_a.py", service) == "../test_a.py"


def test_a_folder_that_may_not_be_entered_is_none_of_ours(tmp_path, monkeypatch):
    (tmp_path / "baselines" / "theirs").mkdir(parents=True)

    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_file", refuse)
    assert home_of(tmp_path, "baselines", tmp_path / "else") == tmp_path / "else"


CHECK = "tests/unit/test_triage.py::TestX::test_known[es-1]"


@pytest.mark.parametrize(
    "pattern",
    [
        CHECK,
        "test_known",
        "test_known[es-1]",
        "TestX",
        "TestX::test_known",
        "test_triage.py",
        "tests",
        "unit/test_triage.py",
        "test_*",
        "*known",
        "test_known[?s-*]",
        "tests/*::test_known",
        "*",
    ],
)
def test_whole_parts_of_a_node_id_match(pattern):
    assert matches(pattern, CHECK)


@pytest.mark.parametrize(
    "pattern", ["known", "test_know", "Test", "triage", "test_known[es]", "test_known[e.-1]", "[es-1]", ""]
)
def test_anything_less_does_not(pattern):
    assert not matches(pattern, CHECK)


def test_a_test_does_not_stand_for_one_whose_name_goes_on():
    assert not matches("test_known", "t.py::test_known_tickets")
