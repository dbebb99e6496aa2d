import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import type { EventPayload } from '#shared/contract/api.ts';
import { eventChannel, hostChannel } from '#shared/contract/channels.ts';
import { events } from '#shared/contract/contract.ts';
import { fault } from '#shared/model/fault.ts';
import { type Booted, boot, settle } from '../testing/boot.ts';
import { emit, FakeNotification } from '../testing/event.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

type Run = EventPayload<'runProgress'>;

/** A run of 100 blobs as the engine speaks of it. */
function run(status: Run['status'], done: number, change: Partial<Run> = {}): Run {
  const over = status !== 'running' && status !== 'cancelling';
  return events.runProgress.payload.parse({
    id: 'r1',
    method: 'reencrypt',
    dryRun: false,
    status,
    startedAt: '2026-11-24T10:00:00.000Z',
    finishedAt: over ? '2026-11-24T10:00:30.000Z' : null,
    counts: {
      total: 100,
      waiting: 100 - done,
      running: 0,
      succeeded: done,
      already: 0,
      failed: 0,
      skipped: 0,
      restored: 0,
    },
    outcome: { reencrypted: done, already: 0, notReencrypted: 100 - done, underOldKey: null },
    rate: 10,
    secondsLeft: 1,
    destinationKeyId: 'alias/canary-key',
    connection: 'canary-account',
    downloads: 0,
    fault: null,
    output: 'in-place',
    files: { total: 100, done },
    bytes: { total: 18_400, done: 184 * done },
    perKey: [],
    undo: null,
    resume: null,
    retry: null,
    elsewhere: null,
    ...change,
  });
}

async function booted(
  platform: NodeJS.Platform = 'linux',
): Promise<Booted & { log(): string; tell(run: Run): void }> {
  const all = boot(undefined, { process: { platform } });
  await all.started;
  return {
    ...all,
    tell: (progress) => all.engine.emit('runProgress', progress),
    log: () => readFileSync(join(all.dir, 'logs', 'rewrap.log'), 'utf8'),
  };
}

describe('while a run goes on', () => {
  test('taskbar and dock show how far it is, and nothing once it has ended', async () => {
    const { electron, tell } = await booted();
    tell(run('running', 0));
    tell(run('running', 25));
    tell(run('cancelling', 40));
    tell(run('cancelled', 41));
    expect(electron.window.progress).toEqual([
      { value: 0, mode: 'normal' },
      { value: 0.25, mode: 'normal' },
      { value: 0.4, mode: 'paused' },
      { value: -1, mode: null },
    ]);
  });

  test('two runs are shown as one, weighed by their blobs', async () => {
    const { electron, tell } = await booted();
    tell(run('running', 50));
    tell(
      run('running', 0, {
        id: 'r2',
        counts: {
          total: 300,
          waiting: 290,
          running: 10,
          succeeded: 0,
          already: 0,
          failed: 0,
          skipped: 0,
          restored: 0,
        },
      }),
    );
    expect(electron.window.progress.at(-1)).toEqual({ value: 50 / 400, mode: 'normal' });
  });

  test('a window that is opened anew shows it too', async () => {
    const { electron, tell } = await booted('darwin');
    tell(run('running', 10));
    electron.window.closeByHand();
    tell(run('running', 20));
    emit(electron.app, 'activate', false);
    electron.window.emit('ready-to-show');
    expect(electron.windows).toHaveLength(2);
    expect(electron.window.progress).toEqual([{ value: 0.2, mode: 'normal' }]);
  });

  test('an engine that dies ends what was promised of it, and the log has its error', async () => {
    const { electron, engine, tell, starts, log } = await booted();
    tell(run('running', 25));
    const error = Object.assign(new RangeError('gone at /home/canary/file'), { code: 'ERR_X' });
    starts[0]?.died?.({ error, exitCode: 1, restarting: true });
    const stopped = fault('EngineStopped', 'm', 'd', 'r');
    engine.emit('engineChanged', { state: 'restarting', fault: stopped });
    expect(electron.window.progress.at(-1)).toEqual({ value: -1, mode: null });
    expect(electron.blockers.size).toBe(0);
    engine.emit('engineChanged', { state: 'running', fault: null });
    expect(electron.window.webContents.sent.map(({ channel }) => channel)).toEqual([
      eventChannel('runProgress'),
      eventChannel('engineChanged'),
      eventChannel('engineChanged'),
    ]);
    expect(log()).toMatch(/ engine-died error=RangeError code=ERR_X words=".*" restarting=true\n/);
    expect(log()).toMatch(/ engine-restarted\n/);
    expect(log()).not.toContain('canary');
    // Nothing is under way: quitting asks nothing.
    electron.app.quit();
    await settle();
    expect(electron.asked).toEqual([]);
    expect(electron.log.at(-1)).toBe('quit');
  });

  test('the system does not fall asleep by itself', async () => {
    const { electron, tell } = await booted();
    expect(electron.blockers.size).toBe(0);
    tell(run('running', 1));
    tell(run('running', 2));
    expect([...electron.blockers.values()]).toEqual(['prevent-app-suspension']);
    tell(run('finished', 100));
    expect(electron.blockers.size).toBe(0);
  });
});

describe('the end of a run', () => {
  test('is notified of when it was long and the window is not looked at; a click leads to it', async () => {
    const { electron, tell } = await booted();
    await electron.invoke('rewrap:app.ready', {});
    electron.window.focused = false;
    tell(run('running', 1));
    tell(
      run('finished', 0, {
        counts: {
          total: 2000,
          waiting: 0,
          running: 0,
          succeeded: 1998,
          already: 0,
          failed: 2,
          skipped: 0,
          restored: 0,
        },
        outcome: { reencrypted: 1998, already: 0, notReencrypted: 2, underOldKey: 2 },
      }),
    );
    const [notification, ...more] = electron.notifications;
    expect(more).toEqual([]);
    expect(notification?.options).toEqual({
      title: 'Re-encryption finished',
      body: '1,998 of 2,000 blobs re-encrypted, 2 failed',
    });
    expect(notification?.shown).toBe(1);
    notification?.emit('click');
    expect(electron.window.did).toEqual(['show', 'focus']);
    expect(electron.window.webContents.sent.at(-1)).toEqual({
      channel: eventChannel('show'),
      args: [{ view: 'runs' }],
    });
  });

  test('is held until it is clicked or closed: Electron itself holds it weakly', async () => {
    const { electron, tell } = await booted();
    electron.window.focused = false;
    const end = (id: string) => {
      tell(run('running', 1, { id }));
      tell(run('finished', 100, { id }));
      return new WeakRef(electron.notifications.splice(0)[0] as FakeNotification);
    };
    const collected = async (ref: WeakRef<FakeNotification>) => {
      await settle();
      gc();
      return ref.deref() === undefined;
    };
    const shown = end('r1');
    expect(await collected(shown)).toBe(false);
    shown.deref()?.emit('close', { reason: 'timedOut' });
    expect(await collected(shown)).toBe(false);
    shown.deref()?.emit('click');
    expect(await collected(shown)).toBe(true);
    const closed = end('r2');
    closed.deref()?.emit('close', { reason: 'userCanceled' });
    expect(await collected(closed)).toBe(true);
  });

  test.each([
    ['is looked at', true, '2026-11-24T10:00:30.000Z', true],
    ['came soon', false, '2026-11-24T10:00:09.000Z', true],
    ['cannot be notified of on this system', false, '2026-11-24T10:00:30.000Z', false],
  ])('is not notified of when it %s', async (_what, focused, finishedAt, supported) => {
    const { electron, tell } = await booted();
    FakeNotification.supported = supported;
    electron.window.focused = focused;
    tell(run('running', 1));
    tell(run('finished', 100, { finishedAt }));
    FakeNotification.supported = true;
    expect(electron.notifications).toEqual([]);
  });

  test('says what it was, and whether it failed', async () => {
    const { electron, tell } = await booted();
    electron.window.focused = false;
    for (const [status, dryRun] of [
      ['finished', true],
      ['cancelled', false],
      ['failed', false],
    ] as const) {
      tell(run('running', 1, { dryRun }));
      tell(run(status, 1, { dryRun }));
    }
    expect(electron.notifications.map(({ options }) => [options.title, options.body])).toEqual([
      ['Dry run finished', '1 of 100 blobs would be re-encrypted, 99 left'],
      ['Re-encryption stopped', '1 of 100 blobs re-encrypted, 99 left'],
      ['Re-encryption failed', '1 of 100 blobs re-encrypted, 99 left'],
    ]);
  });
});

describe('quitting while a run goes on', () => {
  test('asks, and goes on when the person says so', async () => {
    const { electron, engine, tell } = await booted();
    tell(run('running', 30));
    electron.answers.push(0);
    electron.app.quit();
    await settle();
    expect(electron.asked).toHaveLength(1);
    expect(electron.asked[0]).toMatchObject({
      message: 'Still running: 30 of 100 blobs are done.',
      buttons: ['Keep going', 'Stop safely and quit'],
      defaultId: 0,
      cancelId: 0,
    });
    expect(engine.closed).toBe(0);
    expect(electron.log).not.toContain('quit');
  });

  test('stops the engine first when the person says so', async () => {
    const { electron, engine, tell } = await booted();
    tell(run('running', 30));
    electron.answers.push(1);
    electron.app.quit();
    await settle();
    expect(engine.closed).toBe(1);
    expect(electron.log.at(-1)).toBe('quit');
  });

  test('asks once however often it is asked to quit, and needs no answer once the run has ended', async () => {
    const { electron, engine, tell } = await booted();
    let answer = () => {};
    electron.asking = new Promise((resolve) => {
      answer = resolve;
    });
    tell(run('running', 30));
    electron.app.quit();
    electron.app.quit();
    tell(run('finished', 100));
    answer();
    await settle();
    expect(electron.asked).toHaveLength(1);
    expect(engine.closed).toBe(1);
    expect(electron.log.at(-1)).toBe('quit');
  });

  test.each(['linux', 'win32'] as const)(
    'closing the window on %s is the same question',
    async (platform) => {
      const { electron, engine, tell } = await booted(platform);
      tell(run('running', 30));
      electron.window.closeByHand();
      await settle();
      expect(electron.window.destroyed).toBe(false);
      expect(electron.asked).toHaveLength(1);
      expect(engine.closed).toBe(0);
    },
  );

  test('closing the window on macOS needs no question: the run goes on', async () => {
    const { electron, tell } = await booted('darwin');
    tell(run('running', 30));
    electron.window.closeByHand();
    expect(electron.window.destroyed).toBe(true);
    expect(electron.asked).toEqual([]);
    // And quitting without a window asks in a box of its own.
    electron.app.quit();
    await settle();
    expect(electron.asked).toHaveLength(1);
  });
});

describe('sleep and shutdown', () => {
  test('sleep and waking are written down and touch nothing', async () => {
    const { electron, engine, tell, log } = await booted();
    tell(run('running', 30));
    electron.powerMonitor.emit('suspend');
    electron.powerMonitor.emit('resume');
    expect(engine.closed).toBe(0);
    expect(log()).toMatch(/ sleep runs=1\n.* wake runs=1\n/);
  });

  test('a shutdown waits while the engine finishes, without a question', async () => {
    const { electron, engine, tell } = await booted();
    let finish = () => {};
    engine.closing = new Promise((resolve) => {
      finish = resolve;
    });
    tell(run('running', 30));
    expect(emit(electron.powerMonitor, 'shutdown').defaultPrevented).toBe(true);
    await settle();
    expect(engine.closed).toBe(1);
    expect(electron.asked).toEqual([]);
    expect(electron.log).not.toContain('quit');
    finish();
    await settle();
    expect(electron.log.at(-1)).toBe('quit');
  });

  test('the end of a Windows session closes the engine at once', async () => {
    const { electron, engine, tell } = await booted('win32');
    tell(run('running', 30));
    emit(electron.window, 'session-end');
    expect(engine.closed).toBe(1);
    expect(electron.asked).toEqual([]);
  });
});

describe('recent folders', () => {
  const submenu = (electron: Booted['electron']) => {
    const file = electron.menu?.find(({ label }) => label === '&File')?.submenu;
    const item = Array.isArray(file) ? file.find(({ label }) => label === 'Open recent folder') : undefined;
    if (item === undefined || !Array.isArray(item.submenu)) throw new Error('No such menu');
    return item.submenu;
  };
  const names = (electron: Booted['electron']) => submenu(electron).flatMap(({ label }) => label ?? []);
  const click = (electron: Booted['electron'], label: string) =>
    submenu(electron)
      .find((item) => item.label === label)
      ?.click?.({} as never, undefined, {} as never);

  test('come from the command line, dialogs, drops and the system, the last one first, files left out', async () => {
    const { dir, electron, started } = boot(undefined, {
      process: { argv: ['rewrap', 'renderer', 'one.bin'] },
    });
    await started;
    for (const name of ['chosen', 'dropped']) mkdirSync(join(dir, name));
    electron.chosen = { canceled: false, filePaths: [join(dir, 'chosen')] };
    await electron.invoke('rewrap:intake.choose', { what: 'folder' });
    const dropped = { paths: [join(dir, 'dropped'), join(dir, 'two.bin')], origin: 'path' };
    await electron.invoke(hostChannel('intake', 'addPaths'), dropped);
    emit(electron.app, 'open-file', join(dir, 'data'));
    const expected = ['data', 'dropped', 'chosen', 'renderer'].map((name) => join(dir, name));
    expect(names(electron)).toEqual([...expected, 'Clear this list']);
    expect(electron.recent).toEqual([...expected].reverse());
  });

  test('open again, come first once more, and are kept for the next start', async () => {
    const first = boot(undefined, { process: { argv: ['rewrap', 'renderer', 'data'] } });
    await first.started;
    const { dir, electron, engine } = first;
    click(electron, join(dir, 'renderer'));
    expect(engine.hostCalls.at(-1)?.input).toEqual({ paths: [join(dir, 'renderer')], origin: 'picked' });
    expect(names(electron)[0]).toBe(join(dir, 'renderer'));
    const stored = JSON.parse(readFileSync(join(dir, 'data', 'desktop-state.json'), 'utf8'));
    expect(stored).toMatchObject({ version: 1, recentFolders: [join(dir, 'renderer'), join(dir, 'data')] });
  });

  test('that are gone are said to be, and taken off the list', async () => {
    const { dir, electron, engine, started } = boot(undefined, { process: { argv: ['rewrap', 'renderer'] } });
    await started;
    rmSync(join(dir, 'renderer'), { recursive: true });
    click(electron, join(dir, 'renderer'));
    expect(electron.boxes[0]?.title).toBe('That folder is not there');
    expect(engine.hostCalls).toEqual([]);
    expect(names(electron)).toEqual(['Clear this list']);
  });

  test('are forgotten when asked, by the system too', async () => {
    const { electron, started } = boot(undefined, { process: { argv: ['rewrap', 'renderer'] } });
    await started;
    click(electron, 'Clear this list');
    expect(names(electron)).toEqual(['Clear this list']);
    expect(electron.recent).toEqual([]);
  });
});

test("the theme that was chosen in the page is the system's menus' too, and there at the next start", async () => {
  const { dir, electron, engine } = await booted();
  engine.answers.set('app.setLook', { ok: true, value: {} });
  const look = { theme: 'dark', density: 'compact', textSize: 125, inspectorWidth: 440 };
  expect(await electron.invoke('rewrap:app.setLook', look)).toEqual({ ok: true, value: {} });
  expect(electron.theme.themeSource).toBe('dark');
  expect(engine.calls.at(-1)).toEqual({ name: 'app.setLook', input: look });
  const next = boot(({ dir: home }) => cpSync(join(dir, 'data'), join(home, 'data'), { recursive: true }));
  await next.started;
  expect(next.electron.theme).toMatchObject({ themeSource: 'dark' });
  expect(await electron.invoke('rewrap:app.setLook', { ...look, theme: 'pink' })).toMatchObject({
    ok: false,
  });
});

test('the log tells of a run without a word about what it touched', async () => {
  const { tell, log } = await booted();
  tell(run('running', 1));
  tell(
    run('failed', 1, {
      fault: { ...fault('AccessDenied', 'canary message', 'canary detail', ''), raw: null },
    }),
  );
  expect(log()).toMatch(/ run-started blobs=100 dryRun=false\n/);
  expect(log()).toMatch(
    / run-ended status=failed succeeded=1 already=0 failed=0 skipped=0 milliseconds=30000 code=AccessDenied\n/,
  );
  expect(log()).not.toContain('canary');
});

test('Windows knows us by our id; the others need none', async () => {
  const windows = boot(undefined, { process: { platform: 'win32' } });
  await windows.started;
  expect(windows.electron.log).toContain('appUserModelId dev.rewrap.Rewrap');
  expect((await booted()).electron.log.join()).not.toContain('appUserModelId');
  expect(windows.electron.about).toMatchObject({ applicationName: 'Rewrap', applicationVersion: '1.2.3' });
});
