"""The folder of the baselines is found from the test file, and names a check relative to it."""

from pathlib import Path

import pytest

from pytest_modelcheck.baselines.home import home_of, relative


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
