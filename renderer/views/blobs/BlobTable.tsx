import { Fragment, type MouseEvent, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { Button } from '../../components/Button.tsx';
import { Box, Cell } from '../../components/grid.tsx';
import { useRowHeight, useVisibleRows } from '../../components/useVisibleRows.ts';
import { afterFrame } from '../../lib/after-frame.ts';
import { conclusionName, keyGroupName } from '../../lib/keys/key-groups.ts';
import type { Lines } from '../../lib/table/arrange.ts';
import { useActions } from '../../store/app/actions.ts';
import { showMenu } from '../../store/app/menu.ts';
import { useSettings } from '../../store/app/settings.ts';
import { useUi } from '../../store/app/ui.ts';
import { blobEntries } from '../../store/blob-menu.ts';
import { useArrange } from '../../store/blobs/arrange.ts';
import { useBlobs } from '../../store/blobs/blobs.ts';
import { isStale, useInspector } from '../../store/blobs/inspector.ts';
import { useKeyGroups } from '../../store/blobs/key-groups.ts';
import { useSelection } from '../../store/blobs/selection.ts';
import { useKeys } from '../../store/connection/keys.ts';
import { useRuns } from '../../store/runs/runs.ts';
import { BlobRowLine, domId, type LineFrame, type RowHandlers } from './BlobRowLine.tsx';
import { COLUMNS, type ShownBlobColumn } from './columns.tsx';
import { type GroupHandlers, GroupLine } from './GroupLine.tsx';
import { NONE_ID, TableHead } from './TableHead.tsx';
import { useBlobColumns } from './useBlobColumns.ts';
import { useTableKeys } from './useTableKeys.ts';

const ROW_REM = { compact: 28 / 13, comfortable: 36 / 13 };
/** How long the cursor rests on a blob before it is asked for: holding an arrow key down passes many. */
const REST_MS = 40;
/** In a list of so many, rows beyond the edges follow a frame after those that are seen. */
const MANY = 2000;

/**
 * The virtualised table: one ARIA grid and one tab stop. The focus stays on the grid and `aria-activedescendant`
 * names the cursor's row, so that scrolling a row out of the DOM cannot lose the focus.
 */
export function BlobTable({ lines }: { readonly lines: Lines }) {
  const scroller = useRef<HTMLDivElement>(null);
  const cursor = useSelection((state) => state.cursor);
  const height = useRowHeight(ROW_REM[useSettings((state) => state.density)]);
  const columns = useBlobColumns(scroller, lines.table, lines.groups?.by ?? 'none');
  const here = lines.placeOf(cursor);
  const visible = useVisibleRows(scroller, { count: lines.count, height, head: height, always: here });
  useCursor(lines, cursor, here);
  // Asked for by the rows when they are pressed: a new function for each arrangement would draw every row anew.
  const latest = useRef(lines);
  latest.current = lines;
  const { extend, toggle, toggleMany, moveTo } = useActions(useSelection);
  const { setOpen: setInspectorOpen } = useActions(useInspector);
  const { setCollapsed, clearFilter } = useActions(useArrange);
  const { findKey } = useActions(useUi);
  const on = useMemo(
    (): Handlers => ({
      extend: (id) => extend(id, latest.current),
      toggle,
      moveTo,
      openInspector: () => setInspectorOpen(true),
      setCollapsed,
      findKey,
      toggleGroup: (key) => {
        const { groups } = latest.current;
        const position = groups?.position(key);
        if (groups !== null && position !== undefined) toggleMany(groups.at(position));
      },
    }),
    [extend, toggle, toggleMany, moveTo, setInspectorOpen, setCollapsed, findKey],
  );
  const known = useKnown();
  const drawn = useMemo(() => ({ lines, known, columns: columns.shown }), [lines, known, columns.shown]);
  // What is on the screen answers first; a later frame draws the rows beyond its edges, which are seen after a scroll.
  const later = useAfterFrame(drawn);
  const partOf = (place: number): Drawn =>
    lines.table.size < MANY || visible.inSight(place) || place === here ? drawn : later;
  const onKeyDown = useTableKeys(lines, visible.reveal, height, scroller);
  const hereId = here === undefined ? undefined : lines.idAt(here);
  return (
    <Box
      className="table"
      ref={scroller}
      role="grid"
      aria-label="Blobs"
      aria-multiselectable="true"
      aria-rowcount={lines.count + 1}
      aria-colcount={COLUMNS.length + 1}
      aria-activedescendant={hereId === undefined ? undefined : domId(hereId)}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onContextMenu={menuOfCursor}
    >
      <TableHead lines={lines} height={height} columns={columns} />
      {lines.count === 0 ? (
        <Box className="table-none" role="row" aria-rowindex={2}>
          <Cell aria-colspan={COLUMNS.length + 1}>
            <p id={NONE_ID}>No blob matches the filter</p>
            <Button onPress={clearFilter}>Clear the filter</Button>
          </Cell>
        </Box>
      ) : (
        <Box
          className="table-body"
          role="rowgroup"
          style={{ height: lines.count * height, minWidth: columns.least }}
        >
          {visible.indexes.map((place) => (
            <Fragment key={visible.slot(place)}>
              {drawLine(partOf(place), on, visible.leaping, {
                index: place,
                top: place * height,
                height,
                tracks: columns.tracks,
                active: place === here,
              })}
            </Fragment>
          ))}
        </Box>
      )}
    </Box>
  );
}

/** From the keyboard: the menu of the blob that the cursor is on. That of the pointer is the row's own. */
function menuOfCursor(event: MouseEvent): void {
  if (event.target !== event.currentTarget) return;
  const { cursor } = useSelection.getState();
  const row = cursor === null ? undefined : useBlobs.getState().byId.get(cursor);
  if (row !== undefined) showMenu(event, document.getElementById(domId(row.id)), row.file, blobEntries(row));
}

/** What the stores say of rows. Asked for once, by the table: a hook in each row would cost more than its drawing. */
function useKnown() {
  const selected = useSelection((state) => state.selected);
  const collapsed = useArrange((state) => state.collapsed);
  const results = useRuns((state) => state.results);
  const keyGroups = useKeyGroups((state) => state.keyGroups);
  const index = useKeyGroups((state) => state.keys);
  const keys = useKeys((state) => state.keys);
  return useMemo(
    () => ({ selected, collapsed, results, keyGroups, index, keys }),
    [selected, collapsed, results, keyGroups, index, keys],
  );
}

/** A value once a frame was shown since it was given. React's own deferring may come before that frame. */
function useAfterFrame<T>(value: T): T {
  const [shown, setShown] = useState(value);
  useEffect(() => afterFrame(() => setShown(value)), [value]);
  return shown;
}

/** All that lines are drawn from. */
interface Drawn {
  readonly lines: Lines;
  readonly known: ReturnType<typeof useKnown>;
  readonly columns: readonly ShownBlobColumn[];
}

type Handlers = RowHandlers & GroupHandlers;

/** A line in plain values, so that it is drawn again only when one of them differs. */
function drawLine({ lines, known, columns }: Drawn, on: Handlers, plain: boolean, frame: LineFrame) {
  const { selected, results, keyGroups, index, keys } = known;
  const { table, groups } = lines;
  const line = lines.at(frame.index);
  if (line?.type === 'group' && groups !== null) {
    const face = groups.face(line.position);
    const members = groups.at(line.position);
    const keyGroup = keyGroups.get(face.fingerprint ?? '');
    const first = table.rows[members[0] ?? -1];
    const conclusion = first === undefined ? undefined : index.of(first);
    const ofKey = groups.by === 'key' && conclusion !== undefined ? index.key(conclusion.key) : undefined;
    return (
      <GroupLine
        groupKey={face.key}
        label={face.label}
        fingerprint={face.fingerprint}
        name={
          ofKey?.alias ??
          (groups.by === 'key' ? conclusionName(conclusion, keys) : keyGroupName(keyGroup, keys))
        }
        by={ofKey?.by ?? keyGroup?.by ?? null}
        materials={ofKey?.materials ?? 1}
        keyGroup={keyGroup}
        blobs={members.length}
        first={first?.id ?? null}
        findings={groups.findings(line.position)}
        tick={selected.in(table).of(members)}
        closed={lines.isClosed(line.position)}
        folds={groups.folds(line.position)}
        on={on}
        {...frame}
      />
    );
  }
  const row = line?.type === 'row' ? table.rows[line.index] : undefined;
  if (row === undefined || line?.type !== 'row') return null;
  const by = groups?.by;
  const alone = lines.singleOf(line.index) !== undefined;
  const ofKey = by === 'key' ? index.key(index.of(row)?.key ?? '') : undefined;
  return (
    <BlobRowLine
      row={row}
      member={groups !== null && !alone}
      under={!alone && (by === 'file' || by === 'folder') ? by : null}
      face={
        alone && (by === 'key' || by === 'material') ? 'key' : (ofKey?.materials ?? 1) > 1 ? 'swatch' : 'none'
      }
      ticked={selected.has(row.id)}
      last={results.get(row.id)}
      keyName={conclusionName(index.of(row), keys)}
      known={index.of(row) ?? null}
      columns={columns}
      plain={plain}
      on={on}
      {...frame}
    />
  );
}

/** Sets the cursor on the first blob where it stands on none that is shown, and has the inspector follow it. */
function useCursor(lines: Lines, cursor: string | null, here: number | undefined): void {
  const { aim, inspect } = useActions(useInspector);
  const { moveTo } = useActions(useSelection);
  const first = lines.table.rows[lines.shown[0] ?? -1]?.id;
  useEffect(() => {
    if (first === undefined || here !== undefined) return;
    const row = lines.table.indexOf(cursor ?? '');
    // In a group that is closed it stays where it is; a blob that a filter hides is not what the window is about.
    if (row === undefined || !lines.shown.includes(row)) moveTo(first);
  }, [first, here, cursor, lines, moveTo]);
  const nothing = lines.count === 0;
  const inspected = here !== undefined && lines.at(here)?.type === 'row' ? cursor : null;
  // Before the next click can be heard: what is still shown is not what was chosen.
  useLayoutEffect(() => {
    if (inspected !== null) aim(inspected);
  }, [inspected, aim]);
  useEffect(() => {
    const timer = setTimeout(() => {
      if (inspected !== null) void inspect(inspected);
      // A blob that the filter hides is not what the window is about.
      else if (nothing) void inspect(null);
      // The cursor left the lines before the pane had followed it: it follows all the same.
      else if (isStale(useInspector.getState())) void inspect(useInspector.getState().blobId);
    }, REST_MS);
    return () => clearTimeout(timer);
  }, [inspected, nothing, inspect]);
}
