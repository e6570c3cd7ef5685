"""`espace-sante portal`: the site on which people oppose."""

from __future__ import annotations

import logging
from typing import Annotated

import typer


def portal(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.", min=1, max=65535)] = 18090,
) -> None:
    """Serve the opposition site until it is stopped; it writes the files of the channel WEB and opens no database."""
    from pipelines.platform.clock import now
    from pipelines.platform.object_store import ObjectStore
    from pipelines.platform.settings import settings
    from pipelines.portal.serving import server
    from pipelines.portal.site import site

    here = settings()
    origin = here.portal_origin.rstrip("/") or f"http://localhost:{port}"
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("pipelines").setLevel(logging.INFO)
    typer.echo(f"the opposition site: {origin}/ (its port: {host}:{port}); stop it with Ctrl-C")
    server(site(here, ObjectStore(here), now, origin).gate, host, port, here.portal_proxies).run()
