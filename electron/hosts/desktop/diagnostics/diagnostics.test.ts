import { expect, test } from 'vitest';
import { fault } from '#shared/model/fault.ts';
import { boot, settle } from '../testing/boot.ts';
import type { FakeElectron } from '../testing/electron.ts';

const press = (electron: FakeElectron, label: string) => {
  const help = electron.menu?.find((item) => item.label === '&Help')?.submenu;
  const item = Array.isArray(help) ? help.find((each) => each.label === label) : undefined;
  item?.click?.({} as never, undefined, {} as never);
};

/** Everything secret that the engine could tell, each with a word to look for. */
const connection = {
  choice: {
    kind: 'aws',
    profile: 'canary-profile',
    region: 'canary-region',
    endpointUrl: 'https://canary.example',
  },
  status: 'failed',
  region: 'canary-region',
  endpoint: 'https://canary.example',
  endpointInfo: null,
  identity: {
    account: '111122223333',
    arn: 'arn:aws:iam::111122223333:user/canary',
    userId: 'AIDACANARYCANARY12345',
  },
  fault: {
    ...fault('ExpiredToken', 'canary message', 'canary detail', 'canary remedy'),
    raw: { name: 'ExpiredToken', message: 'canary raw', requestId: 'canary-request' },
  },
};
const run = {
  id: 'canary-run',
  dryRun: false,
  status: 'finished',
  startedAt: '2026-11-24T10:00:00.000Z',
  finishedAt: '2026-11-24T10:00:30.000Z',
  counts: { total: 7, waiting: 0, running: 0, succeeded: 5, already: 0, failed: 2, skipped: 0, restored: 0 },
  outcome: { reencrypted: 5, already: 0, notReencrypted: 2, underOldKey: 2 },
  rate: 1,
  secondsLeft: null,
  destinationKeyId: 'alias/canary',
  method: 'reencrypt',
  connection: 'canary connection',
  output: 'in-place',
  files: { total: 3, done: 3 },
  bytes: { total: 100, done: 100 },
  perKey: [],
  undo: null,
  resume: null,
  retry: null,
  elsewhere: null,
  downloads: 0,
  fault: fault('DiskFull', 'canary', 'canary', 'canary'),
};

test('the diagnostics tell what a report needs, and hold no canary', async () => {
  const { electron, started } = boot(
    ({ engine }) => {
      engine.answers.set('app.state', {
        ok: true,
        value: {
          version: '1.2.3',
          host: 'desktop',
          platform: 'linux',
          can: {
            chooseFiles: true,
            chooseFolder: true,
            readClipboard: true,
            reveal: true,
            openBrowser: true,
            download: false,
            endSessions: false,
          },
          outputFolders: [{ token: 'canary-token', path: '/canary/output' }],
          cores: 4,
          approval: null,
          connection,
        },
      });
      engine.answers.set('runs.list', { ok: true, value: { runs: [run] } });
    },
    { process: { argv: ['rewrap', 'one.bin'] } },
  );
  await started;
  press(electron, 'Copy diagnostics');
  await settle();
  await settle();
  const text = electron.clipboardText;
  expect(text).toMatch(/^Rewrap 1\.2\.3\nSystem: linux 6\.1, x64\nElectron 45\.4\.1, Chromium 1, Node 24\n/);
  expect(text).toContain('Connection: aws, failed, ExpiredToken\n');
  expect(text).toContain('Runs: 1\n  run finished: 7 blobs, 5 ok, 2 failed, 0 skipped, DiskFull\n');
  expect(text).toMatch(/Log:\n {2}\S+ started version=1\.2\.3/);
  expect(text).not.toMatch(/canary|111122223333|AIDA|arn:|rewrap-desktop-|one\.bin/i);
  expect(electron.asked.at(-1)).toMatchObject({ message: 'Diagnostics are on the clipboard.' });
  expect(String(electron.asked.at(-1)?.detail)).not.toMatch(/canary/);
});

test('an engine that does not answer costs its lines, no more', async () => {
  const { electron, started } = boot();
  await started;
  press(electron, 'Copy diagnostics');
  await settle();
  await settle();
  expect(electron.clipboardText).toContain('Connection: not known\nRuns: not known\n');
});

test('the log and the data folder are shown where they are', async () => {
  const { dir, electron, started } = boot();
  await started;
  press(electron, 'Show log');
  press(electron, 'Show data folder');
  expect(electron.revealed).toEqual([`${dir}/logs/rewrap.log`, `${dir}/data`]);
});
