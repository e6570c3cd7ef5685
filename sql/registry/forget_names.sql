-- Everybody named is linked: the table is empty again.
truncate registry.named_representative
