-- Lets the first delivery of a nation be loaded without the indexes that are built at its end.
select registry.defer_indexes()
