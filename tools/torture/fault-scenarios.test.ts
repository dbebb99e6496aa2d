import { expect, test } from 'vitest';
import { ORDEALS } from './fault-scenarios.ts';
import { runScenario } from './run-scenario.ts';
import { inMemory, seeded } from './seeded.test-help.ts';

inMemory();

/** Left to `npm run torture`: what waits by the clock of the SDK, and what is much like another. */
const LONG = /three phases|quota|drops connections|(?:full|fails|links|read-only).*\(folder\)/;

test('faults of KMS, disk and other people are survived, completed after and undone', async () => {
  const short = ORDEALS.filter(({ name }) => !LONG.test(name));
  const endured = await runScenario(short, seeded(11));
  console.log(`${endured.faults} faults survived in ${endured.scenarios} scenarios, ${endured.runs} runs`);
  expect(endured.scenarios).toBe(short.length);
}, 180_000);
