"""Values that operations set in a TOML file, checked whole when it is read."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from pipelines.platform.errors import FinalError

Model = TypeVar("Model", bound=BaseModel)


def read_toml(model: type[Model], file: Path) -> Model:
    """Read a file as a model. Raises: FinalError, naming the file and each key that is missing, unknown or out of bounds."""
    try:
        return model.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise FinalError(f"{file.name} cannot be used: {error}") from None
