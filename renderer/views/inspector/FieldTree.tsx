import { ChevronDown, ChevronRight, CircleDashed, CircleDot } from 'lucide-react';
import { type KeyboardEvent, memo, useCallback, useEffect, useId, useMemo, useRef, useState } from 'react';
import type { BlobRow, Evidence as EvidenceName } from '#shared/model/blob.ts';
import { Box, Cell } from '../../components/grid.tsx';
import { useRowHeight, useVisibleRows } from '../../components/useVisibleRows.ts';
import { hexOfField, isWithin, type Node } from '../../lib/bytes/hex.ts';
import { mod } from '../../lib/platform.ts';
import { matching } from '../../lib/table/narrow.ts';
import { Table } from '../../lib/table/table.ts';
import { useActions } from '../../store/app/actions.ts';
import { copyEntry, type MenuEntry, showMenu } from '../../store/app/menu.ts';
import { useArrange } from '../../store/blobs/arrange.ts';
import { useInspector } from '../../store/blobs/inspector.ts';
import { copyKey, type Decoded } from './HexDump.tsx';

const ROW_REM = 24 / 13;

const EVIDENCE: Readonly<Record<EvidenceName, { icon: typeof CircleDot; why: string }>> = {
  documented: { icon: CircleDot, why: 'Documented: written in a specification or in AWS documents' },
  observed: { icon: CircleDashed, why: 'Observed in real blobs; AWS documents no such layout' },
};

/** How sure a field is, as an icon with its word. `words`: the word beside it, too. */
export function EvidenceMark({
  evidence,
  words = false,
}: {
  readonly evidence: EvidenceName;
  readonly words?: boolean;
}) {
  const { icon: Icon, why } = EVIDENCE[evidence];
  return (
    <span className={`evidence evidence-${evidence}`} title={why}>
      <Icon className="icon icon-small" role="img" aria-label={evidence} />
      {words && <span aria-hidden="true">{evidence}</span>}
    </span>
  );
}

/** Shorter values are in too many texts to say anything of a field. */
const LEAST = 6;

/** Whether the list can be filtered by a value: it knows of fields alone what it shows of a row, too. */
function isFoundBy(value: string, row: BlobRow): boolean {
  if (value.length < LEAST) return false;
  const marks = matching(Table.of([row]), { query: value, kind: 'all', finding: 'all' });
  return marks?.[0] === 1;
}

/** What can be done with a field, from its context menu. */
function fieldEntries({ field }: Node, bytes: Uint8Array): readonly MenuEntry[] {
  const row = useInspector.getState().detail?.row;
  return [
    ...copyEntry('value', field.value),
    ...copyEntry('hex', hexOfField(bytes, field)),
    ...copyEntry('name', field.name),
    ...(row !== undefined && isFoundBy(field.value, row)
      ? [
          {
            id: 'filter',
            title: 'Filter the list by this value',
            run: () => useArrange.getState().addTerm(field.value),
          },
        ]
      : []),
  ];
}

/** The fields as a tree grid with one tab stop. Pointing at a line lights its bytes; a press keeps them lit. */
export function FieldTree({ decoded }: { readonly decoded: Decoded }) {
  const { nodes } = decoded;
  const chosen = useInspector((state) => state.chosen);
  const pointed = useInspector((state) => state.pointed);
  const { choose, point } = useActions(useInspector);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const box = useRef<HTMLDivElement>(null);
  const prefix = useId();
  const visible = useMemo(
    () => nodes.filter(({ id }) => ![...closed].some((each) => each !== id && isWithin(id, each))),
    [nodes, closed],
  );
  const at = visible.findIndex(({ id }) => id === chosen);
  const height = useRowHeight(ROW_REM);
  const { indexes, slot, reveal } = useVisibleRows(box, {
    count: visible.length,
    height,
    head: height,
    ...(at >= 0 ? { always: at } : {}),
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a choice scrolls, not what is opened or closed
  useEffect(() => {
    if (at >= 0) reveal(at);
  }, [chosen]);
  const fold = useCallback(
    (id: string, close: boolean): void =>
      setClosed((before) => {
        const next = new Set(before);
        if (close) next.add(id);
        else next.delete(id);
        return next;
      }),
    [],
  );
  const key = (event: KeyboardEvent): void => {
    if (event.altKey || copyKey(event, decoded, chosen)) return;
    const node = visible[at];
    const go = { ArrowDown: at + 1, ArrowUp: Math.max(0, at - 1), Home: 0, End: visible.length - 1 }[
      event.key
    ];
    if (go !== undefined) choose(visible[Math.min(go, visible.length - 1)]?.id ?? null);
    else if (event.key === 'ArrowRight' && node !== undefined) {
      if (closed.has(node.id)) fold(node.id, false);
      else if (node.field.children.length > 0) choose(`${node.id}.0`);
    } else if (event.key === 'ArrowLeft' && node !== undefined) {
      if (node.field.children.length > 0 && !closed.has(node.id)) fold(node.id, true);
      else if (node.parent !== null) choose(node.parent);
    } else return;
    event.preventDefault();
  };
  return (
    <Box
      className="tree"
      ref={box}
      role="treegrid"
      aria-label={`Fields. ${mod('C')} copies the bytes of the chosen one.`}
      aria-rowcount={visible.length + 1}
      tabIndex={0}
      aria-activedescendant={at < 0 ? undefined : `${prefix}${chosen}`}
      onKeyDown={key}
      onFocus={() => {
        if (chosen === null) choose(nodes[0]?.id ?? null);
      }}
      onPointerLeave={() => point(null)}
      onContextMenu={(event) => {
        const at = event.target instanceof Element ? event.target.closest('[data-node]') : null;
        const id = at?.getAttribute('data-node') ?? chosen;
        const node = nodes.find((each) => each.id === id);
        if (node === undefined) return;
        choose(node.id);
        const line = box.current?.querySelector(`[data-node="${node.id}"]`) ?? null;
        showMenu(event, line, node.field.name, fieldEntries(node, decoded.bytes));
      }}
    >
      <Box className="tree-line tree-head" role="row" aria-rowindex={1} style={{ height }}>
        {['Field', 'At', 'Bytes', 'Value'].map((name) => (
          <Cell key={name} role="columnheader">
            {name}
          </Cell>
        ))}
        <Cell role="columnheader" title="Documented, or observed in real blobs">
          <CircleDot className="icon icon-small" aria-hidden="true" />
          <span className="visually-hidden">Evidence</span>
        </Cell>
      </Box>
      <Box className="tree-body" role="rowgroup" style={{ height: visible.length * height }}>
        {indexes.map((index) => {
          const node = visible[index];
          if (node === undefined) return null;
          return (
            <TreeLine
              key={slot(index)}
              node={node}
              domId={`${prefix}${node.id}`}
              index={index}
              height={height}
              chosen={chosen === node.id}
              lit={(pointed ?? chosen) === node.id}
              open={!closed.has(node.id)}
              onFold={fold}
            />
          );
        })}
      </Box>
    </Box>
  );
}

interface TreeLineProps {
  readonly node: Node;
  readonly domId: string;
  readonly index: number;
  readonly height: number;
  readonly chosen: boolean;
  readonly lit: boolean;
  readonly open: boolean;
  readonly onFold: (id: string, close: boolean) => void;
}

const TreeLine = memo(function TreeLine({
  node,
  domId,
  index,
  height,
  chosen,
  lit,
  open,
  onFold,
}: TreeLineProps) {
  const { id, field, depth, tint } = node;
  const { choose, point } = useActions(useInspector);
  const parent = field.children.length > 0;
  const Chevron = open ? ChevronDown : ChevronRight;
  return (
    <Box
      id={domId}
      className={`tree-line${chosen ? ' is-chosen' : ''}${lit ? ' is-lit' : ''}`}
      role="row"
      data-node={id}
      aria-rowindex={index + 2}
      aria-level={depth + 1}
      aria-selected={chosen}
      {...(parent ? { 'aria-expanded': open } : {})}
      title={field.meaning}
      style={{ height, transform: `translateY(${index * height}px)` }}
      onPointerEnter={() => point(id)}
      onClick={() => choose(id)}
    >
      <Cell className="tree-name" style={{ paddingInlineStart: `${depth * 8}px` }}>
        {parent ? (
          <button
            type="button"
            tabIndex={-1}
            className="group-toggle"
            aria-label={`${open ? 'Close' : 'Open'} ${field.name}`}
            onClick={(event) => {
              event.stopPropagation();
              onFold(id, open);
            }}
          >
            <Chevron className="icon icon-small" aria-hidden="true" />
          </button>
        ) : (
          <span className={`tree-tint tint-${tint}`} aria-hidden="true" />
        )}
        <span className="tree-text">{field.name}</span>
      </Cell>
      <Cell className="tabular tree-number">{field.offset}</Cell>
      <Cell className="tabular tree-number">{field.length}</Cell>
      <Cell className="mono">{field.value}</Cell>
      <Cell>
        <EvidenceMark evidence={field.evidence} />
      </Cell>
    </Box>
  );
});
