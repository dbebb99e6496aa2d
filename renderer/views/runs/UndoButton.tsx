import { Undo2 } from 'lucide-react';
import type { RunSummary } from '#shared/model/run.ts';
import { Button } from '../../components/Button.tsx';
import { undoWords } from '../../lib/words/run-words.ts';
import { isOver } from '../../store/runs.ts';
import { useUi } from '../../store/ui.ts';

/** Asks about undoing a run, and says what that touches; nothing where it cannot be undone. */
export function UndoButton({ run }: { readonly run: RunSummary }) {
  const askUndo = useUi((state) => state.askUndo);
  if (!isOver(run) || run.undo === null || run.elsewhere !== null) return null;
  return (
    <Button icon={<Undo2 className="icon" aria-hidden="true" />} onPress={() => askUndo(run.id)}>
      {`${undoWords(run)}…`}
    </Button>
  );
}
