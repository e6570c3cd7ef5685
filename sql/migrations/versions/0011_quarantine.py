"""What people work off in document feeds; its SQL lies in the file of the same name."""

from pathlib import Path

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    op.execute(Path(__file__).with_suffix(".sql").read_text())


def downgrade() -> None:
    """Drop the tables with all that they hold, then the types."""
    op.execute("drop view documents.held_file")
    op.execute("drop table documents.backlog_slice, documents.suspension, documents.quality")
    op.execute("drop table documents.identity_correction, documents.quarantined")
    op.execute("drop type documents.age, documents.wish")
