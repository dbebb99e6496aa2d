import { useEffect } from 'react';
import { runsNote, runsPercent, useRuns } from '../../store/runs/runs.ts';

const NAME = 'Rewrap';

/** Has the title of the window or tab say how far the runs under way are. A part of its own: nothing else is drawn anew for it. */
export function ProgressTitle(): null {
  const words = useRuns(({ runs }) => titleWords(runsPercent(runs.values()), runsNote([...runs.values()])));
  useEffect(() => {
    document.title = words;
  }, [words]);
  useEffect(
    () => () => {
      document.title = NAME;
    },
    [],
  );
  return null;
}

/** "42 % · Rewrap", or what holds the runs back: "42 % · 1 paused · Rewrap". */
export function titleWords(percent: number | null, note: string | null): string {
  if (percent === null) return NAME;
  const held = note !== null && !note.endsWith('running') ? [note] : [];
  return [`${percent} %`, ...held, NAME].join(' · ');
}
