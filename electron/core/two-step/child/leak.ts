/** Plaintexts shorter than this are found by chance in what has nothing to do with them. Bytes. */
const SHORTEST = 8;

/** Whether one of the secrets stands in a text or in bytes anywhere in a message. */
export function holdsPlaintext(message: unknown, secrets: readonly Uint8Array[]): boolean {
  const looked = secrets.filter((secret) => secret.length >= SHORTEST).map(view);
  if (looked.length === 0) return false;
  return piecesOf(message).some((piece) => looked.some((secret) => piece.includes(secret)));
}

function piecesOf(value: unknown): Buffer[] {
  if (typeof value === 'string') return [Buffer.from(value)];
  if (value instanceof Uint8Array) return [view(value)];
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(piecesOf);
  return [];
}

/** The same bytes, not a copy. */
const view = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
