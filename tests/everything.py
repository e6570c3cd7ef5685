"""All that a database holds, in a form that two moments can be compared by."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa


def everything(connection: sa.Connection, tables: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Return, of each table, how many rows it has and a digest of all of them."""
    found = {}
    for table in tables:
        statement = f"select count(*), md5(coalesce(string_agg(md5(t::text), '' order by md5(t::text)), '')) from {table} as t"  # noqa: S608
        rows, digest = connection.execute(sa.text(statement)).one()
        found[table] = (int(rows), str(digest))
    return found
