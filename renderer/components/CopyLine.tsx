import { Copy } from 'lucide-react';
import type { ReactNode } from 'react';
import { copyText } from '../store/app/ui.ts';
import { IconButton } from './Button.tsx';

interface CopyLineProps {
  readonly name: string;
  /** What is copied, and shown where there are no children; null or empty: no line. */
  readonly value: string | null;
  readonly mono?: boolean;
  readonly children?: ReactNode;
}

/** A fact of a list (`<dl className="fact-lines">`) with a button that copies it in full. */
export function CopyLine({ name, value, mono = false, children }: CopyLineProps) {
  if (value === null || value === '') return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd className="copy-line">
        <span>{children ?? (mono ? <code>{value}</code> : value)}</span>
        <IconButton label={`Copy ${name}`} small onPress={() => void copyText(value, name)}>
          <Copy className="icon icon-small" aria-hidden="true" />
        </IconButton>
      </dd>
    </div>
  );
}
