import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { HostHandlers } from '#shared/contract/api.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import { hashFor, keyIdOf, PAYLOAD_TYPE, signedBytes, statementOf } from '../../core/evidence/index.ts';
import { makeFolders } from '../../core/storage/files.ts';
import type { Reports } from '../audit/index.ts';
import type { Connection } from '../connection/index.ts';
import type { History, HistoryRecorder } from '../history/index.ts';

/** Names of the parts that every bundle has. */
export const ENVELOPE = 'statement.dsse.json';
export const PUBLIC_KEY = 'public-key.pem';
export const HISTORY = 'history.jsonl';

interface EvidenceParts {
  readonly reports: Reports;
  readonly history: History;
  readonly connection: Connection;
  readonly recorder: HistoryRecorder;
  readonly version: string;
}

interface Part {
  readonly name: string;
  readonly sha256: string;
}

/** What a signature can and cannot show; it stands in the statement and is what `rewrap verify` prints. */
const SAYS = [
  'The parts are those that were signed, by the holder of the key, and the history range is an unbroken chain that ends at the head.',
  'It does not show that what Rewrap was given to read was complete: each report states what it read and what it did not.',
  'It does not show when: the time is that of the machine. Keep the head of the history, or a timestamp of the statement, elsewhere.',
  'It does not show that a program with access to the machine did not make the history anew before it was signed.',
] as const;

/** Makes bundles of evidence: reports, the range of the history, and files that are named, under one signature. */
export class EvidenceService {
  readonly #parts: EvidenceParts;

  constructor(parts: EvidenceParts) {
    this.#parts = parts;
  }

  readonly hostRequests: HostHandlers['evidence'] = {
    bundle: (request) => this.bundle(request),
  };

  /**
   * Writes a bundle into a new folder. Throws FaultErrors `FolderInUse`, `BadSigningKey`, `RunGone`, and what KMS says of
   * signing.
   */
  async bundle({
    folder,
    audit,
    runId,
    files,
    signWith,
  }: Parameters<HostHandlers['evidence']['bundle']>[0]): Promise<{
    parts: string[];
    keyId: string;
    head: string;
  }> {
    const { history, connection, version } = this.#parts;
    makeEmpty(folder);
    const signer =
      signWith.by === 'pem' ? pemSigner(signWith.path) : await kmsSigner(connection, signWith.keyId);
    const made: Part[] = [];
    const put = (name: string, bytes: Uint8Array): void => {
      writeFileSync(join(folder, name), bytes, { mode: 0o600, flag: 'wx' });
      made.push({ name, sha256: createHash('sha256').update(bytes).digest('hex') });
    };
    if (audit)
      for (const [format, name] of [
        ['json', 'audit.json'],
        ['cyclonedx', 'audit.cdx.json'],
      ] as const)
        put(name, (await this.#parts.reports.make({ of: 'audit' }, format)).bytes);
    if (runId !== null) put('run.json', (await this.#parts.reports.make({ of: 'run', runId }, 'json')).bytes);
    for (const path of files) put(await nameFor(path, made), readNamed(path));
    const range = await this.#history(folder, runId);
    made.push(range.part);
    const statement = statementOf(made, {
      version,
      madeAt: new Date().toISOString(),
      of: [...(audit ? ['audit'] : []), ...(runId === null ? [] : [`run ${runId}`])].join(', ') || 'history',
      connection: connection.state.status === 'ready' ? connection.describe() : null,
      history: { from: range.from, to: range.to, count: history.head.count, head: range.head },
      says: [...SAYS],
    });
    const payload = Buffer.from(JSON.stringify(statement));
    const signature = await signer.sign(signedBytes(payload));
    const keyId = keyIdOf(signer.publicKey);
    writeFileSync(join(folder, PUBLIC_KEY), signer.publicKey.export({ type: 'spki', format: 'pem' }), {
      mode: 0o600,
    });
    const envelope = {
      payloadType: PAYLOAD_TYPE,
      payload: payload.toString('base64'),
      signatures: [{ keyid: keyId, sig: signature.toString('base64') }],
    };
    writeFileSync(join(folder, ENVELOPE), `${JSON.stringify(envelope, null, 2)}\n`, { mode: 0o600 });
    this.#parts.recorder.note('report', {
      outcome: 'signed',
      detail: `evidence bundle, key ${keyId}`,
      sha256After: createHash('sha256').update(payload).digest('hex'),
    });
    return { parts: made.map(({ name }) => name), keyId, head: range.head };
  }

  /** Records from the run's first to the newest, or all: a line each, with all that their hashes are made of. */
  async #history(
    folder: string,
    runId: string | null,
  ): Promise<{ part: Part; from: number; to: number; head: string }> {
    const hash = createHash('sha256');
    const path = join(folder, HISTORY);
    writeFileSync(path, '', { mode: 0o600, flag: 'wx' });
    let from = 0;
    let to = 0;
    let head = '0'.repeat(64);
    for await (const page of this.#parts.history.newest(Number.MAX_SAFE_INTEGER)) {
      const lines: string[] = [];
      for (const record of page) {
        if (from === 0 && runId !== null && record.runId !== runId) continue;
        if (from === 0) from = record.seq;
        to = record.seq;
        head = record.hash;
        lines.push(`${JSON.stringify(record)}\n`);
      }
      const text = lines.join('');
      hash.update(text);
      writeFileSync(path, text, { flag: 'a' });
    }
    return { part: { name: HISTORY, sha256: hash.digest('hex') }, from, to, head };
  }
}

function makeEmpty(folder: string): void {
  makeFolders(folder, 0o700);
  if (readdirSync(folder).length > 0)
    throw new FaultError(
      fault(
        'FolderInUse',
        `${folder} is not empty.`,
        '',
        'Name a folder that is new: a bundle has nothing else in it.',
      ),
    );
}

async function nameFor(path: string, made: readonly Part[]): Promise<string> {
  const name = basename(path);
  if (
    name !== ENVELOPE &&
    name !== PUBLIC_KEY &&
    name !== HISTORY &&
    made.every((part) => part.name !== name)
  )
    return name;
  throw new FaultError(
    fault('NameInUse', `The bundle has a part called ${name} already.`, '', 'Give the file another name.'),
  );
}

function readNamed(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    throw new FaultError(
      fault('CannotRead', `${path} cannot be read.`, '', 'Check its name and permissions.'),
    );
  }
}

interface Signer {
  readonly publicKey: KeyObject;
  sign(bytes: Buffer): Promise<Buffer>;
}

function pemSigner(path: string): Signer {
  try {
    if (!existsSync(path)) throw new Error('There is no such file.');
    const key = createPrivateKey(readFileSync(path));
    if (!['ec', 'rsa', 'ed25519'].includes(key.asymmetricKeyType ?? ''))
      throw new Error(`It is of the kind ${key.asymmetricKeyType}.`);
    return { publicKey: createPublicKey(key), sign: async (bytes) => sign(hashFor(key), bytes, key) };
  } catch (error) {
    throw new FaultError(
      fault(
        'BadSigningKey',
        `${path} is no private key that Rewrap can sign with.`,
        error instanceof Error ? error.message : '',
        'Name a PEM file without passphrase, of kind EC, RSA or Ed25519: openssl genpkey -algorithm ed25519 -out signing.pem',
      ),
    );
  }
}

async function kmsSigner(connection: Connection, keyId: string): Promise<Signer> {
  const kms = connection.kms();
  const publicKey = createPublicKey({
    key: Buffer.from(await kms.publicKey(keyId)),
    format: 'der',
    type: 'spki',
  });
  const hash = hashFor(publicKey);
  const algorithm =
    publicKey.asymmetricKeyType === 'ec' && hash !== null
      ? `ECDSA_SHA_${hash.slice(3)}`
      : publicKey.asymmetricKeyType === 'rsa'
        ? 'RSASSA_PKCS1_V1_5_SHA_256'
        : publicKey.asymmetricKeyType === 'ed25519'
          ? 'ED25519_SHA_512'
          : null;
  if (algorithm === null)
    throw new FaultError(
      fault(
        'BadSigningKey',
        `Rewrap cannot sign with ${keyId}.`,
        `It is of the kind ${publicKey.asymmetricKeyType}.`,
        'Name a KMS key with usage SIGN_VERIFY, of spec ECC_NIST_P256, ECC_NIST_P384, RSA_2048 or larger.',
      ),
    );
  return { publicKey, sign: async (bytes) => Buffer.from(await kms.sign(keyId, algorithm, bytes)) };
}
