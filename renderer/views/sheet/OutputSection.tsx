import { FolderOpen } from 'lucide-react';
import { useMemo } from 'react';
import type { OutputChoice } from '#shared/model/run.ts';
import { bridge, call, faultOf } from '../../api.ts';
import { Button } from '../../components/Button.tsx';
import { Choice, SelectInput, Switch } from '../../components/fields.tsx';
import { draftRows, outputsFor } from '../../lib/request.ts';
import { useBlobs } from '../../store/blobs.ts';
import { useConnection } from '../../store/connection.ts';
import { useDraft } from '../../store/draft.ts';
import { useUi } from '../../store/ui.ts';
import { Section } from './Section.tsx';

/** Where the new blobs go; only the ways that this host has. */
export function OutputSection() {
  const { draft, patch, patchOutput } = useDraft();
  const sources = useBlobs((state) => state.sources);
  const app = useConnection((state) => state.app);
  const rows = useMemo(() => draftRows(draft), [draft]);
  const named = app?.outputFolders ?? [];
  const options = outputsFor(rows, sources, {
    folder: (app?.can.chooseFolder ?? false) || named.length > 0,
    download: app?.can.download ?? false,
  });
  const words: Record<OutputChoice['mode'], { label: string; detail: string }> = {
    'in-place': {
      label: 'Replace in place',
      detail: 'Each file is replaced only after its new content is on disk and complete. Encoding is kept.',
    },
    folder: {
      label: 'Into a folder',
      detail: 'The originals stay as they are; names and encoding are kept.',
    },
    download: app?.can.download
      ? {
          label: 'Download',
          detail: 'The originals stay as they are; fetch the new files when the run is over.',
        }
      : { label: 'Keep for copying', detail: 'Copy the new ciphertext when the run is over.' },
  };
  const choose = async (): Promise<void> => {
    try {
      const { folder } = await call(bridge().output.chooseFolder({}));
      if (folder !== null) patchOutput({ mode: 'folder', folder });
    } catch (error) {
      useUi.getState().complain(faultOf(error));
    }
  };
  const { mode, backup, folder } = draft.output;
  return (
    <Section title="Output">
      <Choice
        label="New ciphertext"
        value={mode}
        onChange={(next) => {
          patchOutput({ mode: next });
          if (next === 'folder' && folder === null && app?.can.chooseFolder) void choose();
        }}
        options={options.map(({ mode: id, refused }) => ({ id, ...words[id], refused }))}
      />
      {mode === 'in-place' && (
        <Switch isSelected={backup} onChange={(on) => patchOutput({ backup: on })}>
          Keep a backup beside each file
        </Switch>
      )}
      {mode === 'folder' && named.length > 0 && (
        <SelectInput
          label="Output folder"
          value={folder?.token ?? null}
          options={named.map(({ token, path }) => ({ id: token, label: path }))}
          onChange={(token) => patchOutput({ folder: named.find((each) => each.token === token) ?? null })}
        />
      )}
      {mode === 'folder' && app?.can.chooseFolder && (
        <div className="folder-line">
          <Button icon={<FolderOpen className="icon" aria-hidden="true" />} onPress={() => void choose()}>
            Choose folder
          </Button>
          <code className="folder-path">{folder?.path ?? 'No folder chosen'}</code>
        </div>
      )}
      <Switch isSelected={draft.verify} onChange={(verify) => patch({ verify })}>
        Verify each new blob with a dry run before its file is written: KMS says that it opens, not that the
        plaintext is the same
      </Switch>
    </Section>
  );
}
