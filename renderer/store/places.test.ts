// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest';
import { useUi } from './app/ui.ts';
import { useAudit } from './audit/audit.ts';
import { keepPlaces } from './places.ts';

let stop = (): void => {};
/** The entries of a browser; the DOM of the tests has one alone. */
const entries: unknown[] = [];
let at = 0;
const begin = (): void => {
  vi.spyOn(history, 'state', 'get').mockImplementation(() => entries[at]);
  vi.spyOn(history, 'pushState').mockImplementation((state) => {
    entries.length = at + 1;
    at = entries.push(structuredClone(state)) - 1;
  });
  vi.spyOn(history, 'replaceState').mockImplementation((state) => {
    entries[at] = structuredClone(state);
  });
  stop = keepPlaces();
};
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
  stop();
  useUi.setState(useUi.getInitialState());
  useAudit.setState(useAudit.getInitialState());
  begin();
  expect(useUi.getState().view).toBe('audit');
  expect(useAudit.getState().tab).toBe('rules');
});

test('Back closes a dialog that is open, and stays where it is', () => {
  begin();
  useUi.getState().show('keys');
  const dialog = document.createElement('div');
  dialog.setAttribute('role', 'dialog');
  dialog.tabIndex = -1;
  const keys: string[] = [];
  dialog.addEventListener('keydown', ({ key }) => keys.push(key));
  document.body.append(dialog);
  dialog.focus();
  turn(-1);
  expect(keys).toEqual(['Escape']);
  expect(useUi.getState().view).toBe('keys');
  dialog.remove();
  turn(-1);
  expect(useUi.getState().view).toBe('blobs');
});
