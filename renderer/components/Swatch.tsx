import { memo } from 'react';
import { shortHex } from '../lib/format.ts';
import { swatchOf } from '../lib/swatch.ts';

/** The face of a key material: five bars of two colours drawn from its fingerprint. */
export const Swatch = memo(function Swatch({ fingerprint }: { readonly fingerprint: string }) {
  const { colours, bars } = swatchOf(fingerprint);
  return (
    <svg
      className="swatch"
      viewBox="0 0 20 12"
      role="img"
      aria-label={`Key material ${shortHex(fingerprint)}`}
    >
      {bars.map((bar, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: five bars in a fixed order
        <rect key={i} className={`swatch-${colours[bar]}`} x={i * 4} y="0" width="4" height="12" />
      ))}
    </svg>
  );
});

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
