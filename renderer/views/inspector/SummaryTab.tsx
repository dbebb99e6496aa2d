import { CircleSlash, Copy, RefreshCw } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import type { BlobDetail } from '#shared/model/blob.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { bytes, moment } from '../../lib/words/format.ts';
import { containerWords, ENCODING_WORDS, whyUnsupported } from '../../lib/words/words.ts';
import { useDraft } from '../../store/draft.ts';
import { copyText } from '../../store/ui.ts';
import { KeyBlock } from '../key-material/KeyBlock.tsx';
import { BlobFindings, Notes } from './BlobFindings.tsx';

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
        <Button
          icon={<RefreshCw className="icon" aria-hidden="true" />}
          isDisabled={!row.identification.reencryptable}
          onPress={() => openFor([row])}
        >
          Re-encrypt this blob
        </Button>
      </div>
      {(['bytes', 'container', 'conclusion'] as const).map((source) => {
        const lines = summary.filter((line) => line.source === source);
        if (lines.length === 0) return null;
        return (
          <section key={source} className={`said said-${source}`}>
            <h4 title={SOURCES[source].hint}>{SOURCES[source].title}</h4>
            <ul>
              {lines.map((line) => (
                <li key={line.text}>{line.text}</li>
              ))}
            </ul>
          </section>
        );
      })}
      <BlobFindings findings={findings} />
      <KeyBlock row={row} />
      <Notes findings={findings} />
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
          <Fact name="Ciphertext">{bytes(row.sizeBytes)}</Fact>
          {row.identification.plaintextBytes !== null && (
            <Fact name="Plaintext">{bytes(row.identification.plaintextBytes)}</Fact>
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
