import { FolderOpen } from 'lucide-react';
import { useEffect, useState } from 'react';
import { bridge, call } from '../../api.ts';
import { Button } from '../../components/Button.tsx';
import { attempt } from '../../store/app/ui.ts';
import { useConnection } from '../../store/connection/connection.ts';

type Facts = Awaited<ReturnType<typeof ask>>;
const ask = () => call(bridge().app.dataFolder({}));

/** Where Rewrap keeps its own data, and how that is changed: by a dialog of the host, from the next start. */
export function DataFolderBlock() {
  const [facts, setFacts] = useState<Facts | null>(null);
  const can = useConnection((state) => state.app?.can.chooseFolder === true);
  useEffect(() => {
    void attempt(async () => setFacts(await ask()));
  }, []);
  if (facts === null) return null;
  const { path, next, usual, fixed } = facts;
  const choose = (what: 'another' | 'usual'): Promise<void> =>
    attempt(async () => setFacts(await call(bridge().app.chooseDataFolder({ what }))));
  const reason = fixed ? 'REWRAP_HOME names it.' : null;
  return (
    <section className="settings-part" aria-label="Data folder">
      <h2 className="page-heading">Data folder</h2>
      <div>
        <code className="folder-path">{path}</code>
        <p className="hint">Settings, the journal of runs and the history. No plaintext, no credentials.</p>
      </div>
      {next !== path && (
        <div role="status">
          From the next start: <code className="folder-path">{next}</code>
          <p className="hint">Nothing is moved: runs and history stay in the folder above.</p>
        </div>
      )}
      {can ? (
        <div className="settings-row">
          <Button
            icon={<FolderOpen className="icon" aria-hidden="true" />}
            reason={reason}
            onPress={() => void choose('another')}
          >
            Choose another…
          </Button>
          {next !== usual && (
            <Button variant="quiet" reason={reason} onPress={() => void choose('usual')}>
              Use the usual folder
            </Button>
          )}
        </div>
      ) : (
        <p className="hint">
          To use another one, stop Rewrap and start it with{' '}
          <code className="cell-nowrap">REWRAP_HOME=DIR rewrap serve</code>.
        </p>
      )}
    </section>
  );
}
