import { type KeyObject, verify } from 'node:crypto';
import { z } from 'zod';
import { sha256 } from '../storage/hash.ts';

/** Type of an in-toto statement in a DSSE envelope. Source: in-toto attestation framework, "Envelope". */
export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
/** What our statements say; a name, not an address. */
const PREDICATE_TYPE = 'urn:rewrap:evidence:v1';

const Subject = z.object({ name: z.string(), digest: z.object({ sha256: z.string() }) });
const Statement = z.object({
  _type: z.literal(STATEMENT_TYPE),
  subject: z.array(Subject),
  predicateType: z.literal(PREDICATE_TYPE),
  predicate: z.object({
    version: z.string(),
    /** ISO 8601, by the clock of the machine. */
    madeAt: z.string(),
    of: z.string(),
    connection: z.string().nullable(),
    history: z.object({ from: z.int(), to: z.int(), count: z.int(), head: z.string() }),
    says: z.array(z.string()),
  }),
});
export type Statement = z.infer<typeof Statement>;

export const statementOf = (
  parts: readonly { readonly name: string; readonly sha256: string }[],
  predicate: Statement['predicate'],
): Statement => ({
  _type: STATEMENT_TYPE,
  subject: parts.map(({ name, sha256: hash }) => ({ name, digest: { sha256: hash } })),
  predicateType: PREDICATE_TYPE,
  predicate,
});

const Envelope = z.strictObject({
  payloadType: z.string(),
  /** Base64 of the statement's JSON. */
  payload: z.string(),
  signatures: z.array(z.strictObject({ keyid: z.string(), sig: z.string() })),
});

/** Why an envelope holds no statement of Rewrap, as a sentence. */
export class EnvelopeProblem extends Error {
  override name = 'EnvelopeProblem';
}

/**
 * Reads a DSSE envelope with its statement. Each text of base64 must be the one that its bytes have: otherwise an envelope
 * could be changed, and its signature still fit. Throws {@link EnvelopeProblem}.
 */
export function readEnvelope(bytes: Uint8Array): {
  readonly payload: Buffer;
  readonly statement: Statement;
  readonly signatures: readonly { readonly keyid: string; readonly sig: Buffer }[];
} {
  const envelope = Envelope.safeParse(parsed(bytes, 'It is no JSON, or was cut off.'));
  if (!envelope.success) throw new EnvelopeProblem('It is no DSSE envelope, or has more in it than one.');
  // Of a member that stands there twice, one program reads the first and another the last.
  if (Buffer.from(bytes).toString('utf8').replace(/\s/g, '') !== JSON.stringify(envelope.data))
    throw new EnvelopeProblem('It says something twice, or is written in another way than it was made.');
  const { payloadType, payload: text, signatures } = envelope.data;
  if (payloadType !== PAYLOAD_TYPE)
    throw new EnvelopeProblem(
      `Its payload is of another type: ${JSON.stringify(payloadType.slice(0, 100))}.`,
    );
  if (signatures.length === 0) throw new EnvelopeProblem('It has no signature.');
  const payload = decoded(text);
  const statement = Statement.safeParse(parsed(payload, 'What it signs is no JSON.'));
  if (!statement.success) throw new EnvelopeProblem('What it signs is no statement of Rewrap.');
  return {
    payload,
    statement: statement.data,
    signatures: signatures.map(({ keyid, sig }) => ({ keyid, sig: decoded(sig) })),
  };
}

function parsed(bytes: Uint8Array, problem: string): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    throw new EnvelopeProblem(problem);
  }
}

function decoded(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw new EnvelopeProblem('Its base64 was changed.');
  return bytes;
}

/** What is signed: DSSE's pre-authentication encoding of type and payload. */
export function signedBytes(payload: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `),
    payload,
  ]);
}

/** Fingerprint of a public key: SHA-256 of its SubjectPublicKeyInfo (DER), hex. */
export const keyIdOf = (key: KeyObject): string => sha256(key.export({ type: 'spki', format: 'der' }));

/** Node's name of the hash that a key signs with: by its kind and curve; null where the key hashes itself. */
export function hashFor(key: KeyObject): string | null {
  if (key.asymmetricKeyType === 'ed25519' || key.asymmetricKeyType?.startsWith('ml-dsa')) return null;
  const curve = key.asymmetricKeyDetails?.namedCurve;
  return curve === 'secp384r1' ? 'sha384' : curve === 'secp521r1' ? 'sha512' : 'sha256';
}

/** Whether a signature is one of these bytes. RSA: PKCS #1 v1.5; elliptic curves: as DER. A key that signs nothing: false. */
export function isSigned(bytes: Uint8Array, signature: Uint8Array, key: KeyObject): boolean {
  try {
    return verify(hashFor(key), bytes, key, signature);
  } catch {
    return false;
  }
}
