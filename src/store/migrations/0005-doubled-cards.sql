-- A card that Slack may have got twice says that it is the one that counts, for as long as it is edited.
ALTER TABLE cards ADD COLUMN may_be_doubled INTEGER NOT NULL DEFAULT 0 CHECK (may_be_doubled IN (0, 1));
