"""The rest of the schema `registry`: what deliveries brought; its SQL lies in the file of the same name."""

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    op.execute(Path(__file__).with_suffix(".sql").read_text())


def downgrade() -> None:
    """Nothing: the schema is dropped with all that it holds by the revision that made it."""
