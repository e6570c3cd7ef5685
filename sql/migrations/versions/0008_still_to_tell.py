"""Who is still to be told, counted; its SQL lies in the file of the same name."""

from pathlib import Path

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    op.execute(Path(__file__).with_suffix(".sql").read_text())


def downgrade() -> None:
    """Drop the function."""
    op.execute("drop function campaign.still_to_tell(date, smallint, text[], integer)")
