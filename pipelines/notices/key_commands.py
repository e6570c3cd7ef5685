"""`espace-sante keys`: rotate and retire the keys of codes and of print houses, without stopping anything."""

from __future__ import annotations

import getpass
import secrets
from typing import TYPE_CHECKING, Annotated, Protocol, cast

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from pipelines.campaign.code_keys import CodeKeys
    from pipelines.campaign.policy import Policy
    from pipelines.platform.database import Database
    from pipelines.platform.settings import Settings


class Here(Protocol):
    """What keys need of an installation."""

    settings: Settings

    @property
    def db(self) -> Database:
        """The business database."""

    @property
    def policy(self) -> Policy:
        """Whose campaign it is."""

    @property
    def code_keys(self) -> CodeKeys:
        """The keys of codes that are held."""


PrinterArgument = Annotated[str, typer.Argument(help="The print house, by its name.")]
BACK_UP = "Back up secrets.json now, apart from the database."


def keys_app(here: Callable[[], Here]) -> typer.Typer:
    """Return the commands of keys; `here` gives this installation."""
    app = typer.Typer(no_args_is_help=True, help="Rotate and retire keys; nothing stops, no code in flight dies.")

    @app.command("list")
    def list_keys() -> None:
        """Show the versions of the key of codes with the codes in flight, and how many keys each print house has. No key is shown."""
        from pipelines.platform.clock import now

        for line in _lines(here(), now()):
            typer.echo(line)

    @app.command("rotate-codes")
    def rotate_codes() -> None:
        """Put a new version of the key of codes in force: made in secrets.json, or as your secrets backend holds it already."""
        from pipelines.campaign.key_rotation import next_version, put_in_force
        from pipelines.platform.clock import now
        from pipelines.platform.secrets_file import change_secret

        this = here()
        version = next_version(this.db, this.policy.campaign_id)
        if version not in this.code_keys:
            change_secret(this.settings.var, "code_keys", lambda kept: _with_new_code_key(kept, version))
        put_in_force(this.db, this.policy.campaign_id, version, this.code_keys, now(), getpass.getuser())
        typer.echo(f"version {version} is in force: new codes are derived from it, codes in flight stay valid. {BACK_UP}")

    @app.command("retire-codes")
    def retire_codes() -> None:
        """Give up every version before the one in force; refused while a code of one may still be used."""
        from pipelines.campaign.key_rotation import retire_code_keys
        from pipelines.platform.clock import now

        this = here()
        retired = retire_code_keys(this.db, this.policy.campaign_id, now(), getpass.getuser())
        names = ", ".join(map(str, retired)) or "none"
        typer.echo(f"retired: {names}. Codes of these prove nothing any more: destroy their keys in secrets.json or your secrets backend")

    @app.command("rotate-printer")
    def rotate_printer(printer: PrinterArgument, recipient: Annotated[str, typer.Argument(help="Its new public key, age1...")]) -> None:
        """Seal lots for a new key of a print house as well; it may open them with either until the old one is retired."""
        from pipelines.notices.print_lot import require_keys
        from pipelines.notices.printer_keys import note_rotation, with_new_key
        from pipelines.platform.clock import now

        this = here()
        held = require_keys(this.settings.printer_recipients, printer)
        keys = with_new_key(held, recipient)
        if keys != list(held):
            _keep(this, printer, keys)
        note_rotation(this.db, printer, recipient, now(), getpass.getuser())
        typer.echo(f"lots of {printer} are sealed for {len(keys)} keys from now on: it may go over to the new one. {BACK_UP}")

    @app.command("retire-printer")
    def retire_printer(printer: PrinterArgument) -> None:
        """Seal lots for the newest key of a print house alone; refused while a lot that is out needs an older one."""
        from pipelines.notices.print_lot import require_keys
        from pipelines.notices.printer_keys import require_unneeded

        this = here()
        held = require_keys(this.settings.printer_recipients, printer)
        require_unneeded(this.db, printer, held)
        _keep(this, printer, held[:1])
        typer.echo(f"lots of {printer} are sealed for its newest key alone: it may destroy the older one")

    return app


def _lines(this: Here, at: datetime) -> list[str]:
    from pipelines.campaign.key_rotation import code_key_state

    state = code_key_state(this.db, this.policy.campaign_id, at)
    codes = {use.version: use.codes for use in state.uses}
    lines = []
    for version in range(state.oldest, state.in_force + 1):
        held = "held" if version in this.code_keys else "MISSING"
        mark = ", in force" if version == state.in_force else ""
        lines.append(f"codes, version {version}: {held}, {codes.get(version, 0):,} codes in flight{mark}")
    return lines + [f"print house {printer}: {len(keys)} keys" for printer, keys in this.settings.printer_recipients.items()]


def _keep(this: Here, printer: str, keys: Sequence[str]) -> None:
    from pipelines.platform.secrets_file import change_secret

    change_secret(this.settings.var, "printer_recipients", lambda kept: cast(dict[str, object], kept) | {printer: list(keys)})


def _with_new_code_key(kept: object, version: int) -> dict[str, str]:
    return {str(version): secrets.token_hex(32)} | cast(dict[str, str], kept)
