import { ChevronDown, ChevronRight, TriangleAlert } from 'lucide-react';
import { memo } from 'react';
import type { EvidenceBy, KeyGroup } from '#shared/model/key-group.ts';
import { Box, Cell, TickBox } from '../../components/grid.tsx';
import { HowKnown, KeyDanger, KeyFace, KeyVerdict, namesKey } from '../../components/KeyFace.tsx';
import { MiddleCut } from '../../components/MiddleCut.tsx';
import { namelessWords } from '../../lib/keys/key-groups.ts';
import type { Tick } from '../../lib/table/selection.ts';
import { plural, shortHex } from '../../lib/words/format.ts';
import { domId, type LineFrame, lineProps } from './BlobRowLine.tsx';
import { COLUMNS } from './columns.tsx';

interface GroupLineProps extends LineFrame {
  readonly groupKey: string;
  readonly label: string;
  readonly fingerprint: string | null;
  /** The key's name, once known. */
  readonly name: string | null;
  readonly keyGroup: KeyGroup | undefined;
  /** How the key is known; null where it is not. */
  readonly by: EvidenceBy | null;
  /** Key materials that the group holds. */
  readonly materials: number;
  readonly blobs: number;
  /** Id of its first blob. */
  readonly first: string | null;
  readonly findings: number;
  readonly tick: Tick;
  readonly closed: boolean;
  /** Closed unless it was opened. */
  readonly folds: boolean;
  readonly on: GroupHandlers;
}

/** What pressing parts of a group's head does. */
export interface GroupHandlers {
  readonly moveTo: (id: string) => void;
  readonly toggleGroup: (key: string) => void;
  readonly setCollapsed: (key: string, collapsed: boolean) => void;
  readonly findKey: (blobId: string | null) => void;
}

/** Head of a group: what its blobs share, how many there are, how many have something to look at. */
export const GroupLine = memo(function GroupLine(props: GroupLineProps) {
  const { groupKey, label, fingerprint, name, keyGroup, blobs, first, findings, tick, closed, active, on } =
    props;
  const words = name ?? (fingerprint === null ? label : `key material ${shortHex(fingerprint)}`);
  const Chevron = closed ? ChevronRight : ChevronDown;
  return (
    <Box {...lineProps(props, domId(groupKey), 'table-group')} onClick={() => on.moveTo(groupKey)}>
      <Cell className="col-tick">
        <TickBox label={`Select group ${words}`} tick={tick} onToggle={() => on.toggleGroup(groupKey)} />
      </Cell>
      <Cell aria-colspan={COLUMNS.length} className="group-cell">
        <button
          type="button"
          tabIndex={-1}
          className="group-toggle"
          aria-expanded={!closed}
          aria-label={`Group ${words}`}
          onClick={(event) => {
            event.stopPropagation();
            on.moveTo(groupKey);
            on.setCollapsed(groupKey, !closed !== props.folds);
          }}
        >
          <Chevron className="icon" aria-hidden="true" />
        </button>
        {fingerprint === null && name === null ? (
          <MiddleCut className="group-name" text={label} />
        ) : (
          <>
            {fingerprint !== null && <KeyFace fingerprint={fingerprint} />}
            <span
              className={name === null ? 'group-name group-unknown' : 'group-name'}
              title={keyGroup?.keyArn ?? undefined}
            >
              {name ?? namelessWords(keyGroup)}
            </span>
            {props.by !== null && namesKey(props.by) && <HowKnown by={props.by} />}
            {props.materials > 1 && <span className="faint">{plural(props.materials, 'key material')}</span>}
            {keyGroup !== undefined && <KeyVerdict keyGroup={keyGroup} />}
            <KeyDanger keyArn={keyGroup?.keyArn ?? null} />
          </>
        )}
        <span className="group-count">{plural(blobs, 'blob')}</span>
        {findings > 0 && (
          <span className="group-findings">
            <TriangleAlert className="icon severity-warning" aria-hidden="true" />
            {plural(findings, 'finding')}
          </span>
        )}
        {fingerprint !== null && props.by !== 'kms' && (
          <button
            type="button"
            // Tab leads from the table to it while the cursor is on the group.
            tabIndex={active ? 0 : -1}
            className="group-action"
            aria-label={`Find the key of group ${words}`}
            onClick={(event) => {
              event.stopPropagation();
              on.findKey(first);
            }}
          >
            Find key…
          </button>
        )}
      </Cell>
    </Box>
  );
});
