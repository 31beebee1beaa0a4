-- A kept answer can hold a new secret, and all functions share the keyring that seals it. So each sees its own only: a
-- function that was taken over does not read what tenants, services or users were answered by the others, nor forge it.
-- Rows from before have NULL, and are anybody's until they expire.
ALTER TABLE idempotency_records ADD COLUMN kept_by name;
ALTER TABLE idempotency_records ALTER COLUMN kept_by SET DEFAULT current_user;

ALTER TABLE idempotency_records ENABLE ROW LEVEL SECURITY;
CREATE POLICY function ON idempotency_records TO gatehouse_function
  USING (kept_by IS NULL OR kept_by = current_user) WITH CHECK (kept_by = current_user);
