-- What is made of the attempts: print lots; and what partners report about them.

create schema notices;
grant usage on schema notices to espace_pipeline, espace_reporting, espace_desk;

-- Grain: one event that its person is told of, once: what happened, on which legal day, under which receipt. Whoever writes the event
-- writes this with it; dispatch addresses it (`addressed_in`), again where that failed. `reason` says why nobody could be told so far, or
-- ever. The units of work are no foreign keys: checking them for each opposition would cost more than keeping the row.
create table notices.message (
  message_id bigint generated always as identity primary key,
  person_id bigint not null,
  campaign_id smallint not null,
  subject text not null check (subject not in ('notice', 'new_code', 'majority')),
  happened_on date not null,
  receipt text,
  kept_until date,
  work_id bigint not null,
  addressed_in bigint,
  reason text,
  unique (person_id, campaign_id, subject, happened_on)
);
create index message_waiting on notices.message (message_id) where addressed_in is null;
create index message_receipt on notices.message (receipt) where receipt is not null;
grant select, insert, update (addressed_in, reason) on notices.message to espace_pipeline;
grant select on notices.message to espace_reporting, espace_desk;

-- Grain: one attempt, with who it concerns, who it goes to and where: what a letter or an e-mail is made from. The contact data are
-- those of the attempt's version, whatever the registry brought since. Whoever reads no name of the recipient looks none up: hence `left`.
create view notices.addressed_attempt as
select
  a.person_id,
  a.campaign_id,
  a.attempt_no,
  a.wave_id,
  a.channel,
  a.subject,
  a.status,
  a.recipient_id,
  a.contact_version,
  a.code_key_version,
  a.lot_id,
  a.lot_rank,
  a.message_id,
  coalesce(w.planned_for, m.happened_on) as planned_for,
  m.happened_on,
  m.receipt,
  m.kept_until,
  a.recipient_id <> a.person_id as is_represented,
  p.born_on,
  registry.is_minor(p.born_on, coalesce(w.planned_for, m.happened_on)) as is_minor,
  p.first_names as person_first_names,
  coalesce(p.used_name, p.birth_name) as person_name,
  r.first_names as recipient_first_names,
  coalesce(r.used_name, r.birth_name) as recipient_name,
  c.body,
  c.email,
  c.address_2,
  c.address_3,
  c.address_4,
  c.address_5,
  c.postcode,
  c.town,
  c.large_print
from campaign.attempt as a
left join campaign.wave as w on a.wave_id = w.wave_id
left join notices.message as m on a.message_id = m.message_id
inner join registry.contact_version as c on a.recipient_id = c.person_id and a.contact_version = c.version
inner join registry.person as p on a.person_id = p.person_id
left join registry.person as r on a.recipient_id = r.person_id;
grant select on notices.addressed_attempt to espace_pipeline, espace_desk;

-- Grain: one attempt by letter that has not left, with the letter that tells it, named by the first person whom that concerns (`first_id`):
-- the minors whom one recipient represents, planned in one wave and told the same, share one, twelve at most; anybody else has one alone,
-- and so has a message.
-- Whoever asks for one wave or one status reads no other: both are in each partition.
create view notices.unsent_letter as
with numbered as (
  select
    a.*,
    a.is_represented and a.is_minor as is_child,
    row_number() over (
      partition by
        a.wave_id, a.status, a.lot_id, a.lot_rank, a.campaign_id, a.recipient_id, a.contact_version, a.subject,
        a.is_represented and a.is_minor
      order by a.person_id
    ) - 1 as number
  from notices.addressed_attempt as a
  where a.channel = 'LETTER' and a.status in ('PREPARED', 'CLAIMED')
)

select
  n.*,
  min(n.person_id) over (
    partition by
      n.wave_id, n.status, n.lot_id, n.lot_rank, n.campaign_id, n.recipient_id, n.contact_version, n.subject, n.is_child,
      case when n.is_child and n.message_id is null then n.number / 12 else n.number end
  ) as first_id
from numbered as n;
grant select on notices.unsent_letter to espace_pipeline, espace_desk;

-- Grain: one lot of letters of one insurance body and one wording, printed and deposited together by one print house.
-- HANDED_OVER once its manifest lies in the object store; ACCEPTED, REFUSED and PRINTED as the print house says; DEPOSITED once the
-- post has it; WITHDRAWN when it was given up and its letters went back to wait; EMPTY when none of its letters could be printed.
-- `remakes` counts how often it was made again, identical.
create table notices.print_lot (
  lot_id bigint generated always as identity primary key,
  work_id bigint not null references platform.unit_of_work,
  lot_no integer not null,
  printer text not null,
  body text not null,
  subject text not null,
  large_print boolean not null,
  prepared_for date not null,
  letters integer not null check (letters >= 0),
  status text not null default 'PLANNED' check (
    status in ('PLANNED', 'HANDED_OVER', 'ACCEPTED', 'REFUSED', 'WITHDRAWN', 'PRINTED', 'DEPOSITED', 'EMPTY')
  ),
  template text not null,
  pages integer,
  pdf_sha256 text,
  handed_over_at timestamptz,
  refusal text,
  withdrawn_because text,
  remakes smallint not null default 0,
  printed_on date,
  deposited_on date,
  unique (work_id, lot_no),
  check ((status in ('PLANNED', 'EMPTY')) = (pdf_sha256 is null)),
  check (status <> 'REFUSED' or refusal is not null),
  check (refusal is null or status in ('REFUSED', 'WITHDRAWN')),
  check ((status = 'WITHDRAWN') = (withdrawn_because is not null)),
  check ((status = 'DEPOSITED') = (deposited_on is not null))
);
create index lot_of_printer on notices.print_lot (printer, prepared_for);
create index lot_unfinished on notices.print_lot (status, lot_id) where status in ('PLANNED', 'REFUSED');
grant select, insert, update on notices.print_lot to espace_pipeline;
grant select on notices.print_lot to espace_reporting, espace_desk;

-- The lots that are gathered and not handed over, and all of whose letters may leave with a content. The waves are an array, which is
-- found once: a sub-select would be run again for each letter. Index: lot_unfinished, attempt_lot.
create function notices.lot_to_produce(shown text) returns table (lot_id bigint)
language sql stable as $$
  select l.lot_id
  from notices.print_lot as l
  where
    l.status = 'PLANNED'
    and not exists (
      select from campaign.attempt as a
      where
        a.lot_id = l.lot_id
        and a.wave_id <> all(array(select w.wave_id from campaign.wave_approved_with(shown) as w where w.is_open))
    )
$$;

-- Grain: one attempt in a lot that is not handed over, and that must not leave with it: its wave was cancelled, or the person or whom it is
-- addressed to died since it was gathered. Index: lot_unfinished, attempt_lot.
create view notices.letter_to_take_back as
select
  a.person_id,
  a.campaign_id,
  a.attempt_no,
  a.lot_id
from notices.print_lot as l
inner join campaign.attempt as a on l.lot_id = a.lot_id and a.status = 'CLAIMED'
inner join campaign.wave as w on a.wave_id = w.wave_id
inner join registry.person as p on a.person_id = p.person_id
inner join registry.person as r on a.recipient_id = r.person_id
where l.status = 'PLANNED' and (w.status = 'CANCELLED' or p.died_on is not null or r.died_on is not null);
grant select on notices.letter_to_take_back to espace_pipeline;

-- Grain: one letter of a lot that was damaged and printed again, as one report says.
create table notices.reprint (
  lot_id bigint not null references notices.print_lot,
  sequence integer not null,
  work_id bigint not null references platform.unit_of_work,
  primary key (lot_id, sequence, work_id)
);
grant select, insert on notices.reprint to espace_pipeline;
grant select on notices.reprint to espace_reporting;

-- Grain: one relay that may be given so many messages a day (`a_day`), and one day: what tasks reserved with it.
create table notices.relay_day (
  relay text not null,
  day date not null,
  messages integer not null check (messages >= 0),
  primary key (relay, day)
);
grant select, insert, update on notices.relay_day to espace_pipeline;
grant select on notices.relay_day to espace_reporting;

-- Grain: one line of a partner's report (bounce, acceptance, printing, deposit, returned letter) and what was made of it.
create table notices.report_line (
  work_id bigint not null references platform.unit_of_work,
  line integer not null,
  outcome text not null,
  person_id bigint,
  attempt_no smallint,
  lot_id bigint,
  primary key (work_id, line)
);
create index report_line_of_lot on notices.report_line (lot_id) where lot_id is not null;
grant select, insert on notices.report_line to espace_pipeline;
grant select on notices.report_line to espace_reporting;
