import { Copy, Search, Tag, TriangleAlert } from 'lucide-react';
import type { BlobRow } from '#shared/model/blob.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { HowKnown, Verdict } from '../../components/HowKnown.tsx';
import { KeyDanger } from '../../components/KeyDanger.tsx';
import { Swatch } from '../../components/Swatch.tsx';
import { keyGroupName, namelessWords } from '../../lib/key-groups.ts';
import { timelineOf, useKeyGroups } from '../../store/key-groups.ts';
import { useKeys } from '../../store/keys.ts';
import { copyText, useUi } from '../../store/ui.ts';
import { Statements } from './Statements.tsx';
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
            {keyGroup !== undefined && <Verdict keyGroup={keyGroup} />}
            <KeyDanger keyArn={keyGroup?.keyArn ?? null} />
          </p>
          <p className="key-fingerprint">
            <code>{fingerprint}</code>
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
          {keyGroup !== undefined && keyGroup.keys.length > 0 && <Statements keys={keyGroup.keys} />}
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
