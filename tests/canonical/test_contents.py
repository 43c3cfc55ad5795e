"""Paths of files and images of Pillow are identified by their content."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import pytest

from pytest_modelcheck.canonical import digest, excerpt, summarised


@dataclass
class Question:
    picture: Path


def test_a_path_to_a_file_is_its_name_and_content(tmp_path):
    picture = tmp_path / "cat.png"
    picture.write_bytes(b"cat")
    keys = {digest(picture), digest({"picture": picture}), digest(Question(picture))}
    assert len(keys) == 3
    (tmp_path / "other").mkdir()
    moved = tmp_path / "other" / "cat.png"
    moved.write_bytes(b"cat")
    assert {digest(moved), digest({"picture": moved}), digest(Question(moved))} == keys
    picture.write_bytes(b"dog")
    assert keys.isdisjoint({digest(picture), digest({"picture": picture}), digest(Question(picture))})
    renamed = moved.rename(moved.with_name("dog.png"))
    assert digest(renamed) not in keys


def test_a_path_that_is_no_file_is_its_text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    missing = digest(Path("a.txt"))
    assert missing == digest(PurePosixPath("a.txt"))
    Path("a.txt").touch()
    assert digest(Path("a.txt")) != missing
    assert digest(Path()) == digest(PurePosixPath())


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read any file")
def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    (tmp_path / "a").write_text("x")
    (tmp_path / "a").chmod(0)
    with pytest.raises(Exception, match="cannot be read"):
        digest(tmp_path / "a")


def test_an_image_is_its_pixels():
    image = pytest.importorskip("PIL.Image")
    picture = image.new("RGB", (4, 3), "red")
    assert digest(picture) == digest(image.new("RGB", (4, 3), "red")) == digest(picture.copy())
    assert digest({"picture": picture}) == digest({"picture": picture.copy()})
    others = [image.new("RGB", (4, 3), "blue"), image.new("RGB", (3, 4), "red"), picture.convert("L")]
    palettes = [picture.convert("P"), image.new("RGB", (4, 3), "blue").convert("P")]
    assert len({digest(one) for one in [picture, *others, *palettes]}) == 6
    assert excerpt(picture) == "image 4×3 RGB"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (b"x" * 2000, "2,000 bytes"),
        ({"raw": b"x" * 17, "label": "cat"}, '{"raw":"17 bytes","label":"cat"}'),
        ([np.zeros((32, 32, 3), np.uint8)], '["array 32×32×3 uint8 (0, 0, 0, 0, …)"]'),
        (PurePosixPath("pictures/cat.png"), "pictures/cat.png"),
        ((1, b"ab"), '{"$tuple":[1,{"$bytes":"YWI="}]}'),
    ],
)
def test_large_contents_are_summarised(value, shown):
    assert excerpt(value, 200) == shown


def test_what_is_short_is_left_as_it_is():
    value = {"a": [1, "x", (b"ab", np.zeros(3))]}
    assert summarised(value)["a"][:2] == [1, "x"]
    assert summarised(value)["a"][2][0] == b"ab"
