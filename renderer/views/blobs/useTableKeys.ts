import type { KeyboardEvent, RefObject } from 'react';
import { hasMod, isDelete } from '../../lib/platform.ts';
import type { Lines } from '../../lib/table/arrange.ts';
import { useActions } from '../../store/app/actions.ts';
import { copyPaths, removeChosen } from '../../store/blob-menu.ts';
import { useArrange } from '../../store/blobs/arrange.ts';
import { useInspector } from '../../store/blobs/inspector.ts';
import { useSelection } from '../../store/blobs/selection.ts';

/** Keys of the table: arrows, Home/End, Page keys move; Space ticks; Shift extends; Enter opens the inspector; Delete removes. */
export function useTableKeys(
  lines: Lines,
  reveal: (place: number) => void,
  rowHeight: number,
  scroller: RefObject<HTMLElement | null>,
): (event: KeyboardEvent<HTMLElement>) => void {
  const { moveTo, extend, toggle, toggleMany, selectRows, clear } = useActions(useSelection);
  const cursor = useSelection((state) => state.cursor);
  const some = useSelection((state) => state.selected.size > 0);
  const { setCollapsed } = useActions(useArrange);
  const { setOpen } = useActions(useInspector);
  const openInspector = (): void => openAndFocus(setOpen);
  return (event) => {
    const inside = event.target !== event.currentTarget;
    // A button of the row has the focus: it takes its own keys, and Esc leads back to the row.
    if (inside && OF_CONTROLS.has(event.key)) return;
    // With Alt, a key is the window's: Back and Forward, which must find it as it was pressed.
    if (event.altKey) return;
    if (inside) event.currentTarget.focus();
    const at = lines.placeOf(cursor) ?? -1;
    const line = lines.at(at);
    const group = line?.type === 'group' ? lines.groups?.face(line.position) : undefined;
    const closed = line?.type === 'group' && lines.isClosed(line.position);
    // A group that is closed until it is opened is kept the other way round.
    const setClosed = (key: string, to: boolean): void =>
      setCollapsed(key, to !== (line?.type === 'group' && lines.groups?.folds(line.position) === true));
    const blob = line?.type === 'row' ? lines.table.rows[line.index] : undefined;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 400) / rowHeight) - 2);
    const move = (to: number): void => {
      let place = Math.max(0, Math.min(lines.count - 1, to));
      // A range runs over blobs: heads of groups are stepped over, lest its anchor be lost.
      const step = place < at ? -1 : 1;
      while (event.shiftKey && lines.at(place)?.type === 'group' && lines.at(place + step) !== undefined)
        place += step;
      const id = lines.idAt(place);
      if (id === undefined || (event.shiftKey && lines.at(place)?.type === 'group')) return;
      if (event.shiftKey) extend(id, lines);
      else moveTo(id);
      reveal(place);
    };
    const targets: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: lines.count - 1,
    };
    const target = targets[event.key];
    if (target !== undefined) move(target);
    else if (event.key === ' ' && blob !== undefined) {
      if (event.shiftKey) extend(blob.id, lines);
      else toggle(blob.id);
    } else if (event.key === ' ' && line?.type === 'group')
      toggleMany(lines.groups?.at(line.position) ?? new Uint32Array());
    else if (event.key.toLowerCase() === 'a' && hasMod(event)) selectRows(lines.shown);
    else if (event.key.toLowerCase() === 'c' && hasMod(event) && !textIsSelected()) copyPaths();
    else if (isDelete(event) && !inside) void removeChosen();
    else if (event.key === 'Enter' && !hasMod(event) && group !== undefined) setClosed(group.key, !closed);
    else if (event.key === 'Enter' && !hasMod(event) && line !== undefined) openInspector();
    else if (event.key === 'ArrowLeft') collapseAt(at);
    else if (event.key === 'ArrowRight' && group !== undefined) {
      // As in a tree: Right opens a closed group, and goes into an open one.
      if (closed) setClosed(group.key, false);
      else move(at + 1);
    } else if (event.key === 'Escape' && (inside || some)) {
      if (!inside) clear();
    } else return;
    event.preventDefault();

    function collapseAt(place: number): void {
      // On a blob, Left goes to its group; on an open group it closes it. A blob that is its group has no head.
      if (blob !== undefined && lines.singleOf(lines.table.indexOf(blob.id) ?? -1) !== undefined) return;
      for (let i = place; i >= 0; i -= 1) {
        if (lines.at(i)?.type !== 'group') continue;
        if (i === place && group !== undefined) setClosed(group.key, true);
        else move(i);
        return;
      }
    }
  };
}

/** Whether a person marked text, which the platform's own copy then takes. */
const textIsSelected = (): boolean => window.getSelection()?.isCollapsed === false;

/** Keys that stay with what is pressed inside the table: those of controls, and those that begin a combination. */
const OF_CONTROLS: ReadonlySet<string> = new Set([' ', 'Enter', 'Tab', 'Shift', 'Alt', 'Control', 'Meta']);

/** How long the inspector may take to have its blob before the focus stays where it is. */
const ENTER_LIMIT_MS = 3000;

function openAndFocus(setOpen: (open: boolean) => void): void {
  setOpen(true);
  const end = performance.now() + ENTER_LIMIT_MS;
  // The pane may only now be made, or its blob be on the way: until then it cannot be entered. Its tabs are the way in.
  const enter = (): void => {
    const tab = document.querySelector<HTMLElement>(
      '.inspector-body:not([inert]) [role="tab"][tabindex="0"]',
    );
    if (tab !== null) tab.focus();
    else if (document.activeElement?.matches('.table') && performance.now() < end)
      requestAnimationFrame(enter);
  };
  requestAnimationFrame(enter);
}
