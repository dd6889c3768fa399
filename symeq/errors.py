"""The errors symeq raises; each message says what was asked, what was found and what to do."""

from __future__ import annotations


class SymeqError(Exception):
    """Anything symeq refuses to do."""


class InvalidInput(SymeqError, ValueError):
    """What was handed in cannot be used; the command line exits with status 2."""


class NoLaw(SymeqError):
    """No law is allowed by the symmetry, or none fits the data; the command line exits with status 3."""


class MissingExtra(SymeqError, ImportError):
    """An optional dependency is needed and absent; the message names the extra that installs it."""
