import { createPublicKey, createVerify, type KeyObject, verify as verifyEdwards } from 'node:crypto';
import { z } from 'zod';
import { sha256 } from '../storage/hash.ts';

/** Type of an in-toto statement in a DSSE envelope. Source: in-toto attestation framework, "Envelope". */
export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
/** What our statements say; a name, not an address. */
const PREDICATE_TYPE = 'urn:rewrap:evidence:v1';

const Subject = z.object({ name: z.string(), digest: z.object({ sha256: z.string() }) });
export const Statement = z.object({
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

export const Envelope = z.object({
  payloadType: z.literal(PAYLOAD_TYPE),
  /** Base64 of the statement's JSON. */
  payload: z.string(),
  signatures: z.array(z.object({ keyid: z.string(), sig: z.string() })).min(1),
});
export type Envelope = z.infer<typeof Envelope>;

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

/** Whether a signature is one of these bytes. RSA: PKCS #1 v1.5; elliptic curves: as DER. */
export function isSigned(bytes: Uint8Array, signature: Uint8Array, pem: string): boolean {
  const key = createPublicKey(pem);
  const hash = hashFor(key);
  if (hash === null) return verifyEdwards(null, bytes, key, signature);
  return createVerify(hash).update(bytes).verify(key, signature);
}
