import { Columns2, RefreshCw, Trash2 } from 'lucide-react';
import { useMemo } from 'react';
import { Button } from '../../components/Button.tsx';
import { mod } from '../../lib/platform.ts';
import { filesAmong, type Lines, sendable } from '../../lib/table/arrange.ts';
import { count, plural } from '../../lib/words/format.ts';
import { useActions } from '../../store/app/actions.ts';
import { useUi } from '../../store/app/ui.ts';
import { removeChosen } from '../../store/blob-menu.ts';
import { useBlobs } from '../../store/blobs/blobs.ts';
import { useSelection } from '../../store/blobs/selection.ts';
import { useDraft } from '../../store/runs/draft.ts';

/** What is selected and what can be done with it. */
export function ActionBar({ lines }: { readonly lines: Lines }) {
  const { openSheet } = useActions(useDraft);
  const { table, shown } = lines;
  const complete = useBlobs((state) => state.complete);
  const total = useBlobs((state) => state.total);
  const more = useBlobs((state) => state.more);
  /** Rows are coming: at first, or after more files were read. */
  const loading = !complete
    ? `Loading: ${count(table.size)} of ${plural(total, 'blob')}`
    : more > 0
      ? `Loading ${plural(more, 'more blob')}`
      : null;
  const selected = useSelection((state) => state.selected).in(table);
  const clear = useSelection((state) => state.clear);
  const selectRows = useSelection((state) => state.selectRows);
  const open = useUi((state) => state.open);
  const compare = useUi((state) => state.compare);
  const files = useMemo(() => filesAmong(table, selected.marks), [table, selected]);
  const hidden = useMemo(() => {
    if (selected.size === 0) return 0;
    let visible = 0;
    for (let i = 0; i < shown.length; i += 1) visible += selected.marks[shown[i] ?? 0] ?? 0;
    return selected.size - visible;
  }, [shown, selected]);
  const some = selected.size > 0;
  const works = useMemo(() => (some ? sendable(table, selected.marks) : 0), [table, selected, some]);
  const whyNot = !complete
    ? 'The list is still loading.'
    : !some
      ? 'Select blobs to re-encrypt them.'
      : works === 0
        ? 'None of the selected blobs can be re-encrypted.'
        : null;
  const ticked = () => [...selected.indexes].flatMap((index) => table.rows[index] ?? []);
  return (
    <footer className="action-bar">
      <span className="action-text" role="status">
        {some ? (
          <>
            <strong>{plural(selected.size, 'blob')} selected</strong> in {plural(files, 'file')}
            {hidden > 0 && (
              <span className="attention-text">, {plural(hidden, 'blob')} hidden by the filter</span>
            )}
            {works === 0 && <span className="attention-text">. None of them can be re-encrypted</span>}
            {loading !== null && `. ${loading}`}
          </>
        ) : loading !== null ? (
          loading
        ) : shown.length === 0 ? (
          'No blob is shown'
        ) : shown.length < table.size ? (
          `${plural(shown.length, 'blob')} of ${count(table.size)} shown`
        ) : (
          plural(table.size, 'blob')
        )}
      </span>
      {loading === null && !some && shown.length > 0 && (
        <span className="action-hint">Select blobs to re-encrypt them</span>
      )}
      <Button
        variant="quiet"
        reason={!some && shown.length === 0 ? 'No blob is shown.' : null}
        onPress={some ? clear : () => selectRows(shown)}
      >
        {some ? 'Clear selection' : 'Select all shown'}
      </Button>
      {!some && (
        <Button variant="quiet" onPress={() => open('rules')}>
          Select by rule…
        </Button>
      )}
      {selected.size === 2 && (
        <Button
          variant="quiet"
          icon={<Columns2 className="icon" aria-hidden="true" />}
          aria-label="Compare 2 blobs"
          onPress={() => {
            const [first, second] = ticked();
            if (first !== undefined && second !== undefined) compare([first.id, second.id]);
          }}
        >
          Compare
        </Button>
      )}
      <span className="gap" />
      <Button
        variant="quiet"
        icon={<Trash2 className="icon" aria-hidden="true" />}
        {...(some ? { 'aria-label': `Remove from list: ${plural(files, 'file')}` } : {})}
        onPress={() => {
          if (some) void removeChosen();
          else open('clear');
        }}
      >
        {some ? 'Remove from list' : 'Clear list'}
      </Button>
      <Button
        variant="primary"
        icon={<RefreshCw className="icon" aria-hidden="true" />}
        keys={mod('↵')}
        reason={whyNot}
        onPress={openSheet}
      >
        {/* What the sheet will offer: KMS takes not everything that can be ticked. */}
        {works > 0 ? `Re-encrypt ${plural(works, 'blob')}` : 'Re-encrypt'}
      </Button>
    </footer>
  );
}
