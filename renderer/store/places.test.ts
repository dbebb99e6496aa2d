// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest';
import { useUi } from './app/ui.ts';
import { useAudit } from './audit/audit.ts';
import { keepPlaces, noteFailedView } from './places.ts';

let stop = (): void => {};
/** The entries of a browser; the DOM of the tests has one alone. */
const entries: unknown[] = [];
let at = 0;
const begin = (): void => {
  vi.spyOn(history, 'state', 'get').mockImplementation(() => entries[at]);
  vi.spyOn(history, 'length', 'get').mockImplementation(() => Math.max(1, entries.length));
  vi.spyOn(history, 'pushState').mockImplementation((state) => {
    entries.length = at + 1;
    at = entries.push(structuredClone(state)) - 1;
  });
  vi.spyOn(history, 'replaceState').mockImplementation((state) => {
    entries[at] = structuredClone(state);
  });
  vi.spyOn(history, 'go').mockImplementation((by = 0) => turn(by));
  stop = keepPlaces();
};
/** The page is left, and loaded again; `how`: by the person, or since it crashed. */
const loadAgain = (how: 'left' | 'crashed' = 'left'): void => {
  if (how === 'left') window.dispatchEvent(new Event('pagehide'));
  stop();
  useUi.setState(useUi.getInitialState());
  useAudit.setState(useAudit.getInitialState());
  begin();
};
const view = () => useUi.getState().view;
const turn = (by: number): void => {
  at += by;
  window.dispatchEvent(new PopStateEvent('popstate', { state: entries[at] }));
};
afterEach(() => {
  stop();
  vi.restoreAllMocks();
  entries.length = 0;
  at = 0;
  useUi.setState(useUi.getInitialState());
  useAudit.setState(useAudit.getInitialState());
  document.body.replaceChildren();
});

test('Back and Forward return to view, run, tab and document; a page that is loaded again opens there', () => {
  begin();
  const ui = useUi.getState();
  ui.showRun('r1');
  ui.show('audit');
  useAudit.getState().showTab('rules');
  useAudit.getState().showTab('findings');
  expect(entries).toHaveLength(5);
  turn(-1);
  expect(useAudit.getState().tab).toBe('rules');
  turn(-2);
  expect(useUi.getState()).toMatchObject({ view: 'runs', openRun: 'r1' });
  turn(-1);
  expect(useUi.getState().view).toBe('blobs');
  turn(2);
  expect(useUi.getState().view).toBe('audit');
  turn(1);
  expect(useAudit.getState().tab).toBe('rules');
  // Going back and forward made no entries of its own.
  expect(entries).toHaveLength(5);
  loadAgain();
  expect(view()).toBe('audit');
  expect(useAudit.getState().tab).toBe('rules');
});

test('a page does not begin with what crashed it, could not be drawn, or is no place', () => {
  begin();
  useUi.getState().show('keys');
  loadAgain('crashed');
  expect(view()).toBe('blobs');
  useUi.getState().show('keys');
  noteFailedView();
  loadAgain();
  expect(view()).toBe('blobs');
  useUi.getState().show('keys');
  loadAgain();
  expect(view()).toBe('keys');
  for (const place of [{ view: 'constructor' }, { view: 3 }, null, 'keys']) {
    entries[at] = { rewrapPlace: { place, index: 1 } };
    loadAgain();
    expect(view()).toBe('blobs');
  }
  entries[at] = { rewrapPlace: { place: { view: 'audit', tab: 'toString', run: 3, help: 4 }, index: 1 } };
  loadAgain();
  expect(view()).toBe('audit');
  expect(useAudit.getState().tab).toBe('overview');
});

test('a plan is in no place: its id means another one after the engine was started anew', () => {
  begin();
  useUi.getState().showPlan('p1');
  useUi.getState().show('keys');
  expect(JSON.stringify(entries)).not.toContain('p1');
  turn(-1);
  expect(useUi.getState()).toMatchObject({ view: 'runs', openPlan: null, openRun: null });
});

test('Back and Forward close a dialog that is open, stay where they are, and keep what is ahead', () => {
  begin();
  useUi.getState().show('keys');
  useUi.getState().show('audit');
  turn(-1);
  const dialog = document.createElement('div');
  dialog.setAttribute('role', 'dialog');
  dialog.tabIndex = -1;
  const keys: string[] = [];
  dialog.addEventListener('keydown', ({ key }) => keys.push(key));
  document.body.append(dialog);
  dialog.focus();
  turn(-1);
  expect(keys).toEqual(['Escape']);
  expect(view()).toBe('keys');
  turn(1);
  expect(keys).toEqual(['Escape', 'Escape']);
  expect(view()).toBe('keys');
  expect([entries.length, at]).toEqual([3, 1]);
  dialog.remove();
  turn(1);
  expect(view()).toBe('audit');
  // Also where a crash lost what the entry held.
  entries[at] = null;
  loadAgain('crashed');
  document.body.append(dialog);
  turn(-1);
  expect(at).toBe(2);
  dialog.remove();
  turn(-1);
  expect(view()).toBe('keys');
  turn(-1);
  expect(view()).toBe('blobs');
});
