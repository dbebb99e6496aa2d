import { Boxes, CircleHelp, ClipboardCheck, History, KeyRound, Settings } from 'lucide-react';
import type { ComponentType } from 'react';
import { NativeTip } from '../../components/Tip.tsx';
import { count } from '../../lib/words/format.ts';
import { useUi, type ViewName } from '../../store/app/ui.ts';
import { useBlobs } from '../../store/blobs/blobs.ts';
import { areMoving, runsNote, runsPercent, useRuns } from '../../store/runs/runs.ts';

/** The views, on the left. Help and Settings stand apart at the bottom. */
export function Nav() {
  // Those that the host has: their rows may still be coming.
  const blobs = useBlobs((state) => Math.max(state.total, state.rows.length));
  const words = useRuns(({ runs }) => runsNote([...runs.values()]));
  const percent = useRuns(({ runs }) => runsPercent(runs.values()));
  const progress = percent === null ? null : `${percent} %`;
  // A run that does not move says why; how far it is stands in the tooltip.
  const moves = useRuns(({ runs }) => areMoving(runs.values()));
  return (
    <nav className="nav" aria-label="Views">
      <NavItem view="blobs" name="Blobs" icon={Boxes} note={blobs > 0 ? count(blobs) : null} />
      <NavItem
        view="runs"
        name="Runs"
        icon={History}
        note={moves ? progress : words}
        title={[words, progress].filter(Boolean).join(', ')}
        busy
      />
      <NavItem view="keys" name="Keys" icon={KeyRound} note={null} />
      <NavItem view="audit" name="Audit" icon={ClipboardCheck} note={null} />
      <span className="nav-gap" />
      <NavItem view="help" name="Help" icon={CircleHelp} note={null} />
      <NavItem view="settings" name="Settings" icon={Settings} note={null} />
    </nav>
  );
}

interface ItemProps {
  readonly view: ViewName;
  readonly name: string;
  readonly icon: ComponentType<{ className?: string; 'aria-hidden'?: 'true' }>;
  readonly note: string | null;
  /** What the note stands for, where it has no place for all of it. */
  readonly title?: string;
  readonly busy?: boolean;
}

function NavItem({ view, name, icon: Icon, note, title = note ?? '', busy = false }: ItemProps) {
  const current = useUi((state) => state.view === view);
  const show = useUi((state) => state.show);
  return (
    <NativeTip
      text={title === '' ? name : `${name}, ${title}`}
      side="end"
      {...(title === (note ?? '') ? { unless: '.nav-name' } : {})}
    >
      <button
        type="button"
        className="nav-item"
        aria-current={current ? 'page' : undefined}
        aria-label={name}
        onClick={() => show(view)}
      >
        <Icon className="icon" aria-hidden="true" />
        <span className="nav-name">{name}</span>
        {note !== null && <span className={busy ? 'nav-note nav-note-busy' : 'nav-note'}>{note}</span>}
      </button>
    </NativeTip>
  );
}
