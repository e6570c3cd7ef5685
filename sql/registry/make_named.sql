-- The numbers of some rows of a portion, inside one transaction.
create temporary table if not exists named (
  "row" bigint,
  matricule text collate "C",
  former_matricule text collate "C"
) on commit drop
