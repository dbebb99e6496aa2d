import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContextBridge, IpcRenderer, IpcRendererEvent, WebUtils } from 'electron';
import { beforeEach, expect, test, vi } from 'vitest';
import type { Reply, RewrapApi } from '#shared/contract/api.ts';
import { eventChannel, hostChannel, requestChannel } from '#shared/contract/channels.ts';
import { events, requests } from '#shared/contract/contract.ts';

const { exposed, invoked, renderer, answer, fileOn } = vi.hoisted(() => ({
  exposed: new Map<string, unknown>(),
  invoked: [] as { channel: string; args: unknown[] }[],
  renderer: { bus: null as EventEmitter | null },
  answer: { with: async (): Promise<unknown> => ({ ok: true, value: {} }) },
  fileOn: new Map<unknown, string>(),
}));

vi.mock('electron', () => {
  const bus = new EventEmitter();
  renderer.bus = bus;
  return {
    contextBridge: {
      exposeInMainWorld: (key, api) => void exposed.set(key, api),
    } satisfies Partial<ContextBridge>,
    ipcRenderer: Object.assign(bus, {
      invoke: async (channel, ...args) => {
        invoked.push({ channel, args });
        return answer.with();
      },
    } satisfies Partial<IpcRenderer>),
    webUtils: {
      getPathForFile: (file) => {
        const path = fileOn.get(file);
        if (path === undefined) throw new TypeError('not a File');
        return path;
      },
    } satisfies WebUtils,
  };
});

await import('../../preload.ts');
const api = exposed.get('rewrap') as RewrapApi<unknown> & Record<string, Record<string, unknown>>;
const bus = renderer.bus as EventEmitter;

beforeEach(() => {
  invoked.length = 0;
  answer.with = async () => ({ ok: true, value: {} });
});

test('exposes one object with exactly the names of the contract', () => {
  expect([...exposed.keys()]).toEqual(['rewrap']);
  expect(Object.keys(api).sort()).toEqual([...Object.keys(requests), 'on', 'takeFiles'].sort());
  for (const [namespace, methods] of Object.entries(requests)) {
    expect(Object.keys(api[namespace] ?? {})).toEqual(Object.keys(methods));
  }
});

test('a call goes to its own channel with one argument and gives the reply', async () => {
  for (const [namespace, methods] of Object.entries(requests)) {
    for (const method of Object.keys(methods)) {
      const reply = { ok: true, value: { marker: method } };
      answer.with = async () => reply;
      const call = api[namespace]?.[method] as (...args: unknown[]) => Promise<unknown>;
      expect(await call({ a: 1 }, 'more')).toEqual(reply);
      expect(invoked.at(-1)).toEqual({ channel: requestChannel(namespace, method), args: [{ a: 1 }] });
    }
  }
});

test('a call that cannot be made is a fault, without a word of the cause', async () => {
  answer.with = async () => {
    throw new Error("Error invoking remote method 'rewrap:app.state': secret");
  };
  const reply = (await api.app.state({})) as Reply<unknown>;
  expect(reply).toMatchObject({ ok: false, fault: { code: 'HostUnavailable', raw: null, retryable: false } });
  expect(JSON.stringify(reply)).not.toMatch(/secret|rewrap:/);
});

test('a listener gets the payload alone, until it unsubscribes', () => {
  for (const name of Object.keys(events) as (keyof typeof events)[]) {
    const heard: unknown[][] = [];
    const stop = api.on(name, (...args: unknown[]) => void heard.push(args));
    const event = { sender: 'the ipcRenderer', ports: [] } as unknown as IpcRendererEvent;
    bus.emit(eventChannel(name), event, { n: 1 }, 'more');
    expect(heard).toEqual([[{ n: 1 }]]);
    expect(stop()).toBeUndefined();
    bus.emit(eventChannel(name), event, { n: 2 });
    expect(heard).toHaveLength(1);
    expect(bus.listenerCount(eventChannel(name))).toBe(0);
  }
});

test('unsubscribing one listener leaves the other', () => {
  const heard: string[] = [];
  const stop = api.on('blobsChanged', () => void heard.push('first'));
  const stopOther = api.on('blobsChanged', () => void heard.push('other'));
  stop();
  stop();
  bus.emit(eventChannel('blobsChanged'), {}, {});
  expect(heard).toEqual(['other']);
  stopOther();
});

test('unknown events and listeners that are no functions are refused', () => {
  const on = api.on as unknown as (event: unknown, listener: unknown) => void;
  for (const name of [
    'rewrap-event:show',
    'toString',
    '__proto__',
    '',
    1,
    null,
    ['show'],
    { toString: () => 'show' },
  ]) {
    expect(() => on(name, () => {})).toThrow('There is no such event.');
  }
  expect(() => on('show', 'a string')).toThrow('A listener is a function.');
  expect(bus.eventNames().filter((name) => bus.listenerCount(name) > 0)).toEqual([]);
});

test('files become paths here; what has no path is dropped', async () => {
  const [first, second, made, other] = [{}, {}, {}, {}];
  fileOn.set(first, '/a');
  fileOn.set(second, '/b');
  fileOn.set(made, '');
  await api.takeFiles([first, made, other, second]);
  expect(invoked).toEqual([
    { channel: hostChannel('intake', 'addPaths'), args: [{ paths: ['/a', '/b'], origin: 'path' }] },
  ]);
});

test('files of which none has a path are not passed over in silence', async () => {
  for (const files of [[{}], [], undefined, 'text'])
    expect(await api.takeFiles(files as never)).toMatchObject({ ok: false, fault: { code: 'NoPath' } });
  expect(invoked).toEqual([]);
});

test('the preload loads nothing but electron', () => {
  const text = readFileSync(join(import.meta.dirname, '../../preload.ts'), 'utf8');
  const loaded = [...text.matchAll(/^import (?!type)[^;]*?from '([^']+)'/gms)].map(([, from]) => from);
  // These are modules that import nothing but types, bundled in.
  const shared = ['channels.ts', 'message-size.ts'];
  expect(loaded).toEqual(['electron', ...shared.map((name) => `#shared/contract/${name}`)]);
  for (const name of shared)
    expect(readFileSync(join(import.meta.dirname, '../../../shared/contract', name), 'utf8')).not.toMatch(
      /^import (?!type)|\bimport\(/m,
    );
});

test('a message larger than any request is not sent', async () => {
  const reply = await api.intake.paste({ text: 'x'.repeat(51_000_000) });
  expect(reply).toMatchObject({ ok: false, fault: { code: 'TooLarge' } });
  let value: unknown = {};
  for (let level = 0; level < 10_000; level += 1) value = { value };
  expect(await api.app.setLook(value as never)).toMatchObject({ ok: false, fault: { code: 'TooLarge' } });
  expect(invoked).toEqual([]);
});
