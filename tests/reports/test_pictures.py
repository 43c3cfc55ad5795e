"""Inputs as small pictures."""

import base64
import struct
import zlib

import numpy as np
import pytest

from pytest_modelcheck.reports.pictures import LARGEST, MOST, SIDE, pictures_of


def decoded(address):
    """The width, height, colour type and pixels of a PNG of ours."""
    content = base64.b64decode(address.removeprefix("data:image/png;base64,"), validate=True)
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(content):
        (length,) = struct.unpack(">I", content[at : at + 4])
        name, data = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        assert content[at + 8 + length : at + 12 + length] == struct.pack(">I", zlib.crc32(name + data))
        chunks[name], at = data, at + 12 + length
    width, height, depth, colours = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert depth == 8
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, -1)
    assert not rows[:, 0].any()
    return width, height, colours, rows[:, 1:].reshape(height, width, -1)


@pytest.mark.parametrize(("channels", "colours"), [(1, 0), (2, 4), (3, 2), (4, 6)])
def test_an_array_of_bytes_is_the_same_picture(channels, colours):
    array = np.arange(5 * 7 * channels, dtype=np.uint8).reshape(5, 7, channels)
    (address,) = pictures_of(array)
    width, height, kind, pixels = decoded(address)
    assert (width, height, kind) == (7, 5, colours)
    assert (pixels == array).all()


def test_an_array_of_floats_goes_from_0_to_1():
    (address,) = pictures_of(np.array([[0.0, 1.0], [0.5, 0.25]]))
    assert decoded(address)[3][..., 0].tolist() == [[0, 255], [128, 64]]


def test_a_large_picture_is_made_small():
    (address,) = pictures_of(np.random.RandomState(0).randint(0, 256, (2000, 1000, 4)).astype(np.uint8))
    width, height, *_ = decoded(address)
    assert max(width, height) <= SIDE
    assert len(address) < 64_000


@pytest.mark.parametrize(
    "value",
    [
        "data:image/png;base64,AAAA",
        b"plain bytes",
        b"<svg onload=alert(1)>",
        b"\x89PNG\r\n\x1a\n" + bytes(LARGEST),
        np.zeros(9),
        np.zeros((3, 4, 5)),
        np.zeros((1, 300)),
        np.array([[0.0, np.nan], [0, 0]]),
        np.array([[-1.0, 2.0], [0, 0]]),
        np.array([["a", "b"], ["c", "d"]]),
        np.zeros((0, 4)),
        np.arange(6).reshape(2, 3),
        None,
        object(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_that_is_no_picture_has_none(value):
    assert pictures_of(value) == []


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"\xff\xd8\xff\xe0", "jpeg"),
        (b"GIF89a", "gif"),
        (b"RIFF....WEBP", "webp"),
    ],
)
def test_the_bytes_and_the_file_of_a_picture_are_shown_as_they_are(tmp_path, start, kind):
    content = start + b'"><script>alert(1)</script>'
    path = tmp_path / "picture.txt"
    path.write_bytes(content)
    wanted = f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
    assert pictures_of(content) == pictures_of(path) == pictures_of([{"a": path}]) == [wanted]


def test_a_file_that_is_not_there_has_no_picture(tmp_path):
    assert pictures_of([tmp_path / "gone.png", tmp_path]) == []


def test_the_first_of_many_pictures_are_shown():
    array = np.zeros((2, 2), np.uint8)
    assert len(pictures_of({"frames": [array] * 10_000})) == MOST
    nested = array
    for _ in range(100):
        nested = [nested]
    assert pictures_of(nested) == []


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "F"])
def test_an_image_of_pillow(mode):
    image = pytest.importorskip("PIL.Image").new(mode, (300, 30))
    (address,) = pictures_of(image)
    width, height, *_ = decoded(address)
    assert width == SIDE
    assert height == 10
    assert image.size == (300, 30)
