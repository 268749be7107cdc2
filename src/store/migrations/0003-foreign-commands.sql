-- Commands at AWS are compared with the effects of this database, so that one that somebody else sent with our
-- role is noticed. A place is an account and a region; what was sent before `watched_from` is not judged.
CREATE TABLE watched_places (
  account_id TEXT NOT NULL,
  region TEXT NOT NULL,
  watched_from INTEGER NOT NULL,
  looked_until INTEGER NOT NULL,
  PRIMARY KEY (account_id, region)
) STRICT;

-- Messages to a channel that belong to no run.
CREATE TABLE alarms (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  channel TEXT NOT NULL,
  alarm TEXT NOT NULL CHECK (json_valid(alarm)),
  state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending','sending','sent','given_up')),
  may_be_doubled INTEGER NOT NULL DEFAULT 0 CHECK (may_be_doubled IN (0, 1)),
  attempts INTEGER NOT NULL DEFAULT 0,
  next_try_at INTEGER NOT NULL DEFAULT 0,
  ts TEXT,
  error TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX alarms_open ON alarms (id) WHERE state IN ('pending', 'sending');

-- Each is told once.
CREATE TABLE foreign_commands (
  command_id TEXT PRIMARY KEY,
  alarm_id INTEGER NOT NULL REFERENCES alarms (id),
  code TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
