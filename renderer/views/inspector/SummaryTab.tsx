import { CircleSlash, Copy, RefreshCw } from 'lucide-react';
import { type ReactNode, useEffect, useMemo, useRef } from 'react';
import type { BlobDetail, Finding } from '#shared/model/blob.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { bytes, moment, shortHex } from '../../lib/words/format.ts';
import { containerWords, ENCODING_WORDS, whyUnsupported } from '../../lib/words/words.ts';
import { copyText } from '../../store/app/ui.ts';
import { useAudit } from '../../store/audit/audit.ts';
import { useBlobs } from '../../store/blobs/blobs.ts';
import { useDraft } from '../../store/runs/draft.ts';
import { KeyBlock } from '../key-material/KeyBlock.tsx';
import { BlobFindings, Notes } from './BlobFindings.tsx';
import { LastResultLine } from './LastResult.tsx';

const SOURCES = {
  bytes: { title: 'From the bytes', hint: 'Read from the ciphertext itself' },
  container: {
    title: 'From the container',
    hint: 'What the file around it declares; people wrote this, it proves nothing',
  },
  conclusion: { title: 'Our conclusion', hint: 'What Rewrap makes of it' },
} as const;

/** The blob in plain words. What the bytes say, what the container says and what we conclude stand apart. */
export function SummaryTab({ detail }: { readonly detail: BlobDetail }) {
  const { row, findings, summary } = detail;
  const openFor = useDraft((state) => state.openFor);
  const all = useAllFindings(row.id, findings);
  const box = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another blob is read from its beginning
  useEffect(() => {
    box.current?.closest('.tab-panel')?.scrollTo(0, 0);
  }, [row.id]);
  return (
    <div className="summary" ref={box}>
      <div className="summary-lead">
        <h3>{row.identification.label}</h3>
        {!row.identification.reencryptable ? (
          <p className="remark">
            <CircleSlash className="icon" aria-hidden="true" />
            <span>
              <strong>Unsupported.</strong> {whyUnsupported(row)}
            </span>
          </p>
        ) : (
          row.identification.reason !== null && <p className="hint">{row.identification.reason}</p>
        )}
      </div>
      <KeyBlock row={row} />
      <LastResultLine row={row} />
      <p className="summary-size">
        {row.identification.plaintextBytes !== null && (
          <span>
            <strong>{bytes(row.identification.plaintextBytes)}</strong> plaintext
          </span>
        )}
        <span>
          <strong>{bytes(row.sizeBytes)}</strong> ciphertext
        </span>
      </p>
      <span>
        <Button
          icon={<RefreshCw className="icon" aria-hidden="true" />}
          reason={
            row.identification.reencryptable
              ? null
              : (row.identification.reason ?? 'KMS cannot re-encrypt this blob.')
          }
          onPress={() => openFor([row])}
        >
          Re-encrypt this blob
        </Button>
      </span>
      <BlobFindings findings={all} />
      {(['bytes', 'container', 'conclusion'] as const).map((source) => {
        const lines = summary.filter((line) => line.source === source);
        if (lines.length === 0) return null;
        return (
          <section key={source} className={`said said-${source}`}>
            <h4 title={SOURCES[source].hint}>{SOURCES[source].title}</h4>
            <ul>
              {lines.map((line) => (
                <li key={line.text}>{shortened(line.text)}</li>
              ))}
            </ul>
          </section>
        );
      })}
      <Notes findings={all} />
      <section className="said">
        <h4>Particulars</h4>
        <dl className="facts">
          {row.declared.keyArn !== null && (
            <Fact name="Key, declared" copy={row.declared.keyArn} what="the declared key ARN">
              <code>{row.declared.keyArn}</code>
            </Fact>
          )}
          {row.declared.encryptionContext !== null && (
            <Fact name="Context, declared">
              <span className="pairs">
                {Object.keys(row.declared.encryptionContext).length === 0 && 'none: the file has no pairs'}
                {Object.entries(row.declared.encryptionContext).map(([key, value]) => (
                  <code key={key}>
                    {key} = {value}
                  </code>
                ))}
              </span>
            </Fact>
          )}
          {row.declared.createdAt !== null && (
            <Fact name="Created, declared">{moment(row.declared.createdAt)}</Fact>
          )}
          <Fact name="Written as">
            {ENCODING_WORDS[row.encoding]}, {containerWords(row.container)}
          </Fact>
          <Fact name="In the file">
            bytes {detail.byteRange.start.toLocaleString('en-US')} to{' '}
            {detail.byteRange.end.toLocaleString('en-US')}
          </Fact>
          <Fact name="SHA-256" copy={row.sha256} what="the hash">
            <code title={row.sha256}>{row.sha256.slice(0, 16)}…</code>
          </Fact>
        </dl>
      </section>
    </div>
  );
}

/** Sentences name a fingerprint by its first digits; in full it is copied from the key. */
const shortened = (text: string): string => text.replace(/\b[0-9a-f]{64}\b/g, (hex) => shortHex(hex));

/** What the file says of a blob, and what an audit found of its key, by conclusion or by rules. */
function useAllFindings(blobId: string, own: readonly Finding[]): readonly Finding[] {
  const ids = useBlobs((state) => state.found.get(blobId)?.ids);
  const audited = useAudit((state) => state.findings);
  return useMemo(() => {
    if (ids === undefined) return own;
    const beyond = audited.filter(({ id }) => ids.includes(id));
    return [...own, ...beyond.map((finding) => ({ ...finding, range: null }))];
  }, [ids, audited, own]);
}

function Fact({
  name,
  children,
  copy,
  what,
}: {
  readonly name: string;
  readonly children: ReactNode;
  readonly copy?: string;
  readonly what?: string;
}) {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        {children}
        {copy !== undefined && (
          <IconButton label={`Copy ${what ?? name}`} small onPress={() => void copyText(copy, what ?? name)}>
            <Copy className="icon" aria-hidden="true" />
          </IconButton>
        )}
      </dd>
    </>
  );
}
