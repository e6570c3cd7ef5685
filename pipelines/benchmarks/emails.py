"""E-mails for people of an invented France: built, beside Jinja2 with `EmailMessage`; handed to a real Postfix, beside its `smtp-source`.

Handing over includes claims and confirmations in the database.
Parts of messages are compared with what the library makes of the same texts before any figure; so is what became of every attempt.
"""

from __future__ import annotations

import datetime as dt
import email
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.benchmarks.figures import Figures, Stage, Target
from pipelines.benchmarks.letters import SEED, TEMPLATES
from pipelines.benchmarks.measuring import MIB, Cost, Scale, median, peak_mib
from pipelines.benchmarks.postfix import SOURCE, Postfix, can_run, postfix
from pipelines.benchmarks.registry import take_in
from pipelines.benchmarks.sending import send
from pipelines.benchmarks.servers import Servers, servers
from pipelines.campaign.steps import plan_notices
from pipelines.campaign.waves import Answer, decide_wave
from pipelines.installation import Installation
from pipelines.notices.email_dispatch import email_notices, plan_emails
from pipelines.notices.emails.mailbox import envelope_address
from pipelines.notices.emails.message import EmailNotice, NoticeWriter
from pipelines.platform.clock import PARIS
from pipelines.platform.errors import RuleError
from pipelines.platform.settings import SmtpRelay
from pipelines.platform.shards import Shard
from pipelines.registry.contract import MANIFEST_NAME
from pipelines.registry.intake import BUCKET
from pipelines.registry.row_rules import check_rows
from pipelines.registry.steps import find_deliveries
from pipelines.synthetic.france import DEFAULT_AS_OF, generate
from pipelines.synthetic.population import CHUNK_PEOPLE, Population, draw_chunk

BODY = "CPAM"
SENT = dt.datetime(2022, 1, 31, 9, 30, tzinfo=PARIS)
CHUNK = 200
PEER_MESSAGES, COMPARED = 300, 100
# Below this, what is done once a process weighs more than the messages.
SIZE_PROMISED = 100_000
MOST_REGISTERED = 40_000
CONNECTIONS, ROUNDS = 4, 3
ROOM, ROOM_A_PERSON = 1024 * MIB, 4_000
_KEYS = ({1: b"code key of a benchmark".ljust(32)}, b"reference key of a benchmark".ljust(32))
NO_POSTFIX = "Postfix is not installed, or may not be started: nothing was handed over (Debian: the package postfix, as root)"


def run(people: int, under: Path | None, say: Callable[[str], None]) -> Figures:
    """Measure the e-mails of so many people. Raises: RuleError if one is not what the library makes of it, or is lost."""
    with TemporaryDirectory(prefix="espace-sante-benchmark-", dir=under) as folder:
        say(f"inventing {people:,} people")
        file = write_rows(people, Path(folder) / "rows.parquet")
        say("building")
        (built, size, alone), from_rows = Scale().weigh(build, file)
        say("Jinja2 and EmailMessage")
        (theirs, their_cost), _ = Scale().weigh(build_by_the_library, file, min(PEER_MESSAGES, max(20, people // 100)))
    stages, notes = {"from rows, read from a file": Stage(built, from_rows)}, [f"{size / built:,.0f} bytes a message, {built:,} messages"]
    peers, handed, peak = {"Jinja2 and EmailMessage": Stage(theirs, their_cost)}, None, None
    if can_run():
        ours, source = hand_over(min(people, MOST_REGISTERED), size // built, under, say)
        stages |= {"handed to Postfix": ours, "smtp-source to the same Postfix": source}
        handed, peak = ours.per_second / source.per_second, ours.cost.peak_mib
        notes.append(f"{CONNECTIONS} connections each, {ROUNDS} rounds in turn: the medians are compared")
    else:
        notes.append(NO_POSTFIX)
    figures = Figures("emails", Stage(built, alone), peers, notes, stages)
    return Figures("emails", figures.whole, peers, notes, stages, _targets(figures, handed, peak))


def _targets(figures: Figures, handed: float | None, peak: float | None) -> list[Target]:
    at_size = figures.whole.count >= SIZE_PROMISED // 2
    return [
        Target("messages built a core-second", figures.whole.per_core_second if at_size else None, at_least=80_000),
        Target("times Jinja2 with EmailMessage", figures.ratio("Jinja2 and EmailMessage") if at_size else None, at_least=200),
        Target("handed over, times smtp-source", handed, at_least=0.8),
        Target("sending task: MiB", peak, at_most=256),
    ]


# Building.


def write_rows(people: int, file: Path) -> Path:
    """Write what `notices/claim_emails` gives for those of so many people who have an e-mail address."""
    population, left = Population(SEED, SENT.date(), (BODY,), 0.0), people
    tables = []
    for chunk in count():
        drawn = draw_chunk(population, chunk).rows.slice(0, left)
        tables.append(_claimed(drawn, chunk * CHUNK_PEOPLE))
        left -= drawn.num_rows
        if not left:
            pq.write_table(pa.concat_tables(tables), file)
            return file
    raise AssertionError


def _claimed(rows: pa.Table, before: int) -> pa.Table:
    good = check_rows(rows, SENT.date()).good
    good = good.filter(pc.is_valid(good["email"]))
    name, first, size = pc.coalesce(good["used_name"], good["birth_name"]), good["first_names"], good.num_rows
    same: dict[str, Any] = {
        "campaign_id": 1, "attempt_no": 1, "code_key_version": 1, "submissions": 1, "body": BODY, "subject": "notice",
        "is_represented": False, "is_minor": False,
    }  # fmt: skip
    columns: dict[str, Any] = {"email": good["email"], "person_name": name, "recipient_name": name}
    columns |= {"person_first_names": first, "recipient_first_names": first, "person_id": range(1 + before, 1 + before + size)}
    return pa.table(columns | {name: [value] * size for name, value in same.items()})


def _chunks(file: Path) -> Iterator[list[EmailNotice]]:
    with pq.ParquetFile(file) as opened:
        for batch in opened.iter_batches(CHUNK):
            yield email_notices(batch.to_pylist(), *_KEYS, SENT)


def build(file: Path) -> tuple[int, int, Cost]:
    """Build the message of every row; return how many, their bytes, and the cost of the building alone."""
    writer, messages, size = NoticeWriter(TEMPLATES), 0, 0
    seconds = spent = 0.0
    for place, notices in enumerate(_chunks(file)):
        if place == 0:
            _require_equal(writer, notices)
        begun, before = time.perf_counter(), time.process_time()
        built = writer.build_all(notices, SENT)
        seconds, spent = seconds + time.perf_counter() - begun, spent + time.process_time() - before
        messages, size = messages + len(built), size + sum(map(len, built))
    return messages, size, Cost(seconds, spent, peak_mib())


def build_by_the_library(file: Path, most: int) -> tuple[int, Cost]:
    """Build some messages by Jinja2 and `EmailMessage`; return how many, and the cost."""
    writer, notices = NoticeWriter(TEMPLATES), [notice for chunk in _chunks(file) for notice in chunk][:most]
    by_the_library(writer, notices[0])
    begun, before = time.perf_counter(), time.process_time()
    for notice in notices:
        by_the_library(writer, notice)
    return len(notices), Cost(time.perf_counter() - begun, time.process_time() - before, peak_mib())


def by_the_library(writer: NoticeWriter, notice: EmailNotice) -> bytes:
    """Return a message as the standard library makes it from the same rendered texts."""
    texts, domain = writer.texts(notice), notice.sender.email.rpartition("@")[2]
    message = EmailMessage(policy.SMTP)
    message["From"] = Address(notice.sender.name, addr_spec=notice.sender.email)
    message["To"] = Address(" ".join(notice.recipient_name.split()), addr_spec=envelope_address(notice.recipient))
    message["Subject"] = texts.subject
    message["Date"] = SENT
    message["Message-ID"] = f"<{notice.tag}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(texts.text, cte="quoted-printable")
    message.add_alternative(texts.page, subtype="html", cte="quoted-printable")
    message["Content-Language"] = "fr"
    return message.as_bytes()


def parts(message: bytes) -> list[tuple[str, str]]:
    """Return the type and content of each part, as a mail program reads them."""
    read = email.message_from_bytes(message, policy=policy.default)
    return [(part.get_content_type(), part.get_content()) for part in read.iter_parts()]


def _require_equal(writer: NoticeWriter, notices: Sequence[EmailNotice]) -> None:
    some = notices[:COMPARED]
    if [parts(built) for built in writer.build_all(some, SENT)] != [parts(by_the_library(writer, notice)) for notice in some]:
        raise RuleError("a message is not what the library makes of the same texts")


# Handing over.


def hand_over(people: int, size: int, under: Path | None, say: Callable[[str], None]) -> tuple[Stage, Stage]:
    """Send an approved wave to a Postfix in rounds, in turn with `smtp-source`; return the median round of each."""
    with ExitStack() as stack:
        own = stack.enter_context(servers(under, ROOM + people * ROOM_A_PERSON, False, say))
        say(f"a registry of {people:,} people")
        shards = approved_shards(own, people)
        relay = stack.enter_context(postfix())
        scale = Scale((*own.scale.leaders, relay.leader))
        settings = own.settings.model_copy(
            update={"smtp_relays": (SmtpRelay(host="127.0.0.1", port=relay.port, starttls=False, connections=CONNECTIONS),)}
        )
        ours, theirs = [], []
        for turn in range(ROUNDS):
            say(f"round {turn + 1} of {ROUNDS}")
            sent, cost = scale.weigh(send, settings, shards[turn::ROUNDS], SENT)
            _drain(relay)
            ours.append(Stage(sent, cost))
            theirs.append(Stage(sent, scale.weigh(send_by_smtp_source, relay.port, sent, size)[1]))
            _drain(relay)
        _require_sent(own, sum(stage.count for stage in ours))
    return _median(ours), _median(theirs)


def register(own: Servers, people: int) -> None:
    """Take in an invented registry of so many people, none of them at fault, from one body."""
    out = own.directory / "out"
    generate(people, SEED, out, bodies=(BODY,), faulty_share=0.0)
    with closing(Installation(own.settings)) as here:
        for file in sorted(out.glob("deliveries/*/*/*"), key=lambda file: (file.name == MANIFEST_NAME, file.name)):
            here.store.upload(BUCKET, file.relative_to(out).as_posix(), file)
            file.unlink()
        as_of = dt.datetime.combine(DEFAULT_AS_OF + dt.timedelta(1), dt.time(2), PARIS)
        for folder in find_deliveries(here.db, here.store):
            take_in(own.settings, folder, as_of)


def approved_shards(own: Servers, people: int) -> list[Shard]:
    """Take in a registry, plan and approve a wave; return shards of which each round gets a share."""
    register(own, people)
    with closing(Installation(own.settings)) as here:
        wave = plan_notices(here.db, here.policy, here.content, SENT, "ops")
        decide_wave(here.db, wave.wave_id, Answer(True, "chief", wave.content), SENT)
        own.tidy()
        return plan_emails(here.db, here.content, max(1, people // (4 * ROUNDS)))


def send_by_smtp_source(port: int, messages: int, size: int) -> None:
    """Send as many messages of the same size by Postfix's own generator, each to a recipient of its own, as ours are."""
    given = {"-s": CONNECTIONS, "-m": messages, "-l": size, "-f": "retour@assurance-maladie.example", "-t": "personne@courriel.example"}
    words = [str(word) for pair in given.items() for word in pair]
    subprocess.run([SOURCE, "-d", "-N", *words, f"127.0.0.1:{port}"], check=True)


def _drain(relay: Postfix) -> None:
    while "empty" not in relay.ask("postqueue", "-p"):
        time.sleep(0.2)


def _median(rounds: Sequence[Stage]) -> Stage:
    middle = sorted(rounds, key=lambda stage: stage.per_second)[len(rounds) // 2]
    return Stage(middle.count, median([middle.cost]))


def _require_sent(own: Servers, sent: int) -> None:
    with own.connect() as connection:
        rows = connection.execute("select status::text, count(*) from campaign.attempt where channel = 'EMAIL' group by 1").fetchall()
    if rows != [("SENT", sent)]:
        raise RuleError("not every e-mail that was planned was sent and confirmed once")
