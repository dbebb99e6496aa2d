import type { DatabaseSync } from 'node:sqlite';
import { FaultError, fault } from '#shared/model/fault-error.ts';

/** Version of the tables below, kept in `PRAGMA user_version`. */
const SCHEMA_VERSION = 6;
/** The first version of which deleted content is overwritten. */
const OVERWRITES = 6;

/**
 * The journal of all runs. It holds names, hashes, key ids and ciphertext: never plaintext, never a credential, never
 * the content of a file.
 *
 * - `runs.no` numbers the runs of this file; `runs.id` names a run everywhere else, and no other machine has it.
 *   `runs.job`: what the run was part of, as {@link NewRun.job}. `runs.approved`: JSON of its {@link RunApproval}.
 *   `runs.request`: what was asked for; its grant tokens are deleted when the run ends, and their number is kept.
 * - `runs.state`: 'preparing' (nothing was sent yet), 'open' (begun and not ended: running, paused, or cut off by a
 *   crash), 'undoing', 'ended'.
 * - `files.state`: 'intent' → 'staged' (the new content is on disk beside the file, or will be within the call; the
 *   file itself may be old or new) → 'replaced'; or 'left' (nothing of it will be replaced); 'restored' after an undo.
 * - `items.state`: 'intent' → 'reencrypted' → 'verified'; or 'already', 'failed', 'skipped', 'would-succeed'. Whether the blob
 *   stands in its file is the file's state.
 * - `items.sent`: the request that was sent for a blob, JSON, among the `words`.
 * - `files.folder`: real path of the file's folder when it was read, among the `words`.
 * - `pending`: new ciphertext of files that are not complete, so that a run cut off does not ask for it twice.
 * - `items` are numbered from 0, file by file: those of one file follow each other.
 * - `locks`: files that an open run may replace, and that run.
 * - `data_folder`: one row, what tells this data folder from all others.
 */
const TABLES = `
  CREATE TABLE owners (id TEXT PRIMARY KEY, pid INTEGER NOT NULL, started_at TEXT NOT NULL) STRICT;
  CREATE TABLE runs (
    no INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, state TEXT NOT NULL, dry_run INTEGER NOT NULL,
    request TEXT NOT NULL, output TEXT NOT NULL, connection TEXT NOT NULL, target TEXT NOT NULL,
    started_at TEXT NOT NULL, finished_at TEXT, total INTEGER NOT NULL, bytes INTEGER NOT NULL,
    status TEXT NOT NULL, fault TEXT, undone_at TEXT
  ) STRICT;
  CREATE TABLE files (
    run INTEGER NOT NULL, file INTEGER NOT NULL, path TEXT, display TEXT NOT NULL, relative TEXT NOT NULL,
    state TEXT NOT NULL, sha256_before BLOB NOT NULL, sha256_after BLOB, target TEXT, temporary TEXT, backup TEXT,
    record TEXT, record_sha256 BLOB, note TEXT, PRIMARY KEY (run, file)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE items (
    run INTEGER NOT NULL, item INTEGER NOT NULL, file INTEGER NOT NULL, blob_id TEXT NOT NULL, place TEXT NOT NULL,
    bytes INTEGER NOT NULL, state TEXT NOT NULL, sha256_before BLOB NOT NULL, sha256_after BLOB,
    fingerprint_before BLOB, fingerprint_after BLOB, source_key INTEGER, destination_key INTEGER,
    source_material INTEGER, destination_material INTEGER, request_id TEXT, decrypt_request_id TEXT, fault TEXT, notes TEXT,
    PRIMARY KEY (run, item)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE pending (
    run INTEGER NOT NULL, file INTEGER NOT NULL, item INTEGER NOT NULL, blob BLOB NOT NULL, said TEXT NOT NULL,
    PRIMARY KEY (run, file, item)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE locks (target TEXT PRIMARY KEY, run INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX locks_of_run ON locks (run);
`;

/** Grant tokens are for as long as a run lasts; that it had some is kept, so that a retry asks for them. */
export const DROP_ALL_TOKENS = `
  UPDATE runs SET request = json_set(request, '$.grantTokens', json('[]'),
    '$.tokensDeleted', json_array_length(request, '$.grantTokens'))
  WHERE json_array_length(request, '$.grantTokens') > 0`;

/** What each version has more than the one before: the first of these makes version 2, the next 3. */
const STEPS = [
  `ALTER TABLE runs ADD COLUMN id TEXT NOT NULL DEFAULT '';
   ALTER TABLE runs ADD COLUMN job TEXT;
   UPDATE runs SET id = 'r' || no;
   CREATE UNIQUE INDEX runs_by_id ON runs (id);
   CREATE INDEX runs_by_job ON runs (job) WHERE job IS NOT NULL;`,
  `CREATE TABLE data_folder (id TEXT NOT NULL) STRICT;
   INSERT INTO data_folder VALUES (hex(randomblob(16)));`,
  'ALTER TABLE items ADD COLUMN sent INTEGER;',
  'ALTER TABLE runs ADD COLUMN approved TEXT;',
  `ALTER TABLE files ADD COLUMN folder INTEGER;
   UPDATE runs SET request = json_set(request, '$.grantTokens', json('[]'),
     '$.tokensDeleted', json_array_length(request, '$.grantTokens'))
     WHERE state = 'ended' AND json_array_length(request, '$.grantTokens') > 0;`,
];

/**
 * What makes reading quicker and changes nothing for a version that does not know it.
 *
 * - `items_failed`: pages of what failed, without counting through all items of the run for each.
 * - `items_by_blob`: one blob by its id. Nothing that changes of an item is in it, so that it is written once for each.
 * - `figures`: what is counted of a run that has ended, so that a list of a hundred runs does not count through ten
 *   million items. Whatever changes a run's state takes its figures away, also a version that knows nothing of them.
 */
const SHORTCUTS = `
  CREATE INDEX IF NOT EXISTS items_failed ON items (run, item) WHERE state = 'failed';
  CREATE INDEX IF NOT EXISTS items_by_blob ON items (run, blob_id);
  CREATE TABLE IF NOT EXISTS figures (run INTEGER PRIMARY KEY, json TEXT NOT NULL) STRICT;
  CREATE TRIGGER IF NOT EXISTS figures_stale AFTER UPDATE OF state ON runs
    BEGIN DELETE FROM figures WHERE run = old.no; END;
  CREATE TRIGGER IF NOT EXISTS figures_gone AFTER DELETE ON runs
    BEGIN DELETE FROM figures WHERE run = old.no; END;
`;

/**
 * Makes the tables, brings older ones up to date, or finds that they are there. Throws FaultError `MadeByNewer`
 * when the file was made by a newer version.
 *
 * A file of a version before deleted content was overwritten is written anew, once: grant tokens may stand in pages and
 * rows that are free.
 */
export function prepareSchema(db: DatabaseSync): void {
  const before = updateSchema(db);
  if (before === 0 || before >= OVERWRITES) return;
  try {
    db.exec('VACUUM');
  } catch {
    // No room on the disk, or another process reads: the journal works all the same.
  }
}

/** Returns the version that it found; 0: there was nothing. */
function updateSchema(db: DatabaseSync): number {
  db.exec('BEGIN IMMEDIATE');
  try {
    const version = Number(db.prepare('PRAGMA user_version').get()?.user_version ?? 0);
    if (version > SCHEMA_VERSION)
      throw new FaultError(
        fault(
          'MadeByNewer',
          'The journal of runs was made by a newer Rewrap.',
          `It is of version ${version}, and this Rewrap reads up to ${SCHEMA_VERSION}. Nothing in it was changed.`,
          'Use the newer Rewrap, or let REWRAP_HOME name another folder.',
        ),
      );
    if (version === 0) db.exec(TABLES);
    for (const step of STEPS.slice(Math.max(0, version - 1))) db.exec(step);
    if (version < SCHEMA_VERSION) db.exec(`PRAGMA user_version = ${SCHEMA_VERSION};`);
    db.exec(SHORTCUTS);
    db.exec('COMMIT');
    return version;
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  }
}
