import { Check, Minus } from 'lucide-react';
import type { Tick } from '../lib/selection.ts';
import { Cell } from './grid.tsx';

interface TickBoxProps {
  readonly label: string;
  readonly tick: Tick;
  readonly onToggle: (shift: boolean) => void;
}

/** A checkbox inside the table: for the pointer; the keyboard ticks with Space on the row. */
export function TickBox({ label, tick, onToggle }: TickBoxProps) {
  return (
    <Cell
      className="tick"
      role="checkbox"
      tabIndex={-1}
      aria-label={label}
      aria-checked={tick === 'some' ? 'mixed' : tick === 'all'}
      onMouseDown={(event) => event.preventDefault()}
      onClick={(event) => {
        event.stopPropagation();
        onToggle(event.shiftKey);
      }}
      onKeyDown={(event) => {
        if (event.key !== ' ') return;
        event.preventDefault();
        event.stopPropagation();
        onToggle(event.shiftKey);
      }}
    >
      <span className="checkbox-box" data-on={tick !== 'none' || undefined} aria-hidden="true">
        {tick === 'all' ? <Check /> : tick === 'some' ? <Minus /> : null}
      </span>
    </Cell>
  );
}
