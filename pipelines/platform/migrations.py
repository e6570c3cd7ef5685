"""Bringing the business database to the newest schema."""

from __future__ import annotations

from alembic import command
from alembic.config import Config

from pipelines.platform.settings import Settings


def upgrade(url: str) -> None:
    """Run the migrations that the database has not had; `url` is the owner's. Raises alembic and SQLAlchemy errors as they are."""
    config = Config()
    # Alembic interpolates its options.
    config.set_main_option("script_location", str(Settings.model_fields["home"].default / "sql" / "migrations").replace("%", "%%"))
    config.attributes["url"] = url
    command.upgrade(config, "head")
