import { type MouseEvent, memo } from 'react';
import type { BlobRow } from '#shared/model/blob.ts';
import { Box, Cell } from '../../components/grid.tsx';
import { SEVERITY_WORDS, SeverityIcon, Status } from '../../components/Status.tsx';
import { KeyFace } from '../../components/Swatch.tsx';
import { TickBox } from '../../components/TickBox.tsx';
import { clusterName } from '../../lib/clusters.ts';
import { bytes, fileName, plural } from '../../lib/format.ts';
import { hasMod } from '../../lib/platform.ts';
import { containerWords, ENCODING_WORDS, isPlainContainer, rowState } from '../../lib/words.ts';
import { useClusters } from '../../store/clusters.ts';
import { useInspector } from '../../store/inspector.ts';
import { useKeys } from '../../store/keys.ts';
import { useRuns } from '../../store/runs.ts';
import { useSelection } from '../../store/selection.ts';
import { domId } from './columns.ts';

interface RowProps {
  readonly row: BlobRow;
  readonly order: readonly string[];
  readonly index: number;
  readonly top: number;
  readonly height: number;
  readonly active: boolean;
}

/** Name of a row in words: the file's name and the place in it. */
const nameOf = (row: BlobRow): string =>
  row.place === '' ? fileName(row.file) : `${fileName(row.file)} · ${row.place}`;

/** One blob. A press shows it in the inspector; ticking is the checkbox's, Ctrl's and Shift's. */
export const BlobRowLine = memo(function BlobRowLine({ row, order, index, top, height, active }: RowProps) {
  const ticked = useSelection((state) => state.selected.has(row.id));
  const last = useRuns((state) => state.results.get(row.id));
  const cluster = useClusters((state) => state.clusters.get(row.identification.keyFingerprint ?? ''));
  const keyName = useKeys((state) => clusterName(cluster, state.keys));
  const press = (event: MouseEvent): void => {
    const { toggle, extend, moveTo } = useSelection.getState();
    if (event.shiftKey) extend(row.id, order);
    else if (hasMod(event)) toggle(row.id);
    else moveTo(row.id);
  };
  const tick = (shift: boolean): void => {
    const { toggle, extend } = useSelection.getState();
    if (shift) extend(row.id, order);
    else toggle(row.id);
  };
  const id = row.identification;
  const state = rowState(row, last);
  const folder = row.file.slice(0, row.file.length - fileName(row.file).length);
  const context = row.declared.encryptionContext;
  return (
    <Box
      id={domId(row.id)}
      className={`table-row table-blob${active ? ' is-active' : ''}${ticked ? ' is-ticked' : ''}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={ticked}
      style={{ height, transform: `translateY(${top}px)` }}
      onMouseDown={(event) => {
        if (event.shiftKey) event.preventDefault();
      }}
      onClick={press}
      onDoubleClick={() => useInspector.getState().setOpen(true)}
    >
      <Cell className="col-tick">
        <TickBox label={`Select ${nameOf(row)}`} tick={ticked ? 'all' : 'none'} onToggle={tick} />
      </Cell>
      <Cell className="col-name" title={row.place === '' ? row.file : `${row.file} · ${row.place}`}>
        <span className="name-folder">{folder}</span>
        <span className="name-file">{fileName(row.file)}</span>
        {row.place !== '' && <span className="name-place"> · {row.place}</span>}
      </Cell>
      <Cell className="col-kind" title={id.reason ?? undefined}>
        {id.label}
      </Cell>
      <Cell className="col-key">
        {id.keyFingerprint === null ? (
          <span className="faint">not in the blob</span>
        ) : (
          <KeyFace fingerprint={id.keyFingerprint} label={keyName} />
        )}
      </Cell>
      <Cell
        className="col-encoding"
        title={`${ENCODING_WORDS[row.encoding]}, ${containerWords(row.container)}`}
      >
        {ENCODING_WORDS[row.encoding]}
        {!isPlainContainer(row.container) && (
          <span className="faint"> · {containerWords(row.container)}</span>
        )}
      </Cell>
      <Cell className="col-size tabular">
        {id.plaintextBytes === null ? <span className="faint">unknown</span> : bytes(id.plaintextBytes)}
      </Cell>
      <Cell
        className="col-context"
        title={context === null ? 'KMS blobs do not hold their context' : pairsText(context)}
      >
        {context === null ? (
          <span className="faint">not in the blob</span>
        ) : (
          `${plural(Object.keys(context).length, 'pair')}, declared`
        )}
      </Cell>
      <Cell className="col-findings">
        {row.worst !== null && (
          <SeverityIcon severity={row.worst} label={`Finding: ${SEVERITY_WORDS[row.worst].toLowerCase()}`} />
        )}
      </Cell>
      <Cell className="col-state">
        <Status {...state} />
      </Cell>
    </Box>
  );
});

const pairsText = (context: Readonly<Record<string, string>>): string =>
  Object.entries(context)
    .map(([key, value]) => `${key} = ${value}`)
    .join('\n');
