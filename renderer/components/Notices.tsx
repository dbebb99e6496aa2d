import { TriangleAlert } from 'lucide-react';
import { useMemo } from 'react';
import { practiceWords } from '#shared/audit-words.ts';
import { regionOfArn } from '#shared/kms/facts.ts';
import type { AuditSummary } from '#shared/model/audit.ts';
import type { BlobRow } from '#shared/model/blob.ts';
import { isPractice } from '../lib/words/connection.ts';
import { plural } from '../lib/words/format.ts';
import { useUi } from '../store/app/ui.ts';
import { useKeyGroups } from '../store/blobs/key-groups.ts';
import { useConnection } from '../store/connection/connection.ts';
import { Button } from './Button.tsx';

/** Said before anything else: the practice KMS is connected, and blobs name keys of real accounts. */
export function PracticeNotice({ practice }: { readonly practice: AuditSummary['practice'] }) {
  const words = practiceWords(practice);
  if (words === null) return null;
  return (
    <section className="notice notice-attention" aria-label="Practice KMS">
      <TriangleAlert className="icon severity-warning" aria-hidden="true" />
      <p>{words}</p>
    </section>
  );
}

const MOST_ACCOUNTS = 5;

/** The same of some rows of the list; null where another KMS is connected, or none of them names another account. */
export function usePracticeElsewhere(rows: readonly BlobRow[]): AuditSummary['practice'] {
  const keys = useKeyGroups((state) => state.keys);
  const account = useConnection((state) =>
    isPractice(state.connection) ? (state.connection?.identity?.account ?? null) : null,
  );
  if (account === null) return null;
  const accounts = new Map<string, number>();
  for (const row of rows) {
    const named = keys.of(row)?.account ?? null;
    if (named !== null && named !== account) accounts.set(named, (accounts.get(named) ?? 0) + 1);
  }
  const sorted = [...accounts].sort((a, b) => b[1] - a[1]);
  const blobs = sorted.reduce((sum, [, n]) => sum + n, 0);
  return blobs === 0
    ? null
    : { account, blobs, accounts: sorted.slice(0, MOST_ACCOUNTS).map(([name]) => name) };
}

/** What decrypting here and encrypting there means, shown before you agree to it. `there`: "in eu-west-1". */
export function TwoStepMeaning({ there }: { readonly there: string }) {
  return (
    <div className="remark remark-attention two-step">
      <TriangleAlert className="icon severity-warning" aria-hidden="true" />
      <div>
        <p>
          KMS decrypts each blob and sends the plaintext to this machine, where a child process of Rewrap
          sends it back to KMS to be encrypted {there}. That means:
        </p>
        <ul>
          <li>
            Plaintext is in the memory of this machine while a blob is under way. Rewrap writes it to no disk
            and no log, and never shows it; the process ends with the run.
          </li>
          <li>
            Memory cannot be erased with certainty: a memory dump, swap space or hibernation of this machine
            may hold it.
          </li>
          <li>
            It takes kms:Decrypt on the source key, and kms:Encrypt and kms:Decrypt on the destination key.
            CloudTrail shows these, and no ReEncrypt.
          </li>
        </ul>
      </div>
    </div>
  );
}

/**
 * Said before anything is asked: blobs name keys of another Region than that of the connection. KMS opens a blob in the
 * Region of its key; a multi-Region key has the same id in others, and is left out.
 */
export function RegionNotice({ rows }: { readonly rows: readonly BlobRow[] }) {
  const keys = useKeyGroups((state) => state.keys);
  const here = useConnection((state) => state.connection?.region ?? null);
  const open = useUi((state) => state.open);
  const away = useMemo(() => {
    const regions = new Map<string, number>();
    for (const row of here === null ? [] : rows) {
      const name = keys.of(row)?.name ?? null;
      const region = name === null || /:key\/mrk-/.test(name) ? null : regionOfArn(name);
      if (region !== null && region !== here) regions.set(region, (regions.get(region) ?? 0) + 1);
    }
    return [...regions].sort((a, b) => b[1] - a[1]);
  }, [rows, keys, here]);
  if (away.length === 0) return null;
  const blobs = away.reduce((sum, [, n]) => sum + n, 0);
  const whole = blobs === rows.length;
  return (
    <section className="notice notice-attention" aria-label="Another Region">
      <TriangleAlert className="icon severity-warning" aria-hidden="true" />
      <p>
        {whole ? 'These blobs name' : `${plural(blobs, 'blob')} ${blobs === 1 ? 'names' : 'name'}`} keys in{' '}
        {away.map(([region]) => region).join(', ')}. This connection is in {here}, and KMS opens a blob only
        in the Region of its key.{' '}
        <Button variant="link" onPress={() => open('connection')}>
          Change the connection…
        </Button>
      </p>
    </section>
  );
}
