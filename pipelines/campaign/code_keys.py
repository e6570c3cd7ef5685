"""The keys from which codes are derived, by version: an attempt keeps the version with which its code was made."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pipelines.platform.errors import FinalError


class CodeKeys(dict[int, bytes]):
    """The keys that an installation holds; read again for a version that was made since this process began.

    Raises: FinalError where there is no key at all, or not the one that is asked for.
    """

    def __init__(self, read: Callable[[], Mapping[int, bytes]]) -> None:
        super().__init__(read())
        self._read = read
        if not self:
            raise FinalError("there is no code key: set ESPACE_SANTE_CODE_KEYS from the secrets backend")

    def __missing__(self, version: int) -> bytes:
        """Return the key of a version that was not known when this process began."""
        self.update(self._read())
        if version not in self:
            raise FinalError(f"the code key of version {version} is missing: set ESPACE_SANTE_CODE_KEYS from the secrets backend")
        return self[version]
