-- Runs that were open in a database which turned out to be behind AWS (restored from a copy): nothing is
-- changed for them until AWS was asked (`finding` says what was found) and a person said that they may go on.
CREATE TABLE parked_runs (
  run_id TEXT PRIMARY KEY REFERENCES runs (id),
  at INTEGER NOT NULL,
  why TEXT NOT NULL,
  finding TEXT,
  may_release INTEGER NOT NULL DEFAULT 0 CHECK (may_release IN (0, 1)),
  CHECK (may_release = 0 OR finding IS NOT NULL)
) STRICT;
