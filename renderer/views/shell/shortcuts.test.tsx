// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import type { RunSummary } from '#shared/model/run.ts';
import { Button } from '../../components/Button.tsx';
import { Box } from '../../components/grid.tsx';
import { turnOf } from '../../lib/platform.ts';
import { shortcutGroups } from '../../lib/shortcuts.ts';
import { useUi } from '../../store/app/ui.ts';
import { useDraft } from '../../store/runs/draft.ts';
import { lastUndoable, runsPercent, useRuns } from '../../store/runs/runs.ts';
import { titleWords } from './ProgressTitle.ts';
import { SkipLink } from './SkipLink.tsx';
import { useShortcuts } from './useShortcuts.ts';

afterEach(() => {
  cleanup();
  useUi.setState(useUi.getInitialState());
  useRuns.setState({ runs: new Map() });
});

function Page() {
  useShortcuts();
  return (
    <>
      <SkipLink />
      <main className="main">
        <div className="search">
          <input aria-label="Filter" />
        </div>
        <Box role="grid" aria-label="List" tabIndex={0} />
      </main>
    </>
  );
}
const ctrl = (key: string) => fireEvent.keyDown(document.body, { key, ctrlKey: true });

test('Ctrl and a digit shows a view, Ctrl+K the palette, ? the shortcuts, F1 Help', () => {
  render(<Page />);
  for (const [key, view] of [
    ['2', 'runs'],
    ['3', 'keys'],
    ['4', 'audit'],
    ['5', 'settings'],
    ['1', 'blobs'],
  ]) {
    ctrl(key as string);
    expect(useUi.getState().view).toBe(view);
  }
  ctrl('k');
  expect(useUi.getState().dialog).toBe('palette');
  fireEvent.keyDown(document.body, { key: '?' });
  expect(useUi.getState().dialog).toBe('shortcuts');
  fireEvent.keyDown(document.body, { key: 'F1' });
  expect(useUi.getState().view).toBe('help');
});

test('Ctrl+Enter opens the sheet and presses nothing, though a button has the focus', () => {
  const openSheet = vi.fn();
  useDraft.setState({ openSheet });
  const press = vi.fn();
  function WithButton() {
    useShortcuts();
    return <Button onPress={press}>Clear selection</Button>;
  }
  render(<WithButton />);
  fireEvent.keyDown(screen.getByRole('button'), { key: 'Enter', ctrlKey: true });
  fireEvent.keyUp(screen.getByRole('button'), { key: 'Enter', ctrlKey: true });
  expect(openSheet).toHaveBeenCalledOnce();
  expect(press).not.toHaveBeenCalled();
});

test('Ctrl+Enter stays with a text of several lines, and with a menu that is open', () => {
  const openSheet = vi.fn();
  useDraft.setState({ openSheet });
  render(<Page />);
  render(
    <>
      <textarea aria-label="Rules" />
      <div role="menu" aria-label="Menu">
        <div role="menuitem" tabIndex={-1}>
          Copy
        </div>
      </div>
    </>,
  );
  for (const of of [screen.getByLabelText('Rules'), screen.getByRole('menuitem')])
    expect(fireEvent.keyDown(of, { key: 'Enter', ctrlKey: true })).toBe(true);
  expect(openSheet).not.toHaveBeenCalled();
});

test('Alt and an arrow go back and forward, brackets do not, and what is typed goes nowhere', () => {
  const go = vi.spyOn(history, 'go').mockReturnValue();
  render(<Page />);
  const filter = screen.getByLabelText('Filter');
  for (const press of [
    { key: '[', ctrlKey: true },
    { key: '[', altKey: true },
    { key: ']', ctrlKey: true },
    { key: 'ArrowLeft', altKey: true, shiftKey: true },
  ])
    for (const target of [document.body, filter]) fireEvent.keyDown(target, press);
  fireEvent.keyDown(filter, { key: 'ArrowLeft', altKey: true });
  expect(go).not.toHaveBeenCalled();
  fireEvent.keyDown(document.body, { key: 'ArrowLeft', altKey: true });
  fireEvent.keyDown(document.body, { key: 'ArrowRight', altKey: true });
  expect(go.mock.calls).toEqual([[-1], [1]]);
  go.mockRestore();
});

test('on macOS Cmd and a bracket do, and Option with an arrow does not', () => {
  const none = { altKey: false, ctrlKey: false, metaKey: false, shiftKey: false };
  expect(turnOf({ ...none, key: '[', metaKey: true }, true)).toBe(-1);
  expect(turnOf({ ...none, key: ']', metaKey: true }, true)).toBe(1);
  expect(turnOf({ ...none, key: 'ArrowLeft', altKey: true }, true)).toBeUndefined();
  expect(turnOf({ ...none, key: 'ArrowLeft', metaKey: true }, true)).toBeUndefined();
});

test('a question mark that is typed stays in its field', () => {
  render(<Page />);
  fireEvent.keyDown(screen.getByLabelText('Filter'), { key: '?' });
  expect(useUi.getState().dialog).toBeNull();
});

test('the skip link and the arrow down from the filter lead into the list', () => {
  render(<Page />);
  const list = screen.getByRole('grid');
  fireEvent.click(screen.getByRole('button', { name: 'Skip to the content' }));
  expect(document.activeElement).toBe(list);
  const filter = screen.getByLabelText('Filter');
  filter.focus();
  fireEvent.keyDown(filter, { key: 'ArrowDown' });
  expect(document.activeElement).toBe(list);
});

const run = (id: string, patch: Partial<RunSummary>): RunSummary =>
  ({
    id,
    status: 'finished',
    startedAt: `2026-01-0${id}`,
    undo: null,
    elsewhere: null,
    counts: { total: 10, succeeded: 4, failed: 1, already: 0, skipped: 0, restored: 0 },
    ...patch,
  }) as RunSummary;

test('Ctrl+Z asks about the last run that can be undone, and says where there is none', () => {
  render(<Page />);
  ctrl('z');
  expect(useUi.getState().undoing).toBeNull();
  expect(useUi.getState().toasts.map(({ text }) => text)).toEqual(['No run to undo']);
  const undo = { blobs: 1, files: 1 };
  useRuns.setState({
    runs: new Map([
      ['1', run('1', { undo })],
      ['2', run('2', { undo })],
      ['3', run('3', { undo: null })],
      ['4', run('4', { undo, status: 'running' })],
    ]),
  });
  expect(lastUndoable(useRuns.getState().runs.values())?.id).toBe('2');
  ctrl('z');
  expect(useUi.getState().undoing).toBe('2');
});

test('the title says how far runs are, and what holds them back', () => {
  expect(titleWords(runsPercent([run('1', {})]), null)).toBe('Rewrap');
  expect(titleWords(runsPercent([run('1', { status: 'running' })]), '1 running')).toBe('50 % · Rewrap');
  expect(titleWords(42, '1 paused')).toBe('42 % · 1 paused · Rewrap');
});

test('each shortcut is listed once in its group', () => {
  for (const menu of [true, false])
    for (const { keys } of shortcutGroups(menu))
      expect(new Set(keys.map(([key]) => key)).size).toBe(keys.length);
});
