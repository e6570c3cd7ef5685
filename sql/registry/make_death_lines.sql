-- The good lines of one INSEE file of deaths, inside its transaction. Grain: one line. Names are folded as in registry.person; a %
-- in one stands for what could not be read.
create temporary table death_line (
  line integer,
  birth_name_key text,
  first_names_key text,
  sex text,
  birth_date text,
  birth_is_whole boolean,
  birthplace_code text,
  died_from date,
  died_to date
) on commit drop
