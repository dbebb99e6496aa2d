import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, memo, useEffect, useMemo, useRef } from 'react';
import { Box } from '../../components/grid.tsx';
import { asciiOf, hexOf, isWithin, type Node, offsetText, ROW_BYTES, segmentsOf } from '../../lib/hex.ts';
import { useInspector } from '../../store/inspector.ts';
import { useSettings } from '../../store/settings.ts';
import type { Decoded } from './useNodes.ts';

const ROW_REM = 20 / 13;

/** Rows of 16 bytes with offset and ASCII gutters. The pointed field is lit and the rest dimmed; nothing moves. */
export function HexDump({ decoded }: { readonly decoded: Decoded }) {
  const { bytes, nodes, owners } = decoded;
  const { chosen, pointed, choose, point } = useInspector();
  const scroller = useRef<HTMLDivElement>(null);
  useSettings((state) => state.textSize);
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 13;
  const height = Math.round(ROW_REM * rem);
  const virtual = useVirtualizer({
    count: Math.ceil(bytes.length / ROW_BYTES),
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 8,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: sizes are measured anew when the row height changes
  useEffect(() => virtual.measure(), [height]);

  const focus = pointed ?? chosen;
  const lit = useMemo(() => nodes.map(({ id }) => focus !== null && isWithin(id, focus)), [nodes, focus]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a choice scrolls, never the pointer
  useEffect(() => {
    const node = nodes.find(({ id }) => id === chosen);
    if (node !== undefined)
      virtual.scrollToIndex(Math.floor(node.field.offset / ROW_BYTES), { align: 'auto' });
  }, [chosen]);

  const nodeAt = (target: EventTarget): Node | undefined => {
    const owner = target instanceof HTMLElement ? target.dataset.owner : undefined;
    return owner === undefined ? undefined : nodes[Number(owner)];
  };
  const key = (event: KeyboardEvent): void => {
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
      className={focus === null ? 'hex' : 'hex hex-dimmed'}
      ref={scroller}
      role="group"
      aria-label={`Bytes: ${bytes.length}. Left and right arrows go from field to field.`}
      tabIndex={0}
      onKeyDown={key}
      onPointerOver={(event) => point(nodeAt(event.target)?.id ?? null)}
      onPointerLeave={() => point(null)}
      onClick={(event) => choose(nodeAt(event.target)?.id ?? null)}
    >
      <div className="hex-body" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => (
          <HexRow
            key={item.index}
            row={item.index}
            top={item.start}
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

interface HexRowProps {
  readonly row: number;
  readonly top: number;
  readonly height: number;
  readonly bytes: Uint8Array;
  readonly owners: Int32Array;
  readonly nodes: readonly Node[];
  readonly lit: readonly boolean[];
}

const HexRow = memo(function HexRow({ row, top, height, bytes, owners, nodes, lit }: HexRowProps) {
  const segments = useMemo(() => segmentsOf(owners, row), [owners, row]);
  const look = (owner: number): string => {
    const node = nodes[owner];
    return node === undefined ? 'seg' : `seg tint-${node.tint}${lit[owner] ? ' is-lit' : ''}`;
  };
  return (
    <div className="hex-row" style={{ height, transform: `translateY(${top}px)` }}>
      <span className="hex-offset">{offsetText(row * ROW_BYTES)}</span>
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
