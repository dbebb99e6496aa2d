import { ChevronDown, ChevronRight, TriangleAlert } from 'lucide-react';
import { memo, useMemo } from 'react';
import { Box, Cell } from '../../components/grid.tsx';
import { HowKnown, Verdict } from '../../components/HowKnown.tsx';
import { KeyDanger } from '../../components/KeyDanger.tsx';
import { KeyFace } from '../../components/Swatch.tsx';
import { TickBox } from '../../components/TickBox.tsx';
import type { Group } from '../../lib/arrange.ts';
import { clusterName, namelessWords } from '../../lib/clusters.ts';
import { plural } from '../../lib/format.ts';
import { tickOf } from '../../lib/selection.ts';
import { useArrange } from '../../store/arrange.ts';
import { useClusters } from '../../store/clusters.ts';
import { useKeys } from '../../store/keys.ts';
import { useSelection } from '../../store/selection.ts';
import { useUi } from '../../store/ui.ts';
import { COLUMNS, domId } from './columns.ts';

interface GroupLineProps {
  readonly group: Group;
  readonly index: number;
  readonly top: number;
  readonly height: number;
  readonly active: boolean;
}

/** Head of a group: what its blobs share, how many there are, how many have something to look at. */
export const GroupLine = memo(function GroupLine({ group, index, top, height, active }: GroupLineProps) {
  const selected = useSelection((state) => state.selected);
  const toggleMany = useSelection((state) => state.toggleMany);
  const moveTo = useSelection((state) => state.moveTo);
  const closed = useArrange((state) => state.collapsed.has(group.key));
  const setCollapsed = useArrange((state) => state.setCollapsed);
  const cluster = useClusters((state) => state.clusters.get(group.fingerprint ?? ''));
  const label = useKeys((state) => clusterName(cluster, state.keys));
  const ids = useMemo(() => group.rows.map((row) => row.id), [group.rows]);
  const tick = useMemo(() => tickOf(selected, ids), [selected, ids]);
  const name =
    group.fingerprint === null ? group.label : (label ?? `key material ${group.fingerprint.slice(0, 8)}`);
  const Chevron = closed ? ChevronRight : ChevronDown;
  return (
    <Box
      id={domId(group.key)}
      className={active ? 'table-row table-group is-active' : 'table-row table-group'}
      role="row"
      aria-rowindex={index + 2}
      style={{ height, transform: `translateY(${top}px)` }}
      onClick={() => moveTo(group.key)}
    >
      <Cell className="col-tick">
        <TickBox label={`Select group ${name}`} tick={tick} onToggle={() => toggleMany(ids)} />
      </Cell>
      <Cell aria-colspan={COLUMNS.length} className="group-cell">
        <button
          type="button"
          tabIndex={-1}
          className="group-toggle"
          aria-expanded={!closed}
          aria-label={`Group ${name}`}
          onClick={(event) => {
            event.stopPropagation();
            moveTo(group.key);
            setCollapsed(group.key, !closed);
          }}
        >
          <Chevron className="icon" aria-hidden="true" />
        </button>
        {group.fingerprint === null ? (
          <span className="group-name">{group.label}</span>
        ) : (
          <>
            <KeyFace fingerprint={group.fingerprint} />
            <span
              className={label === null ? 'group-name group-unknown' : 'group-name'}
              title={cluster?.keyArn ?? undefined}
            >
              {label ?? namelessWords(cluster)}
            </span>
            {cluster?.by != null && <HowKnown by={cluster.by} />}
            {cluster !== undefined && <Verdict cluster={cluster} />}
            <KeyDanger keyArn={cluster?.keyArn ?? null} />
          </>
        )}
        <span className="group-count">{plural(group.rows.length, 'blob')}</span>
        {group.findings > 0 && (
          <span className="group-findings">
            <TriangleAlert className="icon severity-warning" aria-hidden="true" />
            {plural(group.findings, 'finding')}
          </span>
        )}
        {group.fingerprint !== null && cluster?.by !== 'kms' && (
          <button
            type="button"
            tabIndex={-1}
            className="group-action"
            aria-label={`Find the key of group ${name}`}
            onClick={(event) => {
              event.stopPropagation();
              useUi.getState().findKey(group.rows[0]?.id ?? null);
            }}
          >
            Find key…
          </button>
        )}
      </Cell>
    </Box>
  );
});
