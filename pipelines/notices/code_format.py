"""How an opposition code is shown: one form on paper, on screen and read aloud to 3422."""

from __future__ import annotations

GROUP = 4


def grouped(code: str) -> str:
    """Return a code of 12 characters as XXXX-XXXX-XXXX. Raises ValueError, without the code, on another length."""
    if len(code) != 3 * GROUP:
        raise ValueError("an opposition code has twelve characters")
    return f"{code[:GROUP]}-{code[GROUP : 2 * GROUP]}-{code[2 * GROUP :]}"
