import { expect, it } from 'vitest';
import { finding } from '#shared/finding.ts';
import { row } from '../audit.test-help.ts';
import { makeSnapshot, snapshotInSteps } from './audit-snapshot.ts';

it('comes a little at a time, with a turn for others at least each 1,000 rows, and is the same', () => {
  const rows = Array.from({ length: 5000 }, (_, i) => row({ file: `${i % 700}.env` }));
  let looked = 0;
  let most = 0;
  const input = {
    rows,
    findings: (i: number) => {
      looked += 1;
      return i % 3 === 0 ? [finding('duplicate-blob', { evidence: [`${i}`] })] : [];
    },
    alsoOpens: () => ({}),
    bareFiles: [],
  };
  const steps = snapshotInSteps(input);
  for (;;) {
    looked = 0;
    const step = steps.next();
    most = Math.max(most, looked);
    if (step.done !== true) continue;
    const whole = makeSnapshot(input);
    expect(step.value.groups).toEqual(whole.groups);
    expect(whole.groups.map(({ indexes }) => indexes.length)).toEqual([1667]);
    break;
  }
  expect(most).toBeLessThanOrEqual(1000);
});
