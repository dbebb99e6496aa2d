import { memo, useMemo, useRef } from 'react';
import { Box } from '../../components/grid.tsx';
import { useRowHeight, useVisibleRows } from '../../components/useVisibleRows.ts';
import { hexOf, offsetText, ROW_BYTES, segmentsOf } from '../../lib/bytes/hex.ts';

const ROW_REM = 19 / 13;

interface CompareHexProps {
  readonly bytes: readonly [Uint8Array, Uint8Array];
  readonly names: readonly [string, string];
  /** Per byte: 1 where the two differ. */
  readonly marks: Int32Array;
}

/** The bytes of both blobs at equal offsets, those that differ underlined and tinted. */
export function CompareHex({ bytes, names, marks }: CompareHexProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const height = useRowHeight(ROW_REM);
  const count = Math.ceil(marks.length / ROW_BYTES);
  const { indexes, slot } = useVisibleRows(scroller, { count, height });
  return (
    <section className="compare-hex" aria-label="Bytes compared">
      <p className="hint">Bytes at equal offsets; those that differ are underlined.</p>
      <Box
        className="hex hex-compare"
        ref={scroller}
        role="group"
        tabIndex={0}
        aria-label={`Bytes of ${names[0]} and ${names[1]}`}
      >
        <div className="hex-body" style={{ height: count * height }}>
          {indexes.map((row) => (
            <Row key={slot(row)} row={row} top={row * height} height={height} bytes={bytes} marks={marks} />
          ))}
        </div>
      </Box>
    </section>
  );
}

interface RowProps {
  readonly row: number;
  readonly top: number;
  readonly height: number;
  readonly bytes: readonly [Uint8Array, Uint8Array];
  readonly marks: Int32Array;
}

const Row = memo(function Row({ row, top, height, bytes, marks }: RowProps) {
  const segments = useMemo(() => segmentsOf(marks, row), [marks, row]);
  return (
    <div className="hex-row" style={{ height, transform: `translateY(${top}px)` }}>
      <span className="hex-offset">{offsetText(row * ROW_BYTES)}</span>
      {bytes.map((side, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: always the first and the second
        <span key={i} className="hex-bytes">
          {segments.map(
            ({ owner, start, end }) =>
              start < side.length && (
                <span key={start} className={owner === 1 ? 'seg seg-differs' : 'seg'}>
                  {hexOf(side, start, end)}
                </span>
              ),
          )}
        </span>
      ))}
    </div>
  );
});
