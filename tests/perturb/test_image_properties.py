"""What holds for every perturbation of images, whatever they show."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_modelcheck import perturb
from pytest_modelcheck.canonical import digest
from pytest_modelcheck.errors import PerturbationError

LIGHT = [
    perturb.brightness(),
    perturb.contrast(),
    perturb.gamma(),
    perturb.gaussian_noise(n=2),
    perturb.salt_and_pepper(0.2, n=2),
    perturb.blur(1, 3),
    perturb.jpeg(5, 30),
    perturb.occlude(n=2),
]
MOVED = [
    perturb.rotate(),
    perturb.shift(0.3, n=2),
    perturb.crop(0.6, n=2),
    perturb.flip(),
    perturb.flip("vertical"),
]
ALL = [
    *LIGHT,
    *MOVED,
    perturb.brightness(0.1) | perturb.jpeg(),
    perturb.one_of(perturb.blur(), perturb.rotate()),
]
named = pytest.mark.parametrize("perturbation", ALL, ids=lambda perturbation: perturbation.name)


def image(height, width, channels, kind, seed=0):
    shape = (height, width) if channels == 0 else (height, width, channels)
    made = np.random.RandomState(seed).uniform(0, 1, shape)
    return (made * 255).astype(kind) if kind == "uint8" else made.astype(kind)


IMAGES = st.builds(
    image,
    st.integers(1, 20),
    st.integers(1, 20),
    st.sampled_from([0, 1, 2, 3, 4]),
    st.sampled_from(["uint8", "float16", "float32", "float64"]),
    st.integers(0, 99),
)


@named
@settings(max_examples=30, deadline=None, derandomize=True)
@given(IMAGES, st.integers(0, 5))
def test_type_shape_and_range_stay(perturbation, picture, seed):
    before = picture.copy()
    made = perturb.variants(perturbation, picture, seed)
    assert digest(perturb.variants(perturbation, picture, seed)) == digest(made)
    assert len({digest(variant) for _, variant in made} | {digest(picture)}) == len(made) + 1
    for _, variant in made:
        assert (variant.dtype, variant.shape) == (before.dtype, before.shape)
        assert variant.min() >= 0
        assert variant.max() <= (255 if picture.dtype == "uint8" else 1)
        assert not np.shares_memory(variant, picture)
    assert (picture == before).all()


@pytest.mark.parametrize("perturbation", LIGHT, ids=lambda perturbation: perturbation.name)
@pytest.mark.parametrize("channels", [2, 4])
def test_light_leaves_opacity_as_it_is(perturbation, channels):
    picture = image(16, 16, channels, "uint8")
    made = perturbation.preview(picture)
    assert made
    assert all((variant[..., -1] == picture[..., -1]).all() for variant in made)


@pytest.mark.parametrize("perturbation", MOVED, ids=lambda perturbation: perturbation.name)
def test_what_moves_an_image_moves_its_opacity(perturbation):
    picture = image(16, 16, 4, "uint8")
    made = perturbation.preview(picture)
    assert made
    assert all((variant[..., -1] != picture[..., -1]).any() for variant in made)


SCRIPT = """
import sys
sys.path.insert(0, {folder!r})
from test_image_properties import ALL, image
from pytest_modelcheck import perturb
from pytest_modelcheck.canonical import digest
print([digest(perturb.variants(one, image(9, 13, 3, "uint8"), 7)).hex() for one in ALL])
"""


def test_the_same_in_every_process():
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(folder=str(Path(__file__).parent))],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    here = [digest(perturb.variants(one, image(9, 13, 3, "uint8"), 7)).hex() for one in ALL]
    assert run.stdout.strip() == str(here)


@named
def test_the_seed_decides(perturbation):
    picture = image(24, 24, 3, "uint8")
    seen = {digest(perturb.variants(perturbation, picture, seed)) for seed in range(12)}
    assert (len(seen) > 1) is perturbation.random


@named
def test_the_image_may_be_a_part_of_the_input(perturbation):
    picture = image(16, 16, 3, "float32")
    for made in perturbation.preview({"image": picture, "question": "What is it?"}):
        assert made["question"] == "What is it?"
        assert made["image"].shape == picture.shape


@pytest.mark.parametrize("perturbation", LIGHT + MOVED, ids=lambda perturbation: perturbation.name)
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("a cat", "str is not an image: an image is an array of numpy"),
        (np.zeros(8), "an array of 8 is not an image: it must be height × width"),
        (np.zeros((3, 8, 8)), r"it has its channels first: image.transpose\(1, 2, 0\)"),
        (np.zeros((0, 8)), "an array of 0×8 is not an image"),
        (
            np.full((8, 8), 200.0),
            r"values from 200 to 200 is not an image: floats go from 0 to 1 \(divide by 255",
        ),
        (np.full((8, 8), np.nan), "is not an image: floats go from 0 to 1"),
        (np.zeros((8, 8), "int64"), "an array of int64 is not an image: it must be of uint8"),
        ({"a": np.zeros((8, 8)), "b": np.zeros((8, 8))}, "2 of the parts of the input are arrays; say where"),
    ],
)
def test_what_is_no_image_is_said_with_the_case(perturbation, given, message):
    with pytest.raises(PerturbationError, match=r"case t-1: .*" + message):
        perturb.variants(perturbation, given, 0, "t-1")


def test_cost_is_linear_in_the_size_of_the_image():
    """Sixteen times the pixels may take about sixteen times as long; quadratic would be 256 times."""

    def seconds(side):
        picture = image(side, side, 3, "uint8")
        taken = []
        for _ in range(3):
            start = time.process_time()
            for perturbation in ALL:
                perturb.variants(perturbation, picture)
            taken.append(time.process_time() - start)
        return min(taken)

    assert seconds(128) < 60 * seconds(32) + 0.2
