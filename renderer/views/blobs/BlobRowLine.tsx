import { type MouseEvent, memo } from 'react';
import type { BlobRow } from '#shared/model/blob.ts';
import { Box, Cell } from '../../components/grid.tsx';
import { SEVERITY_WORDS, SeverityIcon, Status } from '../../components/Status.tsx';
import { KeyFace } from '../../components/Swatch.tsx';
import { TickBox } from '../../components/TickBox.tsx';
import { bytes, fileName, placeName, plural } from '../../lib/format.ts';
import { hasMod } from '../../lib/platform.ts';
import {
  containerWords,
  ENCODING_WORDS,
  findingWords,
  isPlainContainer,
  type LastResult,
  rowState,
} from '../../lib/words.ts';
import { useInspector } from '../../store/inspector.ts';
import { useSelection } from '../../store/selection.ts';
import { domId, type LineFrame, lineProps } from './columns.ts';

interface RowProps extends LineFrame {
  readonly row: BlobRow;
  readonly ticked: boolean;
  readonly last: LastResult | undefined;
  readonly keyName: string | null;
  /** Ticks everything from the anchor to a blob. */
  readonly extend: (id: string) => void;
}

/** One blob. A press shows it in the inspector; ticking is the checkbox's, Ctrl's and Shift's. */
export const BlobRowLine = memo(function BlobRowLine(props: RowProps) {
  const { row, ticked, last, keyName, extend } = props;
  const press = (event: MouseEvent): void => {
    const { toggle, moveTo } = useSelection.getState();
    if (event.shiftKey) extend(row.id);
    else if (hasMod(event)) toggle(row.id);
    else moveTo(row.id);
  };
  const tick = (shift: boolean): void => {
    if (shift) extend(row.id);
    else useSelection.getState().toggle(row.id);
  };
  const id = row.identification;
  const file = fileName(row.file);
  const context = row.declared.encryptionContext;
  return (
    <Box
      {...lineProps(props, domId(row.id), `table-blob${ticked ? ' is-ticked' : ''}`)}
      aria-selected={ticked}
      onMouseDown={(event) => {
        if (event.shiftKey) event.preventDefault();
      }}
      onClick={press}
      onDoubleClick={() => useInspector.getState().setOpen(true)}
    >
      <Cell className="col-tick">
        <TickBox label={`Select ${placeName(row)}`} tick={ticked ? 'all' : 'none'} onToggle={tick} />
      </Cell>
      <Cell className="col-name" title={row.place === '' ? row.file : `${row.file} · ${row.place}`}>
        <span className="name-folder">{row.file.slice(0, row.file.length - file.length)}</span>
        <span className="name-file">{file}</span>
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
      <Cell className="col-findings" title={row.findings.map(findingWords).join('\n') || undefined}>
        {row.worst !== null && (
          <SeverityIcon severity={row.worst} label={`Finding: ${SEVERITY_WORDS[row.worst].toLowerCase()}`} />
        )}
      </Cell>
      <Cell className="col-state">
        <Status {...rowState(row, last)} />
      </Cell>
    </Box>
  );
});

const pairsText = (context: Readonly<Record<string, string>>): string =>
  Object.entries(context)
    .map(([key, value]) => `${key} = ${value}`)
    .join('\n');
