"""What every domain stands on: settings, database, object store, clock, ledger of units of work, audit trail, embedded servers."""
