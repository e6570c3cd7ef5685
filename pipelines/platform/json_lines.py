"""Files of JSON lines from partners: whole, or refused whole."""

from __future__ import annotations

from pipelines.platform.errors import BadFileError


def lines_of(content: bytes, most: int) -> list[bytes]:
    """Return the lines of a file, without their ends; every line has one, so that a file cut short is seen.

    Raises: BadFileError where it is not UTF-8, is empty, was cut short or has more than `most` lines.
    """
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        content.decode()
    except UnicodeDecodeError:
        raise BadFileError("the file is not UTF-8") from None
    if not content.strip():
        raise BadFileError("the file is empty")
    if not content.endswith(b"\n"):
        raise BadFileError("the last line has no line end: the file was cut short")
    lines = content[:-1].split(b"\n")
    refuse_too_many(len(lines), most)
    return lines


def refuse_too_many(lines: int, most: int) -> None:
    """Raise BadFileError where a file has more than `most` lines."""
    if lines > most:
        raise BadFileError(f"the file has more than {most} lines: send it in parts")
