import { expect, test } from 'vitest';
import { ORDEALS } from './fault-scenarios.ts';
import { endure } from './run-scenario.ts';
import { inMemory, seeded } from './seeded.test-help.ts';

inMemory();

/** Left to `npm run torture`: what waits by the clock of the SDK, and what is much like another. */
const LONG = /three phases|quota|drops connections|(?:full|fails|links|read-only).*\(folder\)/;

test('faults of KMS, disk and other people are survived, completed after and undone', async () => {
  const short = ORDEALS.filter(({ name }) => !LONG.test(name));
  const endured = await endure(short, seeded(11));
  console.log(`${endured.faults} faults survived in ${endured.ordeals} ordeals, ${endured.runs} runs`);
  expect(endured.ordeals).toBe(short.length);
}, 180_000);
