"""Alembic's entry: runs the revisions over the connection that ``migrate`` hands in."""

from __future__ import annotations

from alembic import context

from signalos.server.db.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
