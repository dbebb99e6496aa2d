import { CircleCheck, CircleHelp, ShieldX } from 'lucide-react';
import { gateCounts, VERDICT_WORDS } from '#shared/deletion-gate-words.ts';
import { standingWords } from '#shared/git-history-words.ts';
import type { DeletionGate as Gate, GateKey } from '#shared/model/deletion-gate.ts';
import { Button } from '../../components/Button.tsx';
import { Skeleton, useLongWait } from '../../components/Progress.tsx';
import { plural } from '../../lib/words/format.ts';
import { useAudit } from '../../store/audit/audit.ts';

const ICONS = { safe: CircleCheck, needed: ShieldX, unanswered: CircleHelp };
/** The colour of the answer, as that of what a deletion breaks. */
const TONES = { safe: 'none', needed: 'some', unanswered: 'possible' };

/** "May this key be deleted?": the answer with its reasons and what was looked at. */
export function DeletionGateView({ asked }: { readonly asked: string }) {
  const { gate, gateKey, askGate } = useAudit();
  const isAsking = gateKey === asked && gate === null;
  const waiting = useLongWait(isAsking);
  return (
    <section className="deletion-gate" aria-label="May it be deleted">
      <div className="button-row">
        <Button
          reason={isAsking ? 'The answer is being worked out.' : null}
          onPress={() => void askGate(asked)}
        >
          Check whether it may be deleted
        </Button>
        <span className="hint">
          Reads git history. With a connection, sends DryRun requests to identify key groups: nothing is
          decrypted, and each appears in CloudTrail.
        </span>
      </div>
      {waiting && <Skeleton label="Checking" lines={3} />}
      {gate !== null && gateKey === asked && <Answer gate={gate} />}
    </section>
  );
}

function Answer({ gate }: { readonly gate: Gate }) {
  const Icon = ICONS[gate.verdict];
  return (
    <div className={`deletion-${TONES[gate.verdict]}`}>
      <p className="deletion-answer" role="status">
        <Icon className="icon icon-large" aria-hidden="true" />
        <strong>{`${VERDICT_WORDS[gate.verdict]}. ${gate.answer}`}</strong>
      </p>
      {gate.needs.length > 0 && <Lines heading="Why" lines={gate.needs} />}
      {gate.unanswered.length > 0 && <Lines heading="Not answered" lines={gate.unanswered} />}
      {gate.keys.map((key) => (
        <Counts key={key.impact.asked} of={key} />
      ))}
      <Lines heading="Coverage" lines={gate.coverage} />
    </div>
  );
}

function Lines({ heading, lines }: { readonly heading: string; readonly lines: readonly string[] }) {
  return (
    <>
      <h4>{heading}</h4>
      <ul className="deletion-notes">
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </>
  );
}

function Counts({ of }: { readonly of: GateKey }) {
  const counts = gateCounts(of);
  const { blobs, under } = of.history;
  return (
    <>
      {counts.length > 0 && (
        <Lines heading="Blobs" lines={counts.map(([words, n]) => `${words}: ${plural(n, 'blob')}`)} />
      )}
      {blobs.length > 0 && (
        <Lines
          heading={`In git history alone: ${plural(under, 'blob')}`}
          lines={blobs.map(
            (blob) =>
              `${blob.repository} › ${blob.file ?? `object ${blob.object}`}${blob.place === '' ? '' : ` · ${blob.place}`}: ${standingWords(blob)}`,
          )}
        />
      )}
    </>
  );
}
