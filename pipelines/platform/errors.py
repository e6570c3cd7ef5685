"""Errors typed by what to do next: try again, or stop and call someone.

A message says what happened, to what, and what to do; it never holds personal data.
"""


class EspaceSanteError(Exception):
    """Base of every error that this project raises on purpose."""


class RetryableError(EspaceSanteError):
    """The same call may succeed later: a server is away, a lock is held, a relay asks to wait."""


class FinalError(EspaceSanteError):
    """The same call will fail again: somebody must change something first."""


class BadFileError(FinalError):
    """A file from a partner is refused whole, before any effect."""


class RuleError(FinalError):
    """A rule of the campaign would be broken; nothing was written."""
