"""Addresses that bounced; its SQL lies in the file of the same name."""

from pathlib import Path

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    op.execute(Path(__file__).with_suffix(".sql").read_text())


def downgrade() -> None:
    """Drop the table with all that it holds."""
    op.execute("drop table campaign.dead_address; drop function campaign.address_digest(text)")
