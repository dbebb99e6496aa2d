import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FaultError, fault } from '#shared/model/fault.ts';
import { encrypted, ended, engineAt, inPlace } from '../../bridge/engine/engine.test-help.ts';
import type { Engine } from '../../bridge/index.ts';
import type { BlobPair } from '../../core/rotation/index.ts';
import { startFromSource } from '../../core/two-step/child.test-help.ts';
import { type Client, client } from '../../hosts/cli/client.ts';
import { type PracticeKms, startPracticeKms } from '../../practice-kms/index.ts';
import type { ApprovalQuestion } from '../approvals/index.ts';
import { Comparisons, type ComparisonsParts } from './comparisons.ts';

describe('through the engine', () => {
  let home = '';
  let practice: PracticeKms;
  let engine: Engine;
  let page: Client['page'];
  let yes = true;
  let children = 0;
  const asked: ApprovalQuestion[] = [];
  const files: string[] = [];
  let runId = '';

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'rewrap-compare-'));
    practice = await startPracticeKms({ stateDir: join(home, 'practice') });
    const { KeyMetadata } = await practice.call('CreateKey', {});
    engine = engineAt(
      home,
      { host: 'loopback', connection: { kind: 'practice' }, sample: false },
      () => {
        children += 1;
        return startFromSource();
      },
      {
        where: 'dialog',
        ask: async (question) => {
          asked.push(question);
          return { hash: question.hash, approved: yes, by: 'dialog' };
        },
      },
    );
    const through = client(engine);
    page = through.page;
    await vi.waitFor(async () => expect((await page.connection.state({})).status).toBe('ready'), 20_000);
    const folder = join(home, 'files');
    mkdirSync(folder);
    for (const name of ['a', 'b', 'c']) {
      files.push(join(folder, name));
      writeFileSync(join(folder, name), await encrypted(practice, 'alias/payments', `secret of ${name}`));
    }
    await through.host.intake.addPaths({ paths: [folder], origin: 'path' });
    const { rows } = await page.blobs.list({ offset: 0, limit: 10 });
    const { Arn } = KeyMetadata as { Arn: string };
    ({ runId } = await page.runs.start(
      inPlace(
        rows.map(({ id }) => id),
        {
          output: { mode: 'in-place', backup: true },
          destination: { keyId: Arn, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
        },
      ),
    ));
    expect((await ended(page, runId)).counts.succeeded).toBe(3);
  }, 60_000);

  afterAll(async () => {
    await engine.close();
    await practice.close();
    rmSync(home, { recursive: true, force: true });
  });

  it('declined, nothing is decrypted and no child is started', async () => {
    yes = false;
    await expect(page.runs.compare({ runId, sample: null })).rejects.toMatchObject({
      fault: { code: 'NotApproved' },
    });
    expect(children).toBe(0);
    expect(asked.at(-1)).toMatchObject({ kinds: ['compare'] });
    expect(asked.at(-1)?.title).toContain('3 blobs');
  });

  it('approved, each pair is compared, a file that changed is none, and the history says so', async () => {
    yes = true;
    expect(await page.runs.compare({ runId, sample: null })).toMatchObject({
      of: 3,
      chosen: 3,
      equal: 3,
      blobs: [],
    });
    expect(await page.runs.compare({ runId, sample: 2 })).toMatchObject({ of: 3, chosen: 2, equal: 2 });
    expect(asked).toHaveLength(3);
    expect(asked.at(-1)?.title).toContain('2 blobs of 3');
    appendFileSync(files[1] ?? '', 'x');
    expect(await page.runs.compare({ runId, sample: null })).toMatchObject({
      equal: 2,
      unavailable: 1,
      blobs: [{ file: expect.stringMatching(/b$/), outcome: 'unavailable', fault: { code: 'BlobNotThere' } }],
    });
    const { records } = await page.history.list({ offset: 0, limit: 50 });
    expect(records.filter(({ detail }) => detail.startsWith('Compared plaintexts'))).toHaveLength(3);
    const ids = records.filter(({ outcome }) => outcome === 'decrypted to compare');
    expect(ids.map(({ requestIds }) => requestIds.length)).toEqual([4, 4, 6]);
    for (const record of ids) {
      expect(record.runId).toBe(runId);
      expect(record.requestIds).toEqual(
        record.requestIds.map(() => expect.stringMatching(/^[0-9a-f-]{36}$/)),
      );
    }
  });
});

/** Pairs of made-up blobs; those in `differ` hold another plaintext, those in `refused` are not decrypted. */
function made(
  count: number,
  { differ = new Set<number>(), refused = new Set<number>(), gone = new Set<number>() } = {},
) {
  const side = { blob: Uint8Array.of(0) };
  const compared: number[] = [];
  const recorded: string[][] = [];
  const closed = vi.fn(async () => {});
  let approve = true;
  const parts: ComparisonsParts = {
    runs: {
      items: {
        comparable: async () => Array.from({ length: count }, (_, i) => i),
        async *pairs(_runId, items) {
          for (const item of items)
            yield {
              file: `f${item}`,
              place: '',
              before: gone.has(item) ? null : side.blob,
              after: Uint8Array.of(item >> 8, item & 0xff),
              sent: { sourceAlgorithm: 'SYMMETRIC_DEFAULT', destinationAlgorithm: 'SYMMETRIC_DEFAULT' },
              destinationKeyArn: 'arn',
            } as BlobPair;
        },
      },
      over: () => ({
        terms: { method: 'reencrypt', destination: {} } as never,
        target: 'here',
        refuse: () => {
          throw new Error('other connection');
        },
      }),
      summary: async () => ({}) as never,
      sender: () => (work) => work({} as never, {}),
    },
    approvals: {
      proveCompare: async () => {
        if (!approve) throw new FaultError(fault('NotApproved', '', '', ''));
        return () => {};
      },
    },
    open: async () => ({
      target: 'here',
      described: '',
      kms: {
        compare: async (
          _before: unknown,
          { blob }: { blob: Uint8Array },
          _sending: unknown,
          decrypted: (id: string) => void,
        ) => {
          const item = ((blob[0] ?? 0) << 8) | (blob[1] ?? 0);
          compared.push(item);
          decrypted(`before-${item}`);
          if (refused.has(item)) throw new FaultError(fault('AccessDeniedException', '', '', ''));
          decrypted(`after-${item}`);
          return !differ.has(item);
        },
        close: closed,
      } as never,
    }),
    progress: () => {},
    record: () => {},
    recordRequests: (_runId, ids) => recorded.push([...ids]),
  };
  const comparisons = new Comparisons(parts);
  return { comparisons, compared, recorded, closed, decline: () => (approve = false), parts };
}

describe('what it finds', () => {
  it('names those that differ, before all of which it is not known', async () => {
    const refused = new Set(Array.from({ length: 300 }, (_, i) => i));
    const { comparisons, closed } = made(400, { refused, differ: new Set([350, 399]), gone: new Set([320]) });
    const found = await comparisons.compare('r', null);
    expect(found).toMatchObject({ of: 400, equal: 97, different: 2, failed: 300, unavailable: 1, more: 103 });
    expect(
      found.blobs
        .filter(({ outcome }) => outcome === 'different')
        .map(({ file }) => file)
        .sort(),
    ).toEqual(['f350', 'f399']);
    expect(closed).toHaveBeenCalledOnce();
  });

  it('writes down the id of each Decrypt that was answered, some at a time, also where the other one failed', async () => {
    const { comparisons, recorded } = made(450, { refused: new Set([3, 5]) });
    await comparisons.compare('r', null);
    const ids = recorded.flat();
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toHaveLength(898);
    expect(ids).toContain('before-3');
    expect(ids).not.toContain('after-3');
    expect(recorded.map(({ length }) => length)).toEqual([200, 200, 200, 200, 98]);
  });

  it('of a sample compares that many, each once, and others the next time', async () => {
    const { comparisons, compared } = made(1000);
    expect(await comparisons.compare('r', 50)).toMatchObject({ chosen: 50, equal: 50 });
    expect(new Set(compared).size).toBe(50);
    const first = compared.splice(0).sort().join();
    await comparisons.compare('r', 50);
    expect(compared.sort().join()).not.toBe(first);
    expect(await comparisons.compare('r', 5000)).toMatchObject({ chosen: 1000 });
  });

  it('declined, compares nothing and ends its child', async () => {
    const { comparisons, compared, closed, decline } = made(3);
    decline();
    await expect(comparisons.compare('r', null)).rejects.toMatchObject({ fault: { code: 'NotApproved' } });
    expect(compared).toEqual([]);
    expect(closed).toHaveBeenCalledOnce();
  });

  it('stopped, answers with what was compared by then; a second at a time is refused', async () => {
    const { comparisons, compared } = made(1000);
    const running = comparisons.compare('r', null);
    await expect(comparisons.compare('r', null)).rejects.toMatchObject({ fault: { code: 'CompareBusy' } });
    comparisons.stop('r');
    const found = await running;
    expect(found.stopped).toBe(true);
    expect(found.equal).toBe(compared.length);
    expect(found.equal).toBeLessThan(1000);
  });
});
