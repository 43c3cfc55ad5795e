"""Images turned, moved, cropped, mirrored, or partly hidden."""

from __future__ import annotations

import numpy as np

from pytest_modelcheck import perturb

RAMP = np.arange(0, 256, 4, dtype="uint8").reshape(8, 8)


def smooth(height=40, width=56):
    rows, columns = np.mgrid[:height, :width]
    waves = np.stack([np.sin(rows / 5), np.cos(columns / 7), np.sin((rows + columns) / 9)], axis=-1)
    return ((waves + 1) * 127).astype("uint8")


def error(one, other):
    return np.abs(one.astype(float) - other.astype(float)).mean()


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
