import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { contentHash, diskHere, ownerOfTemporary, temporaryName } from '../../intake/index.ts';
import { sha256 } from '../../storage/hash.ts';
import type { LoggedFile, SharedWork } from '../shards/shared-work.ts';
import { FakeKms, madeUpBlob, OLD_KEY } from '../testing/fake-kms.ts';
import { base64, RunHarness } from '../testing/run-harness.ts';
import { startRun } from './start.ts';

let harness: RunHarness;
let kms: FakeKms;
beforeEach(async () => {
  harness = await RunHarness.make();
  kms = new FakeKms();
});
afterEach(() => harness.remove());

const facts = {
  sha256After: 'a'.repeat(64),
  fingerprintAfter: 'f'.repeat(64),
  sourceKeyArn: 'arn:source',
  destinationKeyArn: 'arn:destination',
  sourceKeyMaterialId: null,
  destinationKeyMaterialId: null,
  requestId: 'of the other process',
  decryptRequestId: null,
  sent: null,
  notes: [],
};
const logged = (before: string, after: string, places: readonly string[]): LoggedFile => ({
  file: 0,
  before,
  after,
  temporary: null,
  backup: null,
  sidecar: null,
  blobs: places.map((place) => ({ place, facts })),
});

async function run(shared: Partial<SharedWork>) {
  const staged: LoggedFile[] = [];
  const begun: object[] = [];
  const all: SharedWork = {
    begins: async (owner, folders) => void begun.push({ owner, folders, staged: staged.length }),
    staged: async (file) => void staged.push(file),
    made: () => null,
    leftovers: () => [],
    ...shared,
  };
  const live = await startRun(harness.input(kms, {}, { shared: all }), {
    journal: harness.journal,
    onProgress: () => {},
    disk: diskHere(),
  });
  await live.done;
  return { live, staged, begun };
}

const two = () => [1, 2].map(() => `${base64(madeUpBlob(OLD_KEY))}\n`).join('');

test('what a file becomes is logged before it stands, with what KMS said', async () => {
  const { sha256: before } = await harness.add('a.txt', two());
  const { live, staged, begun } = await run({});
  expect(begun).toEqual([
    { owner: harness.journal.owner.id, folders: [dirname(harness.path('a.txt'))], staged: 0 },
  ]);
  expect(ownerOfTemporary(basename(staged[0]?.temporary ?? ''))).toBe(harness.journal.owner.id);
  expect(live.summary().counts.succeeded).toBe(2);
  const items = live.items();
  expect(staged).toMatchObject([{ file: 0, before, blobs: items.map(({ place }) => ({ place })) }]);
  expect(staged[0]?.blobs.map((blob) => blob.facts.requestId)).toEqual(
    items.map(({ requestId }) => requestId),
  );
});

test('a file that another process replaced counts as done, and nothing of it is sent', async () => {
  const { sha256: before, blobs } = await harness.add('a.txt', two());
  const places = blobs.map(({ place }) => place);
  writeFileSync(harness.path('a.txt'), 'the work of the other process');
  const after = sha256('the work of the other process');
  const { live } = await run({ made: (_, now) => (now === after ? logged(before, after, places) : null) });
  expect(kms.asked).toEqual([]);
  expect(live.summary()).toMatchObject({ status: 'finished', counts: { succeeded: 2, failed: 0 } });
  expect(live.items()).toMatchObject(
    places.map((place) => ({ place, state: 'reencrypted', requestId: facts.requestId })),
  );
});

test('one that it replaced while this one asked KMS counts as done, too', async () => {
  const { sha256: before, blobs } = await harness.add('a.txt', two());
  const after = sha256('the work of the other process');
  kms.onReEncrypt = () => {
    writeFileSync(harness.path('a.txt'), 'the work of the other process');
    return {};
  };
  const places = blobs.map(({ place }) => place);
  const { live } = await run({ made: (_, now) => (now === after ? logged(before, after, places) : null) });
  expect(live.summary()).toMatchObject({ status: 'finished', counts: { succeeded: 2, failed: 0 } });
  expect(live.items()[0]?.requestId).toBe(facts.requestId);
});

test('a database that a twin replaced before the transaction keeps the rows of the twin, and one backup', async () => {
  const db = new DatabaseSync(harness.path('a.db'));
  db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, data)');
  for (let i = 0; i < 20; i++) db.prepare('INSERT INTO t (data) VALUES (?)').run(madeUpBlob(OLD_KEY));
  db.close();
  const planned = await harness.add('a.db', readFileSync(harness.path('a.db')));
  const done: LoggedFile[] = [];
  const made: SharedWork['made'] = (_, now) => done.find(({ after }) => after === now) ?? null;
  const twin = await RunHarness.make();
  let twins = 0;
  const { live } = await run({
    made,
    // This one was thought dead from here on: the twin does the whole file.
    staged: async () => {
      const shared: SharedWork = {
        begins: async () => {},
        staged: async (file) => void done.push(file),
        made,
        leftovers: () => [],
      };
      const other = await startRun(
        { ...twin.input(kms, {}, { shared }), files: [planned] },
        { journal: twin.journal, onProgress: () => {}, disk: diskHere() },
      );
      await other.done;
      twins += other.summary().counts.succeeded;
    },
  });
  expect(twins).toBe(20);
  expect(live.summary()).toMatchObject({ status: 'finished', counts: { succeeded: 20, failed: 0 } });
  expect(await contentHash(harness.path('a.db'))).toBe(done[0]?.after);
  expect(live.items()[0]?.backup).toBe(done[0]?.backup);
  expect(readdirSync(harness.folder).sort()).toEqual(['a.db', basename(done[0]?.backup ?? '')]);
  await twin.remove();
});

test('a blob that the other process left is no success; a change by anything else is a change', async () => {
  const { sha256: before, blobs } = await harness.add('a.txt', two());
  writeFileSync(harness.path('a.txt'), 'other');
  const [first = ''] = blobs.map(({ place }) => place);
  const partly = await run({ made: (_, now) => logged(before, now, [first]) });
  expect(partly.live.summary().counts).toMatchObject({ succeeded: 1, failed: 1 });
  const { live } = await run({});
  expect(live.items().map(({ fault }) => fault?.code)).toEqual(['FileChanged', 'FileChanged']);
});

test('what a dead process left beside a file that it did not replace goes', async () => {
  const { sha256: before } = await harness.add('a.txt', two());
  const temporary = harness.path(temporaryName());
  writeFileSync(temporary, 'half');
  await run({ leftovers: () => [{ ...logged(before, 'never', []), temporary }] });
  expect(existsSync(temporary)).toBe(false);
});
