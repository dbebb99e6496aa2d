// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest';
import { host, ok, reset } from '../../bridge.test-help.ts';
import { useAudit } from './audit.ts';

afterEach(() => reset(useAudit));

test('all findings are fetched, however many pages they are', async () => {
  const all = Array.from({ length: 12_000 }, (_, i) => ({ id: `f${i}` }));
  host({
    audit: {
      summary: () => ok({}),
      findings: ({ offset, limit }: { offset: number; limit: number }) => {
        return ok({ total: all.length, findings: all.slice(offset, offset + limit) });
      },
      rules: () => ok({ text: null, name: null, problem: null }),
      rowFindings: () => ok({ total: 0, findings: [], rows: [] }),
    },
  });
  await useAudit.getState().load();
  expect(useAudit.getState()).toMatchObject({ status: 'ready' });
  expect(useAudit.getState().findings.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
});

test('changes that come faster than answers: each answer is shown, and the last is asked for after the last change', async () => {
  let changes = 0;
  const shown: string[] = [];
  host({
    audit: {
      summary: () => ok({}),
      // With each answer comes word of one more change.
      findings: () => {
        const findings = [{ id: `of ${changes}` }];
        if (changes < 20) {
          changes += 1;
          useAudit.getState().refresh();
          useAudit.getState().refresh();
        }
        return ok({ total: 1, findings });
      },
      rules: () => ok({ text: null, name: null, problem: null }),
      rowFindings: () => ok({ total: 0, findings: [], rows: [] }),
    },
  });
  const off = useAudit.subscribe(({ findings: [one] }) => {
    if (one !== undefined && shown.at(-1) !== one.id) shown.push(one.id);
  });
  await useAudit.getState().load();
  await vi.waitFor(() => expect(shown.at(-1)).toBe('of 20'));
  off();
  expect(shown).toEqual(Array.from({ length: 21 }, (_, i) => `of ${i}`));
});
