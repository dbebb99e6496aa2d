import { expect, test } from 'vitest';
import type { Coverage } from '#shared/model/coverage.ts';
import { Campaigns } from './campaigns.ts';

const YAML = `version: 1
name: Leave it
target: { leaveAccount: "111122223333" }
deadline: 2999-01-31
`;
const campaigns = new Campaigns({
  // No blob: what is counted is tested where it is counted.
  audit: async () =>
    ({ input: { snapshot: { columns: { rows: [], cohort: [] } } }, subjects: [] }) as unknown as Awaited<
      ReturnType<ConstructorParameters<typeof Campaigns>[0]['audit']>
    >,
  coverage: () => ({ files: { read: 3 }, skipped: [{ code: 'git', count: 4 }] }) as unknown as Coverage,
});
const line = (campaign: string, remaining: number, at: string) =>
  `${JSON.stringify({ at, campaign, remaining, unknown: 0, blobs: 9, owners: [], filesRead: 3, filesSkipped: 0 })}\n`;

test('a campaign is shown with its own snapshots and what is counted now', async () => {
  const view = await campaigns.requests.campaignView({
    text: YAML,
    snapshots: line('Leave it', 9, '2026-01-01T00:00:00Z') + line('Another', 1, '2026-01-02T00:00:00Z'),
  });
  expect(view).toMatchObject({ name: 'Leave it', deadline: '2999-01-31', verdict: 'done', expected: null });
  expect(view.snapshots.map(({ remaining }) => remaining)).toEqual([9]);
  expect(view.now).toMatchObject({ remaining: 0, filesRead: 3, filesSkipped: 0 });
});

test('what does not read as a campaign or as snapshots is refused, with its line', async () => {
  const ask = campaigns.requests.campaignView;
  await expect(ask({ text: 'version: 2', snapshots: null })).rejects.toMatchObject({
    fault: { code: 'BadCampaign' },
  });
  await expect(ask({ text: YAML, snapshots: '\n{' })).rejects.toMatchObject({
    fault: { code: 'BadSnapshots', message: expect.stringContaining('Line 2') },
  });
});

test('only a text that reads as what it is called becomes a file', async () => {
  const file = campaigns.hostRequests.textFile;
  const rules = await file({ kind: 'rules', text: 'version: 1\n' });
  expect([rules.name, new TextDecoder().decode(rules.bytes)]).toEqual(['rewrap-rules.yaml', 'version: 1\n']);
  await expect(file({ kind: 'rules', text: '#!/bin/sh\n' })).rejects.toMatchObject({
    fault: { code: 'BadRules' },
  });
  await expect(file({ kind: 'snapshots', text: 'x' })).rejects.toMatchObject({
    fault: { code: 'BadSnapshots' },
  });
});
