"""The servers that this project brings along for newcomers, demonstrations and tests: PostgreSQL, SeaweedFS, a mail sink, Airflow."""
