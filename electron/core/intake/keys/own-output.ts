/** What is looked at of a file, bytes: all that Rewrap writes says at its beginning what it is. */
const BEGINNING = 4096;

/** What Rewrap writes and that names keys, by how it begins. The names go on with "that Rewrap wrote". */
const OUTPUTS: readonly (readonly [name: string, begins: RegExp])[] = [
  ['A report', /^\{\s*"report"\s*:\s*"[\w-]+"\s*,\s*"format"\s*:\s*\d+\s*,\s*"stated"\s*:/],
  ['A plan', /^\{\s*"rewrapPlan"\s*:\s*\d/],
  ['A record of ciphertext', /^\{\s*"rewrap"\s*:\s*1\s*,\s*"blobs"\s*:/],
  ['A SARIF report', /^\{\s*"\$schema"\s*:[\s\S]*?"driver"\s*:\s*\{\s*"name"\s*:\s*"Rewrap"/],
  [
    'A CycloneDX report',
    /^\{[\s\S]*?"bomFormat"\s*:\s*"CycloneDX"[\s\S]*?"tools"\s*:\s*\{\s*"components"\s*:\s*\[\s*\{[^}]*"name"\s*:\s*"rewrap"/,
  ],
];

/**
 * What a file is that Rewrap wrote itself: "A report". Keys are named in it because they were found elsewhere, so that it refers to
 * none. Null for all others.
 */
export function ownOutput(bytes: Uint8Array): string | null {
  const start = bytes[0] === 0xef ? 3 : 0;
  if (bytes[start] !== 0x7b) return null;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, Math.min(BEGINNING, bytes.length - start));
  const beginning = text.toString('latin1');
  return OUTPUTS.find(([, begins]) => begins.test(beginning))?.[0] ?? null;
}
