"""Batches as pandas frames: the types of their columns, and the order of the rows that come back.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_modelcheck.errors import ModelError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping


class Frames:
    """Makes a frame of a batch of mappings (``collate="frame"``).

    pandas infers the type of a column from its values, so a row would look different to the model beside
    other rows. The types of the table that the cases came from are therefore set again on each batch.

    Attributes:
        dtypes: The types of columns, by their names. Other columns have the type that pandas infers.
    """

    def __init__(self) -> None:
        self.dtypes: Mapping[str, Any] = {}

    def __call__(self, inputs: list[Any]) -> Any:
        """The frame of a batch, with one row for each input, in their order.

        Raises:
            UsageError: pandas is not installed.
        """
        try:
            import pandas as pd
        except ModuleNotFoundError as missing:
            raise UsageError(
                'collate="frame" needs pandas: pip install "pytest-modelcheck[pandas]"'
            ) from missing
        frame = pd.DataFrame(inputs)
        for name, dtype in self.dtypes.items():
            if name in frame.columns and frame[name].dtype != dtype:
                frame[name] = _typed(frame[name], dtype)
        return frame


def _typed(column: Any, dtype: Any) -> Any:
    """A column of another type; as it is if it has values that the type cannot hold."""
    import pandas as pd

    if isinstance(dtype, pd.CategoricalDtype):
        # astype() makes a category that it does not know a missing value, which is another input.
        known = set(dtype.categories)
        unknown = [value for value in column.dropna().unique() if value not in known]
        dtype = pd.CategoricalDtype([*dtype.categories, *unknown], dtype.ordered)
    try:
        return column.astype(dtype)
    except (TypeError, ValueError):
        return column


def aligned(answers: Any, asked: Any, size: int, label: str) -> Any:
    """The answers of a batch in the order of its inputs, if they are a Series or a frame with an index.

    Args:
        answers: What the model returned.
        asked: The batch that it was called with.
        size: The number of inputs.
        label: The model's name, for messages.

    Raises:
        ModelError: The index is not that of the inputs, in any order.
    """
    index = _index_of(answers)
    if index is None or len(index) != size:
        return answers  # a wrong number of answers is reported by the caller
    own = _index_of(asked)
    expected = list(range(size)) if own is None else list(own)
    found = list(index)
    if found == expected:
        return answers
    places = {name: place for place, name in enumerate(found)}
    if len(places) != size or set(places) != set(expected) or len(set(expected)) != size:
        kind = type(answers).__name__
        raise ModelError(
            f"{label} answered a batch of {size} inputs with a {kind} whose index is not that of its inputs"
            f" ({found[0]!r}, … instead of {expected[0]!r}, …), so nobody can say which answer belongs to"
            " which input. Keep the index of the inputs, or return a list or an array in their order"
            " (.to_numpy())"
        )
    return answers.iloc[[places[name] for name in expected]]


def _index_of(value: Any) -> Any:
    """The index of a pandas Series or frame, or ``None``."""
    if (
        hasattr(value, "iloc")
        and hasattr(value, "index")
        and type(value).__module__.partition(".")[0] == "pandas"
    ):
        return value.index
    return None
