import { Copy, Download, FolderOpen } from 'lucide-react';
import type { RunItem, RunSummary } from '#shared/model/run.ts';
import { bridge, call, faultOf } from '../../api.ts';
import { Button } from '../../components/Button.tsx';
import { fetchDownload } from '../../lib/download.ts';
import { keyName, plural } from '../../lib/format.ts';
import { useConnection } from '../../store/connection.ts';
import { copyText, useUi } from '../../store/ui.ts';

/** The new blobs of an ended run: copy, show, download, and what KMS said of them. */
export function NewBlobs({ run, items }: { readonly run: RunSummary; readonly items: readonly RunItem[] }) {
  const can = useConnection((state) => state.app?.can);
  const done = items.filter((item) => item.state === 'reencrypted');
  const first = done[0];
  if (first === undefined) return null;
  const attempt = (work: () => Promise<void>): void => {
    work().catch((error: unknown) => useUi.getState().complain(faultOf(error)));
  };
  const copy = async (): Promise<void> => {
    const { text } = await call(bridge().runs.resultText({ runId: run.id, blobId: first.blobId }));
    await copyText(text, 'the new ciphertext');
  };
  const download = async (): Promise<void> => {
    const { url, name } = await call(bridge().runs.download({ runId: run.id }));
    fetchDownload(url, name);
  };
  return (
    <div className="new-blobs">
      <div className="button-row">
        {can?.download && run.downloads > 0 && (
          <Button
            variant="primary"
            icon={<Download className="icon" aria-hidden="true" />}
            onPress={() => attempt(download)}
          >
            {`Download ${plural(run.downloads, 'new file')}`}
          </Button>
        )}
        {done.length === 1 && (
          <Button icon={<Copy className="icon" aria-hidden="true" />} onPress={() => attempt(copy)}>
            Copy new ciphertext
          </Button>
        )}
        {can?.reveal && first.output !== null && (
          <Button
            icon={<FolderOpen className="icon" aria-hidden="true" />}
            onPress={() =>
              attempt(async () => {
                await call(bridge().output.reveal({ runId: run.id, blobId: first.blobId }));
              })
            }
          >
            Show in folder
          </Button>
        )}
      </div>
      <dl className="facts">
        {done.length === 1 && first.output !== null && (
          <>
            <dt>New file</dt>
            <dd>
              <code>{first.output}</code>
            </dd>
          </>
        )}
        {done.length === 1 && first.backup !== null && (
          <>
            <dt>Backup</dt>
            <dd>
              <code>{first.backup}</code>
            </dd>
          </>
        )}
        {done.length === 1 && first.sourceKeyArn !== null && (
          <>
            <dt>From key, confirmed by KMS</dt>
            <dd>
              <code title={first.sourceKeyArn}>{keyName(first.sourceKeyArn)}</code>
            </dd>
          </>
        )}
        {first.destinationKeyArn !== null && (
          <>
            <dt>To key, confirmed by KMS</dt>
            <dd>
              <code title={first.destinationKeyArn}>{keyName(first.destinationKeyArn)}</code>
            </dd>
          </>
        )}
        {done.length === 1 && first.requestId !== null && (
          <>
            <dt>Request id</dt>
            <dd>
              <code>{first.requestId}</code>
            </dd>
          </>
        )}
      </dl>
    </div>
  );
}
