-- People whose letter came back while their six weeks run, and for whose recipient the registry has brought another postal address or
-- e-mail since, are given back to planning: a second notice follows, with six weeks of its own.
-- Grain: one person. Idempotency: only a NOTIFIED journey moves. Index: attempt_returned, then primary keys.
update campaign.journey as j
set status = 'ELIGIBLE', reason = 'RETURNED', wave_id = null, last_day = null
from campaign.attempt as a
inner join registry.contact as c on a.recipient_id = c.person_id and a.contact_version < c.version
inner join registry.contact_version as w on a.recipient_id = w.person_id and a.contact_version = w.version
where
  j.person_id = a.person_id
  and j.campaign_id = a.campaign_id
  and j.attempt_no = a.attempt_no
  and j.campaign_id = :campaign_id
  and j.status = 'NOTIFIED'
  and j.last_day >= :day
  and a.returned_on is not null
  and a.status = 'SENT'
  and (c.email is not null or c.address_flags & :unusable_address = 0)
  and (c.email, c.address_2, c.address_3, c.address_4, c.address_5, c.postcode, c.town)
  is distinct from (w.email, w.address_2, w.address_3, w.address_4, w.address_5, w.postcode, w.town)
