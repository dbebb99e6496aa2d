import { explainOwn } from '#shared/kms/errors.ts';
import {
  keyIdentity,
  MAX_CIPHERTEXT_BYTES,
  RSA_KEY_SPECS,
  takesEncryptionContext,
} from '#shared/kms/facts.ts';
import type { Fault } from '#shared/model/fault.ts';
import type { FoundBlob, NewBlob } from '../../../intake/index.ts';
import type { ReEncryptInput, ReEncryptOutput } from '../../../kms/index.ts';
import { CachedAnswer } from '../../scheduler/retry.ts';
import type { KnownKeys, KnownMaterial, RunTerms } from '../../types.ts';
import type { DestinationKey } from './destination-key.ts';

/** Whether the answer agrees with the request: key, algorithm, size. Null when it does. */
export function checkReply(out: ReEncryptOutput, input: ReEncryptInput): Fault | null {
  if (out.blob.length === 0 || out.blob.length > MAX_CIPHERTEXT_BYTES)
    return disagrees(`the new blob is ${out.blob.length} bytes long.`);
  if (Buffer.compare(out.blob, input.blob) === 0) return disagrees('the new blob is the old one, unchanged.');
  if (!isKey(out.destinationKeyArn, input.destinationKeyId))
    return disagrees(`it encrypted under ${out.destinationKeyArn} and not under ${input.destinationKeyId}.`);
  if (out.destinationAlgorithm !== null && out.destinationAlgorithm !== input.destinationAlgorithm)
    return disagrees(`it used ${out.destinationAlgorithm} and not ${input.destinationAlgorithm}.`);
  return null;
}

/** Whether the new blob, read back from the new file, is what the destination makes. Null when it is. */
export function checkIdentity(
  old: Pick<FoundBlob, 'identification'>,
  now: Pick<FoundBlob, 'identification'>,
  input: Pick<ReEncryptInput, 'destinationAlgorithm'>,
): Fault | null {
  if (!takesEncryptionContext(input.destinationAlgorithm)) return null;
  const { kind, plaintextBytes } = now.identification;
  // Blobs of an external key store or of China Regions may have a layout that is not known here: 'kms-like'.
  // What was made by an emulator is sent to it alone, where a person said so, and becomes the same again.
  const isOfEmulator = kind === 'emulator' && old.identification.kind === 'emulator';
  if (kind !== 'kms-symmetric' && kind !== 'kms-like' && !isOfEmulator)
    return disagrees(`the new blob does not look like one of KMS (${now.identification.label}).`);
  const before = old.identification.plaintextBytes;
  if (before !== null && plaintextBytes !== null && before !== plaintextBytes)
    return disagrees(`its plaintext would be ${plaintextBytes} bytes long, and was ${before}.`);
  return null;
}

/** An alias says nothing of its key; an id or ARN must be the key that KMS names. */
function isKey(arn: string, asked: string): boolean {
  if (/(?:^|:)alias\//.test(asked)) return true;
  return arn === asked || arn.endsWith(`/${asked}`) || asked.endsWith(`/${arn}`);
}

function disagrees(how: string): Fault {
  return explainOwn('ReplyUnexpected', { detail: `What was not expected: ${how}` });
}

/** The fault of a new blob that another one of the run has already, or of several of a file of which one is. */
export const repeatedReply = (blobs = 1): Fault =>
  disagrees(
    `${blobs === 1 ? 'the new blob' : 'a new blob of its file'} is one that this run was given for another blob before. Something on the way to KMS mixes replies up.`,
  );

interface Accepted {
  readonly keyArn: string;
  /** Null where no reply and no DescribeKey named it. */
  readonly keyMaterialId: string | null;
}

export interface NewBlobChecksParts {
  readonly request: Pick<RunTerms, 'source' | 'destination'>;
  readonly destination: DestinationKey;
  /** What KMS said in earlier runs. */
  readonly known: KnownKeys | undefined;
  /** What this run accepted before it was cut off, destination side; asked once. */
  readonly earlier: () => Promise<readonly KnownMaterial[]>;
}

/** Lengths of RSA ciphertext, bytes: that of the modulus. */
const RSA_BYTES: ReadonlySet<number> = new Set(Object.values(RSA_KEY_SPECS).map((bits) => bits / 8));

const short = (fingerprint: string): string => `${fingerprint.slice(0, 8)}…`;

/**
 * Compares the new blobs of one run with the old ones, with each other, and with what KMS said before of key materials.
 * The fingerprint in a symmetric blob identifies its key material, and is not the endpoint's to choose later: an endpoint
 * that returns the old blob with other bytes, or blobs of some other key, contradicts itself here. Equal plaintexts
 * cannot be checked so: an endpoint that swaps two replies of one length is not seen.
 *
 * RSA and SM2 blobs have no fingerprint. Of RSA, the length must be that of the key, and the same throughout the run.
 */
export class NewBlobChecks {
  readonly #parts: NewBlobChecksParts;
  /** By fingerprint; '' for blobs that have none. More than one where the key was rotated during the run. */
  readonly #accepted = new Map<string, Accepted>();
  readonly #earlier: CachedAnswer<null>;
  /** Fingerprints about which DescribeKey was asked. */
  readonly #explained = new Map<string, CachedAnswer<Fault | null>>();
  #rsaBytes: number | null = null;

  constructor(parts: NewBlobChecksParts) {
    this.#parts = parts;
    this.#earlier = new CachedAnswer(async () => {
      for (const { fingerprint, ...rest } of await parts.earlier()) this.#accepted.set(fingerprint, rest);
      return null;
    });
  }

  /**
   * Null where nothing contradicts the new blob; else `KeyUnchanged`, `KeyMaterialMismatch` or `ReplyUnexpected`.
   * `before`, `after`: fingerprints of the old and the new blob, hex. Throws what stops the run.
   */
  async check(before: string | null, after: string | null, next: NewBlob): Promise<Fault | null> {
    const { destination, request } = this.#parts;
    const { algorithm, keyId } = request.destination;
    if (!takesEncryptionContext(algorithm)) return this.#length(next.bytes.length);
    const unchanged = this.#unchanged(before, after, next);
    if (unchanged !== null) return unchanged;
    await this.#earlier.get();
    const named = keyId.startsWith('arn:') && keyId.includes(':key/') ? keyId : await destination.described();
    if (named !== null && differ(named, next.keyArn))
      return mismatch(`The reply names ${next.keyArn}, and the destination ${keyId} is ${named}.`);
    // Encrypt names no key material: of the two-step way, DescribeKey does.
    const materialId = next.keyMaterialId ?? (await destination.current())?.keyMaterialId ?? null;
    return this.#compare(after ?? '', { keyArn: next.keyArn, keyMaterialId: materialId }, next.keyMaterialId);
  }

  /**
   * For a symmetric blob that another process of the run has checked by itself: whether those of all processes agree.
   * `after`: its fingerprint, hex. Throws as {@link check}.
   */
  async agrees(after: string, now: Accepted): Promise<Fault | null> {
    await this.#earlier.get();
    return this.#compare(after, now, now.keyMaterialId);
  }

  /** `said`: the key material that the reply itself named. */
  #compare(after: string, now: Accepted, said: string | null): Fault | null | Promise<Fault | null> {
    const contradicted = this.#contradicted(after, now.keyArn, said);
    if (contradicted !== null) return contradicted;
    const accepted = this.#accepted.get(after);
    if (accepted !== undefined) {
      if (said === null || accepted.keyMaterialId === null || said === accepted.keyMaterialId) return null;
      return mismatch(
        `RepeatedReplies name two key materials, ${accepted.keyMaterialId} and ${said}, for blobs with the one fingerprint ${short(after)}.`,
      );
    }
    if (this.#accepted.size > 0 || this.#under(now.keyArn, after).length > 0)
      return this.#explain(after, now, said);
    this.#accepted.set(after, now);
    return null;
  }

  /** The key changed, or its key material, and the fingerprint did not; or the other way round. */
  #unchanged(before: string | null, after: string | null, next: NewBlob): Fault | null {
    if (before === null || after === null) return null;
    const { sourceKeyArn, keyArn, sourceKeyMaterialId, keyMaterialId } = next;
    const named = sourceKeyMaterialId !== null && keyMaterialId !== null;
    if (before !== after) {
      if (!named || sourceKeyArn !== keyArn || sourceKeyMaterialId !== keyMaterialId) return null;
      return mismatch(
        `The reply names ${keyMaterialId} as the key material of both blobs, and their fingerprints differ (${short(before)}, ${short(after)}).`,
      );
    }
    const source = this.#sourceOf(before, next);
    const detail = `Both blobs have the fingerprint ${short(before)}.`;
    if (source === null)
      return explainOwn('KeyUnchanged', { detail: `${detail} The reply names no source key.` });
    if (differ(source, keyArn))
      return explainOwn('KeyUnchanged', {
        detail: `${detail} The old one is of ${source}, and ${keyArn} was to encrypt the new one.`,
      });
    if (named && sourceKeyArn === keyArn && sourceKeyMaterialId !== keyMaterialId)
      return explainOwn('KeyUnchanged', {
        detail: `${detail} The reply names two key materials: ${sourceKeyMaterialId} of the old one and ${keyMaterialId} of the new one.`,
      });
    return null;
  }

  /** The key of an old blob: one that KMS named in an earlier run, or the request, or the reply itself; null: unknown. */
  #sourceOf(before: string, { sourceKeyArn, keyArn }: NewBlob): string | null {
    const known = this.#parts.known?.of(before) ?? [];
    const [first] = known;
    if (first !== undefined && known.every((one) => differ(one.keyArn, keyArn))) return first.keyArn;
    const { keyId } = this.#parts.request.source;
    if (keyId !== null && !/(?:^|:)alias\//.test(keyId) && differ(keyId, keyArn)) return keyId;
    return sourceKeyArn ?? (first === undefined ? null : keyArn);
  }

  /** What KMS said of this very fingerprint in earlier runs. */
  #contradicted(after: string, keyArn: string, said: string | null): Fault | null {
    const known = this.#parts.known?.of(after) ?? [];
    const [first] = known;
    if (first === undefined) return null;
    const same = known.filter((one) => !differ(one.keyArn, keyArn));
    if (same.length === 0)
      return mismatch(
        `Its fingerprint ${short(after)} is that of ${first.keyArn}, confirmed by KMS (${first.evidence}).`,
      );
    const other = same.find(({ keyMaterialId }) => keyMaterialId !== null && keyMaterialId !== said);
    if (said === null || other === undefined || same.some(({ keyMaterialId }) => keyMaterialId === said))
      return null;
    return mismatch(
      `The reply names its key material ${said}, and KMS named it ${other.keyMaterialId} before (${other.evidence}).`,
    );
  }

  /** Other key materials that KMS named for the destination in earlier runs. */
  #under(keyArn: string, after: string): readonly KnownMaterial[] {
    const known = this.#parts.known;
    if (known === undefined || known.of(after).some((one) => !differ(one.keyArn, keyArn))) return [];
    return known.under(keyArn).filter(({ fingerprint }) => fingerprint !== after);
  }

  /** A second fingerprint for one key is right after a rotation alone: DescribeKey then names new key material. */
  #explain(after: string, now: Accepted, said: string | null): Promise<Fault | null> {
    const answer = this.#explained.get(after) ?? new CachedAnswer(() => this.#ask(after, now, said));
    this.#explained.set(after, answer);
    return answer.get();
  }

  async #ask(after: string, now: Accepted, said: string | null): Promise<Fault | null> {
    const here = [...this.#accepted].map(([fingerprint, one]) => ({ fingerprint, ...one }));
    const other = here.find((one) => differ(one.keyArn, now.keyArn));
    if (other !== undefined)
      return mismatch(
        `RepeatedReplies of this run name two destination keys: ${other.keyArn} and ${now.keyArn}.`,
      );
    const before = here.length > 0 ? here : this.#under(now.keyArn, after);
    const key = await this.#parts.destination.describedNow();
    const current = key?.currentKeyMaterialId ?? null;
    const known = before.map(({ keyMaterialId }) => keyMaterialId);
    const rotated =
      key !== null &&
      current !== null &&
      !differ(key.arn, now.keyArn) &&
      (said === null || said === current) &&
      !known.includes(current) &&
      // Within a run, material without a name may be the current one.
      (here.length === 0 || !known.includes(null));
    if (rotated) {
      this.#accepted.set(after, { keyArn: now.keyArn, keyMaterialId: current });
      return null;
    }
    const expected = before.map(({ fingerprint }) => (fingerprint === '' ? 'none' : short(fingerprint)));
    const when = here.length > 0 ? 'Other blobs of this run' : 'Earlier runs';
    const described =
      current === null
        ? 'DescribeKey names no key material that would explain it.'
        : `DescribeKey names the key material ${current}, which does not explain it.`;
    return mismatch(
      `Its fingerprint is ${after === '' ? 'missing' : short(after)}. ${when} have ${expected.slice(0, 3).join(', ')} for ${now.keyArn}. ${described}`,
    );
  }

  async #length(bytes: number): Promise<Fault | null> {
    const { algorithm } = this.#parts.request.destination;
    if (!algorithm.startsWith('RSA')) return null;
    const spec = await this.#parts.destination.spec();
    const bits = Object.entries(RSA_KEY_SPECS).find(([name]) => name === spec)?.[1];
    const expected = bits === undefined ? this.#rsaBytes : bits / 8;
    if (RSA_BYTES.has(bytes) && (expected === null || bytes === expected)) {
      this.#rsaBytes = bytes;
      return null;
    }
    return explainOwn('ReplyUnexpected', {
      detail: `What was not expected: the new blob is ${bytes} bytes long, and ${
        bits === undefined
          ? (expected ?? 'ciphertext of an RSA key has 256, 384 or 512')
          : `ciphertext of an ${spec} key has ${bits / 8}`
      }.`,
    });
  }
}

/** Whether two names are known to be of two keys. An id without its ARN is compared as an id. */
function differ(a: string, b: string): boolean {
  if (a.startsWith('arn:') && b.startsWith('arn:')) return keyIdentity(a) !== keyIdentity(b);
  const id = (name: string): string => name.slice(name.lastIndexOf('/') + 1);
  return id(a) !== id(b);
}

const mismatch = (detail: string): Fault => explainOwn('KeyMaterialMismatch', { detail });
