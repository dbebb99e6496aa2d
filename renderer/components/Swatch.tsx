import { memo } from 'react';
import { shortHex } from '../lib/format.ts';
import { swatchOf } from '../lib/swatch.ts';

/** The face of a key material: five bars of two colours drawn from its fingerprint. */
export const Swatch = memo(function Swatch({ fingerprint }: { readonly fingerprint: string }) {
  return (
    <span
      className="swatch"
      style={{ backgroundImage: barsOf(fingerprint) }}
      role="img"
      aria-label={`Key material ${shortHex(fingerprint)}`}
    />
  );
});

/** Five bars with hard edges. One element: a table draws a face for each row. */
function barsOf(fingerprint: string): string {
  const { colours, bars } = swatchOf(fingerprint);
  const stops = bars.map((bar, i) => `var(--swatch-${colours[bar]}) ${i * 20}% ${(i + 1) * 20}%`);
  return `linear-gradient(90deg, ${stops.join(', ')})`;
}

/** Swatch, first eight hex digits, and the key's name where KMS said it. */
export function KeyFace({
  fingerprint,
  label,
}: {
  readonly fingerprint: string;
  readonly label?: string | null;
}) {
  return (
    <span className="key-face" title={label == null ? fingerprint : `${label}\n${fingerprint}`}>
      <Swatch fingerprint={fingerprint} />
      <code>{shortHex(fingerprint)}</code>
      {label !== undefined && label !== null && <span className="key-face-label">{label}</span>}
    </span>
  );
}
