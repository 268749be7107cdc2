-- Runs and all that belongs to them. Times are ms since the epoch. JSON columns hold what is only read
-- and written whole; what the program asks for by value has a column of its own.

CREATE TABLE runs (
  id TEXT PRIMARY KEY,
  environment TEXT NOT NULL,
  phase TEXT NOT NULL CHECK (phase IN ('discover','fresh_scan','plan','await_approval','await_start','waves','report','ended')),
  plan_hash TEXT,
  stop_requested_at INTEGER,
  wake_at INTEGER,
  current_wave INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  ended_at INTEGER,
  revision INTEGER NOT NULL DEFAULT 1,
  data TEXT NOT NULL CHECK (json_valid(data))
) STRICT;
CREATE INDEX runs_open ON runs (phase) WHERE phase <> 'ended';

-- Immutable: a changed plan is a new version.
CREATE TABLE plans (
  run_id TEXT NOT NULL REFERENCES runs (id),
  version INTEGER NOT NULL,
  hash TEXT NOT NULL,
  body TEXT NOT NULL CHECK (json_valid(body)),
  PRIMARY KEY (run_id, version)
) STRICT;
CREATE TRIGGER plans_are_immutable BEFORE UPDATE ON plans BEGIN SELECT RAISE(ABORT, 'a plan is immutable'); END;
CREATE TRIGGER plans_are_kept BEFORE DELETE ON plans BEGIN SELECT RAISE(ABORT, 'a plan is kept'); END;

-- Single use: one row per person and plan.
CREATE TABLE approvals (
  run_id TEXT NOT NULL REFERENCES runs (id),
  plan_hash TEXT NOT NULL,
  user_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (run_id, plan_hash, user_id)
) STRICT;

CREATE TABLE targets (
  run_id TEXT NOT NULL REFERENCES runs (id),
  key TEXT NOT NULL,
  wave INTEGER,
  stage TEXT NOT NULL CHECK (stage IN ('queued','backing_up','powering_on','ready','patching','verifying','powering_off','done')),
  outcome TEXT CHECK (outcome IN ('up_to_date','patched','patched_reboot_pending','partly_patched','failed','verification_failed','skipped','stopped','unknown','backed_up')),
  data TEXT NOT NULL CHECK (json_valid(data)),
  PRIMARY KEY (run_id, key),
  CHECK (stage <> 'done' OR outcome IS NOT NULL)
) STRICT;
CREATE INDEX targets_by_wave ON targets (run_id, wave, stage);

-- One mutating call and what came of it. The targets of an effect are fixed when it is intended.
CREATE TABLE effects (
  id INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL REFERENCES runs (id),
  kind TEXT NOT NULL CHECK (kind IN ('create_image','start','install','scan','stop','cancel')),
  wave INTEGER NOT NULL,
  batch TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('intended','begun','settled','no_effect','needs_attention','closed')),
  tag TEXT NOT NULL,
  account_id TEXT NOT NULL,
  region TEXT NOT NULL,
  landing_zone TEXT NOT NULL,
  intended_at INTEGER NOT NULL,
  look_at INTEGER NOT NULL,
  failures INTEGER NOT NULL DEFAULT 0,
  note TEXT NOT NULL DEFAULT '',
  request TEXT NOT NULL CHECK (json_valid(request)),
  ref TEXT CHECK (ref IS NULL OR json_valid(ref)),
  UNIQUE (run_id, kind, batch, attempt),
  UNIQUE (tag)
) STRICT;
CREATE INDEX effects_by_run ON effects (run_id, wave, state);

-- Which targets an effect touches. `live` falls to 0 only when the effect certainly did nothing or a person
-- said so; the index is the last line of defence against doing one thing twice to one instance.
CREATE TABLE effect_targets (
  effect_id INTEGER NOT NULL REFERENCES effects (id),
  run_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  live INTEGER NOT NULL DEFAULT 1 CHECK (live IN (0, 1)),
  PRIMARY KEY (effect_id, key)
) STRICT;
CREATE UNIQUE INDEX one_live_effect ON effect_targets (run_id, kind, key)
  WHERE live = 1 AND kind IN ('create_image', 'start', 'install');

-- One run at a time per landing zone.
CREATE TABLE zone_locks (
  landing_zone TEXT PRIMARY KEY,
  run_id TEXT NOT NULL REFERENCES runs (id),
  at INTEGER NOT NULL
) STRICT;

-- Instances on which a command may still be going on after its run let go of it.
CREATE TABLE instance_locks (
  key TEXT PRIMARY KEY,
  run_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  until INTEGER
) STRICT;

CREATE TABLE freezes (
  scope TEXT PRIMARY KEY,
  by_user TEXT NOT NULL,
  at INTEGER NOT NULL,
  reason TEXT NOT NULL
) STRICT;

-- Clicks and commands that were already handled.
CREATE TABLE seen (key TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT;

-- Each row carries the hash of the one before it (audit-chain.ts): a row that was changed, removed or moved
-- breaks the chain from there on.
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  run_id TEXT,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  text TEXT NOT NULL,
  detail TEXT NOT NULL CHECK (json_valid(detail)),
  prev_hash TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE
) STRICT;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;

CREATE TABLE cards (
  run_id TEXT PRIMARY KEY REFERENCES runs (id),
  channel TEXT NOT NULL,
  ts TEXT,
  state TEXT NOT NULL CHECK (state IN ('none','sending','posted')),
  shown_revision INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id TEXT NOT NULL REFERENCES runs (id),
  news TEXT NOT NULL CHECK (json_valid(news)),
  state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending','sending','sent','given_up')),
  attempts INTEGER NOT NULL DEFAULT 0,
  next_try_at INTEGER NOT NULL DEFAULT 0,
  ts TEXT,
  error TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_open ON outbox (run_id, id) WHERE state IN ('pending', 'sending');
