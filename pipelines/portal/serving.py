"""How the site is served: one process of uvicorn, whose own log of requests, full of addresses, stays silent."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import uvicorn

from pipelines.portal.gate import Gate

CONCURRENT = 500


def server(gate: Gate, host: str, port: int, proxies: Sequence[str]) -> uvicorn.Server:
    """Return what serves the site on a port; from `proxies` alone (addresses, networks) it takes a visitor's address for true."""
    logging.getLogger("uvicorn.access").disabled = True
    return uvicorn.Server(
        uvicorn.Config(
            gate,
            host,
            port,
            lifespan="on",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=bool(proxies),
            forwarded_allow_ips=list(proxies),
            limit_concurrency=CONCURRENT,
        )
    )
