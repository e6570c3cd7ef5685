"""The window counted in Python and its twin in SQL, by which the equations count it again, agree on every instant."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.campaign.window import last_day, window
from pipelines.platform.database import Database

INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
BY_INSTANT = sa.text(
    "select array_agg(campaign.last_day(i) order by n) from unnest(cast(:at as timestamptz[])) with ordinality as t (i, n)"
)
BY_DAY = sa.text("select array_agg(campaign.last_day(d) order by n) from unnest(cast(:days as date[])) with ordinality as t (d, n)")
HOUR = timedelta(hours=1)


def in_sql(database: Database, instants: list[datetime]) -> list[date]:
    with database.engine.begin() as connection:
        return list(connection.execute(BY_INSTANT, {"at": instants}).scalar_one())


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(INSTANTS, min_size=50, max_size=200))
def test_random_instants_have_the_same_last_day(database: Database, instants: list[datetime]) -> None:
    assert in_sql(database, instants) == [window(instant).last_day for instant in instants]


def test_every_hour_of_years_with_their_changes_of_time_has_the_same_last_day(database: Database) -> None:
    hours = [datetime(2024, 1, 1, tzinfo=UTC) + number * HOUR - timedelta(microseconds=1) for number in range(2 * 366 * 24)]
    assert in_sql(database, hours) == [window(hour).last_day for hour in hours]


def test_every_day_has_the_same_last_day(database: Database) -> None:
    days = [date(2020, 1, 1) + timedelta(days=number) for number in range(40 * 366)]
    with database.engine.begin() as connection:
        found = connection.execute(BY_DAY, {"days": days}).scalar_one()
    assert found == [last_day(day) for day in days]
