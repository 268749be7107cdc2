-- An approval may be given in place of an approver, for a while and as the configuration said then. The two
-- together are one: whoever clicked, one approver's approval of one plan is counted once.
ALTER TABLE approvals ADD COLUMN standing_for TEXT;
ALTER TABLE approvals ADD COLUMN standing_until INTEGER CHECK ((standing_until IS NULL) = (standing_for IS NULL));
CREATE UNIQUE INDEX one_approval_of_each ON approvals (run_id, plan_hash, coalesce(standing_for, user_id));
