-- Builds the indexes that the first delivery of a nation was loaded without; nothing where they are there.
select registry.build_indexes()
