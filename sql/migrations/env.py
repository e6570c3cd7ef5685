"""Alembic's entry point: one connection, one transaction for all migrations, the URL given by `pipelines.platform.migrations`."""

from alembic import context
from sqlalchemy import create_engine, pool

engine = create_engine(context.config.attributes["url"], poolclass=pool.NullPool, hide_parameters=True)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=None, version_table="schema_version")
    with context.begin_transaction():
        context.run_migrations()
