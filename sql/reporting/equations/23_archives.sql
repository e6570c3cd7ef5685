-- title: Spaces condemned or destroyed = of these, those whose archive was over, or whose destruction was asked for
-- Violations: one that was condemned before its date. Where: body and department.
with judged as (
  select
    coalesce(c.body, 'NONE') as body,
    coalesce(c.department, 'NONE') as department,
    case b.rule
      when 'ARCHIVE_OVER' then b.condemned_on > a.archived_until
      when 'EXPRESS' then b.condemned_on >= d.asked_on and d.revoked_by is null
    end is true as is_due
  from accounts.account as a
  left join lifecycle.destruction as b on a.condemned_by = b.batch_id
  left join lifecycle.deletion as d on a.person_id = d.person_id and a.account_id = d.account_id
  left join registry.contact as c on a.person_id = c.person_id
  where a.status in ('PURGING', 'PURGED')
)

select
  body,
  department,
  count(*) as left_hand,
  count(*) filter (where is_due) as right_hand,
  count(*) filter (where not is_due) as violations
from judged
group by grouping sets ((), (body, department))
having grouping(body) = 1 or count(*) filter (where not is_due) > 0
order by body nulls first, department
