-- Who is told, when and how: the state machine of each person's journey, and the attempts to tell them.

create schema campaign;
grant usage on schema campaign to espace_pipeline, espace_reporting, espace_desk;

-- Grain: one campaign. `code_key_version` is the key from which new codes are derived; codes of a key before `oldest_code_key` prove
-- nothing any more.
create table campaign.campaign (
  campaign_id smallint primary key,
  name text not null,
  code_key_version smallint not null,
  oldest_code_key smallint not null default 1,
  check (oldest_code_key <= code_key_version)
);
insert into campaign.campaign (campaign_id, name, code_key_version) values (1, 'Ouverture automatique', 1);
grant select, update (code_key_version, oldest_code_key) on campaign.campaign to espace_pipeline;
grant select on campaign.campaign to espace_reporting, espace_desk;

-- Grain: one wave, the people planned together and approved together. `content` identifies all that its notices say beside people:
-- what the second person looked at, and the only thing that may leave.
create table campaign.wave (
  wave_id integer generated always as identity primary key,
  campaign_id smallint not null references campaign.campaign,
  planned_for date not null,
  status text not null default 'PROPOSED' check (status in ('PROPOSED', 'APPROVED', 'REJECTED', 'CANCELLED')),
  is_paused boolean not null default false,
  content text not null,
  proposed_by text not null,
  decided_by text,
  comment text,
  work_id bigint not null unique references platform.unit_of_work,
  check ((status = 'PROPOSED') = (decided_by is null)),
  check (status = 'APPROVED' or not is_paused),
  constraint second_person_decides check (decided_by <> proposed_by)
);
grant select, insert, update (status, is_paused, decided_by, comment) on campaign.wave to espace_pipeline;
grant select on campaign.wave to espace_reporting, espace_desk;

-- Grain: one order by which operations stopped, resumed or ended a campaign, or one of its waves.
create table campaign.steering (
  work_id bigint primary key references platform.unit_of_work,
  campaign_id smallint not null references campaign.campaign,
  wave_id integer references campaign.wave,
  action text not null check (action in ('PAUSE', 'RESUME', 'CANCEL')),
  reason text not null
);
grant select, insert on campaign.steering to espace_pipeline;
grant select on campaign.steering to espace_reporting;

-- Grain: one campaign, and whether it goes on, as the last order on the whole of it says; one that was cancelled stays so.
create view campaign.campaign_state as
select
  c.campaign_id,
  case
    when exists (select from campaign.steering as s where s.campaign_id = c.campaign_id and s.wave_id is null and s.action = 'CANCEL')
      then 'CANCELLED'
    when (
      select s.action = 'PAUSE'
      from campaign.steering as s
      where s.campaign_id = c.campaign_id and s.wave_id is null
      order by s.work_id desc
      limit 1
    ) then 'PAUSED'
    else 'RUNNING'
  end as state
from campaign.campaign as c;
grant select on campaign.campaign_state to espace_pipeline, espace_reporting, espace_desk;

-- Grain: one wave that goes on: neither it nor its campaign is stopped. One that is cancelled finishes what may have left already.
create view campaign.moving_wave as
select
  w.wave_id,
  w.campaign_id,
  w.status
from campaign.wave as w
inner join campaign.campaign_state as c on w.campaign_id = c.campaign_id
where w.status in ('APPROVED', 'CANCELLED') and not w.is_paused and c.state <> 'PAUSED';
grant select on campaign.moving_wave to espace_pipeline, espace_reporting, espace_desk;

-- The waves whose notices may leave with a content: those approved with it, and earlier ones, since whoever approved it later approved
-- it for what still waits (a letter after an e-mail that bounced). Of a cancelled one, only what may have left already. Wave 0 stands for
-- messages that answer a person: they need nobody's approval, and stop with the campaign only.
create function campaign.wave_approved_with(shown text) returns table (wave_id integer, is_open boolean)
language sql stable as $$
  select m.wave_id, m.status = 'APPROVED'
  from campaign.moving_wave as m
  where exists (
    select from campaign.wave as later
    where
      later.campaign_id = m.campaign_id and later.wave_id >= m.wave_id and later.decided_by is not null
      and later.status <> 'REJECTED' and later.content = shown
  )
  union all
  select 0, true
  where exists (select from campaign.campaign_state where state <> 'PAUSED')
$$;

create type campaign.journey_status as enum (
  'ELIGIBLE', 'PLANNED', 'NOTIFIED', 'OPPOSED', 'OPENED', 'CANCELLED', 'EXCLUDED'
);

-- The only moves a journey can make; a journey begins PLANNED or EXCLUDED.
create table campaign.journey_move (
  before campaign.journey_status not null,
  after campaign.journey_status not null,
  meaning text not null,
  primary key (before, after)
);
insert into campaign.journey_move (before, after, meaning) values
('ELIGIBLE', 'PLANNED', 'planned again, in a new wave'),
('ELIGIBLE', 'EXCLUDED', 'found ineligible when planned again'),
('ELIGIBLE', 'OPPOSED', 'opposed before asking for the new code that has not left yet; the file came later'),
('EXCLUDED', 'PLANNED', 'the reason of the exclusion is gone'),
('PLANNED', 'NOTIFIED', 'the notice has left: the six weeks run'),
('PLANNED', 'ELIGIBLE', 'the wave was rejected or cancelled, or the person came of age before the notice left'),
('PLANNED', 'OPPOSED', 'opposed with a code whose deposit is not reported yet'),
('PLANNED', 'EXCLUDED', 'the letter cannot be printed, or the refused e-mail has no letter to follow'),
('PLANNED', 'CANCELLED', 'died or left before the notice counted'),
('NOTIFIED', 'PLANNED', 'the e-mail bounced: a letter follows'),
('NOTIFIED', 'EXCLUDED', 'the e-mail bounced and there is no postal address, or the letter came back and the policy stops the window'),
('NOTIFIED', 'ELIGIBLE', 'came of age, other representative, new code asked for, or address of a returned letter corrected: told again'),
('NOTIFIED', 'OPPOSED', 'opposed in time'),
('NOTIFIED', 'OPENED', 'six weeks without opposition'),
('NOTIFIED', 'CANCELLED', 'died or left inside the window'),
('OPPOSED', 'OPENED', 'the opposition was withdrawn: the person asked for a space');
grant select on campaign.journey_move to espace_pipeline;

-- The last day to oppose of a notice sent on a legal day, or at an instant: the SQL twin of `campaign/window.py`, by which equations count
-- windows again. A test holds that the two agree.
create function campaign.last_day(sent_on date) returns date
language sql immutable strict parallel safe as $$ select sent_on + 42 $$;
create function campaign.last_day(sent_at timestamptz) returns date
language sql immutable strict parallel safe as $$ select campaign.last_day(cast(sent_at at time zone 'Europe/Paris' as date)) $$;

-- Grain: one person in one campaign. `last_day` is the legal day (Europe/Paris) until whose last instant the person may oppose.
create table campaign.journey (
  person_id bigint not null,
  campaign_id smallint not null,
  status campaign.journey_status not null,
  reason text,
  wave_id integer,
  attempt_no smallint not null default 0,
  last_day date,
  primary key (person_id, campaign_id),
  constraint a_running_window_has_its_last_day check (status <> 'NOTIFIED' or last_day is not null),
  constraint an_exclusion_has_its_reason check (status not in ('EXCLUDED', 'CANCELLED') or reason is not null)
) partition by range (person_id);
select platform.partition_by_person('campaign.journey', 90);
create index journey_window on campaign.journey (last_day, person_id) where status = 'NOTIFIED';
create index journey_eligible on campaign.journey (person_id) where status = 'ELIGIBLE';
create index journey_waiting on campaign.journey (wave_id, person_id) where status = 'PLANNED';
grant select, insert, update on campaign.journey to espace_pipeline;
grant select on campaign.journey to espace_reporting, espace_desk;

-- Grain: one department of one campaign, all of whose people were looked at on a day: planning leaves it alone for some days.
create table campaign.told_department (
  campaign_id smallint not null references campaign.campaign,
  department text not null collate "C",
  told_on date not null,
  primary key (campaign_id, department)
);
grant select, insert, update, delete on campaign.told_department to espace_pipeline;
grant select on campaign.told_department to espace_reporting;

create function campaign.journey_begins() returns trigger
language plpgsql as $$
begin
  if exists (select from begun where status not in ('PLANNED', 'EXCLUDED')) then
    raise check_violation using message = 'a journey begins PLANNED or EXCLUDED', constraint = 'journey_move';
  end if;
  insert into platform.audit (person_id, work_id, occurred_at, subject, after, reason, detail)
  select person_id, platform.current_work(), platform.current_instant(), 'journey', status, reason,
    jsonb_build_object('campaign', campaign_id, 'attempt', attempt_no)
  from begun;
  return null;
end
$$;

-- The plan of a statement over transition tables is kept for a session: one made for a few rows would compare each of a million with
-- each other. Hence no nested loop. What is the same for all rows is asked for once, and the rows are laid side by side once.
create function campaign.journey_moves() returns trigger
language plpgsql set enable_nestloop = off as $$
declare
  work constant bigint := platform.current_work();
  instant constant timestamptz := platform.current_instant();
  refused boolean;
begin
  with change as materialized (
    select person_id, campaign_id, p.status as before, m.status as after, m.reason, m.attempt_no, m.last_day
    from moved as m
    join previous as p using (person_id, campaign_id)
    where (p.status, p.last_day, p.attempt_no) is distinct from (m.status, m.last_day, m.attempt_no)
  ),
  told as (
    insert into platform.audit (person_id, work_id, occurred_at, subject, before, after, reason, detail)
    select person_id, work, instant, 'journey', before, after, reason,
      jsonb_strip_nulls(jsonb_build_object('campaign', campaign_id, 'attempt', attempt_no, 'last_day', last_day))
    from change
  )
  select exists (
    select from (select distinct before, after from change where before <> after) as k
    where not exists (select from campaign.journey_move as a where a.before = k.before and a.after = k.after)
  ) into refused;
  if refused then
    raise check_violation using message = 'this move of a journey is not allowed', constraint = 'journey_move';
  end if;
  return null;
end
$$;

create trigger begins after insert on campaign.journey
referencing new table as begun
for each statement execute function campaign.journey_begins();

create trigger moves after update on campaign.journey
referencing old table as previous new table as moved
for each statement execute function campaign.journey_moves();

create type campaign.attempt_status as enum ('PREPARED', 'CLAIMED', 'SENT', 'FAILED', 'CANCELLED');

-- Grain: one attempt to tell one person. The recipient is the person or a representative; the contact version says where it went,
-- `code_key_version` from which key its code is derived, `subject` what it tells (`notices/kind.py`). An e-mail is SENT when the relay has
-- accepted it, a letter when the post has received it.
-- The attempts of one letter (the minors of one household) share its lot and its rank there. `returned_on` is the day on which the post
-- gave the letter back. An attempt with a `message_id` tells of an event (`notices.message`): it belongs to no wave (0), gives no code,
-- starts no window, moves no journey; its numbers begin at 50, so that the notices of a journey stay numbered one after the other.
create table campaign.attempt (
  person_id bigint not null,
  campaign_id smallint not null,
  attempt_no smallint not null,
  wave_id integer not null,
  message_id bigint,
  channel text not null check (channel in ('EMAIL', 'LETTER')),
  subject text not null default 'notice',
  status campaign.attempt_status not null default 'PREPARED',
  recipient_id bigint not null,
  contact_version smallint not null,
  code_key_version smallint not null,
  template text,
  lot_id bigint,
  lot_rank integer,
  submissions smallint not null default 0,
  sent_at timestamptz,
  sent_on date,
  returned_on date,
  return_motive text,
  failure text,
  primary key (person_id, campaign_id, attempt_no),
  constraint a_message_is_no_notice check (
    case
      when message_id is null then wave_id > 0 and attempt_no between 1 and 49 and subject in ('notice', 'new_code', 'majority')
      else wave_id = 0 and attempt_no between 50 and 99 and subject not in ('notice', 'new_code', 'majority')
    end
  ),
  constraint what_was_sent_has_its_day check (status <> 'SENT' or sent_on is not null),
  constraint what_failed_has_its_reason check (status <> 'FAILED' or failure is not null),
  constraint what_came_back_has_its_motive check ((returned_on is null) = (return_motive is null))
) partition by range (person_id);
select platform.partition_by_person('campaign.attempt', 90);
create index attempt_open on campaign.attempt (wave_id, channel, person_id) where status in ('PREPARED', 'CLAIMED');
create index attempt_represented on campaign.attempt (recipient_id) where recipient_id <> person_id;
create index attempt_returned on campaign.attempt (person_id) where returned_on is not null and status = 'SENT';
create index attempt_lot on campaign.attempt (lot_id, lot_rank) where lot_id is not null;
-- Whom an attempt tells, how and in which wave is what was approved: it never changes.
grant
select,
insert,
update (status, template, lot_id, lot_rank, submissions, sent_at, sent_on, returned_on, return_motive, failure)
on campaign.attempt to espace_pipeline;
grant select on campaign.attempt to espace_reporting, espace_desk;

create function campaign.refuse_attempt_move() returns trigger
language plpgsql as $$
begin
  raise check_violation using message = 'this move of an attempt is not allowed', constraint = 'attempt_move';
end
$$;

-- The condition of a row's trigger costs a hundredth of what gathering a statement's rows for a function does.
create trigger moves before update of status on campaign.attempt
for each row
when (
  old.status <> new.status
  and (old.status, new.status) not in (
    ('PREPARED', 'CLAIMED'), ('PREPARED', 'CANCELLED'),
    ('CLAIMED', 'PREPARED'), ('CLAIMED', 'SENT'), ('CLAIMED', 'FAILED'), ('SENT', 'FAILED')
  )
)
execute function campaign.refuse_attempt_move();
