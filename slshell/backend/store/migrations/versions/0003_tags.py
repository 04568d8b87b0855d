"""Tags of instances."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Instances that were there have none."""
    op.add_column("instances", sa.Column("tags", sa.Text(), nullable=False, server_default="[]"))
