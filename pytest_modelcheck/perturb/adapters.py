"""Augmenters of nlpaug, textattack and albumentations as perturbations, without importing any of them.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import inspect
import random
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.building import changed, check_n, with_field
from pytest_modelcheck.perturb.focus import part, path_of, text_path
from pytest_modelcheck.perturb.images import image_path
from pytest_modelcheck.perturb.perturbation import Perturbation, checked_name
from pytest_modelcheck.perturb.places import Path, placed

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from pytest_modelcheck.perturb.focus import Field


def adapt(
    augmenter: Any, n: int | None = None, *, name: str | None = None, field: Field | None = None
) -> Perturbation:
    """An augmenter of another library as a perturbation, told by its shape.

    - nlpaug: has ``augment(data, n=1)``.
    - textattack: has ``augment(text)``, which returns a list.
    - albumentations, version 1 or 2: is called with ``image=`` and returns a mapping with ``"image"``.

    ``under=`` takes such an augmenter as it is, too. The sources of randomness that they use inside
    (``random``, ``numpy.random``, and torch's where it is loaded) are seeded before each input and restored
    after; an augmenter of albumentations with a source of its own is copied, and the copy seeded. So the
    same input gives the same variants, as far as the library itself keeps to them: textattack's
    ``fast_augment`` and models on a GPU may not.

    Args:
        augmenter: The augmenter, or a pipeline of them.
        n: How many variants; by default one, and with textattack as many as its own
            ``transformations_per_example``.
        name: What reports call it; by default the name of its class.
        field: Where the text or the image is, in an input that is more.

    >>> import random
    >>> class Shuffler:  # of the shape of nlpaug's
    ...     def augment(self, data, n=1, num_thread=1):
    ...         words = data.split()
    ...         return [" ".join(random.sample(words, len(words))) for _ in range(n)]
    >>> adapt(Shuffler()).name, adapt(Shuffler()).preview("Where is my parcel?")
    ('Shuffler', ['parcel? my is Where'])
    """
    call = _call_of(augmenter)
    if call is None:
        raise PerturbationError(
            f"{type(augmenter).__name__} is no augmenter of nlpaug or textattack (which have .augment(text))"
            " nor of albumentations; a callable from an input to another is a perturbation as it is"
        )
    shown = _name(augmenter) if name is None else name
    if n is not None:
        check_n(f"adapt({shown}", n)
    several, find = call is _texts_at_once, image_path if call is _image else text_path
    own = deepcopy(augmenter) if hasattr(augmenter, "set_random_seed") else augmenter

    def apply(x: Any, rng: Random) -> list[Any]:
        path = _path(x, field, find)
        old = x
        for key in path:
            old = part(old, key, field)
        with _seeded(int(rng.random() * 2**32), own):
            if several:
                made = list(call(own, old))[:n]
            else:
                made = [changed(partial(call, own, old), old) for _ in range(n or 1)]
        return [None if new is None else placed(x, path, new) for new in made]

    return Perturbation(with_field(checked_name(shown), field), apply)


def is_augmenter(item: object) -> bool:
    """Whether something is an augmenter that :func:`adapt` knows.

    >>> is_augmenter(str.upper), is_augmenter("typos")
    (False, False)
    """
    return _call_of(item) is not None


def _call_of(augmenter: Any) -> Callable[[Any, Any], Any] | None:
    """How to ask an augmenter, if it is one."""
    if isinstance(augmenter, type | Perturbation):
        return None
    augment = getattr(augmenter, "augment", None)
    if inspect.ismethod(augment):
        parameters = list(inspect.signature(augment).parameters.values())
        if parameters and parameters[0].default is inspect.Parameter.empty and parameters[0].kind < 2:
            return _one_of_nlpaug if any(one.name == "n" for one in parameters) else _texts_at_once
    pipeline = hasattr(augmenter, "add_targets") or hasattr(augmenter, "available_keys")
    return _image if callable(augmenter) and pipeline else None


def _one_of_nlpaug(augmenter: Any, data: Any) -> Any:
    made = augmenter.augment(data)
    if isinstance(made, list) and not isinstance(data, list):  # since its version 1.1.11
        return made[0] if made else data
    return made


def _texts_at_once(augmenter: Any, text: str) -> list[Any]:
    made = augmenter.augment(text)
    return list(made[0] if isinstance(made, tuple) else made)  # with metrics, a tuple


def _image(augmenter: Any, image: Any) -> Any:
    return augmenter(image=image)["image"]


def _name(augmenter: Any) -> str:
    kind = type(augmenter).__name__
    parts = getattr(augmenter, "transforms", None)
    return f"{kind}({', '.join(type(one).__name__ for one in parts)})" if isinstance(parts, list) else kind


def _path(x: Any, field: Field | None, find: Callable[[Any, Field | None], Path]) -> Path:
    if field is not None:
        return path_of(x, field)
    return find(x, None) if isinstance(x, Mapping) else ()


@contextmanager
def _seeded(seed: int, augmenter: Any) -> Iterator[None]:
    """The sources of randomness that everybody shares, seeded, and afterwards as they were."""
    with ExitStack() as stack:
        stack.callback(random.setstate, random.getstate())
        random.seed(seed)
        numpy = sys.modules.get("numpy")
        if numpy is not None:
            stack.callback(numpy.random.set_state, numpy.random.get_state())
            numpy.random.seed(seed)
        torch = sys.modules.get("torch")
        if torch is not None:
            stack.enter_context(torch.random.fork_rng())
            torch.manual_seed(seed)
        if hasattr(augmenter, "set_random_seed"):
            augmenter.set_random_seed(seed)
        yield
