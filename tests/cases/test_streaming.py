"""Large files: read again at each iteration, and otherwise like files held in memory."""

import csv
import gzip
import io
import json
import os
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_modelcheck import cases
from pytest_modelcheck.canonical import digest
from pytest_modelcheck.cases import delimited, files, sources
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
    ("row", "message"),
    [
        ('{"input": "photos/cow.png"}', r"a\.jsonl:1: input: there is no file 'photos/cow.png'; a path"),
        ('{"input": 7}', r"a\.jsonl:1: input: must be the path of a file, not int"),
    ],
)
def test_a_missing_file_is_an_error_with_its_place(folder, row, message):
    (folder / "a.jsonl").write_text(row)
    with pytest.raises(CaseError, match=message):
        list(cases.load(folder / "a.jsonl", paths="input"))


def test_a_mistake_in_the_option_says_what_to_write(folder):
    with pytest.raises(CaseError, match=r"paths='photo': name fields such as 'input', 'input\.image'"):
        cases.load(folder / "a.csv", paths="photo")
    with pytest.raises(CaseError, match="paths=None: name fields such as"):
        cases.load(folder / "a.csv", paths=None)
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


ROWS = st.lists(
    st.fixed_dictionaries(
        {"input": st.sampled_from(["a", "b", "c", {"x": 1}])},
        optional={
            "expected": st.sampled_from([1, 2]),
            "id": st.integers(1, 10**6).map(str),
            "metadata": st.fixed_dictionaries({"language": st.sampled_from(["en", "es"])}),
            "variants": st.just(["aa"]),
        },
    ),
    min_size=1,
    max_size=200,
    unique_by=lambda row: row.get("id", object()),
)
GAPS = st.sampled_from(["\n", "\r\n", "\n\n", "\n \t\n"])


@pytest.fixture(autouse=True)
def _all_files_are_large(monkeypatch):
    monkeypatch.setattr(files, "LARGE", 0)


def lines(rows, end="\n"):
    return "".join(json.dumps(row) + end for row in rows).encode()


def table(rows, end="\n", delimiter=","):
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerow(["input", "expected"])
    writer.writerows(rows)
    return text.getvalue().encode()


def written(case_folder, content, name="t.jsonl"):
    path = case_folder / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


def numbered(count):
    return [{"input": f"text {number}", "metadata": {"tens": number // 10}} for number in range(count)]


def held(rows):
    return cases.load([dict(row) for row in rows])


def fields(some):
    return [(case.id, case.input, case.expected, case.metadata, case.variants) for case in some]


@pytest.fixture(scope="module")
def case_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("streaming")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(ROWS, GAPS, st.sampled_from(["t.jsonl", "t.jsonl.gz"]), st.booleans())
def test_it_is_as_if_they_were_held(case_folder, rows, end, name, marked):
    content = (b"\xef\xbb\xbf" if marked else b"") + lines(rows, end)
    loaded = cases.load(written(case_folder, content, name))
    expected = fields(held(rows))
    assert len(loaded) == len(expected)
    assert fields(loaded) == fields(loaded) == expected
    assert fields(loaded[place] for place in range(len(rows))) == expected
    assert fields([loaded[-1]]) == expected[-1:]
    assert fields(loaded[1:-1]) == expected[1:-1]
    assert fields(loaded[::-3]) == expected[::-3]
    assert fields(reversed(loaded)) == expected[::-1]


@pytest.mark.parametrize("packed", ["", ".gz"])
@pytest.mark.parametrize(
    ("name", "content", "numbers"),
    [
        ("t.jsonl", lines(numbered(200), "\n\n"), range(1, 401, 2)),
        ("t.csv", table([(f"{n}\nx", "y") for n in range(200)]), range(2, 402, 2)),
    ],
    ids=["jsonl", "csv"],
)
def test_the_line_of_each_case_is_known_wherever_reading_begins(tmp_path, name, content, numbers, packed):
    loaded = cases.load(written(tmp_path, content, name + packed))
    assert [case.origin.line for case in loaded] == list(numbers)
    for place in (199, 0, 63, 64, 128):
        assert loaded[place].origin.line == numbers[place]


@pytest.mark.parametrize(
    "value",
    [
        2**63,
        2**64,
        -(2**63) - 1,
        10**30,
        0.1 + 0.2,
        -0.0,
        5e-324,
        1.7976931348623157e308,
        "\u2028é\x7f😀",
        [None],
    ],
    ids=repr,
)
def test_a_value_is_the_same_whenever_it_is_read(tmp_path, value):
    """A decoder other than the first one may make a float of a large integer."""
    loaded = cases.load(written(tmp_path, lines([{"input": {"value": value, "of": [value]}}])))
    for case in (*loaded, loaded[0], *loaded):
        assert repr(case.input) == repr({"value": value, "of": [value]})


def test_an_index_beyond_the_end(tmp_path):
    loaded = cases.load(written(tmp_path, lines(numbered(3))))
    for place in (3, -4):
        with pytest.raises(IndexError):
            loaded[place]
    assert loaded[3:] == ()


def narrowed(some):
    return [
        some.where(tens=7),
        some.filter(lambda one: one.input.endswith("3")),
        some.sample(17, seed=3),
        some.filter(lambda one: one.metadata["tens"] > 5).sample(9).where(tens=12),
        some.filter(lambda one: False),
        some.split("tens")[4],
    ]


@pytest.mark.parametrize("few", [0, sources.FEW])
def test_narrowing(tmp_path, monkeypatch, few):
    monkeypatch.setattr(sources, "FEW", few)
    rows = numbered(200)
    loaded, there = cases.load(written(tmp_path, lines(rows))), held(rows)
    for some, same in zip(narrowed(loaded), narrowed(there), strict=True):
        assert fields(some) == fields(some) == fields(same)
        assert len(some) == len(same)
        assert fields(some[1:4]) == fields(same[1:4])
        assert [some[place].id for place in range(len(same))] == [case.id for case in same]


def test_narrowing_by_what_is_not_there_is_refused(tmp_path):
    loaded = cases.load(written(tmp_path, lines(numbered(30))))
    with pytest.raises(CaseError, match="no case has this value; the values are 0, 1, 2"):
        len(loaded.where(tens=9))
    with pytest.raises(CaseError, match=r"where\(ten=…\): no case has metadata of this name; did you mean"):
        len(loaded.where(ten=1))
    with pytest.raises(CaseError, match=r"sample\(31\): there are fewer cases \(30\)"):
        len(loaded.sample(31))


def test_two_cases_with_one_id_are_refused_with_both_places(tmp_path):
    rows = [*numbered(100), {"input": "x", "id": "t-1"}, {"input": "y"}, {"input": "z", "id": "t-1"}]
    path = written(tmp_path, lines(rows))
    with pytest.raises(CaseError) as caught:
        len(cases.load(path))
    assert f"{path}:103: the id 't-1' is used twice: {path}:101 has it too; " in str(caught.value)
    path = written(tmp_path, b"input,id\n" + b"".join(b"a,%d\n" % (n % 99) for n in range(100)), "t.csv")
    with pytest.raises(CaseError, match=r"t\.csv:101: the id '0' is used twice: .*t\.csv:2 has it too"):
        len(cases.load(path))


def test_an_error_in_a_line_far_down_is_reported(tmp_path):
    path = written(tmp_path, lines(numbered(500)) + b'{"input": "a"\n')
    with pytest.raises(CaseError, match=r"t\.jsonl:501: not JSON"):
        next(iter(cases.load(path)))
    path = written(tmp_path, table([(str(n), "y") for n in range(300)]) + b"a\n", "t.csv")
    with pytest.raises(CaseError, match=r"t\.csv:302: 1 cell here, but the header has 2"):
        len(cases.load(path))


@pytest.mark.parametrize(("name", "content"), [("t.jsonl", b"\n \n"), ("t.csv", b"input\n")])
def test_a_file_without_cases_is_refused(tmp_path, name, content):
    with pytest.raises(CaseError, match="the file has no cases; at least one is needed"):
        len(cases.load(written(tmp_path, content, name)))


@pytest.mark.parametrize("look", [list, lambda loaded: loaded[100], lambda loaded: loaded[90:95]])
def test_a_file_that_is_written_to_or_gone_meanwhile_is_refused(tmp_path, look):
    path = written(tmp_path, lines(numbered(200)))
    loaded = cases.load(path)
    assert len(loaded) == 200
    some = iter(loaded)
    next(some)
    path.write_bytes(lines(numbered(150)))
    os.utime(path, ns=(1, 1))
    for reading in (look, lambda _: list(some)):
        with pytest.raises(CaseError, match=r"t\.jsonl: the file was written to while its cases were in use"):
            reading(loaded)
    path.unlink()
    with pytest.raises(CaseError, match=r"no file .*t\.jsonl"):
        look(loaded)


def test_several_iterations_at_once_do_not_disturb_each_other(tmp_path):
    loaded = cases.load(written(tmp_path, lines(numbered(150))))
    pairs = zip(loaded, loaded, strict=True)
    assert all(one.id == other.id == loaded[place].id for place, (one, other) in enumerate(pairs))


@pytest.mark.parametrize(
    ("name", "content"),
    [("t.jsonl", lines(numbered(6_000))), ("t.csv", table([(f"text {n}", "y") for n in range(6_000)]))],
    ids=["jsonl", "csv"],
)
def test_memory_holds_a_few_bytes_a_case(tmp_path, name, content):
    loaded = cases.load(written(tmp_path, content, name))
    tracemalloc.start()
    try:
        assert sum(1 for _ in loaded) == len(loaded) == 6_000
        held_after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held_after / 6_000 < 16
    assert peak / 6_000 < 160


def test_a_small_file_is_held(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LARGE", 10_000)
    small = cases.load(written(tmp_path, lines(numbered(10))))
    assert small[0] is small[0]
    large = cases.load(written(tmp_path, lines(numbered(1000)), "large.jsonl"))
    assert next(iter(large)) is not next(iter(large))
    packed = cases.load(written(tmp_path, lines(numbered(1000)), "packed.jsonl.gz"))
    assert next(iter(packed)) is not next(iter(packed))


TEXTS = st.text(st.sampled_from('ab,;"\n\ré '), min_size=1, max_size=8).filter(str.strip)
CELLS = st.lists(st.tuples(TEXTS, st.sampled_from(["", "x", "y\nz"])), min_size=1, max_size=150)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(CELLS, st.sampled_from(["\n", "\r\n", "\r", "\n\n"]), st.sampled_from(",;\t"), st.booleans())
def test_a_table_is_as_if_it_were_held(case_folder, rows, end, delimiter, marked):
    rows = [(f"{number} {text}", label) for number, (text, label) in enumerate(rows)]
    content = (b"\xef\xbb\xbf" if marked else b"") + table(rows, end, delimiter)
    loaded = cases.load(written(case_folder, content, "t.tsv" if delimiter == "\t" else "t.csv"))
    read = [[cell.replace("\r\n", "\n") for cell in row] for row in rows]
    same = held([{"input": text} | ({"expected": label} if label else {}) for text, label in read])
    expected = fields(same)
    assert len(loaded) == len(expected)
    assert fields(loaded) == fields(loaded) == expected
    assert fields(loaded[place] for place in range(len(rows))) == expected
    assert fields(loaded[1:-1]) == expected[1:-1]
    assert [loaded[place].origin.line for place in range(len(rows))] == [case.origin.line for case in loaded]


def test_a_quote_that_is_never_closed_does_not_take_the_whole_file(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "_LONGEST", 1000)
    path = written(tmp_path, b'input\n"open\n' + b"0123456789\n" * 1000, "t.csv")
    with pytest.raises(CaseError, match=r"csv:2: not CSV: field larger than .*; a quote is opened"):
        len(cases.load(path))


def test_iterations_at_once_leave_the_limit_of_the_csv_module_as_it_was(tmp_path):
    before = csv.field_size_limit()
    loaded = cases.load(written(tmp_path, table([("x" * 200_000, "a"), ("y" * 200_000, "b")]), "t.csv"))
    for one, other in zip(loaded, loaded, strict=True):
        assert one.id == other.id
        assert csv.field_size_limit() == before
