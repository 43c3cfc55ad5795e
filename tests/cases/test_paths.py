"""Texts of case files that are paths of other files."""

import pytest

from pytest_modelcheck import cases
from pytest_modelcheck.canonical import digest
from pytest_modelcheck.errors import CaseError


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/cat.png").write_bytes(b"cat")
    (tmp_path / "photos/dog.png").write_bytes(b"dog")
    return tmp_path


FILES = {
    "a.yaml": "- {input: photos/cat.png, expected: cat,"
    " variants: [photos/dog.png, {input: photos/cat.png}]}\n",
    "a.json": '[{"input": "photos/cat.png", "expected": "cat"}]',
    "a.jsonl": '{"input": "photos/cat.png", "expected": "cat"}\n',
    "a.csv": "input,expected\nphotos/cat.png,cat\n",
}


@pytest.mark.parametrize("name", FILES)
def test_a_text_is_a_path_relative_to_the_case_file(folder, name, monkeypatch):
    monkeypatch.chdir(folder.parent)
    (folder / name).write_text(FILES[name])
    loaded = cases.load(folder / name, paths="input")
    assert loaded[0].input == folder / "photos/cat.png"
    assert loaded[0].expected == "cat"
    if name == "a.yaml":
        assert loaded[0].variant_inputs == (folder / "photos/dog.png", folder / "photos/cat.png")
    assert cases.load(folder / name)[0].input == "photos/cat.png"


def test_parquet(folder):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    pandas.DataFrame({"photo": ["photos/cat.png"], "label": ["cat"]}).to_parquet(folder / "a.parquet")
    (case,) = cases.load(folder / "a.parquet", input="photo", expected="label", paths="input")
    assert case.input == folder / "photos/cat.png"


def test_parts_of_records_lists_and_expectations(folder):
    (folder / "a.jsonl").write_text(
        '{"id": "a", "input": {"q": "which?", "of": {"pages": ["photos/cat.png", "photos/dog.png"]}},'
        ' "expected": "photos/dog.png"}\n{"id": "b", "input": {"q": "photos/cat.png"}}\n'
    )
    first, second = cases.load(folder / "a.jsonl", paths=["input.of.pages", "expected"])
    assert first.input["of"]["pages"] == [folder / "photos/cat.png", folder / "photos/dog.png"]
    assert first.expected == folder / "photos/dog.png"
    assert second.input == {"q": "photos/cat.png"}


def test_a_replaced_file_is_another_input(folder):
    (folder / "a.jsonl").write_text(FILES["a.jsonl"])
    before = digest(cases.load(folder / "a.jsonl", paths="input")[0].input)
    (folder / "photos/cat.png").write_bytes(b"another cat")
    assert digest(cases.load(folder / "a.jsonl", paths="input")[0].input) != before


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (
            '{"input": "photos/cow.png"}',
            r"a\.jsonl:1: input: there is no file 'photos/cow.png'; a path starts from",
        ),
        ('{"input": 7}', r"a\.jsonl:1: input: must be the path of a file, not int"),
    ],
)
def test_what_is_no_file_is_an_error_with_its_place(folder, row, told):
    (folder / "a.jsonl").write_text(row)
    with pytest.raises(CaseError, match=told):
        list(cases.load(folder / "a.jsonl", paths="input"))


def test_a_mistake_in_the_option_says_what_to_write(folder):
    with pytest.raises(CaseError, match=r"paths='photo': name fields such as 'input', 'input\.image'"):
        cases.load(folder / "a.csv", paths="photo")
    with pytest.raises(CaseError, match=r"paths='input' is for case files; elsewhere, write pathlib\.Path"):
        cases.load([("photos/cat.png", "cat")], paths="input")


def test_a_marker_takes_it_too(project):
    project.model(
        """
        @model_fixture
        def vision(model_version):
            return lambda path: path.read_text()
        """
    )
    (project.path / "cat.txt").write_text("cat")
    (project.path / "photos.csv").write_text("id,input,expected\na,cat.txt,cat\n")
    project.test(
        """
        @pytest.mark.golden("photos.csv", paths="input")
        def test_photos(vision, case):
            assert vision(case.input) == case.expected
        """
    )
    project.run("--model-version=1").assert_outcomes(passed=1)
    (project.path / "cat.txt").write_text("dog")
    project.run("--model-version=1").assert_outcomes(failed=1)
