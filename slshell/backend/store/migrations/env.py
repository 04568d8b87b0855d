"""Runs the migrations on the connection that the database hands over."""

from __future__ import annotations

from alembic import context

from slshell.backend.store.tables import activity, appliances, cloud, contexts, instances, volumes
from slshell.backend.store.tables.base import metadata

GROUPS = (activity, appliances, cloud, contexts, instances, volumes)

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
