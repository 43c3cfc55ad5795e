"""Augmenters of other libraries, by stand-ins of the same shape.

The signatures, and how each draws its randomness, are those of nlpaug 1.1.11, textattack 0.3.11 and
albumentations 2.0.8. Where nlpaug and albumentations are installed, they are used themselves.
"""

from __future__ import annotations

import random

import numpy as np
import pytest

from pytest_modelcheck import perturb
from pytest_modelcheck.canonical import digest
from pytest_modelcheck.errors import PerturbationError

TEXT = "Please refund my order, it never arrived"
IMAGE = np.random.RandomState(0).randint(0, 256, (16, 12, 3)).astype("uint8")


class SwapAug:
    """As an augmenter of nlpaug: ``random`` inside, a list out."""

    name = "Swap_Aug"

    def augment(self, data, n=1, num_thread=1):
        words = data.split()
        return [" ".join(random.sample(words, len(words))) for _ in range(n)]


class OldAug(SwapAug):
    """Before 1.1.11, one result was not a list."""

    def augment(self, data, n=1, num_thread=1):
        return super().augment(data, n)[0]


class WordAugmenter:
    """As an ``Augmenter`` of textattack: several results at once, sorted."""

    def __init__(self, transformations_per_example=3, enable_advanced_metrics=False):
        self.several = transformations_per_example
        self.metrics = enable_advanced_metrics

    def augment(self, text):
        marks = {str(np.random.randint(100)) for _ in range(self.several)}
        made = sorted(f"{text} {mark}" for mark in marks)
        return (made, {"perplexity": 3.0}, {"use": 0.9}) if self.metrics else made

    def augment_many(self, texts):
        return [self.augment(text) for text in texts]


class Transform:
    """As a transform of albumentations 1: the global sources of randomness, and images by keyword."""

    def __call__(self, *args, force_apply=False, **data):
        if args:
            raise KeyError("You have to pass data to augmentations as named arguments")
        noise = np.random.randint(0, 9, data["image"].shape)
        return {**data, "image": np.clip(data["image"] + noise, 0, 255).astype("uint8")}

    def add_targets(self, additional_targets):
        """Part of the shape."""


class Compose(Transform):
    """As ``Compose`` of albumentations 2: a source of randomness of its own."""

    available_keys = frozenset({"image"})

    def __init__(self, transforms):
        self.transforms = transforms
        self.set_random_seed(None)

    def set_random_seed(self, seed):
        self.source = np.random.default_rng(seed)

    def __call__(self, *args, force_apply=False, **data):
        noise = self.source.integers(0, 9, data["image"].shape)
        return {**data, "image": np.clip(data["image"] + noise, 0, 255).astype("uint8")}


MADE = [
    (lambda: SwapAug(), TEXT),
    (lambda: OldAug(), TEXT),
    (lambda: WordAugmenter(), TEXT),
    (lambda: WordAugmenter(enable_advanced_metrics=True), TEXT),
    (lambda: Transform(), IMAGE),
    (lambda: Compose([Transform()]), IMAGE),
]
named = pytest.mark.parametrize(("make", "given"), MADE)


@named
def test_the_seed_decides_regardless_of_earlier_draws(make, given):
    first = perturb.variants(perturb.adapt(make()), given, 3)
    random.random(), np.random.random()
    again = make()
    perturb.adapt(again).preview(given)
    assert first
    assert digest(perturb.variants(perturb.adapt(again), given, 3)) == digest(first)
    assert digest(perturb.variants(perturb.adapt(again), given, 4)) != digest(first)


@named
def test_the_sources_of_randomness_that_all_share_are_left_as_they_were(make, given):
    random.seed(5)
    np.random.seed(5)
    before = random.getstate(), np.random.get_state()[1].tolist()
    perturb.adapt(make()).preview(given)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before


def test_an_augmenter_with_a_source_of_its_own_is_copied():
    pipeline = Compose([Transform()])
    before = pipeline.source.bit_generator.state
    perturb.adapt(pipeline).preview(IMAGE)
    assert pipeline.source.bit_generator.state == before


def test_the_number_of_variants():
    assert len(perturb.adapt(SwapAug()).preview(TEXT)) == 1
    assert len(perturb.adapt(SwapAug(), n=4).preview(TEXT)) == 4
    assert len(perturb.adapt(WordAugmenter()).preview(TEXT)) == 3
    assert len(perturb.adapt(WordAugmenter(), n=2).preview(TEXT)) == 2
    assert len(perturb.adapt(Transform(), n=3).preview(IMAGE)) == 3


@pytest.mark.parametrize("augmenter", [SwapAug(), WordAugmenter(), Transform(), Compose([Transform()])])
def test_under_takes_them_as_they_are(augmenter):
    (one,) = perturb.as_perturbations(augmenter)
    given = TEXT if hasattr(augmenter, "augment") else IMAGE
    assert digest(one.preview(given)) == digest(perturb.adapt(augmenter).preview(given))
    assert (one | perturb.one_of(lambda x: x, augmenter)).preview(given)


def test_names():
    assert perturb.adapt(SwapAug()).name == "SwapAug"
    assert perturb.adapt(Compose([Transform(), Transform()])).name == "Compose(Transform, Transform)"
    assert perturb.adapt(SwapAug(), name="swapped", field="body").name == "swapped(field='body')"


def test_a_part_of_the_input():
    (made,) = perturb.adapt(SwapAug()).preview({"nr": 3, "body": TEXT})
    assert (made["nr"], sorted(made["body"])) == (3, sorted(TEXT))
    (made,) = perturb.adapt(SwapAug(), field="a.body").preview({"a": {"body": TEXT}, "b": "x"})
    assert made["b"] == "x"
    (made,) = perturb.adapt(Transform()).preview({"image": IMAGE, "label": "x"})
    assert made["image"].shape == IMAGE.shape


def test_a_perturbation_without_an_effect_does_not_apply():
    class Nothing(SwapAug):
        def augment(self, data, n=1, num_thread=1):
            return []

    assert perturb.adapt(Nothing(), n=3).preview(TEXT) == []


def test_an_error_inside_is_reported_with_the_case_and_the_sources_are_restored():
    class Broken(SwapAug):
        def augment(self, data, n=1, num_thread=1):
            raise LookupError("Resource wordnet not found")

    before = random.getstate()
    with pytest.raises(PerturbationError, match="Broken, case t-1: it raised LookupError: Resource wordnet"):
        perturb.variants(perturb.adapt(Broken()), TEXT, 0, "t-1")
    assert random.getstate() == before


def test_other_libraries_with_an_augment_of_another_shape_are_not_taken_for_one():
    class Imgaug:
        def augment(self, return_batch=False, hooks=None, **kwargs):
            """No input by position."""

    with pytest.raises(PerturbationError, match="Imgaug is not an augmenter"):
        perturb.adapt(Imgaug())


def test_nlpaug_itself():
    char = pytest.importorskip("nlpaug.augmenter.char")
    made = perturb.adapt(char.KeyboardAug(), n=3).preview(TEXT)
    assert made == perturb.adapt(char.KeyboardAug(), n=3).preview(TEXT)
    assert len(made) == 3


def test_albumentations_itself():
    library = pytest.importorskip("albumentations")
    for make in (
        lambda: library.RandomBrightnessContrast(p=1),
        lambda: library.Compose([library.GaussNoise(p=1), library.Rotate(p=1)]),
    ):
        made = perturb.adapt(make(), n=2).preview(IMAGE)
        assert digest(made) == digest(perturb.adapt(make(), n=2).preview(IMAGE))
        assert len(made) == 2
