import type { ReportFormat } from '#shared/model/audit.ts';
import type { Command } from '../lib/commands.ts';
import { runName } from '../lib/words/run-words.ts';
import { GROUP_WORDS, groupings, SORT_WORDS, sortings } from '../lib/words/words.ts';
import { TEXT_SIZES, useSettings } from './app/settings.ts';
import { attempt, useUi } from './app/ui.ts';
import { useAudit } from './audit/audit.ts';
import { blobEntries, copyPaths, removeChosen } from './blob-menu.ts';
import { isFiltered, useArrange } from './blobs/arrange.ts';
import { useBlobs } from './blobs/blobs.ts';
import { useInspector } from './blobs/inspector.ts';
import { useIntake } from './blobs/intake.ts';
import { useSelection } from './blobs/selection.ts';
import { useConnection } from './connection/connection.ts';
import { isOver, useRuns } from './runs/runs.ts';

type Act = (id: string, title: string, run: () => void, more?: Partial<Command>) => Command;

const act: Act = (id, title, run, more = {}) => ({
  id: `action ${id}`,
  group: 'Actions',
  title,
  run,
  ...more,
});

/** What is done with the list and the blob that its cursor is on. */
export function* listActions(): Generator<Command> {
  const { table, rows, byId } = useBlobs.getState();
  const { selected, cursor, selectRows } = useSelection.getState();
  const arrange = useArrange.getState();
  const ui = useUi.getState();
  const none = table.size === 0 ? { refused: 'There are no blobs in the list.' } : {};
  const here = cursor === null ? undefined : byId.get(cursor);
  yield act('all', 'Select all blobs', () => selectRows(Uint32Array.from(rows.keys())), none);
  yield act('remove', 'Remove the selected files from the list', () => void removeChosen(), {
    ...(selected.size === 0 ? { refused: 'Nothing is selected.' } : {}),
  });
  yield act('paths', 'Copy the paths of the selected blobs', copyPaths, {
    ...(selected.size === 0 ? { refused: 'Nothing is selected.' } : {}),
  });
  yield act(
    'compare',
    'Compare the 2 selected blobs',
    () => {
      const [one, two] = Array.from(selected.indexes, (index) => rows[index]?.id);
      if (one !== undefined && two !== undefined) ui.compare([one, two]);
    },
    selected.size === 2 ? {} : { refused: 'Select 2 blobs to compare them.' },
  );
  if (here !== undefined) {
    for (const entry of blobEntries(here))
      yield act(`blob ${entry.id}`, entry.title, entry.run, { detail: here.file });
    const { keyFingerprint } = here.identification;
    if (keyFingerprint !== null)
      yield act('name-key', 'Name this key…', () => ui.nameKey(keyFingerprint), { detail: here.file });
  }
  const { open, setOpen } = useInspector.getState();
  yield act('inspector', open ? 'Hide the inspector' : 'Show the inspector', () => {
    ui.show('blobs');
    setOpen(!open);
  });
  for (const group of groupings)
    yield act(`group ${group}`, `Group by ${GROUP_WORDS[group].toLowerCase()}`, () => {
      ui.show('blobs');
      arrange.setGroup(group);
    });
  for (const column of sortings)
    for (const descending of [false, true]) {
      const by = column === 'added' ? 'Sort as added' : `Sort by ${SORT_WORDS[column].toLowerCase()}`;
      yield act(`sort ${column} ${descending}`, descending ? `${by}, descending` : by, () => {
        ui.show('blobs');
        arrange.setSort({ column, descending });
      });
    }
  yield act('clear-filter', 'Clear the filter', arrange.clearFilter, {
    ...(isFiltered(arrange) ? {} : { refused: 'Nothing narrows the list.' }),
  });
  for (const { name } of arrange.filters)
    yield act(`filter ${name}`, `Filter: ${name}`, () => {
      ui.show('blobs');
      arrange.applyFilter(name);
    });
  yield act('columns', 'Columns as they were at first', arrange.resetColumns);
}

/** What is done with runs under way. */
export function* runActions(): Generator<Command> {
  const { runs, pause, resume, cancel } = useRuns.getState();
  for (const run of runs.values()) {
    if (isOver(run) || run.status === 'undoing' || run.elsewhere !== null) continue;
    const name = runName(run);
    const what = name.charAt(0).toLowerCase() + name.slice(1);
    const held = run.status === 'paused' || run.status === 'pausing';
    if (!run.dryRun && run.status !== 'cancelling')
      yield act(
        `hold ${run.id}`,
        `${held ? 'Resume' : 'Pause'} the ${what}`,
        () => void attempt(() => (held ? resume(run.id) : pause(run.id))),
      );
    yield act(`cancel ${run.id}`, `Cancel the ${what}`, () => void attempt(() => cancel(run.id)), {
      ...(run.status === 'cancelling' ? { refused: 'It is being cancelled.' } : {}),
    });
  }
}

const REPORTS: Readonly<Partial<Record<ReportFormat, string>>> = {
  html: 'HTML',
  csv: 'CSV',
  json: 'JSON',
  sarif: 'SARIF',
};

/** Reports, and how the window looks. */
export function* otherActions(): Generator<Command> {
  const reading = useIntake.getState().progress !== null;
  const empty = useBlobs.getState().table.size === 0;
  for (const [format, name] of Object.entries(REPORTS))
    yield act(
      `export ${format}`,
      `Export the audit report as ${name}`,
      () => void useAudit.getState().exportReport({ of: 'audit' }, format as ReportFormat),
      reading
        ? { refused: 'A report waits until reading ends.' }
        : empty
          ? { refused: 'There are no blobs in the list.' }
          : {},
    );
  for (const textSize of TEXT_SIZES)
    yield act(`text ${textSize}`, `Text size: ${textSize} %`, () => useSettings.getState().set({ textSize }));
  yield act('help-search', 'Search the documents', () => useUi.getState().show('help'), {
    detail: 'help, documentation',
  });
  if (useConnection.getState().app?.host !== 'desktop')
    yield act('print', 'Print this page', () => window.print());
}
