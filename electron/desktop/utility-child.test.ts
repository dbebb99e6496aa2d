import { expect, test } from 'vitest';
import { boot } from './testing/boot.ts';

async function booted() {
  const { electron, starters, started } = boot();
  await started;
  const [start] = starters;
  if (start === undefined) throw new Error('The engine was not told how to start children');
  expect(electron.children).toEqual([]);
  const channel = start();
  const [child] = electron.children;
  if (child === undefined) throw new Error('No child was started');
  return { channel, child };
}

test('the engine starts its child as a utility process without environment, arguments and terminal', async () => {
  const { child } = await booted();
  expect(child.file).toBe('/dist/two-step-child.cjs');
  expect(child.args).toEqual([]);
  expect(child.options).toEqual({ env: {}, stdio: 'ignore', serviceName: 'Rewrap two-step' });
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

test('its end is told, also to who asks afterwards', async () => {
  const { channel, child } = await booted();
  channel.kill();
  expect(child.killed).toBe(true);
  await new Promise<void>((resolve) => channel.onEnd(resolve));
});
