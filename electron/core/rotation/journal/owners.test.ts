import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { temporaryName } from '../../intake/index.ts';
import { settleStaged } from '../run/recover.ts';
import { FakeKms, KEY, madeUpBlob, OLD_KEY } from '../testing/fake-kms.ts';
import { base64, RunHarness } from '../testing/run-harness.ts';
import { Journal } from './journal.ts';
import { Owner } from './owners.ts';

const DATA_FOLDER = 'abcd0123';
let top = '';
let owners: Owner[] = [];
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'owners-'));
});
afterEach(() => {
  for (const owner of owners.splice(0)) owner.close();
  rmSync(top, { recursive: true, force: true });
});
const owner = (home = top): Owner => {
  const made = new Owner(home, DATA_FOLDER);
  owners.push(made);
  return made;
};
const files = (): string[] => readdirSync(join(top, 'owners'));

describe('the file of an owner', () => {
  test('is there while it lives, and shows that it does', () => {
    const [one, two] = [owner(), owner()];
    expect(files().sort()).toEqual([`${one.id}.lock`, `${two.id}.lock`].sort());
    expect([one.isAlive(two.id), two.isAlive(one.id), one.isAlive(one.id)]).toEqual([true, true, true]);
    two.close();
    expect([one.isAlive(two.id), one.isDead(two.id)]).toEqual([false, true]);
    owners = [one];
    expect(files()).toEqual([`${one.id}.lock`]);
  });

  test.skipIf(process.platform === 'win32')('is of the user alone from the first moment', () => {
    const path = join(top, 'owners', `${owner().id}.lock`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('that a kill left before anything named it goes at the next start', () => {
    const lives = owner();
    writeFileSync(join(top, 'owners', `${'0'.repeat(24)}.lock`), '');
    writeFileSync(join(top, 'owners', 'notes.lock'), 'by a person');
    const next = owner();
    expect(files().sort()).toEqual([`${lives.id}.lock`, `${next.id}.lock`, 'notes.lock'].sort());
    expect(next.isAlive(lives.id)).toBe(true);
  });

  test('of a process that was killed is that of a dead one, which the system itself says', async () => {
    const module = new URL('./owners.ts', import.meta.url).pathname;
    const script = `import { Owner } from ${JSON.stringify(module)};
      console.log(new Owner(process.argv[1], '${DATA_FOLDER}').id); setInterval(() => {}, 1000);`;
    const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script, top];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [said] = await once(child.stdout, 'data');
    const id = String(said).trim();
    const one = owner();
    expect(one.isAlive(id)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(one.isDead(id)).toBe(true);
    expect(files()).toEqual([`${one.id}.lock`]);
  });
});

test('of an owner of another data folder nothing is said', () => {
  const one = owner();
  expect(one.isDead(`12345678${'0'.repeat(16)}`)).toBe(false);
  expect(one.isDead(`${DATA_FOLDER}${'0'.repeat(16)}`)).toBe(true);
});

describe('a run that is settled', () => {
  let harness: RunHarness;
  const journals: Journal[] = [];
  const journal = (home: string): Journal => {
    const made = new Journal(home);
    journals.push(made);
    return made;
  };
  beforeEach(async () => {
    harness = await RunHarness.make();
  });
  afterEach(async () => {
    for (const one of journals.splice(0)) one.close();
    await harness.remove();
  });

  test('removes temporary files of the dead, and none that one who lives may be about to rename', async () => {
    await harness.add('a.txt', `${base64(madeUpBlob(OLD_KEY))}\n`);
    await (
      await harness.start(new FakeKms(), {
        destination: { keyId: KEY, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
      })
    ).done;
    const closed = new Journal(harness.home);
    closed.close();
    const lives = journal(harness.home).owner.id;
    const elsewhere = journal(join(top, 'other')).owner.id;
    // A copy of this data folder, on another machine perhaps: what is locked there cannot be seen from here.
    cpSync(harness.home, join(top, 'copy'), { recursive: true });
    const copied = journal(join(top, 'copy')).owner.id;
    const kept = [lives, harness.journal.owner.id, elsewhere, copied, undefined].map((id) =>
      temporaryName(id),
    );
    for (const name of [...kept, temporaryName(closed.owner.id)]) writeFileSync(harness.path(name), 'half');
    writeFileSync(harness.path('.rewrap-notes.tmp'), 'by a person');
    await settleStaged(harness.journal, 1, { mode: 'in-place', backup: false });
    expect(readdirSync(harness.folder).sort()).toEqual([...kept, '.rewrap-notes.tmp', 'a.txt'].sort());
  });
});
