import { CircleSlash, Info } from 'lucide-react';
import { useMemo } from 'react';
import type { BlobRow } from '#shared/model/blob.ts';
import { Button } from '../../components/Button.tsx';
import { Section } from '../../components/Dialog.tsx';
import { Choice, Switch } from '../../components/fields.tsx';
import { type Family, familyOf, isOfEmulator } from '../../lib/request/request.ts';
import { plural } from '../../lib/words/format.ts';
import { kindWords } from '../../lib/words/words.ts';
import { useDraft } from '../../store/runs/draft.ts';

/** Says what of the selection takes part. Shown only when something does not. */
export function SelectionSection() {
  const { draft, patch, patchSource, include } = useDraft();
  const { rows, leftOut, family, excluded } = draft;
  const rsa = useMemo(() => rows.filter((row) => familyOf(row) === 'rsa').length, [rows]);
  const emulated = leftOut.filter(isOfEmulator).length;
  const ofKms = rows.length - rsa;
  // An emulator's blobs are symmetric: beside RSA ones they need a run of their own as well.
  const symmetric = ofKms + (draft.emulatorBlobs ? emulated : 0);
  const mixed = rsa > 0 && symmetric > 0;
  const left = draft.emulatorBlobs ? leftOut.filter((row) => !isOfEmulator(row)) : leftOut;
  const reasons = leftOutReasons(left);
  if (!mixed && leftOut.length === 0 && excluded.size === 0) return null;
  const choose = (next: Family): void => {
    patch({ family: next, excluded: new Set() });
    patchSource({ algorithm: next === 'rsa' ? 'RSAES_OAEP_SHA_256' : 'SYMMETRIC_DEFAULT', key: null });
  };
  const sendEmulated = (on: boolean): void => {
    patch({ emulatorBlobs: on });
    if (!on && ofKms === 0 && rsa > 0 && family === 'symmetric') choose('rsa');
  };
  return (
    <Section title="Selection">
      {mixed && (
        <Choice
          label="Two kinds are selected; each needs its own run"
          value={family}
          onChange={choose}
          options={[
            { id: 'symmetric', label: `${plural(symmetric, 'symmetric blob')}` },
            { id: 'rsa', label: `${plural(rsa, 'RSA candidate')}`, detail: 'Choose its source key.' },
          ]}
        />
      )}
      {emulated > 0 && (
        <Switch isSelected={draft.emulatorBlobs} onChange={sendEmulated}>
          Send {plural(emulated, 'blob')} that an emulator of KMS made: only that emulator opens{' '}
          {emulated === 1 ? 'it' : 'them'}
        </Switch>
      )}
      {left.length > 0 && (
        <p className="remark">
          <Info className="icon" aria-hidden="true" />
          <span>
            {plural(left.length, 'selected blob')} {left.length === 1 ? 'is' : 'are'} left out: KMS ReEncrypt
            does not take {left.length === 1 ? 'it' : 'them'}. {reasons.length === 1 && reasons[0]?.[0]}
            {reasons.length > 1 && (
              <ul className="notice-list">
                {reasons.map(([reason, blobs]) => (
                  <li key={reason}>
                    {plural(blobs, 'blob')}: {reason}
                  </li>
                ))}
              </ul>
            )}
          </span>
        </p>
      )}
      {excluded.size > 0 && (
        <p className="remark">
          <CircleSlash className="icon" aria-hidden="true" />
          <span>
            You left {plural(excluded.size, 'blob')} out of the run.{' '}
            <Button variant="link" onPress={() => include([...excluded])}>
              Take {excluded.size === 1 ? 'it' : 'them'} in again
            </Button>
          </span>
        </p>
      )}
    </Section>
  );
}

/** Why blobs are left out, each reason with how many; the most frequent first. */
function leftOutReasons(rows: readonly BlobRow[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const { identification } of rows) {
    const reason = identification.reason ?? `${kindWords(identification.kind)}: not made by KMS.`;
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1]);
}
