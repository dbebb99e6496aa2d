import { Info, TriangleAlert } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import type { BlobRow } from '#shared/model/blob.ts';
import { Button } from '../../components/Button.tsx';
import { count, plural } from '../../lib/format.ts';
import { misfits } from '../../lib/request.ts';
import { useDraft } from '../../store/draft.ts';

/** What an RSA or SM2 destination means for the new blobs, and which of the chosen ones it cannot take. */
export function AsymmetricRemarks() {
  const draft = useDraft((state) => state.draft);
  const { sops, tooLong, room } = useMemo(() => misfits(draft), [draft]);
  const { key, algorithm } = draft.destination;
  return (
    <>
      <p className="remark remark-attention">
        <Info className="icon severity-warning" aria-hidden="true" />
        <span>
          The new blobs carry no metadata: neither key nor algorithm can be read from them, and there is no
          encryption context. Without both they cannot be decrypted, so a record (key ARN, algorithm, SHA-256
          of the blob) is written beside each new file: keep it with the file.
        </span>
      </p>
      {sops.length > 0 && (
        <Misfit rows={sops} what="SOPS blob">
          SOPS opens its data keys with a symmetric key alone. {sops.length === 1 ? 'It' : 'They'} will not be
          re-encrypted to this key: choose a symmetric one, or leave {sops.length === 1 ? 'it' : 'them'} out.
        </Misfit>
      )}
      {tooLong.length > 0 && room !== null && (
        <Misfit rows={tooLong} what="blob">
          {tooLong.length === 1 ? 'Its plaintext is' : 'Their plaintexts are'} longer than the {count(room)}{' '}
          bytes that {key?.spec} with {algorithm} holds. Choose a symmetric key or a larger one, or leave{' '}
          {tooLong.length === 1 ? 'it' : 'them'} out.
        </Misfit>
      )}
    </>
  );
}

function Misfit({
  rows,
  what,
  children,
}: {
  readonly rows: readonly BlobRow[];
  readonly what: string;
  readonly children: ReactNode;
}) {
  const exclude = useDraft((state) => state.exclude);
  const [first] = rows;
  const named = first === undefined ? '' : `${first.file}${first.place === '' ? '' : ` · ${first.place}`}`;
  return (
    <div className="remark remark-danger" role="status">
      <TriangleAlert className="icon severity-critical" aria-hidden="true" />
      <div className="stack stack-tight">
        <span>
          <strong>{plural(rows.length, what)} cannot go there</strong> ({named}
          {rows.length > 1 && ` and ${count(rows.length - 1)} more`}). {children}
        </span>
        <span>
          <Button onPress={() => exclude(rows.map(({ id }) => id))}>
            {`Leave out ${rows.length === 1 ? 'this' : 'these'} ${plural(rows.length, what)}`}
          </Button>
        </span>
      </div>
    </div>
  );
}
