"""One installation, put together: what DAG tasks and commands hand to the steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from pipelines.campaign.code_keys import CodeKeys
from pipelines.campaign.policy import Policy, load_policy
from pipelines.platform.clock import Clock
from pipelines.platform.database import Database, Role
from pipelines.platform.object_store import ObjectStore
from pipelines.platform.settings import Settings, held_code_keys, settings

if TYPE_CHECKING:
    from datetime import datetime

    from pipelines.campaign.approved_content import Content
    from pipelines.documents.feed import Feed
    from pipelines.documents.taking_in import Intake
    from pipelines.documents.virus_scan import Scanner
    from pipelines.lifecycle.destruction import Purge
    from pipelines.notices.email_dispatch import EmailDispatch
    from pipelines.notices.letter_dispatch import LetterDispatch
    from pipelines.notices.printer_reports import PrinterExchange
    from pipelines.retention.steps import Retention


class Installation:
    """The servers, keys and policy of one installation, each made on first use."""

    def __init__(self, chosen: Settings | None = None) -> None:
        self.settings = chosen or settings()

    def close(self) -> None:
        """Let the connections go; the next use opens them again."""
        for opened in self.__dict__.values():
            if isinstance(opened, Database):
                opened.engine.dispose()
        self.store.client.close()

    @cached_property
    def db(self) -> Database:
        """The business database, with the pipeline's rights."""
        return Database(self.settings)

    @cached_property
    def reporting_db(self) -> Database:
        """The business database as whoever counts sees it: no identity, no address, no matricule."""
        return Database(self.settings, Role.REPORTING)

    @cached_property
    def desk_db(self) -> Database:
        """The business database as whoever answers for one person, or looks at a letter before it leaves, sees it: nothing to change."""
        return Database(self.settings, Role.DESK)

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
    def code_keys(self) -> CodeKeys:
        """The keys from which codes are derived, by version. Raises: FinalError if the installation holds none."""
        return CodeKeys(lambda: {version: bytes.fromhex(key.get_secret_value()) for version, key in held_code_keys(self.settings).items()})

    @property
    def reference_key(self) -> bytes:
        """The key that proves the references of notices."""
        return bytes.fromhex(self.settings.reference_key.get_secret_value())

    def purge(self, as_of: datetime) -> Purge:
        """Return what destroys archives that are over at an instant."""
        from pipelines.lifecycle.destruction import Purge

        return Purge(self.db, self.store, self.policy, self.clock, as_of)

    @property
    def content(self) -> Content:
        """What notices say with the templates and senders in place."""
        from pipelines.notices.content import content_of

        return content_of(self.settings.home / "templates")

    @property
    def retention(self) -> Retention:
        """What deletes what has been kept long enough."""
        from pipelines.retention.rules import load_rules
        from pipelines.retention.steps import Retention

        here = self.settings
        return Retention(load_rules(), self.db, self.store, self.clock, here.airflow_logs, here.airflow_database_url)

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
            yield EmailDispatch(self.db, self.policy, writer, relays, self.code_keys, self.reference_key, self.clock, self.content, signers)

    @contextmanager
    def document_intake(self, feed: Feed) -> Iterator[Intake]:
        """Open what taking in the documents of a feed needs, the process that reads them included."""
        from pipelines.documents.acknowledgements.outcome import Answerer
        from pipelines.documents.bounded_reader import BoundedReader
        from pipelines.documents.identity import Recipients
        from pipelines.documents.judgement import Judge
        from pipelines.documents.recording import BUCKET, Recorder
        from pipelines.documents.routes import route_of
        from pipelines.documents.steps import number_of
        from pipelines.documents.taking_in import Intake
        from pipelines.platform.many_objects import ManyObjects

        recipients = Recipients(self.settings.identities, self.policy.campaign_id, feed.sender.finess)
        objects = ManyObjects(self.store, BUCKET)
        recorder = Recorder(self.db, objects, Judge(feed.sender, recipients), number_of(self.db, feed), self.policy.tells_of_documents)
        answerer = Answerer("Mon espace santé", self.settings.answers_from, "ESPACE_SANTE", "CNAM")
        with BoundedReader(conformance=feed.conformance) as reader, self.scanner() as scanner:
            yield Intake(feed, self.db, route_of(feed, self.store), recorder, reader, scanner, answerer)

    def scanner(self) -> Scanner:
        """Return what hands documents to the virus scanners: a context manager, which threads may share."""
        from pipelines.documents.virus_scan import Scanner

        return Scanner(self.settings.clamd, self.settings.clamd_bytes)

    def printer_exchange(self) -> PrinterExchange:
        """Return where the print houses report."""
        from pipelines.notices.printer_reports import PrinterExchange

        return PrinterExchange(self.db, self.store, self.clock, tuple(self.settings.printer_recipients))

    def letter_dispatch(self, db: Database | None = None) -> LetterDispatch:
        """Return what making letters needs; `db` is the desk's where they are only looked at, with invented codes."""
        from pipelines.notices.letter_dispatch import LetterDispatch
        from pipelines.notices.letters.press import LetterPress

        return LetterDispatch(
            db or self.db,
            self.store,
            self.policy,
            LetterPress(self.settings.home / "templates"),
            self.settings.printer_recipients,
            self.code_keys if db is None else {},
            self.reference_key,
            self.clock,
            self.content,
        )
