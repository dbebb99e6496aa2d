import { Copy, RefreshCw } from 'lucide-react';
import type { ReactNode } from 'react';
import type { BlobDetail, Finding } from '#shared/model/blob.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { SEVERITY_WORDS, SeverityIcon } from '../../components/Status.tsx';
import { Swatch } from '../../components/Swatch.tsx';
import { bytes, moment, shortHex } from '../../lib/format.ts';
import { containerWords, ENCODING_WORDS } from '../../lib/words.ts';
import { useDraft } from '../../store/draft.ts';
import { learnedLabel, useKeys } from '../../store/keys.ts';
import { copyText } from '../../store/ui.ts';

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
  const fingerprint = row.identification.keyFingerprint;
  const label = useKeys((state) => learnedLabel(fingerprint, state));
  const openFor = useDraft((state) => state.openFor);
  return (
    <div className="summary">
      <div className="summary-lead">
        <h3>{row.identification.label}</h3>
        {row.identification.reason !== null && <p className="hint">{row.identification.reason}</p>}
        <Button
          icon={<RefreshCw className="icon" aria-hidden="true" />}
          isDisabled={!row.identification.reencryptable}
          onPress={() => openFor([row])}
        >
          Re-encrypt this blob
        </Button>
      </div>
      {findings.length > 0 && <Findings findings={findings} />}
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
      <section className="said">
        <h4>Particulars</h4>
        <dl className="facts">
          {fingerprint !== null && (
            <Fact name="Key material" copy={fingerprint} what="the fingerprint">
              <Swatch fingerprint={fingerprint} />
              <code title={fingerprint}>{shortHex(fingerprint)}…</code>
            </Fact>
          )}
          {label !== null && <Fact name="Key, said by KMS">{label}</Fact>}
          {row.declared.keyArn !== null && (
            <Fact name="Key, declared" copy={row.declared.keyArn} what="the declared key ARN">
              <code>{row.declared.keyArn}</code>
            </Fact>
          )}
          {row.declared.encryptionContext !== null && (
            <Fact name="Context, declared">
              <span className="pairs">
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

function Findings({ findings }: { readonly findings: readonly Finding[] }) {
  return (
    <section className="findings" aria-label="Findings">
      {findings.map((finding) => (
        <div key={`${finding.code}-${finding.title}`} className={`finding finding-${finding.severity}`}>
          <SeverityIcon severity={finding.severity} />
          <div>
            <p className="finding-title">
              <span className="finding-word">{SEVERITY_WORDS[finding.severity]}: </span>
              {finding.title}
            </p>
            <p className="finding-detail">{finding.detail}</p>
          </div>
        </div>
      ))}
    </section>
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
