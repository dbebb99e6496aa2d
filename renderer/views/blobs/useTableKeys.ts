import type { KeyboardEvent, RefObject } from 'react';
import { lineId } from '../../lib/arrange.ts';
import { hasMod } from '../../lib/platform.ts';
import { useArrange } from '../../store/arrange.ts';
import { useInspector } from '../../store/inspector.ts';
import { useSelection } from '../../store/selection.ts';
import type { Arranged } from './useArranged.ts';

/** Keys of the table: arrows, Home/End, Page keys move; Space ticks; Shift extends; Enter opens the inspector. */
export function useTableKeys(
  { lines, order, indexOf, shown }: Arranged,
  reveal: (index: number) => void,
  rowHeight: number,
  scroller: RefObject<HTMLElement | null>,
): (event: KeyboardEvent) => void {
  return (event) => {
    const { cursor, moveTo, extend, toggle, toggleMany, selectOnly, clear } = useSelection.getState();
    const { setCollapsed, collapsed } = useArrange.getState();
    const at = cursor === null ? -1 : (indexOf.get(cursor) ?? -1);
    const line = lines[at];
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 400) / rowHeight) - 2);
    const move = (to: number): void => {
      let index = Math.max(0, Math.min(lines.length - 1, to));
      // A range runs over blobs: heads of groups are stepped over, lest its anchor be lost.
      const step = index < at ? -1 : 1;
      while (event.shiftKey && lines[index]?.type === 'group' && lines[index + step] !== undefined)
        index += step;
      const target = lines[index];
      if (target === undefined || (event.shiftKey && target.type === 'group')) return;
      if (event.shiftKey && target.type === 'row') extend(target.row.id, order);
      else moveTo(lineId(target));
      reveal(index);
    };
    const targets: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: lines.length - 1,
    };
    const target = targets[event.key];
    if (target !== undefined && !event.altKey) move(target);
    else if (event.key === ' ' && line?.type === 'row') {
      if (event.shiftKey) extend(line.row.id, order);
      else toggle(line.row.id);
    } else if (event.key === ' ' && line?.type === 'group') toggleMany(line.group.rows.map((row) => row.id));
    else if (event.key.toLowerCase() === 'a' && hasMod(event)) selectOnly(shown.map((row) => row.id));
    else if (event.key === 'Enter' && !hasMod(event) && line?.type === 'group')
      setCollapsed(line.group.key, !collapsed.has(line.group.key));
    else if (event.key === 'Enter' && !hasMod(event) && line !== undefined) openInspector();
    else if (event.key === 'ArrowLeft') collapseAt(at);
    else if (event.key === 'ArrowRight' && line?.type === 'group') setCollapsed(line.group.key, false);
    else if (event.key === 'Escape' && useSelection.getState().selected.size > 0) clear();
    else return;
    event.preventDefault();

    function collapseAt(index: number): void {
      // On a blob, Left goes to its group; on an open group it closes it.
      for (let i = index; i >= 0; i -= 1) {
        const each = lines[i];
        if (each?.type !== 'group') continue;
        if (i === index) setCollapsed(each.group.key, true);
        else move(i);
        return;
      }
    }
  };
}

function openInspector(): void {
  useInspector.getState().setOpen(true);
  // The pane may only now be made; its tabs are the way into it.
  requestAnimationFrame(() =>
    document.querySelector<HTMLElement>('.inspector [role="tab"][tabindex="0"]')?.focus(),
  );
}
