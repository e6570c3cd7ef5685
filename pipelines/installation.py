"""One installation, put together: what DAG tasks and commands hand to the steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from pipelines.campaign.policy import Policy, load_policy
from pipelines.platform.clock import Clock
from pipelines.platform.database import Database
from pipelines.platform.errors import FinalError
from pipelines.platform.object_store import ObjectStore
from pipelines.platform.settings import Settings, settings

if TYPE_CHECKING:
    from pipelines.campaign.approved_content import Content
    from pipelines.notices.email_dispatch import EmailDispatch
    from pipelines.notices.letter_dispatch import LetterDispatch
    from pipelines.notices.printer_reports import PrinterExchange


class Installation:
    """The servers, keys and policy of one installation, each made on first use."""

    def __init__(self, chosen: Settings | None = None) -> None:
        self.settings = chosen or settings()

    def close(self) -> None:
        """Let the connections go; the next use opens them again."""
        self.db.engine.dispose()
        self.store.client.close()

    @cached_property
    def db(self) -> Database:
        """The business database, with the pipeline's rights."""
        return Database(self.settings)

    @cached_property
    def store(self) -> ObjectStore:
        """The object store."""
        return ObjectStore(self.settings)

    @cached_property
    def policy(self) -> Policy:
        """What operations decided."""
        return load_policy(self.settings.policy_file)

    @property
    def clock(self) -> Clock:
        """What time it is."""
        return Clock(self.settings.clock)

    @cached_property
    def code_key(self) -> bytes:
        """The key from which this campaign's codes are derived. Raises: FinalError if the installation does not hold it."""
        with self.db.transaction() as session:
            version = session.one("campaign/code_key_version", campaign_id=self.policy.campaign_id)["code_key_version"]
        if version not in self.settings.code_keys:
            raise FinalError(f"the code key of version {version} is missing: set ESPACE_SANTE_CODE_KEYS from the secrets backend")
        return bytes.fromhex(self.settings.code_keys[version].get_secret_value())

    @property
    def reference_key(self) -> bytes:
        """The key that proves the references of notices."""
        return bytes.fromhex(self.settings.reference_key.get_secret_value())

    @property
    def content(self) -> Content:
        """What notices say with the templates and senders in place."""
        from pipelines.notices.content import content_of

        return content_of(self.settings.home / "templates")

    @contextmanager
    def email_dispatch(self) -> Iterator[EmailDispatch]:
        """Open what sending e-mails needs, the connections to the relays included."""
        from pipelines.notices.email_dispatch import EmailDispatch
        from pipelines.notices.emails.message import NoticeWriter
        from pipelines.notices.emails.relays import Relays
        from pipelines.notices.emails.signature import signer

        here = self.settings
        writer = NoticeWriter(here.home / "templates")
        signers = {domain: signer(domain, dkim.selector, dkim.key.get_secret_value()) for domain, dkim in here.dkim_keys.items()}
        with Relays(here.relays, here.smtp_domain_paces) as relays:
            yield EmailDispatch(self.db, self.policy, writer, relays, self.code_key, self.reference_key, self.clock, self.content, signers)

    def printer_exchange(self) -> PrinterExchange:
        """Return where the print houses report."""
        from pipelines.notices.printer_reports import PrinterExchange

        return PrinterExchange(self.db, self.store, self.clock, tuple(self.settings.printer_recipients))

    def letter_dispatch(self) -> LetterDispatch:
        """Return what making letters needs."""
        from pipelines.notices.letter_dispatch import LetterDispatch
        from pipelines.notices.letters.press import LetterPress

        return LetterDispatch(
            self.db,
            self.store,
            self.policy,
            LetterPress(self.settings.home / "templates"),
            self.settings.printer_recipients,
            self.code_key,
            self.reference_key,
            self.clock,
            self.content,
        )
