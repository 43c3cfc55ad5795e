"""The version of each model.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_modelcheck.errors import VersionError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence


class Versions:
    """The version of each model: the requested one, else the approved one, else none.

    Args:
        asked: ``VERSION`` for all judged models, or ``NAME=VERSION`` for one model; ``NAME=`` is a prefix
            only if NAME is a known model, since a version may itself contain ``=``.
        known: The names of all models.
        approved: Finds the approved version of a model.
        option: The name of the option, for messages.
        supporting: The names of models that only support tests, such as judges.
        default: The same as ``asked``, from the ini file. A version on the command line replaces that of
            the same model, and a ``VERSION`` for all models replaces all.

    Raises:
        VersionError: Two versions of one model are requested.
    """

    def __init__(
        self,
        asked: Sequence[str],
        known: Collection[str],
        approved: Callable[[str], str | None],
        *,
        option: str = "--model-version",
        default: Sequence[str] = (),
        supporting: Collection[str] = (),
    ) -> None:
        self._option = option
        self._known = sorted(known)
        self._judged = [name for name in self._known if name not in supporting] or self._known
        self._approved = approved
        self._common: str | None = None
        self._own: dict[str, str] = {}
        for text in asked:
            self._take(text)
        if default:
            fallback = Versions(
                default, known, approved, option="model_version in the ini file", supporting=supporting
            )
            self._fall_back(fallback)

    def _fall_back(self, other: Versions) -> None:
        """Use the ini file for models that the command line does not name."""
        own = other._own
        if self._common is None:
            self._common = other._common
        else:  # which is not a version of models that only support tests
            own = {name: version for name, version in own.items() if name not in self._judged}
        self._own = own | self._own

    def of(self, model: str) -> str | None:
        """The version of a model, or ``None`` if it has none."""
        asked = self.asked(model)
        return asked if asked is not None else self._approved(model)

    def asked(self, model: str) -> str | None:
        """The requested version, or ``None`` for the approved one."""
        return self._own.get(model, self._common if model in self._judged else None)

    def only(self) -> str | None:
        """The single version of all judged models.

        Raises:
            VersionError: They differ.
        """
        versions = {model: self.of(model) for model in self._judged}
        if len(set(versions.values())) > 1:
            listed = ", ".join(f"{model} {version or 'unversioned'}" for model, version in versions.items())
            raise VersionError(
                "the fixture `model_version` was asked for outside of a model fixture, but versions differ "
                f"({listed}). Ask for model_version in the model fixture itself, where it is that model's own"
            )
        return next(iter(versions.values()), self._common)

    def option(self, model: str, version: str) -> str:
        """The command line option for this version."""
        import shlex

        text = version if self._judged == [model] else f"{model}={version}"
        return shlex.quote(f"{self._option}={text}")

    def _take(self, text: str) -> None:
        name, separator, version = text.partition("=")
        if separator and name in self._known:
            if not version:
                raise VersionError(f"{self._option}={text}: no version after {name}=")
            if self._own.get(name, version) != version:
                raise VersionError(f"{self._option}: {name} cannot be both {self._own[name]} and {version}")
            self._own[name] = version
        elif self._common not in (None, text):
            known = ", ".join(self._known) or "none was found; is the conftest.py that defines them loaded?"
            raise VersionError(
                f"{self._option}: {self._common!r} and {text!r} are both asked for. With several models, "
                f"name them: {self._option} NAME=VERSION (models: {known})"
            )
        else:
            self._common = text
