-- Whether a lot made with a version of the letter's template has left already: the first one is read again whole. Few rows: one a lot.
select exists(select 1 from notices.print_lot where template = :template and handed_over_at is not null) as in_use
