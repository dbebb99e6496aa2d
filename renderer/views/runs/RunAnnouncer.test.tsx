// @vitest-environment happy-dom
import { act, cleanup, render, screen } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import type { RunSummary } from '#shared/model/run.ts';
import { useIntake } from '../../store/blobs/intake.ts';
import { useRuns } from '../../store/runs/runs.ts';
import { IntakeAnnouncer } from '../blobs/IntakeNotice.tsx';
import { RunAnnouncer } from './RunAnnouncer.tsx';

const run = (done: number, patch: Partial<RunSummary> = {}, failed = 0): RunSummary =>
  ({
    id: 'r1',
    status: 'running',
    dryRun: false,
    retry: null,
    outcome: {
      reencrypted: done - failed,
      already: 0,
      notReencrypted: 12 - done + failed,
      underOldKey: null,
    },
    counts: {
      total: 12,
      waiting: 12 - done,
      running: 0,
      succeeded: done - failed,
      already: 0,
      failed,
      skipped: 0,
      restored: 0,
    },
    ...patch,
  }) as RunSummary;

/** Every sentence that the region had, in order: what a screen reader speaks. */
async function heard(steps: readonly (() => void)[]): Promise<string[]> {
  const region = screen.getByRole('status');
  const spoken: string[] = [];
  const watch = new MutationObserver(() => {
    spoken.push(region.textContent ?? '');
  });
  watch.observe(region, { childList: true, characterData: true, subtree: true });
  for (const step of steps) await act(async () => step());
  watch.disconnect();
  return spoken;
}
const put =
  (...runs: readonly RunSummary[]) =>
  () =>
    useRuns.setState((state) => ({
      runs: new Map([...state.runs, ...runs.map((each) => [each.id, each] as const)]),
    }));

afterEach(() => {
  cleanup();
  useRuns.setState(useRuns.getInitialState());
  useIntake.setState(useIntake.getInitialState());
});

test('a run is spoken at every ten per cent and at its end, each once', async () => {
  useRuns.setState({ status: 'ready' });
  render(<RunAnnouncer />);
  const steps = Array.from({ length: 13 }, (_, done) => [put(run(done)), put(run(done))]).flat();
  const spoken = await heard([
    ...steps,
    put(run(12, { status: 'finished' })),
    put(run(12, { status: 'finished' })),
  ]);
  expect(new Set(spoken).size).toBe(spoken.length);
  expect(spoken[0]).toBe('Re-encryption of 12 blobs: 0 %');
  expect(spoken.at(-1)).toBe('Finished: Re-encrypted 12 blobs');
  // 12 steps meet nine of the ten per cents between, and the whole.
  expect(spoken).toHaveLength(12);
});

test('the end says how many failed', async () => {
  useRuns.setState({ status: 'ready' });
  render(<RunAnnouncer />);
  const spoken = await heard([put(run(11, {}, 6)), put(run(12, { status: 'finished' }, 6))]);
  expect(spoken.at(-1)).toBe('Finished with failures: 6 of 12 blobs re-encrypted, 6 failed');
});

test('one that ended before its first event is spoken; runs of earlier are not', async () => {
  render(<RunAnnouncer />);
  const spoken = await heard([
    () =>
      useRuns.setState({
        runs: new Map([['r0', run(12, { id: 'r0', status: 'finished' })]]),
        status: 'ready',
      }),
    put(run(12, { id: 'r2', status: 'finished', dryRun: true })),
  ]);
  expect(spoken).toEqual(['Finished: 12 blobs would be re-encrypted']);
});

test('of two runs, the one that did not move is not spoken again', async () => {
  useRuns.setState({ status: 'ready' });
  render(<RunAnnouncer />);
  const spoken = await heard([put(run(6), run(3, { id: 'r2', dryRun: true })), put(run(9))]);
  expect(spoken).toEqual([
    'Re-encryption of 12 blobs: 50 %. Preflight of 12 blobs: 20 %',
    'Re-encryption of 12 blobs: 70 %',
  ]);
});

test('it is heard above dialogs', () => {
  render(<RunAnnouncer />);
  expect(screen.getByRole('status').hasAttribute('data-react-aria-top-layer')).toBe(true);
});

test('reading files is spoken when it begins and when it ends, however many steps it has', async () => {
  render(<IntakeAnnouncer />);
  const { setProgress, end } = useIntake.getState();
  const spoken = await heard([
    () => setProgress({ files: 1, blobs: 0 }),
    () => setProgress({ files: 2, blobs: 1 }),
    () => setProgress({ files: 900, blobs: 70 }),
    () => end({ files: 1000, blobs: 1 }),
  ]);
  expect(spoken).toEqual(['Reading files', '1,000 files read: 1 blob found']);
});
