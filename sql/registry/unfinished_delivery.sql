-- A delivery that was interrupted while it was loaded, other than the given one.
select folder
from registry.delivery
where status = 'LOADING' and (folder, manifest_sha256) <> (:folder, :manifest_sha256)
order by delivery_id
limit 1
