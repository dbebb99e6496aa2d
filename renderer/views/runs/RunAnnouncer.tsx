import { useEffect, useState } from 'react';
import type { RunSummary } from '#shared/model/run.ts';
import { endedWords, progressWords } from '../../lib/words/run-words.ts';
import { isOver, useRuns } from '../../store/runs/runs.ts';

const wordsOf = (run: RunSummary): string => (isOver(run) ? endedWords(run) : progressWords(run));

/**
 * Says of each run how far it is, every ten per cent, and what came of it; for those who do not see the bars. The one
 * place that does, in every view and above every dialog: a live region that comes with its words is not read by all.
 */
export function RunAnnouncer() {
  const [said, setSaid] = useState('');
  useEffect(
    () =>
      useRuns.subscribe(({ runs }, before) => {
        if (runs === before.runs) return;
        const news = [...runs.values()].flatMap((run) => {
          const was = before.runs.get(run.id);
          if (was === run) return [];
          // Runs of earlier are no news when their list arrives.
          if (was === undefined && before.status !== 'ready') return [];
          const words = wordsOf(run);
          return was !== undefined && wordsOf(was) === words ? [] : [words];
        });
        if (news.length > 0) setSaid(news.join('. '));
      }),
    [],
  );
  return (
    <p className="visually-hidden" role="status" data-react-aria-top-layer="true">
      {said}
    </p>
  );
}
