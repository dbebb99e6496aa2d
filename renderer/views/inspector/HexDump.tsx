import {
  type KeyboardEvent,
  memo,
  type RefObject,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import type { BlobDetail } from '#shared/model/blob.ts';
import { Box } from '../../components/grid.tsx';
import { useRowHeight, useVisibleRows } from '../../components/useVisibleRows.ts';
import {
  asciiOf,
  flatten,
  fromBase64,
  hexOf,
  hexOfField,
  isWithin,
  type Node,
  offsetText,
  ownersOf,
  ROW_BYTES,
  segmentsOf,
} from '../../lib/bytes/hex.ts';
import { hasMod, mod } from '../../lib/platform.ts';
import { useActions } from '../../store/app/actions.ts';
import { copyText } from '../../store/app/ui.ts';
import { useInspector } from '../../store/blobs/inspector.ts';

const ROW_REM = 20 / 13;

/** Of a pane that is too narrow for 16. */
const NARROW_ROW_BYTES = 8;
/** Width of a pane that 16 bytes fit in, beside their offset. */
const WIDE_REM = 25;

/** Rows of 16 bytes, in a narrow pane of 8, with offset and ASCII gutters. The pointed field is lit and the rest dimmed; nothing moves. */
export function HexDump({ decoded }: { readonly decoded: Decoded }) {
  const { bytes, nodes, owners } = decoded;
  const chosen = useInspector((state) => state.chosen);
  const pointed = useInspector((state) => state.pointed);
  const { choose, point } = useActions(useInspector);
  const scroller = useRef<HTMLDivElement>(null);
  const height = useRowHeight(ROW_REM);
  const rowBytes = useRowBytes(scroller);
  const count = Math.ceil(bytes.length / rowBytes);
  const { indexes, slot, reveal } = useVisibleRows(scroller, { count, height });

  const focus = pointed ?? chosen;
  const lit = useMemo(() => nodes.map(({ id }) => focus !== null && isWithin(id, focus)), [nodes, focus]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a choice scrolls, never the pointer
  useEffect(() => {
    const node = nodes.find(({ id }) => id === chosen);
    if (node !== undefined) reveal(Math.floor(node.field.offset / rowBytes));
  }, [chosen, rowBytes]);

  const nodeAt = (target: EventTarget): Node | undefined => {
    const owner = target instanceof HTMLElement ? target.dataset.owner : undefined;
    return owner === undefined ? undefined : nodes[Number(owner)];
  };
  const key = (event: KeyboardEvent): void => {
    if (event.altKey || copyKey(event, decoded, chosen)) return;
    const leaves = nodes.filter(({ field }) => field.children.length === 0);
    const at = leaves.findIndex(({ id }) => id === chosen);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: leaves.length - 1 }[event.key];
    const leaf = to === undefined ? undefined : leaves[Math.max(0, Math.min(leaves.length - 1, to))];
    if (leaf === undefined) return;
    event.preventDefault();
    choose(leaf.id);
  };
  return (
    <Box
      className={['hex', focus === null ? '' : 'hex-dimmed', rowBytes < ROW_BYTES ? 'hex-narrow' : '']
        .filter(Boolean)
        .join(' ')}
      ref={scroller}
      role="group"
      aria-label={`Bytes: ${bytes.length}. Left and right arrows go from field to field, ${mod('C')} copies its bytes.`}
      tabIndex={0}
      onKeyDown={key}
      onPointerOver={(event) => point(nodeAt(event.target)?.id ?? null)}
      onPointerLeave={() => point(null)}
      onClick={(event) => choose(nodeAt(event.target)?.id ?? null)}
    >
      <div className="hex-body" style={{ height: count * height }}>
        {indexes.map((row) => (
          <HexRow
            key={slot(row)}
            row={row}
            rowBytes={rowBytes}
            top={row * height}
            height={height}
            bytes={bytes}
            owners={owners}
            nodes={nodes}
            lit={lit}
          />
        ))}
      </div>
    </Box>
  );
}

/** How many bytes a row has room for. */
function useRowBytes(box: RefObject<HTMLElement | null>): number {
  const [rowBytes, setRowBytes] = useState(ROW_BYTES);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const look = (): void => {
      const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 13;
      const wide = element.clientWidth === 0 || element.clientWidth >= WIDE_REM * rem;
      setRowBytes(wide ? ROW_BYTES : NARROW_ROW_BYTES);
    };
    look();
    const sizes = new ResizeObserver(look);
    sizes.observe(element);
    return () => sizes.disconnect();
  }, [box]);
  return rowBytes;
}

interface HexRowProps {
  readonly row: number;
  readonly rowBytes: number;
  readonly top: number;
  readonly height: number;
  readonly bytes: Uint8Array;
  readonly owners: Int32Array;
  readonly nodes: readonly Node[];
  readonly lit: readonly boolean[];
}

const HexRow = memo(function HexRow({ row, rowBytes, top, height, bytes, owners, nodes, lit }: HexRowProps) {
  const segments = useMemo(() => segmentsOf(owners, row, rowBytes), [owners, row, rowBytes]);
  const look = (owner: number): string => {
    const node = nodes[owner];
    return node === undefined ? 'seg' : `seg tint-${node.tint}${lit[owner] ? ' is-lit' : ''}`;
  };
  return (
    <div className="hex-row" style={{ height, transform: `translateY(${top}px)` }}>
      <span className="hex-offset">{offsetText(row * rowBytes)}</span>
      <span className="hex-bytes">
        {segments.map(({ owner, start, end }) => (
          <span key={start} data-owner={owner} className={look(owner)}>
            {hexOf(bytes, start, end)}
          </span>
        ))}
      </span>
      <span className="hex-ascii">
        {segments.map(({ owner, start, end }) => (
          <span key={start} data-owner={owner} className={look(owner)}>
            {asciiOf(bytes, start, end)}
          </span>
        ))}
      </span>
    </div>
  );
});

export interface Decoded {
  readonly bytes: Uint8Array;
  readonly nodes: readonly Node[];
  readonly owners: Int32Array;
}

/** The bytes of a blob, its fields in reading order, and the field of each byte. */
export function useDecoded(detail: BlobDetail): Decoded {
  return useMemo(() => {
    const bytes = fromBase64(detail.bytesBase64);
    const nodes = flatten(detail.fields);
    return { bytes, nodes, owners: ownersOf(nodes, bytes.length) };
  }, [detail]);
}

/** Copies the chosen field's bytes as hex on the platform's copy key, unless text is marked: that is copied then. */
export function copyKey(event: KeyboardEvent, { nodes, bytes }: Decoded, chosen: string | null): boolean {
  if (!hasMod(event) || event.key.toLowerCase() !== 'c') return false;
  const node = nodes.find(({ id }) => id === chosen);
  if (node === undefined || (document.getSelection()?.toString() ?? '') !== '') return false;
  event.preventDefault();
  void copyText(hexOfField(bytes, node.field), `the bytes of ${node.field.name}`);
  return true;
}
