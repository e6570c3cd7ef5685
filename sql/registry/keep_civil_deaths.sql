-- A death that the civil register told, and that nobody reversed, counts where a body declares none. Grain: one incoming person.
update incoming as n
set died_on = d.died_on
from registry.civil_death as d
where n.person_id = d.person_id and d.reversed_by is null and n.died_on is null
