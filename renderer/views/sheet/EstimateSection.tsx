import { useMemo } from 'react';
import { dollars, estimate, PRICE_SOURCE, QUOTA_SOURCE, type QuotaShare } from '#shared/kms/estimate.ts';
import { regionOfArn } from '#shared/kms/facts.ts';
import { LARGE_JOB } from '#shared/kms/scale.ts';
import { Section } from '../../components/Dialog.tsx';
import { SelectInput } from '../../components/fields.tsx';
import { draftRows } from '../../lib/request/request.ts';
import { isPractice } from '../../lib/words/connection.ts';
import { count, duration } from '../../lib/words/format.ts';
import { useConnection } from '../../store/connection/connection.ts';
import { useDraft } from '../../store/runs/draft.ts';
import { ScaleOffer } from './ScaleOffer.tsx';

const RATES = [10, 50, 100, 500, 1_000, 5_000] as const;
const RATE_OPTIONS = [
  { id: 'none', label: 'Unlimited' },
  ...RATES.map((rate) => ({ id: String(rate), label: `${count(rate)} requests a second` })),
];

/** What the run asks of KMS, how long at a rate, what it costs, and its share of the quota. */
export function EstimateSection() {
  const { draft, patch } = useDraft();
  const connection = useConnection((state) => state.connection);
  const blobs = useMemo(() => draftRows(draft).length, [draft]);
  const { source, destination, verify, perSecond } = draft;
  if (destination.key === null || destination.algorithm === null || blobs === 0) return null;
  const estimated = estimate({
    blobs,
    method: draft.method,
    verify,
    source: { algorithm: source.algorithm, spec: source.key?.spec ?? null },
    destination: { algorithm: destination.algorithm, spec: destination.key.spec },
    practice: isPractice(connection),
    region: connection?.region ?? null,
    destinationRegion: regionOfArn(destination.key.arn),
    endpoint: connection?.endpoint ?? null,
    perSecond,
  });
  const { requests, seconds, cost, quotas } = estimated;
  return (
    <Section title="Estimate">
      <dl className="facts estimate">
        <dt>Requests</dt>
        <dd>
          {count(requests.total)}
          {requests.verify > 0 &&
            ` (${count(requests.reencrypt)} ${draft.method === 'reencrypt' ? 'to re-encrypt' : 'to decrypt and encrypt'}, ${count(requests.verify)} to verify)`}
          <span className="hint">
            A preflight sends {count(requests.preflight)} more, billed like all others.
          </span>
        </dd>
        <dt>Time</dt>
        <dd>
          {seconds === null
            ? 'Available after the run starts'
            : `${duration(Math.max(1, seconds))} at this rate`}
          <SelectInput
            label="Assume a rate of"
            inline
            value={perSecond === null ? 'none' : String(perSecond)}
            options={RATE_OPTIONS}
            onChange={(id) => patch({ perSecond: id === 'none' ? null : Number(id) })}
          />
        </dd>
        {'why' in cost && 'why' in quotas && cost.why === quotas.why ? (
          <>
            <dt>Cost, quota</dt>
            <dd>{cost.why}</dd>
          </>
        ) : (
          <>
            <dt>Cost</dt>
            <dd>{'why' in cost ? cost.why : <Cost cost={cost} />}</dd>
            <dt>Quota</dt>
            <dd>{'why' in quotas ? quotas.why : <Quotas quotas={quotas} />}</dd>
          </>
        )}
      </dl>
      {blobs > LARGE_JOB && draft.method === 'reencrypt' && <ScaleOffer estimate={estimated} />}
    </Section>
  );
}

function Cost({ cost }: { readonly cost: { readonly low: number; readonly high: number } }) {
  return (
    <>
      {dollars(cost)}
      <span className="hint">{PRICE_SOURCE}</span>
    </>
  );
}

function Quotas({ quotas }: { readonly quotas: readonly QuotaShare[] }) {
  return (
    <>
      {quotas.map(({ name, perSecond, share }) => (
        <span key={name} className={share !== null && share > 1 ? 'attention-text' : ''}>
          {share === null
            ? `${count(perSecond)} a second`
            : `${percent(share)} of ${count(perSecond)} a second`}
          {` (${name})`}
          {share !== null && share > 1 && ': KMS will throttle'}
        </span>
      ))}
      <span className="hint">{QUOTA_SOURCE}</span>
    </>
  );
}

/** A share as a percentage; below one per cent with a decimal. */
function percent(share: number): string {
  const value = share * 100;
  return `${value < 1 ? value.toFixed(value < 0.1 ? 2 : 1) : Math.round(value).toLocaleString('en-US')} %`;
}
