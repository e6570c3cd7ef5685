"""The schema `campaign`; its SQL lies in the file of the same name."""

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    op.execute(Path(__file__).with_suffix(".sql").read_text())


def downgrade() -> None:
    """Drop the schema with all that it holds."""
    op.execute("drop schema campaign cascade")
