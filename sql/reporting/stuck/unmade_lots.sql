-- Lots gathered before :before that are not handed over although their letters may leave. Grain: one print house.
-- Index: lot_unfinished, attempt_lot.
select
  l.printer as place,
  count(*) as things,
  min(u.as_of) as since
from notices.print_lot as l
inner join platform.unit_of_work as u on l.work_id = u.work_id
where
  l.status = 'PLANNED' and u.as_of < :before
  and exists (
    select
    from campaign.attempt as a
    inner join campaign.moving_wave as m on a.wave_id = m.wave_id
    where a.lot_id = l.lot_id
  )
group by l.printer
order by l.printer
