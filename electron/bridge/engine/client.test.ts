import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { channelTo } from '../../core/children/index.ts';
import type { Engine, EngineOptions } from '../index.ts';
import { NO_CAPABILITIES } from '../types.ts';
import { type EngineDeath, startEngine } from './client.ts';
import type { FromWorker } from './protocol.ts';

/** By thread, oldest first: what hears its messages. */
const { heard } = vi.hoisted(() => ({ heard: [] as ((message: FromWorker) => void)[] }));
vi.mock('./thread.ts', async (original) => {
  const { EngineThread, ...rest } = await original<typeof import('./thread.ts')>();
  class HeardThread extends EngineThread {
    constructor(...args: ConstructorParameters<typeof EngineThread>) {
      super(...args);
      heard.push(args[2]);
    }
  }
  return { ...rest, EngineThread: HeardThread };
});

/**
 * A thread that speaks the engine's protocol: it answers each call with what it was started with and was asked. It dies
 * of the calls `die` (an error), `exit` and `hang` never answers.
 */
const THREAD = `
  import { parentPort, workerData } from 'node:worker_threads';
  parentPort.on('message', (message) => {
    if (message.type === 'close') process.exit(0);
    if (message.type !== 'call') return;
    const { id, name, input, host } = message;
    if (name === 'die') throw Object.assign(new RangeError('canary words'), { code: 'ERR_TEST' });
    if (name === 'exit') process.exit(7);
    if (name === 'hang') return;
    if (name === 'child') parentPort.postMessage({ type: 'child-start', child: 1, kind: 'run' });
    if (name === 'say') parentPort.postMessage({ type: 'event', ...input });
    const value = { name, input, host, options: workerData.options };
    parentPort.postMessage({ type: 'reply', id, reply: { ok: true, value } });
  });
  parentPort.postMessage({ type: 'ready' });
`;

const OPTIONS: EngineOptions = {
  host: 'loopback',
  version: '0',
  can: NO_CAPABILITIES,
  dataDir: '/nowhere',
  outputFolders: [],
  paths: ['/a'],
};

const CHOICE = {
  kind: 'aws' as const,
  profile: 'prod',
  region: null,
  endpointUrl: null,
  fips: null,
  dualStack: null,
};

/** A child that hears nothing, not even that its pipe closed. */
let child: ChildProcess | null = null;
const startChild = {
  'two-step': () => {
    throw new Error('not asked for');
  },
  run: () => {
    child = spawn(process.execPath, ['-e', 'for (;;) {}'], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    return channelTo(child);
  },
};

let folder = '';
let engine: Engine;
let deaths: EngineDeath[];
let changes: { state: string; fault: { code: string; detail: string } | null }[];

function file(text: string): string {
  const path = join(folder, `${Math.random().toString(36).slice(2)}.mjs`);
  writeFileSync(path, text);
  return path;
}

async function start(text = THREAD, options = OPTIONS): Promise<void> {
  engine = await startEngine(options, file(text), {
    startChild,
    died: (death) => void deaths.push(death),
  });
  engine.onEvent((name, payload) => {
    if (name === 'engineChanged') changes.push(payload as never);
  });
}

const states = () => changes.map(({ state }) => state);
const changed = (count: number) =>
  vi.waitFor(() => expect(changes.length).toBeGreaterThanOrEqual(count), { timeout: 30_000 });

/** The options that the engine in force was started with. */
async function begun(): Promise<EngineOptions> {
  const reply = await engine.call('app.state', {});
  return (reply as { value: { options: EngineOptions } }).value.options;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-client-'));
  deaths = [];
  changes = [];
});
afterEach(async () => {
  await engine?.close();
  rmSync(folder, { recursive: true });
});

describe('a start', () => {
  test('is over when the engine says so, not when its thread runs', async () => {
    const silent = `import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => process.exit(0));
      setTimeout(() => parentPort.postMessage({ type: 'ready' }), 300);`;
    const before = performance.now();
    await start(silent);
    expect(performance.now() - before).toBeGreaterThan(290);
  });

  test.each([
    ['throws while it loads', `throw new Error('No such built-in module: node:sqlite');`, 'node:sqlite'],
    ['loads what is not there', `import './none.mjs';`, 'none.mjs'],
    ['is no module', 'this is not JavaScript', 'Unexpected identifier'],
    ['ends', 'process.exit(3);', 'code 3'],
  ])('fails with the words of an engine that %s', async (_what, text, words) => {
    await expect(startEngine(OPTIONS, file(text), { startChild })).rejects.toThrow(words);
  });
});

describe('an engine that dies', () => {
  test('answers what it was asked with a fault, is started again, and says each step', async () => {
    await start();
    const hanging = engine.call('hang', {});
    await engine.call('die', {});
    expect(await hanging).toMatchObject({ ok: false, fault: { code: 'EngineStopped', retryable: true } });
    await changed(2);
    expect(states()).toEqual(['restarting', 'running']);
    expect(deaths).toMatchObject([{ restarting: true, error: { message: 'canary words' } }]);
    expect(changes[0]?.fault).toMatchObject({ code: 'EngineStopped' });
    // The error's words are for the log alone.
    expect(changes[0]?.fault?.detail).toContain('RangeError (ERR_TEST)');
    expect(JSON.stringify(changes)).not.toContain('canary');
    expect(await engine.call('app.state', {})).toMatchObject({ ok: true });
  });

  test('has its child processes ended and waited for, also one that hangs', async () => {
    await start();
    await engine.call('child', {});
    if (child === null) throw new Error('not started');
    const ended = once(child, 'exit');
    await engine.call('die', {});
    expect(await ended).toEqual([null, 'SIGKILL']);
  });

  test('starts no child any more once it is gone', async () => {
    await start();
    const late = heard.at(-1);
    void engine.call('die', {});
    await changed(2);
    child = null;
    late?.({ type: 'child-start', child: 1, kind: 'run' });
    expect(child).toBeNull();
    await engine.call('child', {});
    expect(child).not.toBeNull();
  });

  test('keeps later requests waiting until the next one serves', async () => {
    await start();
    const asked = new Promise((resolve) => {
      engine.onEvent((name) => {
        if (name === 'engineChanged' && states().join() === 'restarting')
          resolve(engine.call('blobs.list', { offset: 0 }));
      });
    });
    void engine.call('exit', {});
    expect(await asked).toMatchObject({
      ok: true,
      value: { name: 'blobs.list', options: { generation: 1 } },
    });
    expect(deaths).toMatchObject([{ error: null, exitCode: 7 }]);
  });

  test('begins with what was opened and chosen before, under ids of its own', async () => {
    await start();
    await engine.callHost('intake.addPaths', { paths: ['/b'], origin: 'path' });
    await engine.callHost('intake.addPaths', { paths: ['/up'], origin: 'upload' });
    const payload = {
      choice: CHOICE,
      status: 'ready',
      region: null,
      endpoint: null,
      endpointInfo: null,
      identity: null,
      fault: null,
    };
    await engine.call('say', { name: 'connectionChanged', payload });
    void engine.call('exit', {});
    await changed(2);
    expect(await begun()).toMatchObject({
      paths: ['/a', '/b'],
      connection: CHOICE,
      generation: 1,
      sample: false,
    });
    await engine.call('intake.clear', { sourceIds: null });
    void engine.call('exit', {});
    await changed(4);
    expect(await begun()).toMatchObject({ paths: [], generation: 2, sample: false });
  });

  test('four times in a row is not started any more, says so, and answers every request so', async () => {
    await start();
    for (let death = 1; death <= 3; death += 1) {
      void engine.call('die', {});
      await changed(death * 2);
    }
    await engine.call('die', {});
    expect(states().at(-1)).toBe('failed');
    expect(deaths.map(({ restarting }) => restarting)).toEqual([true, true, true, false]);
    for (const reply of [await engine.call('app.state', {}), await engine.callHost('x', {})])
      expect(reply).toMatchObject({ ok: false, fault: { code: 'EngineFailed' } });
    await engine.close();
  });

  test('is started again once the deaths before are ten minutes past', async () => {
    await start();
    const clock = vi.spyOn(Date, 'now');
    try {
      for (let death = 1; death <= 5; death += 1) {
        clock.mockReturnValue(death * 4 * 60_000);
        void engine.call('die', {});
        await changed(death * 2);
      }
      expect(states()).not.toContain('failed');
    } finally {
      clock.mockRestore();
    }
  });

  test('and cannot be loaded again is given up after three tries', async () => {
    const flag = join(folder, 'broken');
    await start(
      `import { existsSync } from 'node:fs'; if (existsSync(${JSON.stringify(flag)})) throw new Error('gone');\n${THREAD}`,
    );
    writeFileSync(flag, '');
    void engine.call('die', {});
    await vi.waitFor(() => expect(states().at(-1)).toBe('failed'), { timeout: 30_000 });
    expect(deaths).toHaveLength(4);
    expect(deaths.at(-1)).toMatchObject({ restarting: false, error: { message: 'gone' } });
  });

  test('while it closes is no death', async () => {
    await start();
    await engine.close();
    expect(deaths).toEqual([]);
    expect(states()).toEqual([]);
    expect(await engine.call('app.state', {})).toMatchObject({ ok: false, fault: { code: 'EngineStopped' } });
  });
});

test('a request that cannot be sent is a fault, and takes no other down', async () => {
  await start();
  expect(await engine.call('x', { f: () => 1 })).toMatchObject({ ok: false, fault: { code: 'BadRequest' } });
  expect(await engine.call('x', {})).toMatchObject({ ok: true });
});
