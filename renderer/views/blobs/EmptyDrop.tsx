import { ClipboardPaste, FilePlus, FlaskConical, FolderPlus, Lock } from 'lucide-react';
import { Button } from '../../components/Button.tsx';
import { mod } from '../../lib/platform.ts';
import { isPractice } from '../../lib/words/connection.ts';
import { plural } from '../../lib/words/format.ts';
import { useIntake } from '../../store/blobs/intake.ts';
import { useConnection } from '../../store/connection/connection.ts';
import { requestFiles, requestPaste } from '../../store/opening.ts';

/** What stands in place of the table while there is nothing: the drop area, and every other way in. */
export function EmptyDrop() {
  const practice = useConnection((state) => isPractice(state.connection));
  const busy = useIntake((state) => state.busy);
  const progress = useIntake((state) => state.progress);
  const restoreVault = useIntake((state) => state.restoreVault);
  return (
    <div className="empty-drop">
      <div className="empty-card">
        <Lock className="icon icon-large" aria-hidden="true" />
        <h1 className="empty-title">Drop files or folders with KMS ciphertext</h1>
        <p className="empty-text">
          Raw blobs, base64 or hex text, and AWS CLI JSON. Rewrap reads them here, decrypts nothing, and shows
          which key material made each one.
        </p>
        <div className="empty-buttons">
          <Button
            variant="primary"
            icon={<FilePlus className="icon" aria-hidden="true" />}
            keys={mod('O')}
            onPress={() => requestFiles('files')}
          >
            Add files
          </Button>
          <Button
            icon={<FolderPlus className="icon" aria-hidden="true" />}
            keys={mod('O', true)}
            onPress={() => requestFiles('folder')}
          >
            Add folder
          </Button>
          <Button
            icon={<ClipboardPaste className="icon" aria-hidden="true" />}
            keys={mod('V')}
            onPress={requestPaste}
          >
            Paste
          </Button>
        </div>
        {practice && (
          <div className="empty-practice">
            <span>New to Rewrap? The practice KMS comes with a vault of sample blobs.</span>
            <Button
              variant="link"
              icon={<FlaskConical className="icon" aria-hidden="true" />}
              reason={busy ? 'Files are being read.' : null}
              onPress={() => void restoreVault()}
            >
              Add the sample vault
            </Button>
          </div>
        )}
        {progress !== null && (
          <p className="hint">
            Reading: {plural(progress.files, 'file')}, {plural(progress.blobs, 'blob')}
          </p>
        )}
      </div>
    </div>
  );
}
