import type { BlobDetail } from '#shared/model/blob.ts';
import { FieldPanel } from './FieldPanel.tsx';
import { FieldTree } from './FieldTree.tsx';
import { HexDump } from './HexDump.tsx';
import { useDecoded } from './useNodes.ts';

/** The bytes, each field tinted, with the tree of fields below or beside them. */
export function HexTab({ detail }: { readonly detail: BlobDetail }) {
  const decoded = useDecoded(detail);
  return (
    <div className="bytes-split bytes-hex-first">
      <HexDump decoded={decoded} />
      {decoded.nodes.length > 0 && <FieldTree decoded={decoded} />}
      <FieldPanel decoded={decoded} truncated={detail.truncated} />
    </div>
  );
}
