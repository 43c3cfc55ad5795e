"""Perturbations of images, one by one."""

import numpy as np
import pytest

from pytest_modelcheck import perturb
from pytest_modelcheck.errors import PerturbationError

RAMP = np.arange(0, 256, 4, dtype="uint8").reshape(8, 8)


def smooth(height=40, width=56):
    rows, columns = np.mgrid[:height, :width]
    waves = np.stack([np.sin(rows / 5), np.cos(columns / 7), np.sin((rows + columns) / 9)], axis=-1)
    return ((waves + 1) * 127).astype("uint8")


def error(one, other):
    return np.abs(one.astype(float) - other.astype(float)).mean()


def test_brightness_adds_and_stops_at_white_and_black():
    darker, brighter = perturb.brightness(-0.4, 0.4).preview(RAMP)
    assert darker.tolist() == np.clip(RAMP.astype(int) - 102, 0, 255).tolist()
    assert brighter.tolist() == np.clip(RAMP.astype(int) + 102, 0, 255).tolist()
    assert perturb.brightness(0.5).preview(np.full((4, 4), 255, "uint8")) == []


def test_contrast_keeps_the_mean():
    less, more = perturb.contrast(0.5, 1.2).preview(RAMP[2:6])
    assert less.mean() == pytest.approx(RAMP[2:6].mean(), abs=0.5)
    assert less.std() == pytest.approx(RAMP[2:6].std() / 2, abs=0.5)
    assert more.std() == pytest.approx(RAMP[2:6].std() * 1.2, abs=0.5)


def test_noise_has_its_standard_deviation():
    grey = np.full((100, 100), 0.5)
    (made,) = perturb.gaussian_noise(0.1).preview(grey)
    assert made.std() == pytest.approx(0.1, rel=0.05)
    assert made.mean() == pytest.approx(0.5, abs=0.005)
    (spots,) = perturb.salt_and_pepper(0.2).preview(np.full((100, 100, 3), 0.5))
    assert (spots == 0).all(axis=2).mean() == pytest.approx(0.1, abs=0.02)
    assert (spots == 1).all(axis=2).mean() == pytest.approx(0.1, abs=0.02)
    assert set(np.unique(spots)) == {0, 0.5, 1}


def test_blur_takes_fine_structure_away_and_keeps_colours_apart():
    checks = np.indices((20, 20)).sum(axis=0) % 2
    picture = np.stack([checks, np.zeros_like(checks), np.ones_like(checks)], axis=-1).astype(float)
    (made,) = perturb.blur(2).preview(picture)
    assert np.abs(made[4:-4, 4:-4, 0] - 0.5).max() < 0.01
    assert made[..., 1].max() == 0
    assert made[..., 2].min() == 1


def test_jpeg_loses_more_at_lower_quality():
    picture = smooth()
    losses = [error(made, picture) for made in perturb.jpeg(95, 50, 20, 5).preview(picture)]
    assert losses == sorted(losses)
    assert losses[0] < 1.5 < losses[-1]


def test_jpeg_is_that_of_the_standard():
    """One block, by the definition in ITU-T T.81, A.3.3, at quality 50, where the tables are as printed."""
    from pytest_modelcheck.perturb.images import _LUMINANCE

    block = np.random.RandomState(0).randint(0, 256, (8, 8)).astype("uint8")
    place = np.arange(8)
    basis = np.cos((2 * place[None, :] + 1) * place[:, None] * np.pi / 16) / 2
    basis[0] /= np.sqrt(2)
    table = np.array(_LUMINANCE.split(), dtype=int).reshape(8, 8)
    coefficients = basis @ (block.astype(float) - 128) @ basis.T
    wanted = np.clip(np.rint(basis.T @ (np.rint(coefficients / table) * table) @ basis + 128), 0, 255)
    assert perturb.jpeg(50).preview(block)[0].tolist() == wanted.tolist()


def test_an_image_of_pillow_is_refused_with_the_remedy():
    image = pytest.importorskip("PIL.Image").new("RGB", (4, 4))
    with pytest.raises(PerturbationError, match="images of Pillow cannot be perturbed: make it an array"):
        perturb.variants(perturb.brightness(0.4), image)


def test_rotation_and_back():
    picture = smooth()
    (there,) = perturb.rotate(5).preview(picture)
    (back,) = perturb.rotate(-5).preview(there)
    inside = np.s_[8:-8, 8:-8]
    assert error(back[inside], picture[inside]) < 2 < 5 < error(there[inside], picture[inside])


def test_shift_moves_whole_pixels_both_ways():
    picture = np.zeros((21, 21), "uint8")
    picture[10, 10] = 255
    places = {tuple(np.argwhere(made)[0]) for made in perturb.shift(0.2, n=60).preview(picture)}
    assert {abs(row - 10) for row, _ in places} == {0, 1, 2, 3, 4}
    assert {np.sign(column - 10) for _, column in places} == {-1, 0, 1}
    assert (10, 10) not in places


def test_crop_enlarges_what_stays():
    picture = np.zeros((40, 40))
    picture[10:30, 10:30] = 1
    for made in perturb.crop(0.75, n=10).preview(picture):
        assert made.mean() > picture.mean() * 1.5


def test_occlusion_hides_one_rectangle():
    made = perturb.occlude(0.5, n=30, value=1).preview(np.zeros((8, 12)))
    assert len({variant.tobytes() for variant in made}) == len(made) > 5
    for variant in made:
        rows, columns = np.nonzero(variant)
        assert (np.ptp(rows) + 1, np.ptp(columns) + 1, len(rows)) == (4, 6, 24)


def test_flip_mirrors():
    assert perturb.flip().preview(RAMP)[0].tolist() == RAMP[:, ::-1].tolist()
    assert perturb.flip("vertical").preview(RAMP)[0].tolist() == RAMP[::-1].tolist()
