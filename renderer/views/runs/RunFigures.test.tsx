// @vitest-environment happy-dom
import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import type { RunSummary } from '#shared/model/run.ts';
import { OutcomeTally } from './RunFigures.tsx';

afterEach(cleanup);

const classes = (outcome: Partial<RunSummary['outcome']>): readonly string[] => {
  const none = { reencrypted: 0, already: 0, notReencrypted: 0 };
  render(
    <OutcomeTally run={{ dryRun: false, outcome: { ...none, ...outcome }, counts: {} } as RunSummary} />,
  );
  return screen.getAllByRole('listitem').map((item) => item.className);
};

test('a count of nothing does not weigh as one of something', () => {
  expect(classes({ reencrypted: 12 })).toEqual(['tally-done', 'tally-none', 'tally-none']);
  cleanup();
  expect(classes({ already: 3 })).toEqual(['tally-none', 'tally-quiet', 'tally-none']);
});
