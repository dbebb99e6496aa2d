import { createPublicKey } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { plural } from '#shared/format.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import { type BundleVerdict, verifyBundle } from '../../../services/evidence/index.ts';
import { BAD_INPUT, NOT_ANSWERED, OK, SOME_FAILED } from '../exit-code.ts';
import { type ConnectionFlags, connectionChoice } from '../options.ts';
import { safe } from '../output/text.ts';
import { takeInNames, withEngine } from '../session.ts';

interface BundleFlags extends ConnectionFlags {
  out: string;
  run?: string;
  attach?: string[];
  sign?: string;
  signWithKms?: string;
}

/** `rewrap evidence [PATH…] -o DIR (--sign PEM | --sign-with-kms KEY)`: a signed bundle of reports and history. */
export async function evidence(paths: readonly string[], flags: BundleFlags): Promise<number> {
  const { sign, signWithKms, run, attach = [] } = flags;
  if (sign === undefined && signWithKms === undefined)
    throw new FaultError(
      fault(
        'BadUsage',
        'No key to sign with was named.',
        '',
        'Add --sign PEM, a private key in a file, or --sign-with-kms KEY, a KMS key with usage SIGN_VERIFY.',
      ),
    );
  return withEngine(connectionChoice(flags), async (client) => {
    let unreadable = false;
    if (paths.length > 0) {
      ({ unreadable } = await takeInNames(client, paths));
      await client.page.audit.askKeys({ refresh: false, all: true });
    }
    const made = await client.host.evidence.bundle({
      folder: resolve(flags.out),
      audit: paths.length > 0,
      runId: run ?? null,
      files: attach.map((path) => resolve(path)),
      signWith:
        sign === undefined ? { by: 'kms', keyId: signWithKms ?? '' } : { by: 'pem', path: resolve(sign) },
    });
    console.log(`Signed ${made.parts.join(', ')} with key ${made.keyId}.`);
    console.log(`Head of the history: ${made.head}. Keep it and the key's fingerprint elsewhere, too.`);
    return unreadable ? BAD_INPUT : OK;
  });
}

/**
 * `rewrap verify BUNDLE [--public-key PEM] [--json]`: what a bundle proves and what not. Exit code 1 where a part is wrong; 4
 * where no public key was named: anyone can sign a bundle with a key that they put into it. Throws FaultError `CannotRead`.
 */
export async function verify(folder: string, flags: { publicKey?: string; json?: true }): Promise<number> {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new FaultError(
      fault(
        'CannotRead',
        `${folder} is no folder of a bundle.`,
        '',
        'Name the folder that rewrap evidence made.',
      ),
    );
  const key = flags.publicKey === undefined ? null : readPublicKey(flags.publicKey);
  const verdict = await verifyBundle(resolve(folder), key);
  if (flags.json) console.log(JSON.stringify(verdict, null, 2));
  else for (const line of verdictLines(verdict)) console.log(safe(line));
  if (!verdict.ok) return SOME_FAILED;
  return verdict.isKnownKey ? OK : NOT_ANSWERED;
}

/** Throws FaultError `CannotRead`. */
function readPublicKey(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new FaultError(
      fault('CannotRead', `${path} cannot be read.`, '', 'Check its name and permissions.'),
    );
  }
  try {
    createPublicKey(text);
    return text;
  } catch {
    throw new FaultError(
      fault(
        'CannotRead',
        `${path} holds no public key.`,
        '',
        'Name a PEM file: openssl pkey -in signing.pem -pubout -out public.pem, or aws kms get-public-key.',
      ),
    );
  }
}

function* verdictLines({ ok, wrong, keyId, isKnownKey, statement }: BundleVerdict): Generator<string> {
  if (ok && !isKnownKey) yield 'The origin was not checked: no public key was named.';
  yield ok
    ? `The bundle is as it was signed: ${plural(statement?.subject.length ?? 0, 'part')}, key ${keyId}.`
    : `The bundle is not as it was signed: ${plural(wrong.length, 'part')} ${wrong.length === 1 ? 'is' : 'are'} wrong.`;
  for (const { part, why } of wrong) yield `  ${part}: ${why}`;
  if (!isKnownKey)
    yield 'The key is the one in the bundle, which anyone could have put there: name the public key that you have from elsewhere with --public-key.';
  if (statement === null) return;
  const { of, madeAt, version, connection, history, says } = statement.predicate;
  yield `It is of: ${of}. Made at ${madeAt} by Rewrap ${version}, ${connection ?? 'without a connection'}.`;
  yield `History: records ${history.from} to ${history.to}, head ${history.count}:${history.head}.`;
  for (const { name, digest } of statement.subject) yield `  ${digest.sha256}  ${name}`;
  yield* says;
}
