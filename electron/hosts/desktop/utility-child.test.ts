import { expect, test } from 'vitest';
import { boot } from './testing/boot.ts';

async function booted(kind: 'two-step' | 'run' = 'two-step') {
  const { electron, starts, started } = boot();
  await started;
  const start = starts[0]?.startChild?.[kind];
  if (start === undefined) throw new Error('The engine does not know how to start children');
  expect(electron.children).toEqual([]);
  const channel = start();
  const [child] = electron.children;
  if (child === undefined) throw new Error('No child was started');
  return { channel, child };
}

test('the engine starts its child as a utility process with nothing of our environment, no arguments and no terminal', async () => {
  process.env.REWRAP_CANARY = 'a token of the parent';
  const { child } = await booted();
  const { environment } = child;
  delete process.env.REWRAP_CANARY;
  expect(child.file).toBe('/dist/two-step-child.cjs');
  expect(child.args).toEqual([]);
  expect(child.options).toMatchObject({ stdio: 'ignore', serviceName: 'Rewrap two-step' });
  // An empty one would mean the parent's.
  expect(Object.keys(environment).sort()).toEqual(['MALLOC_PERTURB_', 'REWRAP_CHILD']);
});

test('a process of a run gets where programs are and nothing of credentials, endpoints and Node', async () => {
  const others = {
    REWRAP_CANARY: 'x',
    AWS_SECRET_ACCESS_KEY: 'x',
    AWS_ENDPOINT_URL: 'http://x',
    HTTPS_PROXY: 'http://x',
    NODE_OPTIONS: '--no-warnings',
  };
  const before = { ...process.env };
  Object.assign(process.env, others);
  const { child } = await booted('run');
  const { environment } = child;
  for (const name of Object.keys(others)) delete process.env[name];
  Object.assign(process.env, before);
  expect(child.file).toBe('/dist/run-worker.cjs');
  expect(child.args).toEqual([]);
  expect(child.options).toMatchObject({ stdio: 'ignore', serviceName: 'Rewrap run' });
  expect(environment).toMatchObject({ REWRAP_CHILD: 'run', PATH: process.env.PATH });
  expect(Object.keys(environment).filter((name) => name in others)).toEqual([]);
});

test('messages pass both ways', async () => {
  const { channel, child } = await booted();
  const heard: unknown[] = [];
  channel.onMessage((message) => heard.push(message));
  channel.send({ type: 'open' });
  child.emit('message', { type: 'tried' });
  expect(child.sent).toEqual([{ type: 'open' }]);
  expect(heard).toEqual([{ type: 'tried' }]);
});

test('its end is reported, also to a later listener', async () => {
  const { channel, child } = await booted();
  channel.kill();
  expect(child.killed).toBe(true);
  await new Promise<void>((resolve) => channel.onEnd(resolve));
});

test.each(['two-step', 'run'] as const)(
  'a child of kind %s that cannot be forked has ended',
  async (kind) => {
    const { electron, starts, started } = boot();
    await started;
    electron.forkFails = true;
    const channel = starts[0]?.startChild?.[kind]();
    channel?.send({ type: 'open' });
    channel?.kill();
    await new Promise<void>((resolve) => channel?.onEnd(resolve));
    expect(electron.children).toEqual([]);
  },
);
