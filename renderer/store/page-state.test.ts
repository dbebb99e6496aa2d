// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest';
import { PageState } from '#shared/model/preferences.ts';
import { host, ok, reset } from '../bridge.test-help.ts';
import { useAudit } from './audit/audit.ts';
import { useArrange } from './blobs/arrange.ts';
import { keepPageState } from './page-state.ts';

let kept: PageState = {};
let stop = (): void => {};
let engineChanged = (_: { state: string }): void => {};
const begin = (again: boolean): void => {
  host({
    on: (_: string, heard: typeof engineChanged) => {
      engineChanged = heard;
      return () => {};
    },
    app: {
      pageState: () => ok(kept),
      setPageState: (patch: PageState) => {
        kept = structuredClone({ ...kept, ...patch });
        return ok({});
      },
    },
  });
  stop = keepPageState(again);
};
const leave = (): void => {
  window.dispatchEvent(new Event('pagehide'));
  stop();
  reset(useArrange, useAudit);
};
afterEach(() => {
  stop();
  reset(useArrange, useAudit);
  kept = {};
});

test('a page that is loaded again has the filter and the rules being written; a new one has the rules alone', async () => {
  begin(false);
  const only = { label: 'Under alias/x', ids: new Set(['b1', 'b2']) };
  useArrange.setState({
    query: 'pay',
    terms: ['env'],
    state: 'Failed',
    kind: 'kms-symmetric',
    finding: 'any',
  });
  useArrange.getState().setOnly(only);
  useAudit.getState().setRulesDraft('version: 1');
  leave();
  begin(true);
  await vi.waitFor(() => expect(useArrange.getState().query).toBe('pay'));
  expect(useArrange.getState()).toMatchObject({
    terms: ['env'],
    state: 'Failed',
    kind: 'kms-symmetric',
    finding: 'any',
    repository: null,
    only,
  });
  expect(useAudit.getState().rulesDraft).toBe('version: 1');
  leave();
  begin(false);
  await vi.waitFor(() => expect(useAudit.getState().rulesDraft).toBe('version: 1'));
  expect(useArrange.getState()).toMatchObject({ query: '', terms: [], only: null });
  // What is let go of stays gone.
  useArrange.getState().setQuery('x');
  useArrange.getState().clearFilter();
  useAudit.getState().setRulesDraft(null);
  leave();
  expect(kept).toEqual({ filter: null, rulesDraft: null });
});

test('a page that follows a crash, loaded again, does not have the filter of before it', async () => {
  begin(false);
  useArrange.getState().setQuery('what crashed the page');
  useAudit.getState().setRulesDraft('version: 1');
  leave();
  begin(false);
  await vi.waitFor(() => expect(kept.filter).toBeNull());
  leave();
  begin(true);
  await vi.waitFor(() => expect(useAudit.getState().rulesDraft).toBe('version: 1'));
  expect(useArrange.getState().query).toBe('');
});

test('an engine that was started anew hears what it is to keep; what is too long takes nothing else along', () => {
  begin(false);
  useArrange.getState().setQuery('pay');
  useAudit.getState().setRulesDraft('version: 1');
  window.dispatchEvent(new Event('pagehide'));
  kept = {};
  engineChanged({ state: 'running' });
  window.dispatchEvent(new Event('pagehide'));
  expect(kept).toMatchObject({ filter: { query: 'pay' }, rulesDraft: 'version: 1' });
  useAudit.getState().setRulesDraft('x'.repeat(1_000_001));
  useArrange.getState().setOnly({ label: 'x'.repeat(6000), ids: new Set(['b1']) });
  leave();
  expect(PageState.safeParse(kept).success).toBe(true);
  // Not the rules of before.
  expect(kept).toMatchObject({ filter: { only: { blobIds: ['b1'] } }, rulesDraft: null });
});
