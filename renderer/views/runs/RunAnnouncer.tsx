import { useEffect, useRef, useState } from 'react';
import { endedWords, progressWords } from '../../lib/words/run-words.ts';
import { isOver, useRuns } from '../../store/runs.ts';

/** Says of each run under way how far it is, every ten per cent, and what came of it; for those who do not see the bars. */
export function RunAnnouncer() {
  const moving = useRuns(({ runs }) =>
    [...runs.values()]
      .filter((run) => !isOver(run))
      .map(progressWords)
      .join('. '),
  );
  const ended = useEnded();
  return (
    <p className="visually-hidden" role="status">
      {moving === '' ? ended : moving}
    </p>
  );
}

/** What came of the last run that ended while this was shown. */
function useEnded(): string {
  const [words, setWords] = useState('');
  const open = useRef<ReadonlySet<string>>(new Set());
  const ids = useRuns(({ runs }) =>
    [...runs.values()]
      .filter((run) => !isOver(run))
      .map(({ id }) => id)
      .join(' '),
  );
  useEffect(() => {
    const now = new Set(ids === '' ? [] : ids.split(' '));
    const { runs } = useRuns.getState();
    const over = [...open.current].filter((id) => !now.has(id)).flatMap((id) => runs.get(id) ?? []);
    open.current = now;
    const last = over.at(-1);
    if (last !== undefined) setWords(endedWords(last));
  }, [ids]);
  return words;
}
