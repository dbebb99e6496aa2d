import { beforeEach, expect, test } from 'vitest';
import { fault } from '#shared/model/fault-error.ts';
import { BridgeFault } from '../../api.ts';
import { attempt, useUi } from './ui.ts';

const NO_PLAN = fault('NoPlan', 'bad.json is no plan of Rewrap.', '', '');

beforeEach(() => useUi.setState({ view: 'blobs', fault: null }));

test('what an action ran into is shown', async () => {
  await attempt(async () => {
    throw new BridgeFault(NO_PLAN);
  });
  expect(useUi.getState().fault).toEqual(NO_PLAN);
});

test.each<[string, () => unknown]>([
  ['another view', () => useUi.getState().show('audit')],
  ['a dialog', () => useUi.getState().open('paste')],
  ['a run', () => useUi.getState().showRun('r1')],
  ['a plan', () => useUi.getState().showPlan('p1')],
  ['an action that goes well', () => attempt(async () => undefined)],
  ['a new engine', () => useUi.getState().beginAnew()],
])('and no longer after %s', async (_what, next) => {
  useUi.getState().complain(NO_PLAN);
  await next();
  expect(useUi.getState().fault).toBeNull();
});
