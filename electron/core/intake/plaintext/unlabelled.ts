import { finding } from '#shared/finding.ts';
import type { ByteRange, Finding } from '#shared/model/blob.ts';
import { identify, isSecretInClear, randomness } from '../../inspect/index.ts';
import { IS_PADDED_LETTER, letterRuns } from '../beginnings.ts';
import { PLAIN_CONTAINERS } from '../formats/format.ts';
import type { TextView } from '../text/text-view.ts';
import type { Scan } from '../types.ts';
import { add, CLI_LINES, lineAfter, lineBefore, MOST } from './labelled.ts';

const KEY_SIZES: readonly number[] = [16, 24, 32, 48, 64];
/** Base64 or hex of a key of any size, or base64 of a private key: a text without is not looked through. */
const ANY_KEY =
  /(?<![\w+/=-])(?:[\w+/-]{22}(?:==)?|[\w+/-]{32}|[\w+/-]{43}=?|[\w+/-]{64}|[\w+/-]{86}(?:==)?|[0-9a-fA-F]{48}|[0-9a-fA-F]{96}|[0-9a-fA-F]{128}|MI[GHI][\w+/]{97,}={0,2})(?![\w+/=-])/;
/** Lengths of what {@link ANY_KEY} matches, but for a private key. It matches whole runs of its characters alone. */
const ANY_KEY_LENGTHS: ReadonlySet<number> = new Set([22, 24, 32, 43, 44, 48, 64, 86, 88, 96, 128]);
const SHORTEST_KEY = 22;
const SHORTEST_DER = 100;

/** Whether {@link ANY_KEY} matches: a text of nothing but blobs is passed over at a sixth of the cost. */
function hasAnyKey(text: string): boolean {
  for (const { start, end } of letterRuns(text, SHORTEST_KEY, IS_PADDED_LETTER)) {
    const isDer = end - start >= SHORTEST_DER && text.startsWith('MI', start);
    if ((isDer || ANY_KEY_LENGTHS.has(end - start)) && ANY_KEY.test(text.slice(start, end))) return true;
  }
  return false;
}

const FIELD = /[A-Za-z0-9+/_=:.-]{2,}/g;
/** What the AWS CLI prints beside a blob: key ARN, key material id, algorithm, specs, names of commands and members, rulers. */
const CLI_FIELD =
  /^(?:arn:aws[\w-]*:kms:\S+|[0-9a-f]{64}|SYMMETRIC_DEFAULT|RSAES_OAEP_SHA_(?:1|256)|SM2PKE|RSA_\d{4}|ECC_\w+|SM2|AES_(?:128|256)|GenerateDataKey\w*|ReEncrypt|Encrypt|Decrypt|[-=+.]+|None|null)$/;
/** A name before a value, in any writing; `sha256-` belongs to the value. */
const NAMED = /(?:[A-Za-z_][\w .-]{0,60}["'`]?[ \t]*(?:=>|:=|[:=|])[ \t]*["'`]?|\b(?:sha\d{1,3}|md5)[-:=])$/;

/**
 * Values of a data key's size right beside a blob that holds one, without a name: in a list or line of nothing but what
 * the AWS CLI prints, they are the plaintext; anywhere else they may be it. Looks at the blob's line and its neighbours.
 */
export function unlabelled(
  view: TextView,
  known: Scan,
): { findings: Finding[]; plaintext: ByteRange[]; possible: ByteRange[] } {
  const out = { findings: [] as Finding[], plaintext: [] as ByteRange[], possible: [] as ByteRange[] };
  const first = view.byteAt(0);
  const size = view.byteAt(1) - first;
  const { text } = view;
  const beside = known.blobs.some(
    ({ container, identification }) =>
      PLAIN_CONTAINERS.has(container) && identification.kind === 'kms-symmetric',
  );
  if (!beside || !hasAnyKey(text)) return out;
  let done = 0;
  for (const { range, identification, container } of known.blobs) {
    if (!PLAIN_CONTAINERS.has(container) || identification.kind !== 'kms-symmetric') continue;
    const { plaintextBytes } = identification;
    const start = (range.start - first) / size;
    const end = (range.end - first) / size;
    const from = Math.max(done, lineBefore(text, start, CLI_LINES));
    const to = lineAfter(text, end, CLI_LINES);
    let cli = true;
    const met: { start: number; end: number; isHex: boolean }[] = [];
    const pem: { start: number; end: number }[] = [];
    for (const match of text.slice(from, to).matchAll(FIELD)) {
      const at = from + match.index;
      const value = match[0];
      if ((at >= start && at < end) || /^AQ[EI][A-D]AH[g-j]/.test(value)) continue;
      const isHexId = /^[0-9a-f]{64}$/.test(value);
      if (CLI_FIELD.test(value) && !isHexId) continue;
      const isDer = /^MI[GHI]/.test(value) && value.length > 100;
      if (isDer) {
        // Public keys are printed beside the pair's blob.
        if (isPrivateKey(value)) pem.push({ start: at, end: at + value.length });
        continue;
      }
      // What stands before a value is looked at last: it costs most.
      if (isKeyLike(value, plaintextBytes) && !NAMED.test(text.slice(Math.max(0, at - 80), at))) {
        met.push({ start: at, end: at + value.length, isHex: /^[0-9a-fA-F]+$/.test(value) });
        continue;
      }
      if (!isHexId) cli = false;
    }
    for (const one of pem)
      add(
        out,
        { start: view.byteAt(one.start), end: view.byteAt(one.end) },
        true,
        'It is a private key that is not encrypted.',
      );
    const nearest = cli
      ? met
      : met.filter((one) => one.start >= lineBefore(text, start, 1) && one.end <= lineAfter(text, end, 1));
    for (const one of nearest) {
      // A key material id is hex; no command prints a plaintext so.
      if (cli && one.isHex) continue;
      const at = { start: view.byteAt(one.start), end: view.byteAt(one.end) };
      if (cli) add(out, at, true, 'It stands where the AWS CLI prints it.');
      else {
        out.possible.push(at);
        if (out.findings.length >= MOST) continue;
        out.findings.push(
          finding('possible-plaintext-beside-blob', {
            evidence: [
              'It is random by every test, of exactly the length that the blob holds, and has no name.',
            ],
            range: at,
          }),
        );
      }
      done = Math.max(done, one.end);
    }
  }
  return out;
}

function isPrivateKey(value: string): boolean {
  const { kind, label } = identify(Buffer.from(value, 'base64'));
  return isSecretInClear(kind, label);
}

/** Base64 or hex of random bytes, as many as a blob holds. */
function isKeyLike(value: string, plaintextBytes: number | null): boolean {
  const isHex =
    plaintextBytes !== null && value.length === 2 * plaintextBytes && /^[0-9a-fA-F]+$/.test(value);
  if (!isHex && !/^[A-Za-z0-9+/_-]+={0,2}$/.test(value)) return false;
  if (plaintextBytes === null || !KEY_SIZES.includes(plaintextBytes)) return false;
  if (!isHex && value.replace(/=+$/, '').length !== Math.ceil((plaintextBytes * 4) / 3)) return false;
  const key = Buffer.from(value, isHex ? 'hex' : 'base64');
  const is = key.length === plaintextBytes && randomness(key).failed === null;
  key.fill(0);
  return is;
}
