import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { explainKms, explainOwn, type OwnCode } from '#shared/kms/errors.ts';
import type { Fault } from '#shared/model/fault.ts';
import type { RunItem, RunSummary } from '#shared/model/run.ts';
import type { Client } from './client.ts';
import { counted, type RunEnd, refusedExitCode, runExitCode } from './exit-code.ts';
import { reportRun } from './output/outcome.ts';

const kms = (name: string): Fault =>
  explainKms(name, 'as KMS words it', 'request-1', {
    operation: 'ReEncrypt',
    region: 'us-east-1',
    endpoint: null,
    profile: null,
    principal: null,
  } as Parameters<typeof explainKms>[3]);
const own = (code: OwnCode): Fault => explainOwn(code);

type Blob = readonly [RunItem['state'], Fault?];
const item = ([state, fault = null as never]: Blob): RunItem => ({ state, fault: fault ?? null }) as RunItem;

/** Blobs of a run, what stopped it, the signal that ended it, and the code. */
const TABLE: readonly [string, readonly Blob[], Partial<RunEnd>, number][] = [
  ['all re-encrypted', [['reencrypted'], ['reencrypted']], {}, 0],
  ['a dry run that would succeed', [['would-succeed']], {}, 0],
  [
    'nothing but as asked already, and skipped',
    [
      ['already', own('AlreadyThere')],
      ['skipped', own('NotReencryptable')],
    ],
    {},
    0,
  ],
  ['skipped beside re-encrypted', [['reencrypted'], ['skipped', own('NotPutBack')]], {}, 0],
  ['done, though some input could not be read', [['reencrypted']], { unreadable: true }, 2],
  ['a blob that fails again', [['reencrypted'], ['failed', kms('AccessDeniedException')]], {}, 1],
  ['a file that changed', [['failed', own('FileChanged')]], {}, 1],
  ['failed, and unreadable input', [['failed', kms('InvalidCiphertextException')]], { unreadable: true }, 1],
  ['throttled to the end of failurePolicy', [['reencrypted'], ['failed', kms('ThrottlingException')]], {}, 3],
  ['a database that another program has', [['reencrypted'], ['failed', own('DatabaseInUse')]], {}, 3],
  ['a file that ends its processes', [['reencrypted'], ['failed', own('RunProcessEnded')]], {}, 1],
  ['KMS failed inside', [['failed', kms('KMSInternalException')]], {}, 3],
  [
    'what passes beside what does not',
    [
      ['failed', kms('ThrottlingException')],
      ['failed', kms('DisabledException')],
    ],
    {},
    1,
  ],
  ['held for credentials', [['reencrypted'], ['waiting']], { fault: kms('ExpiredTokenException') }, 3],
  [
    'held, and others failed',
    [['failed', kms('DisabledException')], ['waiting']],
    { fault: kms('ExpiredTokenException') },
    3,
  ],
  [
    'stopped by a clock',
    [
      ['failed', kms('ClockSkew')],
      ['skipped', own('RunStopped')],
    ],
    { fault: kms('ClockSkew') },
    3,
  ],
  [
    'a dry run without network',
    [
      ['failed', kms('ENOTFOUND')],
      ['skipped', own('RunStopped')],
    ],
    { fault: kms('ENOTFOUND') },
    3,
  ],
  ['the journal cannot be written', [['skipped', own('RunStopped')]], { fault: own('JournalFailed') }, 3],
  ['stopped for what was asked', [['skipped', own('RunStopped')]], { fault: own('SourceKeyNeeded') }, 1],
  ['SIGTERM', [['reencrypted'], ['waiting']], { signal: 'SIGTERM' }, 3],
  [
    'SIGTERM, and others failed',
    [['failed', kms('DisabledException')], ['running']],
    { signal: 'SIGTERM' },
    3,
  ],
  ['the terminal went away', [['waiting']], { signal: 'SIGHUP' }, 3],
  ['Ctrl-C', [['reencrypted'], ['skipped', own('Cancelled')]], { signal: 'SIGINT' }, 130],
  [
    'Ctrl-C, and others failed',
    [
      ['failed', kms('DisabledException')],
      ['skipped', own('Cancelled')],
    ],
    { signal: 'SIGINT' },
    130,
  ],
  ['Ctrl-C when all was done', [['reencrypted']], { signal: 'SIGINT' }, 0],
  ['Ctrl-C when all was done and one had failed', [['failed', own('FileChanged')]], { signal: 'SIGINT' }, 1],
  ['cancelled in a window', [['reencrypted'], ['skipped', own('Cancelled')]], {}, 3],
];

test.each(TABLE)('%s', (_, blobs, end, code) => {
  const unwell = blobs.map(item).reduce(counted, { failed: 0, passing: 0, left: 0 });
  expect(runExitCode({ ...unwell, signal: null, fault: null, unreadable: false, ...end })).toBe(code);
});

test.each([
  [kms('ExpiredTokenException'), 3],
  [kms('ENOTFOUND'), 3],
  [kms('ThrottlingException'), 3],
  [own('FilesInUse'), 3],
  [own('RunElsewhere'), 3],
  [own('JournalFailed'), 3],
  [kms('ProfileUnusable'), 2],
  [own('OtherConnection'), 2],
  [own('RunGone'), 2],
  [own('RunNotOpen'), 2],
  [own('NothingToRetry'), 0],
] as const)('a command refused with $code', (fault, code) => {
  expect(refusedExitCode(fault)).toBe(code);
});

let said: string[];
beforeEach(() => {
  said = [];
  for (const way of ['log', 'error'] as const)
    vi.spyOn(console, way).mockImplementation((text: string) => void said.push(text));
});
afterEach(() => void vi.restoreAllMocks());

test.each(['ClockSkew', 'UnrecognizedClientException', 'IncompleteSignature', 'ExpiredTokenException'])(
  'what stopped a run (%s) is explained once, whatever it did to blobs',
  async (name) => {
    const fault = kms(name);
    const stopped = explainOwn('RunStopped', { detail: fault.message, remedy: fault.remedy });
    const blobs: readonly Blob[] = [
      ['failed', fault],
      ['failed', { ...fault, raw: { name, message: 'as KMS words it', requestId: 'request-2' } }],
      ['skipped', stopped],
    ];
    const items = blobs.map((blob, i) => ({
      ...item(blob),
      file: `f${i}`,
      place: '',
      notes: [],
      output: null,
    }));
    const client = { page: { runs: { items: async () => ({ items, total: items.length }) } } };
    const run = {
      counts: {
        total: 3,
        waiting: 0,
        running: 0,
        succeeded: 0,
        already: 0,
        failed: 2,
        skipped: 1,
        restored: 0,
      },
      outcome: { reencrypted: 0, already: 0, notReencrypted: 3, underOldKey: 0 },
      fault,
      finishedAt: 'now',
      retry: null,
      connection: 'test',
      method: 'reencrypt',
      dryRun: false,
    };
    const code = await reportRun(
      client as unknown as Client,
      { run: run as unknown as RunSummary, signal: null },
      {},
      true,
    );
    expect(code).toBe(3);
    expect(said.join('\n').split(fault.message)).toHaveLength(2);
    expect(said.join('\n')).toContain(fault.remedy);
    for (const [i] of blobs.entries()) expect(said.some((line) => line.startsWith(`f${i}: `))).toBe(true);
  },
);
