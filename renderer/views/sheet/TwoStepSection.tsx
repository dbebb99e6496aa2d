import { TriangleAlert } from 'lucide-react';
import type { RunSummary } from '#shared/model/run.ts';
import { Checkbox } from '../../components/fields.tsx';
import { TwoStepMeaning } from '../../components/TwoStepMeaning.tsx';
import { placesOf, whyTwoSteps } from '../../lib/two-step.ts';
import { useConnection } from '../../store/connection.ts';
import { useDraft } from '../../store/draft.ts';
import { useRuns } from '../../store/runs.ts';
import { Section } from './Section.tsx';
import { useRunItems } from './useRunItems.ts';

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
  const ticked = draft.route === 'decrypt-encrypt';
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
          onChange={(on) => patch({ route: on ? 'decrypt-encrypt' : 'reencrypt' })}
        >
          I accept this for this run: decrypt on this machine
        </Checkbox>
      </div>
    </Section>
  );
}

/** What a run that decrypts here says of itself, in its result and in its record. */
export function TwoStepNote({ run }: { readonly run: RunSummary }) {
  if (run.route === 'reencrypt') return null;
  return (
    <p className="remark remark-attention">
      <TriangleAlert className="icon severity-warning" aria-hidden="true" />
      <span>
        {run.dryRun
          ? 'Preflight of decrypting here and encrypting there: KMS was asked by dry runs, and no plaintext left it.'
          : 'Decrypted here, encrypted there: what KMS decrypted was in the memory of a child process of this machine, which ends with the run.'}
      </span>
    </p>
  );
}
