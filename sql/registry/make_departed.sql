-- The matricules that a full delivery of a body no longer names, inside one transaction.
create temporary table gone (
  matricule text collate "C"
) on commit drop
