import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleHost, processRound } from './processes.ts';
import { inMemory, seeded } from './seeded.test-help.ts';

inMemory();
let bundled: Awaited<ReturnType<typeof bundleHost>>;
beforeAll(async () => {
  bundled = await bundleHost();
});
afterAll(() => bundled?.remove());

// The long version is `npm run torture -- --processes 20`.
test('a run by processes survives the death of some, and of its host; it is undone then', async () => {
  const { killed, hosts, pauses, undone } = await processRound(
    bundled.host,
    { processes: 3, output: 'in-place', kms: [{ kind: 'latency', every: 2, ms: 40 }], acts: 5 },
    seeded(7),
  );
  console.log(`${killed} processes and ${hosts} hosts killed, ${pauses} times paused`);
  expect(killed + hosts).toBeGreaterThan(0);
  expect(undone).toBe(true);
}, 180_000);
