import type { BlobDetail } from '#shared/model/blob.ts';
import { FieldPanel } from './FieldPanel.tsx';
import { FieldTree } from './FieldTree.tsx';
import { HexDump } from './HexDump.tsx';
import { useDecoded } from './useNodes.ts';

/** The blob as a tree of fields; beside it the bytes where there is room. */
export function StructureTab({ detail }: { readonly detail: BlobDetail }) {
  const decoded = useDecoded(detail);
  if (decoded.nodes.length === 0)
    return <p className="inspector-pad hint">No structure is known for these bytes.</p>;
  return (
    <div className="bytes-split bytes-tree-first">
      <FieldTree decoded={decoded} />
      <div className="bytes-wide-only">
        <HexDump decoded={decoded} />
      </div>
      <FieldPanel decoded={decoded} />
    </div>
  );
}
