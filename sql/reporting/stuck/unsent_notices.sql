-- Notices of waves that go on, prepared before :before, that have not left: e-mails, claimed ones included, and letters that no lot holds.
-- Grain: one wave and channel. Index: attempt_open; the trail's primary key, which says when each was prepared.
select
  'wave ' || a.wave_id || ', ' || a.channel as place,
  count(*) as things,
  min(t.prepared_at) as since
from campaign.moving_wave as m
inner join campaign.attempt as a on m.wave_id = a.wave_id
cross join
  lateral (
    select max(x.occurred_at) as prepared_at
    from platform.audit as x
    where x.person_id = a.person_id and x.subject = 'journey' and x.after = 'PLANNED'
  ) as t
where
  m.status = 'APPROVED'
  and (a.status = 'PREPARED' or (a.status = 'CLAIMED' and a.channel = 'EMAIL'))
  and t.prepared_at < :before
group by a.wave_id, a.channel
order by a.wave_id, a.channel
