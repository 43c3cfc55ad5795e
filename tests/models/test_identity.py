from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_modelcheck.canonical import NotCanonical
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.models.identity import changed_keys, files, fingerprint, is_alias, namespace, parts_of


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "model.joblib").write_bytes(b"weights")
    (tmp_path / "prompts" / "deep").mkdir(parents=True)
    (tmp_path / "prompts" / "a.txt").write_text("hello")
    (tmp_path / "prompts" / "b.txt").write_text("world")
    (tmp_path / "prompts" / "deep" / "c.md").write_text("!")
    return tmp_path


@pytest.mark.parametrize(
    ("value", "text"),
    [("fp_44709d6fcb", "fp_44709d6fcb"), (3, "3"), (0.5, "0.5"), (lambda: "v1", "v1"), ("é", "é")],
)
def test_short_values_stand_for_themselves(value, text):
    assert fingerprint(value) == text


@pytest.mark.parametrize("value", ["x" * 65, "", "a\nb", b"weights", {1: 0}, [1], True, 10**100])
def test_other_values_become_a_digest(value):
    text = fingerprint(value)
    assert len(text) == 32
    int(text, 16)
    assert fingerprint(lambda: value) == text


def test_values_that_differ_have_different_fingerprints():
    values = ["1", "x" * 65, "x" * 66, b"x", {"t": 0}, {"t": 0.5}, True, 10**100, 10**101]
    assert len({fingerprint(value) for value in values}) == len(values)


def test_no_fingerprint_at_all_is_refused():
    with pytest.raises(UsageError, match="fingerprint= is None"):
        fingerprint(None)
    with pytest.raises(UsageError, match="fingerprint= is None"):
        fingerprint(lambda: None)
    with pytest.raises(NotCanonical):
        fingerprint(object())


def test_the_content_of_files_is_the_fingerprint(folder):
    chosen = files("model.joblib", "prompts/*.txt", root=folder)
    first = fingerprint(chosen)
    assert fingerprint(files("prompts/*.txt", "model.joblib", "prompts/a.txt", root=str(folder))) == first
    assert fingerprint(lambda: chosen) == first
    (folder / "prompts" / "a.txt").write_text("hallo")
    second = fingerprint(chosen)
    (folder / "prompts" / "b.txt").rename(folder / "prompts" / "z.txt")
    assert len({first, second, fingerprint(chosen)}) == 3


def test_the_fingerprint_does_not_depend_on_where_the_folder_is(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "model.joblib").write_bytes(b"weights")
    assert fingerprint(files("model.joblib", root=folder)) == fingerprint(
        files("model.joblib", root=elsewhere)
    )
    absolute = fingerprint(files(str(folder / "model.joblib"), root=elsewhere))
    assert absolute == fingerprint(files("model.joblib", root=folder))


def test_the_files_of_one_version_do_not_change_with_those_of_another(tmp_path):
    (tmp_path / "spam-1.0.bin").write_text("one")
    chosen = files("spam-{version}.bin", root=tmp_path)
    first = fingerprint(chosen, "1.0")
    (tmp_path / "spam-2.0.bin").write_text("two")
    assert fingerprint(chosen, "1.0") == first != fingerprint(chosen, "2.0")
    (tmp_path / "spam-1.0.bin").write_text("another")
    assert fingerprint(chosen, "1.0") != first


@pytest.mark.parametrize("version", ["a[1]", "*", "org/spam"])
def test_a_version_in_a_pattern_is_taken_as_it_is(tmp_path, version):
    (tmp_path / "other").write_text("not this one")
    (tmp_path / version).parent.mkdir(exist_ok=True)
    (tmp_path / version).write_text("this one")
    chosen = files("{version}", root=tmp_path)
    assert fingerprint(chosen, version) == fingerprint(files(version.replace("[", "[[]"), root=tmp_path))
    (tmp_path / version).unlink()
    with pytest.raises(UsageError, match="no file matches"):
        fingerprint(chosen, version)


def test_files_of_a_version_need_one(tmp_path):
    with pytest.raises(UsageError, match=r"spam-\{version\}.*no version was requested.*--model-version="):
        fingerprint(files("spam-{version}.bin", root=tmp_path))


def test_content_cannot_move_from_one_file_to_another(tmp_path):
    for name, text in (("a", "xy"), ("b", "z")):
        (tmp_path / name).write_text(text)
    first = fingerprint(files("*", root=tmp_path))
    (tmp_path / "a").write_text("x")
    (tmp_path / "b").write_text("yz")
    assert fingerprint(files("*", root=tmp_path)) != first


def test_a_folder_stands_for_all_files_in_it(folder):
    first = fingerprint(files("prompts", root=folder))
    assert first == fingerprint(files("prompts/**/*", root=folder))
    (folder / "prompts" / "deep" / "c.md").write_text("?")
    assert fingerprint(files("prompts", root=folder)) != first


def test_a_file_that_changed_in_place_is_read_again(folder):
    chosen = files("model.joblib", root=folder)
    first = fingerprint(chosen)
    (folder / "model.joblib").write_bytes(b"WEIGHTS")
    os.utime(folder / "model.joblib", ns=(1, 1))
    assert fingerprint(chosen) != first


def test_a_name_with_brackets_is_found_as_it_is(folder):
    (folder / "model[1].bin").write_bytes(b"1")
    assert fingerprint(files("model[1].bin", root=folder))


def test_by_default_files_lie_beside_the_file_that_names_them():
    assert files("test_identity.py").root == Path(__file__).parent
    assert len(fingerprint(files("test_identity.py"))) == 32


def test_code_without_a_file_looks_in_the_working_folder(folder, monkeypatch):
    monkeypatch.chdir(folder)
    scope = {"files": files}
    exec("chosen = files('model.joblib')", scope)
    assert scope["chosen"].root == folder  # type: ignore[attr-defined]


def test_a_pattern_that_matches_nothing_is_named_with_where_it_looked(folder):
    with pytest.raises(UsageError) as caught:
        fingerprint(files("model.joblib", "prompt/*.txt", root=folder))
    assert str(caught.value).startswith(
        f"fingerprint=files('prompt/*.txt'): no file matches, looking from {folder}."
    )


def test_an_empty_folder_matches_nothing(tmp_path):
    (tmp_path / "weights").mkdir()
    with pytest.raises(UsageError, match="no file matches"):
        fingerprint(files("weights", root=tmp_path))


@pytest.mark.parametrize("pattern", ["", "a**/b"])
def test_an_invalid_pattern_is_refused(pattern, tmp_path):
    with pytest.raises(UsageError, match="fingerprint=files"):
        fingerprint(files(pattern, root=tmp_path))


def test_files_without_a_name_are_refused():
    with pytest.raises(UsageError, match="names no file"):
        files()


def test_a_file_that_cannot_be_read_is_named(folder, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    (folder / "model.joblib").write_bytes(b"never read before")
    monkeypatch.setattr(Path, "open", fail)
    with pytest.raises(UsageError, match=r"model\.joblib cannot be read \(Permission denied\)"):
        fingerprint(files("model.joblib", root=folder))


def test_namespaces_differ_where_any_part_does():
    parts = [
        ("a", "1", None, "s"),
        ("a", None, None, "s"),
        ("a", "1", "", "s"),
        ("a", "1", "f", "s"),
        ("a", "1", "f", "t"),
        ('a","1', None, None, "s"),
    ]
    assert len({namespace(*part[:3], part[-1]) for part in parts}) == len(parts)


@pytest.mark.parametrize("text", [b"a\nb\n", b"\n", b"x" * ((1 << 20) - 1) + b"\nend\n", b"a\n\n\nb"])
def test_line_ends_of_text_files_make_no_difference(tmp_path, text):
    path = tmp_path / "prompt.txt"
    path.write_bytes(text)
    first = fingerprint(files("prompt.txt", root=tmp_path))
    path.write_bytes(text.replace(b"\n", b"\r\n"))
    assert fingerprint(files("prompt.txt", root=tmp_path)) == first
    path.write_bytes(text + b"!")
    assert fingerprint(files("prompt.txt", root=tmp_path)) != first


def test_every_byte_of_a_binary_file_counts(tmp_path):
    path = tmp_path / "model.bin"
    path.write_bytes(b"\0\n")
    first = fingerprint(files("model.bin", root=tmp_path))
    path.write_bytes(b"\0\r\n")
    assert fingerprint(files("model.bin", root=tmp_path)) != first


def test_a_carriage_return_that_ends_no_line_counts(tmp_path):
    path = tmp_path / "prompt.txt"
    path.write_bytes(b"a\r")
    first = fingerprint(files("prompt.txt", root=tmp_path))
    path.write_bytes(b"a")
    assert fingerprint(files("prompt.txt", root=tmp_path)) != first


@pytest.mark.parametrize(
    "version",
    [
        *("latest", "LATEST", "champion", "production", "stable", "main", "claude-sonnet-4-latest"),
        *("llama3:latest", "triage@champion", "models:/triage@anything", "models:/triage/Production"),
        *("registry/triage/prod", "v2.live"),
    ],
)
def test_an_alias_is_recognised(version):
    assert is_alias(version)


@pytest.mark.parametrize(
    "version",
    [
        *(
            "1",
            "2.10",
            "gpt-4o",
            "gpt-4o-2024-08-06",
            "models:/triage/3",
            "stable-diffusion-2",
            "maintenance",
        ),
        *("2024-05-01", "main-3f2a91c", "llama3:8b", "latest-2", "a.pt", "mainline", "maintenance"),
    ],
)
def test_an_exact_version_is_no_alias(version):
    assert not is_alias(version)


def test_the_fingerprint_of_a_mapping_tells_which_keys_changed(folder):
    parts = {
        "model": "gpt-4o",
        "temperature": 0,
        "prompt": files("prompts/a.txt", root=folder),
        "long": "x" * 99,
    }
    before = fingerprint(parts)
    assert changed_keys(before, fingerprint(dict(reversed(parts.items())))) == []
    (folder / "prompts" / "a.txt").write_text("good bye")
    after = fingerprint({**parts, "temperature": 0.5, "tools": []})
    assert changed_keys(before, after) == ["prompt", "temperature", "tools"]
    assert changed_keys(after, before) == ["prompt", "temperature", "tools"]
    assert changed_keys(before, None) == changed_keys(before, "{") == changed_keys("fp_1", "fp_2") == []


def test_values_of_a_mapping_that_differ_have_different_marks():
    values = [0, "0", True, 0.5, "0.5", 10**30, "x" * 99, "x" * 98, [0], None, {"a": 1}, b"0", "new\nline"]
    assert len({fingerprint({"key": value}) for value in values}) == len(values)


def test_a_mapping_of_very_many_keys_is_one_digest():
    assert len(fingerprint({f"{number}": number for number in range(33)})) == 32


@pytest.mark.parametrize("text", ["no json", '"text"', '["too","short"]', "{}", ""])
def test_other_folders_are_no_namespaces_of_answers(text):
    assert parts_of(text) is None
