-- Makes the table into which the lines of a file of existing records are copied, for its transaction. Grain: one line.
create temporary table incoming_record (
  line integer not null,
  matricule text not null collate "C",
  record_no text not null collate "C",
  state text
) on commit drop
