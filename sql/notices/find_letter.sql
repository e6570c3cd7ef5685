-- A printed letter, by the notice that its reference names: where it lies, whether it left and came back, and whether everyone whom
-- it concerns has opposed. Index: the attempts' primary key, attempt_lot, then primary keys.
select
  t.lot_id,
  t.lot_rank,
  l.printer,
  max(a.sent_on) as sent_on,
  max(a.returned_on) as returned_on,
  max(a.return_motive) as return_motive,
  bool_and(j.status = 'OPPOSED') as all_opposed
from campaign.attempt as t
inner join notices.print_lot as l on t.lot_id = l.lot_id
inner join campaign.attempt as a on t.lot_id = a.lot_id and t.lot_rank = a.lot_rank
inner join campaign.journey as j on a.person_id = j.person_id and a.campaign_id = j.campaign_id
where t.person_id = :person_id and t.campaign_id = :campaign_id and t.attempt_no = :attempt_no
group by t.lot_id, t.lot_rank, l.printer
