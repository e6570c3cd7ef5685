-- The person for whom several bodies may now have a word, inside one transaction.
create temporary table contested on commit drop as
select cast(:kept as bigint) as person_id
