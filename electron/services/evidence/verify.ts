import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { createReadStream, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { HistoryRecord } from '#shared/model/history.ts';
import {
  EnvelopeProblem,
  isSigned,
  keyIdOf,
  readEnvelope,
  type Statement,
  signedBytes,
} from '../../core/evidence/index.ts';
import { bodyOf, linkHash } from '../history/index.ts';
import { ENVELOPE, HISTORY, PUBLIC_KEY } from './bundle.ts';

/** Most bytes that a statement and a key are read of: a bundle of 100,000 parts has 20 MB. */
const MOST_ENVELOPE = 64 * 1024 * 1024;
const MOST_KEY = 64 * 1024;

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
 * of; null: the one in the bundle. Follows no link. Never throws for what the bundle is; throws where `publicKey` is no key.
 */
export async function verifyBundle(folder: string, publicKey: string | null): Promise<BundleVerdict> {
  const wrong: { part: string; why: string }[] = [];
  const bad = (part: string, why: string): void => void wrong.push({ part, why });
  const named = publicKey === null ? null : createPublicKey(publicKey);
  const own = keyOf(folder, bad);
  if (named !== null && own !== null && keyIdOf(named) !== keyIdOf(own))
    bad(PUBLIC_KEY, 'It is another key than the one that you named.');
  const key = named ?? own;
  const statement = signedStatement(folder, key, bad);
  if (statement !== null) await checkParts(folder, statement, bad);
  return {
    ok: wrong.length === 0,
    wrong,
    keyId: key === null ? null : keyIdOf(key),
    isKnownKey: publicKey !== null,
    statement,
  };
}

type Bad = (part: string, why: string) => void;

/** The key in the bundle; null, with a reason, where there is none. */
function keyOf(folder: string, bad: Bad): KeyObject | null {
  try {
    const text = readPart(folder, PUBLIC_KEY, MOST_KEY).toString('utf8');
    const key = createPublicKey(text);
    // A private key and a certificate are taken for keys, and what stands around one is passed over.
    if (key.export({ type: 'spki', format: 'pem' }) !== text)
      bad(PUBLIC_KEY, 'It was changed: it holds more than a public key, or is written otherwise.');
    return key;
  } catch (error) {
    bad(PUBLIC_KEY, error instanceof PartProblem ? error.message : 'It is no public key.');
    return null;
  }
}

function signedStatement(folder: string, key: KeyObject | null, bad: Bad): Statement | null {
  try {
    const { payload, statement, signatures } = readEnvelope(readPart(folder, ENVELOPE, MOST_ENVELOPE));
    // Nothing can be said of a signature without a key: that there is none has been said.
    if (key === null) return statement;
    const bytes = signedBytes(payload);
    const keyId = keyIdOf(key);
    if (signatures.some(({ sig }) => !isSigned(bytes, sig, key)))
      bad(
        ENVELOPE,
        signatures.length > 1
          ? 'Not every signature is one of this statement by this key.'
          : 'The signature is not one of this statement by this key: statement, signature or key was changed.',
      );
    else if (signatures.some(({ keyid }) => keyid !== keyId))
      bad(ENVELOPE, 'It names another key than the one that signed it.');
    return statement;
  } catch (error) {
    if (!(error instanceof EnvelopeProblem || error instanceof PartProblem)) throw error;
    bad(ENVELOPE, error.message);
    return null;
  }
}

/** Why a part cannot be read. */
class PartProblem extends Error {
  override name = 'PartProblem';
}

/** Throws {@link PartProblem} for what is no file of the bundle itself. */
function checkFile(folder: string, name: string): void {
  let found: ReturnType<typeof lstatSync>;
  try {
    found = lstatSync(join(folder, name));
  } catch {
    throw new PartProblem('It is missing.');
  }
  if (found.isSymbolicLink()) throw new PartProblem('It is a link: the bundle does not hold it.');
  if (!found.isFile()) throw new PartProblem('It is no file.');
}

function readPart(folder: string, name: string, most: number): Buffer {
  checkFile(folder, name);
  if (lstatSync(join(folder, name)).size > most)
    throw new PartProblem(`It is larger than ${most} bytes, which none that Rewrap makes is.`);
  try {
    return readFileSync(join(folder, name));
  } catch {
    throw new PartProblem('It cannot be read.');
  }
}

async function checkParts(folder: string, { subject, predicate }: Statement, bad: Bad): Promise<void> {
  const named = new Set([ENVELOPE, PUBLIC_KEY]);
  for (const { name, digest } of subject) {
    if (!isPlainName(name)) {
      bad(name, 'Its name leads out of the bundle.');
      continue;
    }
    if (named.has(name)) {
      bad(name, 'The statement names it twice, or names itself.');
      continue;
    }
    named.add(name);
    try {
      if ((await hashOf(folder, name)) !== digest.sha256) bad(name, 'It was changed since it was signed.');
      else if (name === HISTORY) await checkHistory(join(folder, name), predicate.history, bad);
    } catch (error) {
      if (!(error instanceof PartProblem)) throw error;
      bad(name, error.message);
    }
  }
  if (!named.has(HISTORY)) bad(HISTORY, 'The statement names no history.');
  for (const name of namesIn(folder)) if (!named.has(name)) bad(name, 'It is no part of what was signed.');
}

/** Names a file of a folder, on each system. */
const isPlainName = (name: string): boolean =>
  name !== '' && name !== '.' && name !== '..' && basename(name) === name && !/[\\/:\0]/.test(name);

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

async function hashOf(folder: string, name: string): Promise<string> {
  checkFile(folder, name);
  const hash = createHash('sha256');
  try {
    for await (const piece of createReadStream(join(folder, name))) hash.update(piece);
  } catch {
    throw new PartProblem('It cannot be read.');
  }
  return hash.digest('hex');
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
  const { hash, seq } = before ?? { hash: '0'.repeat(64), seq: 0 };
  if (hash !== range.head || seq !== range.to) bad(HISTORY, 'It does not end at the head that was signed.');
}
