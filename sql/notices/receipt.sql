-- What the receipt of a number says, as it was first addressed: the same for ever. Grain: one receipt, of a letter of its own.
-- Index: message_receipt, then the attempts' primary key.
select
  a.*,
  1 as letter_no
from notices.message as m
inner join notices.addressed_attempt as a on m.person_id = a.person_id and m.campaign_id = a.campaign_id and m.message_id = a.message_id
where m.receipt = :receipt
order by a.attempt_no
limit 1
