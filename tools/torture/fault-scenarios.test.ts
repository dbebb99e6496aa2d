import { expect, test } from 'vitest';
import { FAULT_SCENARIOS } from './fault-scenarios.ts';
import { runScenario } from './run-scenario.ts';
import { inMemory, seeded } from './seeded.test-help.ts';

inMemory();

/** Left to `npm run torture`: what waits by the clock of the SDK, and what is much like another. */
const LONG = /three phases|quota|drops connections|(?:full|fails|links|read-only).*\(folder\)/;

test('after faults of KMS, disk and other programs, runs are completed and undone', async () => {
  const short = FAULT_SCENARIOS.filter(({ name }) => !LONG.test(name));
  const totals = await runScenario(short, seeded(11));
  console.log(`${totals.faults} faults survived in ${totals.scenarios} scenarios, ${totals.runs} runs`);
  expect(totals.scenarios).toBe(short.length);
}, 180_000);
