import { CircleCheck, CircleHelp, CircleX, KeyRound } from 'lucide-react';
import { useState } from 'react';
import type { Fault } from '#shared/model/fault.ts';
import type { PermissionCheck, PermissionChecks } from '#shared/model/plan.ts';
import type { RunRequest } from '#shared/model/run.ts';
import { bridge, call, pageFaultOf } from '../../api.ts';
import { Button } from '../../components/Button.tsx';
import { Section } from '../../components/Dialog.tsx';
import { FaultCard, FaultLines } from '../../components/FaultCard.tsx';
import { keyWords } from '../../lib/keys/keys.ts';
import { plural } from '../../lib/words/format.ts';
import { useKeys } from '../../store/connection/keys.ts';

type Asked = { readonly of: RunRequest } & (
  | { readonly state: 'asking' }
  | { readonly state: 'answered'; readonly reply: PermissionChecks }
  | { readonly state: 'failed'; readonly fault: Fault }
);

/** Whether the rights are there, asked without any ciphertext. An answer stands for the very draft it was asked of. */
export function PermissionsSection({
  request,
  problem,
}: {
  readonly request: RunRequest | null;
  /** Why there is no request yet. */
  readonly problem: string | null;
}) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const current = asked !== null && asked.of === request ? asked : null;
  const check = async (of: RunRequest): Promise<void> => {
    setAsked({ of, state: 'asking' });
    const { blobIds, source, destination, grantTokens, method, verify } = of;
    let answer: Asked;
    try {
      const reply = await call(
        bridge().preflight.permissions({ blobIds, source, destination, grantTokens, method, verify }),
      );
      answer = { of, state: 'answered', reply };
    } catch (error) {
      answer = { of, state: 'failed', fault: pageFaultOf(error) };
    }
    setAsked((now) => (now?.of === of ? answer : now));
  };
  return (
    <Section title="Permissions">
      <div className="permission-ask">
        <Button
          icon={<KeyRound className="icon" aria-hidden="true" />}
          reason={problem ?? (current?.state === 'asking' ? 'KMS is being asked.' : null)}
          onPress={() => {
            if (request !== null) void check(request);
          }}
        >
          Check permissions only
        </Button>
        <span className="hint">
          Asks KMS once for each key and context whether you may re-encrypt and verify. Sends no blob.
        </span>
        <span className="visually-hidden" role="status">
          {current?.state === 'asking' && 'Asking KMS about permissions'}
          {current?.state === 'answered' && 'KMS answered'}
        </span>
      </div>
      {current?.state === 'failed' && <FaultCard fault={current.fault} />}
      {current?.state === 'answered' && <Answers reply={current.reply} />}
    </Section>
  );
}

function Answers({ reply }: { readonly reply: PermissionChecks }) {
  const { checks, withoutKey, unasked } = reply;
  return (
    <ul className="permissions" aria-label="Permissions">
      {checks.map((check, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: answers stand in the order in which they were asked
        <Answer key={i} check={check} />
      ))}
      {withoutKey > 0 && (
        <li className="permission permission-unsure">
          <CircleHelp className="icon" aria-hidden="true" />
          <p>
            Unknown for {plural(withoutKey, 'blob')}: the source key is not known, and KMS needs it for a
            check without a blob. Choose the source key, or run the preflight.
          </p>
        </li>
      )}
      {unasked > 0 && (
        <li className="permission permission-unsure">
          <CircleHelp className="icon" aria-hidden="true" />
          <p>
            {plural(unasked, 'blob')} with other contexts {unasked === 1 ? 'was' : 'were'} not checked: run
            the preflight.
          </p>
        </li>
      )}
    </ul>
  );
}

const KNOWN: Readonly<Record<NonNullable<PermissionCheck['sourceKnownBy']>, string>> = {
  pinned: 'pinned here',
  kms: 'confirmed by KMS before',
  person: 'named by a person',
  declared: 'as the file says',
};

function Answer({ check }: { readonly check: PermissionCheck }) {
  const keys = useKeys((state) => state.keys);
  const { step, answer, sourceKeyId, sourceKnownBy, blobs, fault, ignoredDryRun } = check;
  const Icon = answer === 'allowed' ? CircleCheck : answer === 'refused' ? CircleX : CircleHelp;
  const words = answer === 'allowed' ? 'Allowed' : answer === 'refused' ? 'Not allowed' : 'Cannot tell';
  return (
    <li className={`permission permission-${answer === 'cannot-tell' ? 'unsure' : answer}`}>
      <Icon className="icon" aria-hidden="true" />
      <div className="stack stack-tight">
        <p>
          <strong>{words}</strong> {step === 'verify' ? 'to verify under' : 'to re-encrypt from'}{' '}
          <code title={sourceKeyId}>{keyWords(sourceKeyId, keys)}</code>
          {sourceKnownBy !== null && ` (${KNOWN[sourceKnownBy]})`} for {plural(blobs, 'blob')}
        </p>
        {ignoredDryRun && (
          <p className="hint attention-text">
            This endpoint ignores DryRun: it did the work, so this is no proof of what KMS would say.
          </p>
        )}
        {fault !== null && (
          <div>
            <FaultLines fault={fault} />
          </div>
        )}
      </div>
    </li>
  );
}
