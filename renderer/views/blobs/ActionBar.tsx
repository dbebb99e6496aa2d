import { Columns2, RefreshCw, Trash2 } from 'lucide-react';
import { useMemo } from 'react';
import { Button } from '../../components/Button.tsx';
import { plural } from '../../lib/format.ts';
import { mod } from '../../lib/platform.ts';
import { fileCount } from '../../lib/request.ts';
import { useBlobs } from '../../store/blobs.ts';
import { useIntake } from '../../store/intake.ts';
import { useSelection } from '../../store/selection.ts';
import { useUi } from '../../store/ui.ts';
import { openSheet } from '../sheet/openSheet.ts';
import type { Arranged } from './useArranged.ts';

/** What is selected and what can be done with it. */
export function ActionBar({ arranged }: { readonly arranged: Arranged }) {
  const rows = useBlobs((state) => state.rows);
  const selected = useSelection((state) => state.selected);
  const clear = useSelection((state) => state.clear);
  const selectOnly = useSelection((state) => state.selectOnly);
  const remove = useIntake((state) => state.remove);
  const open = useUi((state) => state.open);
  const compare = useUi((state) => state.compare);
  const ticked = useMemo(() => rows.filter((row) => selected.has(row.id)), [rows, selected]);
  const files = useMemo(() => fileCount(ticked), [ticked]);
  const [first, second, third] = ticked;
  const { shown } = arranged;
  const hidden = useMemo(() => {
    if (ticked.length === 0 || shown.length === rows.length) return 0;
    const visible = new Set(shown.map((row) => row.id));
    return ticked.filter((row) => !visible.has(row.id)).length;
  }, [ticked, shown, rows]);
  return (
    <footer className="action-bar">
      <span className="action-text" role="status">
        {ticked.length > 0 ? (
          <>
            <strong>{plural(ticked.length, 'blob')} selected</strong> in {plural(files, 'file')}
            {hidden > 0 && (
              <span className="attention-text">, {plural(hidden, 'blob')} hidden by the filter</span>
            )}
          </>
        ) : shown.length < rows.length ? (
          `${plural(shown.length, 'blob')} of ${rows.length.toLocaleString('en-US')} shown`
        ) : (
          plural(rows.length, 'blob')
        )}
      </span>
      {ticked.length > 0 ? (
        <Button variant="quiet" onPress={clear}>
          Clear selection
        </Button>
      ) : (
        <Button variant="quiet" onPress={() => selectOnly(shown.map((row) => row.id))}>
          Select all shown
        </Button>
      )}
      {first !== undefined && second !== undefined && third === undefined && (
        <Button
          variant="quiet"
          icon={<Columns2 className="icon" aria-hidden="true" />}
          onPress={() => compare([first.id, second.id])}
        >
          Compare 2 blobs
        </Button>
      )}
      <span className="gap" />
      {ticked.length > 0 ? (
        <Button
          variant="quiet"
          icon={<Trash2 className="icon" aria-hidden="true" />}
          onPress={() => void remove([...new Set(ticked.map((row) => row.sourceId))])}
        >
          {`Remove ${plural(files, 'file')} from the list`}
        </Button>
      ) : (
        <Button
          variant="quiet"
          icon={<Trash2 className="icon" aria-hidden="true" />}
          onPress={() => open('clear')}
        >
          Clear list
        </Button>
      )}
      <Button
        variant="primary"
        icon={<RefreshCw className="icon" aria-hidden="true" />}
        keys={mod('↵')}
        isDisabled={ticked.length === 0}
        onPress={openSheet}
      >
        {ticked.length === 0 ? 'Re-encrypt' : `Re-encrypt ${plural(ticked.length, 'blob')}`}
      </Button>
    </footer>
  );
}
