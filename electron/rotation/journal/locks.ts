import type { StatementSync } from 'node:sqlite';
import { explainOwn } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';
import { lockName } from './lock-name.ts';
import type { Owner } from './owners.ts';

/**
 * Takes files for a run. A lock of a run that ended, or whose owner is dead, is stale and gives way. Throws FaultError
 * `FilesInUse` when another run that lives has one of them.
 */
export function takeFiles(
  sql: (text: string) => StatementSync,
  owner: Owner,
  no: number,
  targets: readonly string[],
): void {
  const find = sql(
    `SELECT l.run, r.id, r.owner, r.state FROM locks l JOIN runs r ON r.no = l.run WHERE l.target = ?`,
  );
  const put = sql('INSERT OR REPLACE INTO locks (target, run) VALUES (?, ?)');
  const alive = new Map<string, boolean>();
  const names = new Map<string, string>();
  let held = 0;
  let by = '';
  for (const target of targets) {
    const name = lockName(target, names);
    const row = find.get(name);
    const holder = String(row?.owner);
    if (row !== undefined && Number(row.run) !== no && row.state !== 'ended') {
      if (!alive.has(holder)) alive.set(holder, owner.isAlive(holder));
      if (alive.get(holder)) {
        held++;
        by = String(row.id);
        continue;
      }
    }
    put.run(name, no);
  }
  if (held > 0)
    throw new FaultError(
      explainOwn('FilesInUse', {
        message: `${held === 1 ? 'One of these files is' : `${held} of these files are`} being worked on by run ${by}.`,
      }),
    );
}
