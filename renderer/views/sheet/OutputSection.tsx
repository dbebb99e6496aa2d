import { ChevronRight, FolderOpen } from 'lucide-react';
import { useMemo } from 'react';
import {
  Button as AriaButton,
  Disclosure,
  DisclosurePanel,
  Label,
  Text,
  TextArea,
  TextField,
} from 'react-aria-components';
import type { OutputChoice } from '#shared/model/run.ts';
import { OUTPUTS } from '#shared/outputs.ts';
import { bridge, call } from '../../api.ts';
import { Button } from '../../components/Button.tsx';
import { Section } from '../../components/Dialog.tsx';
import { Checkbox, Choice, SelectInput, Switch } from '../../components/fields.tsx';
import { TwoStepMeaning } from '../../components/Notices.tsx';
import { draftRows, hasPossiblePlaintext, outputsFor } from '../../lib/request/request.ts';
import { placesOf, whyTwoSteps } from '../../lib/request/two-step.ts';
import { attempt } from '../../store/app/ui.ts';
import { useBlobs } from '../../store/blobs/blobs.ts';
import { useConnection } from '../../store/connection/connection.ts';
import { useDraft } from '../../store/runs/draft.ts';
import { useRuns } from '../../store/runs/runs.ts';
import { useRunItems } from './RunPanel.tsx';

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
  const words = (id: OutputChoice['mode']) =>
    id === 'download' && !app?.can.download
      ? { label: 'Keep for copying', detail: 'Copy the new ciphertext when the run is over.' }
      : OUTPUTS[id];
  const choose = (): Promise<void> =>
    attempt(async () => {
      const { folder } = await call(bridge().output.chooseFolder({}));
      if (folder !== null) patchOutput({ mode: 'folder', folder });
    });
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
        options={options.map(({ mode: id, refused }) => {
          const { label, detail } = words(id);
          return { id, label, detail, refused };
        })}
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
      {mode !== null && !OUTPUTS[mode].inPlace && hasPossiblePlaintext(draft) && (
        <Switch
          isSelected={draft.allowPossiblePlaintext}
          onChange={(allowPossiblePlaintext) => patch({ allowPossiblePlaintext })}
        >
          Also copy files in which a value beside a blob may be its plaintext
        </Switch>
      )}
      <Switch isSelected={draft.verify} onChange={(verify) => patch({ verify })}>
        Verify each new blob with a dry run before its file is written: KMS says that it opens, not that the
        plaintext is the same
      </Switch>
    </Section>
  );
}

/** What few need. */
export function MoreSection() {
  const { draft, patch } = useDraft();
  return (
    <Disclosure className="disclosure">
      <div className="disclosure-heading">
        <AriaButton slot="trigger" className="button button-link">
          <ChevronRight className="icon disclosure-chevron" aria-hidden="true" />
          More
        </AriaButton>
      </div>
      <DisclosurePanel className="disclosure-panel sheet-switches">
        <Switch isSelected={!draft.evenIfThere} onChange={(skip) => patch({ evenIfThere: !skip })}>
          Skip blobs that KMS has shown to be as asked already
        </Switch>
        <Switch isSelected={!draft.takeGood} onChange={(hold) => patch({ takeGood: !hold })}>
          When a blob fails, leave its whole file as it was
        </Switch>
        <TextField
          className="field"
          value={draft.grantTokens}
          onChange={(grantTokens) => patch({ grantTokens })}
        >
          <Label className="label">Grant tokens</Label>
          <TextArea className="input textarea mono" rows={2} spellCheck={false} />
          <Text slot="description" className="hint">
            Needed for grants made in the last few minutes. One per line, up to 10.
          </Text>
        </TextField>
      </DisclosurePanel>
    </Disclosure>
  );
}

/**
 * Offers to decrypt here and encrypt there, where ReEncrypt cannot do it; says what that means, and wants a tick for
 * each run. Shown in no other case.
 */
export function TwoStepSection() {
  const { draft, dryRunId, patch } = useDraft();
  const { connection, destination } = useConnection();
  const preflight = useRuns((state) => (dryRunId === null ? undefined : state.runs.get(dryRunId)));
  const { items } = useRunItems(preflight);
  const sides = { connection, destination, destinationKeyArn: draft.destination.key?.arn ?? null };
  const ticked = draft.method === 'decrypt-encrypt';
  const why = whyTwoSteps(sides, items?.items ?? []);
  if (why === null && !ticked) return null;
  const { from, to } = placesOf(sides);
  const there = from === to || to === null ? 'under the destination key' : `in ${to}`;
  return (
    <Section title="Decrypt here, encrypt there">
      {why !== null && <p>{why}</p>}
      <TwoStepMeaning there={there} />
      <div className="two-step-tick">
        <Checkbox
          isSelected={ticked}
          onChange={(on) => patch({ method: on ? 'decrypt-encrypt' : 'reencrypt' })}
        >
          I accept this for this run: decrypt on this machine
        </Checkbox>
      </div>
    </Section>
  );
}
