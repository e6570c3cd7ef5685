"""The environment that each embedded server gets: what this instance needs, nothing of the caller's other projects."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from pipelines.platform.embedded.instance import Instance
from pipelines.platform.embedded.ports import LOOPBACK
from pipelines.platform.embedded.processes import COMPONENT_MARK, INSTANCE_MARK
from pipelines.platform.embedded.secrets import PEOPLE
from pipelines.platform.settings import PREFIX

# Variables by which another Airflow, another database or another cloud account would leak into the servers.
FOREIGN = ("AIRFLOW_", "AIRFLOW__", "PG", "AWS_", "S3_", "WEED_", "SQLALCHEMY_", "_AIRFLOW")
PLAIN = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR", "USER", "LOGNAME")
SENDER = "airflow@espace-sante.invalid"


def server_environment(instance: Instance, component: str, outer: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the small environment of a server that runs no code of this project."""
    kept = {name: outer[name] for name in PLAIN if name in outer}
    return kept | {"TZ": "UTC", INSTANCE_MARK: instance.identity, COMPONENT_MARK: component}


def project_environment(instance: Instance, component: str, outer: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment of a process that runs code of this project."""
    kept = {name: value for name, value in outer.items() if not name.startswith(FOREIGN)}
    unproxied = ",".join(filter(None, (kept.get("NO_PROXY") or kept.get("no_proxy"), LOOPBACK, "localhost")))
    return kept | {
        f"{PREFIX}HOME": str(instance.home),
        f"{PREFIX}VAR": str(instance.var),
        "NO_PROXY": unproxied,
        "no_proxy": unproxied,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', os.defpath)}",
        # Otherwise process titles overwrite the environment, and with it the marks by which leftovers are found.
        "SPT_NOENV": "1",
        INSTANCE_MARK: instance.identity,
        COMPONENT_MARK: component,
    }


def airflow_environment(instance: Instance, component: str, outer: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment of Airflow's processes: `airflow.cfg` says the rest."""
    home = instance.var / "airflow"
    known = instance.secrets
    replay = instance.clock.value == "replay"
    return (
        project_environment(instance, component, outer)
        | {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW_CONFIG": str(instance.home / "airflow.cfg"),
            "AIRFLOW__CORE__DAGS_FOLDER": str(instance.home / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(instance.home / "dags" / "plugins"),
            "AIRFLOW__CORE__FERNET_KEY": known.airflow_fernet_key,
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{instance.airflow_address}/execution/",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{name}:{role}" for name, role in PEOPLE.items()),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
            # In a replay the demonstration triggers every run itself; nothing has a schedule.
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": str(not replay),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": known.airflow_url(instance.ports.postgres),
            # `up` migrates, and starts the api-server meanwhile.
            "AIRFLOW__DATABASE__CHECK_MIGRATIONS": "False",
            "AIRFLOW__API__HOST": LOOPBACK,
            "AIRFLOW__API__PORT": str(instance.ports.airflow),
            "AIRFLOW__API__BASE_URL": instance.airflow_address,
            "AIRFLOW__API__SECRET_KEY": known.airflow_api_secret,
            "AIRFLOW__API_AUTH__JWT_SECRET": known.airflow_jwt_secret,
            "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH": str(home / "bundles"),
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
            "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(home / "logs" / "dag_processor"),
            "AIRFLOW__EMAIL__FROM_EMAIL": SENDER,
            "AIRFLOW_CONN_SMTP_DEFAULT": _mail_connection(instance),
        }
        | RECOVERY
    )


# One machine, one scheduler: what a killed scheduler left behind is taken up within half a minute instead of five.
RECOVERY = {
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "2",
    "AIRFLOW__SCHEDULER__JOB_HEARTBEAT_SEC": "2",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "15",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "10",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "30",
    "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "2",
    "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "15",
    # A task survives the minute in which somebody brings a killed api-server up again.
    "AIRFLOW__WORKERS__MAX_FAILED_HEARTBEATS": "10",
}


def _mail_connection(instance: Instance) -> str:
    extra = {"disable_ssl": True, "disable_tls": True, "from_email": SENDER}
    return json.dumps({"conn_type": "smtp", "host": LOOPBACK, "port": instance.ports.smtp, "extra": extra})
