import { ChevronRight, Copy, Search, Tag, TriangleAlert } from 'lucide-react';
import type { BlobRow } from '#shared/model/blob.ts';
import type { LearnedKey } from '#shared/model/key-group.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { HowKnown, KeyDanger, KeyVerdict, Swatch } from '../../components/KeyFace.tsx';
import { keyGroupName, namelessWords } from '../../lib/keys/key-groups.ts';
import { keyWords } from '../../lib/keys/keys.ts';
import { moment, plural, shortHex } from '../../lib/words/format.ts';
import { copyText, useUi } from '../../store/app/ui.ts';
import { timelineOf, useKeyGroups } from '../../store/blobs/key-groups.ts';
import { useKeys } from '../../store/connection/keys.ts';
import { TimeLine } from './TimeLine.tsx';

/** The key material of a blob: its swatch, its key, every statement about it, and ways to learn more. */
export function KeyBlock({ row }: { readonly row: BlobRow }) {
  const { keyFingerprint: fingerprint, reencryptable } = row.identification;
  const keyGroup = useKeyGroups((state) => state.keyGroups.get(fingerprint ?? ''));
  const timeline = useKeyGroups((state) =>
    fingerprint === null ? undefined : timelineOf(state.timelines, fingerprint),
  );
  const name = useKeys((state) => keyGroupName(keyGroup, state.keys));
  const findKey = useUi((state) => state.findKey);
  const nameKey = useUi((state) => state.nameKey);
  if (fingerprint === null && !reencryptable) return null;
  return (
    <section className="key-block" aria-label="Key">
      <h4>Key</h4>
      {fingerprint === null ? (
        <p className="hint">The bytes name no key material. KMS can say which key opens them.</p>
      ) : (
        <>
          <p className="key-name">
            <Swatch fingerprint={fingerprint} />
            <span className={name === null ? 'group-unknown' : 'key-name-text'}>
              {name ?? namelessWords(keyGroup)}
            </span>
            {keyGroup?.by != null && <HowKnown by={keyGroup.by} />}
            {keyGroup !== undefined && <KeyVerdict keyGroup={keyGroup} />}
            <KeyDanger keyArn={keyGroup?.keyArn ?? null} />
          </p>
          <p className="key-fingerprint">
            <span className="hint">Fingerprint</span>
            <code title={fingerprint}>{shortHex(fingerprint)}</code>
            <IconButton
              label="Copy the fingerprint"
              small
              onPress={() => void copyText(fingerprint, 'the fingerprint')}
            >
              <Copy className="icon" aria-hidden="true" />
            </IconButton>
          </p>
          {keyGroup?.reason != null && (
            <p className={keyGroup.verdict === 'contradiction' ? 'remark remark-attention' : 'remark'}>
              {keyGroup.verdict === 'contradiction' && (
                <TriangleAlert className="icon severity-warning" aria-hidden="true" />
              )}
              <span>{keyGroup.reason}</span>
            </p>
          )}
          {keyGroup !== undefined && keyGroup.keys.length > 0 && (
            <details className="note">
              <summary>
                <ChevronRight className="icon icon-small disclosure-chevron" aria-hidden="true" />
                <span>{`Evidence: ${plural(keyGroup.keys.length, 'statement')}`}</span>
              </summary>
              <Statements keys={keyGroup.keys} />
            </details>
          )}
          {timeline !== undefined && <TimeLine timeline={timeline} here={fingerprint} />}
        </>
      )}
      <div className="button-row">
        {reencryptable && (
          <Button icon={<Search className="icon" aria-hidden="true" />} onPress={() => findKey(row.id)}>
            Find key…
          </Button>
        )}
        {fingerprint !== null && (
          <Button
            variant="quiet"
            icon={<Tag className="icon" aria-hidden="true" />}
            onPress={() => nameKey(fingerprint)}
          >
            Name this key…
          </Button>
        )}
      </div>
    </section>
  );
}

/** Every statement about the key of this material, strongest first, each with its source. */
function Statements({ keys: statements }: { readonly keys: readonly LearnedKey[] }) {
  const keys = useKeys((state) => state.keys);
  return (
    <ul className="statements" aria-label="Evidence">
      {statements.map((each) => (
        <li key={`${each.by} ${each.keyArn}`}>
          <span className="statement-head">
            <HowKnown by={each.by} />
            <span className="hint">{sourceOf(each)}</span>
          </span>
          <code className="statement-arn" title={keyWords(each.keyArn, keys)}>
            {each.keyArn}
          </code>
          {each.keyMaterialId !== null && (
            <span className="hint">
              Key material ID <code title={each.keyMaterialId}>{shortHex(each.keyMaterialId)}</code>
              <IconButton
                label="Copy the key material ID"
                small
                onPress={() => void copyText(each.keyMaterialId ?? '', 'the key material ID')}
              >
                <Copy className="icon" aria-hidden="true" />
              </IconButton>
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

/** Where a statement comes from, in words. */
function sourceOf({ by, evidence, blobs, at }: LearnedKey): string {
  if (by === 'declared') return `${evidence.replace(/^declared in /, '')} (${plural(blobs, 'blob')})`;
  return at === null ? evidence : `${evidence}, ${moment(at)}`;
}
