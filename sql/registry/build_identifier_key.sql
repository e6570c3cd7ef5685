-- Builds the key of matricules that the first delivery of a nation was loaded without; nothing where it is there.
select registry.build_identifier_key()
