import { ChevronDown, ChevronRight } from 'lucide-react';
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import type { Evidence as EvidenceName } from '#shared/model/blob.ts';
import { Box, Cell } from '../../components/grid.tsx';
import { isWithin, type Node } from '../../lib/hex.ts';
import { useInspector } from '../../store/inspector.ts';

export function Evidence({ evidence }: { readonly evidence: EvidenceName }) {
  return (
    <span
      className={`evidence evidence-${evidence}`}
      title={
        evidence === 'documented'
          ? 'Written in a specification or in AWS documents'
          : 'Observed in real blobs; AWS documents no such layout'
      }
    >
      {evidence}
    </span>
  );
}

/** The fields as a tree grid with one tab stop. Pointing at a line lights its bytes; a press keeps them lit. */
export function FieldTree({ nodes }: { readonly nodes: readonly Node[] }) {
  const { chosen, pointed, choose, point } = useInspector();
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const box = useRef<HTMLDivElement>(null);
  const prefix = useId();
  const visible = useMemo(
    () => nodes.filter(({ id }) => ![...closed].some((each) => each !== id && isWithin(id, each))),
    [nodes, closed],
  );
  useEffect(() => {
    if (chosen === null) return;
    box.current?.querySelector(`[data-node="${chosen}"]`)?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);
  const fold = (id: string, close: boolean): void => {
    const next = new Set(closed);
    if (close) next.add(id);
    else next.delete(id);
    setClosed(next);
  };
  const key = (event: KeyboardEvent): void => {
    const at = visible.findIndex(({ id }) => id === chosen);
    const node = visible[at];
    const go = { ArrowDown: at + 1, ArrowUp: Math.max(0, at - 1), Home: 0, End: visible.length - 1 }[
      event.key
    ];
    if (go !== undefined) choose(visible[Math.min(go, visible.length - 1)]?.id ?? null);
    else if (event.key === 'ArrowRight' && node !== undefined) fold(node.id, false);
    else if (event.key === 'ArrowLeft' && node !== undefined) {
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
      aria-label="Fields"
      tabIndex={0}
      aria-activedescendant={chosen === null ? undefined : `${prefix}${chosen}`}
      onKeyDown={key}
      onFocus={() => {
        if (chosen === null) choose(nodes[0]?.id ?? null);
      }}
      onPointerLeave={() => point(null)}
    >
      <Box className="tree-line tree-head" role="row">
        {['Field', 'At', 'Bytes', 'Value'].map((name) => (
          <Cell key={name} role="columnheader">
            {name}
          </Cell>
        ))}
        <Cell role="columnheader">Evidence</Cell>
      </Box>
      {visible.map(({ id, field, depth, tint }) => {
        const parent = field.children.length > 0;
        const open = parent && !closed.has(id);
        const Chevron = open ? ChevronDown : ChevronRight;
        const lit = pointed === null ? chosen === id : pointed === id;
        return (
          <Box
            key={id}
            id={`${prefix}${id}`}
            data-node={id}
            className={`tree-line${chosen === id ? ' is-chosen' : ''}${lit ? ' is-lit' : ''}`}
            role="row"
            aria-level={depth + 1}
            aria-selected={chosen === id}
            {...(parent ? { 'aria-expanded': open } : {})}
            title={field.meaning}
            onPointerEnter={() => point(id)}
            onClick={() => choose(id)}
          >
            <Cell className="tree-name" style={{ paddingInlineStart: `${depth * 0.9}rem` }}>
              {parent ? (
                <button
                  type="button"
                  tabIndex={-1}
                  className="group-toggle"
                  aria-label={`${open ? 'Close' : 'Open'} ${field.name}`}
                  onClick={(event) => {
                    event.stopPropagation();
                    fold(id, open);
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
            <Cell className="tree-value mono">{field.value}</Cell>
            <Cell>
              <Evidence evidence={field.evidence} />
            </Cell>
          </Box>
        );
      })}
    </Box>
  );
}
