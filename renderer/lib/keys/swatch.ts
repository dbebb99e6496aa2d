/** Number of colours in the swatch palette (`--swatch-0` … in tokens.css). */
export const SWATCH_COLOURS = 12;
const BARS = 5;

interface SwatchShape {
  /** Palette indexes of the two colours; never equal. */
  readonly colours: readonly [number, number];
  /** Which of the two colours each of the five bars has; both occur. */
  readonly bars: readonly (0 | 1)[];
}

/**
 * The face of a key: drawn from the first four bytes of its fingerprint alone, so the same material looks the same
 * everywhere. 12 × 11 × 30 different faces: a help for the eye, never a proof (the hex digits beside it are).
 */
export function swatchOf(fingerprint: string): SwatchShape {
  const byte = (i: number): number => Number.parseInt(fingerprint.slice(i * 2, i * 2 + 2), 16) || 0;
  const first = byte(0) % SWATCH_COLOURS;
  const second = (first + 1 + (byte(1) % (SWATCH_COLOURS - 1))) % SWATCH_COLOURS;
  const pattern = 1 + ((byte(2) * 256 + byte(3)) % (2 ** BARS - 2));
  const bars = Array.from({ length: BARS }, (_, i): 0 | 1 => (((pattern >> i) & 1) === 1 ? 1 : 0));
  return { colours: [first, second], bars };
}
