import type { Command } from '../lib/commands.ts';
import { type FirstStep, inVault } from '../lib/first-steps.ts';
import { keyLabel } from '../lib/keys/keys.ts';
import { mod } from '../lib/platform.ts';
import { fileName, moment, plural } from '../lib/words/format.ts';
import { runName, undoWords } from '../lib/words/run-words.ts';
import { runStatus } from '../lib/words/words.ts';
import { useSettings } from './app/settings.ts';
import { useUi, type ViewName } from './app/ui.ts';
import { type AuditTab, useAudit } from './audit/audit.ts';
import { useArrange } from './blobs/arrange.ts';
import { useBlobs } from './blobs/blobs.ts';
import { useIntake } from './blobs/intake.ts';
import { useSelection } from './blobs/selection.ts';
import { useKeys } from './connection/keys.ts';
import { requestFiles, requestPaste, requestPlan } from './opening.ts';
import { listActions, otherActions, runActions } from './palette-actions.ts';
import { useDraft } from './runs/draft.ts';
import { lastUndoable, useRuns } from './runs/runs.ts';

const VIEWS: readonly { readonly view: ViewName; readonly name: string; readonly keys?: string }[] = [
  { view: 'blobs', name: 'Blobs', keys: mod('1') },
  { view: 'runs', name: 'Runs', keys: mod('2') },
  { view: 'keys', name: 'Keys', keys: mod('3') },
  { view: 'audit', name: 'Audit', keys: mod('4') },
  { view: 'settings', name: 'Settings', keys: mod('5') },
  { view: 'help', name: 'Help', keys: 'F1' },
];

const TABS: readonly { readonly tab: AuditTab; readonly name: string }[] = [
  { tab: 'findings', name: 'Audit: findings' },
  { tab: 'deletion', name: 'Audit: if a key is deleted' },
  { tab: 'git', name: 'Audit: git history' },
  { tab: 'rules', name: 'Audit: rules' },
  { tab: 'campaign', name: 'Audit: campaign' },
  { tab: 'history', name: 'Audit: history' },
];

/** Everything that can be done or gone to now, as the stores stand. Made when the palette opens. */
export function* allCommands(): Generator<Command> {
  yield* actions();
  for (const { view, name, keys } of VIEWS)
    yield {
      id: `view ${view}`,
      group: 'Views',
      title: `Show ${name}`,
      ...(keys === undefined ? {} : { keys }),
      run: () => useUi.getState().show(view),
    };
  for (const { tab, name } of TABS)
    yield {
      id: `tab ${tab}`,
      group: 'Views',
      title: name,
      run: () => {
        useAudit.getState().showTab(tab);
        useUi.getState().show('audit');
      },
    };
  yield* runs();
  for (const key of useKeys.getState().keys ?? [])
    yield {
      id: `key ${key.arn}`,
      group: 'Keys',
      title: keyLabel(key),
      detail: [key.arn, ...key.aliases.slice(1)].join(' '),
      run: () => useUi.getState().showKey(key.arn),
    };
  yield* files();
}

function* actions(): Generator<Command> {
  const { selected } = useSelection.getState();
  const { table } = useBlobs.getState();
  const none = table.size === 0 ? { refused: 'There are no blobs in the list.' } : {};
  const undo = lastUndoable(useRuns.getState().runs.values());
  const ui = useUi.getState();
  const act = (id: string, title: string, run: () => void, more: Partial<Command> = {}): Command => ({
    id: `action ${id}`,
    group: 'Actions',
    title,
    run,
    ...more,
  });
  yield act(
    'reencrypt',
    selected.size > 0 ? `Re-encrypt ${plural(selected.size, 'selected blob')}…` : 'Re-encrypt…',
    () => {
      ui.show('blobs');
      useDraft.getState().openSheet();
    },
    { keys: mod('↵'), ...none },
  );
  yield act('files', 'Add files…', () => requestFiles('files'), { keys: mod('O') });
  yield act('folder', 'Add folder…', () => requestFiles('folder'), { keys: mod('O', true) });
  yield act('paste', 'Paste ciphertext…', requestPaste, { keys: mod('V') });
  yield act('rescan', 'Read files and folders again', () => void useIntake.getState().rescan(), none);
  yield act('plan', 'Open plan…', requestPlan);
  yield act('rules', 'Select blobs by rule…', () => ui.open('rules'), none);
  yield act('clear-selection', 'Clear selection', () => useSelection.getState().clear(), {
    ...(selected.size === 0 ? { refused: 'Nothing is selected.' } : {}),
  });
  yield act('clear', 'Clear list…', () => ui.open('clear'), none);
  yield act('vault', 'Restore the sample vault', () => void useIntake.getState().restoreVault());
  yield act(
    'undo',
    undo === null ? 'Undo the last run…' : `${undoWords(undo)}…`,
    () => ui.askUndo(undo?.id ?? null),
    {
      detail: 'undo',
      keys: mod('Z'),
      ...(undo === null ? { refused: 'No run can be undone.' } : {}),
    },
  );
  yield* listActions();
  yield* runActions();
  yield act('connection', 'Change connection…', () => ui.open('connection'), {
    detail: 'profile, Region, sign in',
  });
  yield act('refresh-keys', 'List keys again', () => void useKeys.getState().load(true));
  yield act('ask', 'Ask KMS about keys again', () => void useAudit.getState().askKeys());
  yield act('verify', 'Verify the history', () => {
    useAudit.getState().showTab('history');
    ui.show('audit');
    void useAudit.getState().verify();
  });
  for (const theme of ['light', 'dark', 'system'] as const)
    yield act(`theme ${theme}`, `Theme: ${theme}`, () => useSettings.getState().set({ theme }));
  for (const density of ['compact', 'comfortable'] as const)
    yield act(`rows ${density}`, `Rows: ${density}`, () => useSettings.getState().set({ density }));
  yield* otherActions();
  yield act('guide', 'Things to try', () => {
    useSettings.getState().set({ guide: true });
    ui.show('blobs');
  });
  yield act('shortcuts', 'Shortcuts', () => ui.open('shortcuts'), { keys: '?' });
  yield act('about', 'About Rewrap and licences', () => ui.open('about'));
}

function* runs(): Generator<Command> {
  const all = [...useRuns.getState().runs.values()].sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
  for (const run of all)
    yield {
      id: `run ${run.id}`,
      group: 'Runs',
      title: runName(run),
      detail: `${moment(run.startedAt, true)} ${runStatus(run).word}`,
      run: () => useUi.getState().showRun(run.id),
    };
}

/** Files of the list, those that came last first. */
function* files(): Generator<Command> {
  const { rows } = useBlobs.getState();
  const seen = new Set<string>();
  for (let i = rows.length - 1; i >= 0; i--) {
    const row = rows[i];
    if (row === undefined || seen.has(row.sourceId)) continue;
    seen.add(row.sourceId);
    const { file, sourceId } = row;
    yield {
      id: `file ${sourceId}`,
      group: 'Files',
      title: fileName(file),
      detail: file,
      run: () => {
        const ids = useBlobs.getState().rows.flatMap((each) => (each.sourceId === sourceId ? [each.id] : []));
        useArrange.getState().setOnly({ label: file, ids: new Set(ids) });
        useUi.getState().show('blobs');
      },
    };
  }
}

/** Asks about undoing the last run that can be undone. `none`: what is said where there is none. */
export function undoLast(none = 'No run to undo'): void {
  const run = lastUndoable(useRuns.getState().runs.values());
  if (run === null) useUi.getState().toast(none);
  else useUi.getState().askUndo(run.id);
}

/** Opens the place where a step is done, with what it needs chosen. */
export function showStep(id: FirstStep['id']): void {
  const ui = useUi.getState();
  const { rows } = useBlobs.getState();
  const choose = (path: string): void => {
    const chosen = inVault(rows, path);
    useSelection.getState().selectOnly(chosen.map((row) => row.id));
    ui.show('blobs');
    useDraft.getState().openFor(chosen);
  };
  if (id === 'find-key') {
    ui.show('blobs');
    ui.findKey(inVault(rows, 'legacy/vpn-shared-key.kms')[0]?.id ?? null);
  } else if (id === 'preflight' || id === 'reencrypt') choose('legacy');
  else if (id === 'failure') choose('payments/db-password.txt');
  else if (id === 'undo') {
    undoLast('Re-encrypt something first: then it can be undone');
  } else {
    useAudit.getState().showTab(id === 'findings' ? 'findings' : 'deletion');
    ui.show('audit');
    if (id === 'deletion') void useAudit.getState().askDeletion('alias/payments');
  }
}
