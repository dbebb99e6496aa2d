import { createHash, createPublicKey } from 'node:crypto';
import { createReadStream, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { HistoryRecord } from '#shared/model/history.ts';
import { Envelope, isSigned, keyIdOf, Statement, signedBytes } from '../../core/evidence/index.ts';
import { bodyOf, linkHash } from '../history/index.ts';
import { ENVELOPE, HISTORY, PUBLIC_KEY } from './bundle.ts';

/** What a check of a bundle found. */
export interface BundleVerdict {
  readonly ok: boolean;
  /** Each part that is not as it was signed, and why. */
  readonly wrong: readonly { readonly part: string; readonly why: string }[];
  /** SHA-256 of the public key, hex; null where there is none that can be read. */
  readonly keyId: string | null;
  /** The person named the public key: the origin is checked, too. */
  readonly isKnownKey: boolean;
  readonly statement: Statement | null;
}

/**
 * Checks a bundle without a connection and without anything but its own files. `publicKey`: PEM that the signature must be
 * of; null: the one in the bundle. Never throws for what the bundle is.
 */
export async function verifyBundle(folder: string, publicKey: string | null): Promise<BundleVerdict> {
  const wrong: { part: string; why: string }[] = [];
  const bad = (part: string, why: string): void => void wrong.push({ part, why });
  let keyId: string | null = null;
  let pem: string | null = null;
  let own: string | null = null;
  try {
    own = readFileSync(join(folder, PUBLIC_KEY), 'utf8');
    const ownId = keyIdOf(createPublicKey(own));
    keyId = ownId;
    pem = own;
    if (publicKey !== null) {
      keyId = keyIdOf(createPublicKey(publicKey));
      pem = publicKey;
      if (keyId !== ownId) bad(PUBLIC_KEY, 'It is another key than the one that you named.');
    }
  } catch {
    bad(PUBLIC_KEY, 'It is missing, or no public key.');
    if (publicKey !== null) pem = publicKey;
  }
  const statement = signedStatement(folder, pem, keyId, bad);
  if (statement !== null) await checkParts(folder, statement, bad);
  return { ok: wrong.length === 0, wrong, keyId, isKnownKey: publicKey !== null, statement };
}

type Bad = (part: string, why: string) => void;

function signedStatement(
  folder: string,
  pem: string | null,
  keyId: string | null,
  bad: Bad,
): Statement | null {
  let envelope: Envelope;
  let payload: Buffer;
  let statement: Statement;
  try {
    envelope = Envelope.parse(JSON.parse(readFileSync(join(folder, ENVELOPE), 'utf8')));
    payload = Buffer.from(envelope.payload, 'base64');
    statement = Statement.parse(JSON.parse(payload.toString('utf8')));
  } catch {
    bad(ENVELOPE, 'It is missing, or no signed statement of Rewrap.');
    return null;
  }
  const bytes = signedBytes(payload);
  const fits = (sig: string): boolean => {
    try {
      return pem !== null && isSigned(bytes, Buffer.from(sig, 'base64'), pem);
    } catch {
      return false;
    }
  };
  if (!envelope.signatures.some(({ sig }) => fits(sig)))
    bad(
      ENVELOPE,
      'The signature is not one of this statement by this key: statement, signature or key was changed.',
    );
  else if (envelope.signatures.some(({ keyid }) => keyid !== keyId))
    bad(ENVELOPE, 'It names another key than the one that signed it.');
  return statement;
}

async function checkParts(folder: string, { subject, predicate }: Statement, bad: Bad): Promise<void> {
  const named = new Set([ENVELOPE, PUBLIC_KEY]);
  for (const { name, digest } of subject) {
    named.add(name);
    if (/[\\/]/.test(name) || name === '..') {
      bad(name, 'Its name leads out of the bundle.');
      continue;
    }
    const hash = createHash('sha256');
    try {
      for await (const piece of createReadStream(join(folder, name))) hash.update(piece);
    } catch {
      bad(name, 'It is missing.');
      continue;
    }
    if (hash.digest('hex') !== digest.sha256) bad(name, 'It was changed since it was signed.');
    else if (name === HISTORY) await checkHistory(join(folder, name), predicate.history, bad);
  }
  for (const name of readdirSync(folder))
    if (!named.has(name)) bad(name, 'It is no part of what was signed.');
}

/** Whether the range is one chain, which ends at the head that the statement names. */
async function checkHistory(path: string, range: Statement['predicate']['history'], bad: Bad): Promise<void> {
  let before: HistoryRecord | null = null;
  try {
    for await (const line of createInterface({
      input: createReadStream(path),
      crlfDelay: Number.POSITIVE_INFINITY,
    })) {
      if (line === '') continue;
      const record: HistoryRecord = HistoryRecord.parse(JSON.parse(line));
      const { seq, at, previous, hash, ...event } = record;
      const follows =
        before === null ? seq === range.from : previous === before.hash && seq === before.seq + 1;
      if (!follows || linkHash(at, bodyOf(event), previous) !== hash) {
        bad(HISTORY, `Record ${seq} does not follow the one before, or was changed.`);
        return;
      }
      before = record;
    }
  } catch {
    bad(HISTORY, 'A line of it is no record of a history.');
    return;
  }
  if (before !== null && (before.hash !== range.head || before.seq !== range.to))
    bad(HISTORY, 'It does not end at the head that was signed.');
}
