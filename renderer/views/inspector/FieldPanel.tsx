import { Button } from '../../components/Button.tsx';
import { hexOfField } from '../../lib/bytes/hex.ts';
import { copyText } from '../../store/app/ui.ts';
import { useInspector } from '../../store/blobs/inspector.ts';
import { EvidenceMark } from './FieldTree.tsx';
import type { Decoded } from './HexDump.tsx';

/** What is known of the chosen field, once there is one. It keeps its place and size whatever the pointer does. */
export function FieldPanel({
  decoded,
  truncated = false,
}: {
  readonly decoded: Decoded;
  readonly truncated?: boolean;
}) {
  const chosen = useInspector((state) => state.chosen);
  const node = decoded.nodes.find(({ id }) => id === chosen);
  if (node === undefined)
    return truncated ? <p className="field-note hint">Only the first 64 KiB are shown.</p> : null;
  return (
    <section className="field-panel" aria-label="Field">
      <div className="field-panel-head">
        <strong>{node.field.name}</strong>
        <EvidenceMark evidence={node.field.evidence} words />
        <span className="faint tabular">
          {node.field.length} B at {node.field.offset}
        </span>
      </div>
      <p>{node.field.meaning}</p>
      <code className="field-panel-value">{node.field.value}</code>
      <div className="field-panel-buttons">
        <Button variant="link" onPress={() => void copyText(node.field.value, 'the value')}>
          Copy value
        </Button>
        <Button
          variant="link"
          onPress={() => void copyText(hexOfField(decoded.bytes, node.field), 'the hex')}
        >
          Copy hex
        </Button>
      </div>
    </section>
  );
}
