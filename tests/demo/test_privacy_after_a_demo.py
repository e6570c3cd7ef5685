"""After a real campaign under Airflow, nothing personal is found where operations look: logs, XComs, rendered fields, run notes."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from pipelines.platform.embedded.instance import Instance
from pipelines.synthetic.notices_received import received_emails
from pipelines.synthetic.residents import Residents

# A whole Airflow starts and plays several days: far longer than a test of a step.
pytestmark = pytest.mark.timeout(1200)


@pytest.fixture(scope="module")
def personal(played: Instance) -> set[str]:
    """What identifies the people of the demonstration, and the codes that they received."""
    residents = Residents(played.var / "demo").everyone()
    words = {word for person in residents for word in (person.matricule, person.email, person.name) if word}
    codes = {email.code() for email in received_emails(played.var / "mail", set())} - {None}
    assert len(words) > 400
    assert codes
    return words | {str(code) for code in codes} | {f"{str(c)[:4]}-{str(c)[4:8]}-{str(c)[8:]}" for c in codes}


def test_no_log_of_any_server_names_anybody(played: Instance, personal: set[str]) -> None:
    for folder in (played.var / "airflow" / "logs", played.logs):
        for file in folder.rglob("*"):
            if file.is_file():
                text = file.read_text(errors="replace")
                assert not [word for word in personal if word in text], file.relative_to(played.var)


def test_no_table_of_airflow_names_anybody(played: Instance, personal: set[str]) -> None:
    url = f"postgresql+psycopg://airflow:{played.secrets.airflow_password}@127.0.0.1:{played.ports.postgres}/airflow"
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names()
        assert {"xcom", "rendered_task_instance_fields", "task_instance", "dag_run"} <= set(tables)
        for table in tables:
            text = "\n".join(connection.execute(sa.text(f'select t::text from "{table}" as t')).scalars())  # noqa: S608
            assert not [word for word in personal if word in text], table
    engine.dispose()
