import { createHash, randomBytes } from 'node:crypto';
import { explainKms } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';
import type { KeyInfo } from '#shared/model/key.ts';
import type { DryRunOutput, Kms, ReEncryptInput, ReEncryptOutput, RightsInput } from '../../kms/index.ts';

/** A FaultError as a connection throws it. */
export function kmsFault(name: string, message = ''): FaultError {
  return new FaultError(explainKms(name, message, 'req-fault', { operation: 'ReEncrypt' }));
}

function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const n = content.length;
  const length = n < 0x80 ? [n] : n < 0x100 ? [0x81, n] : [0x82, n >> 8, n & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

const OID = {
  encryptedData: Buffer.from('2a864886f70d010706', 'hex'),
  data: Buffer.from('2a864886f70d010701', 'hex'),
  aes256Gcm: Buffer.from('60864801650304012e', 'hex'),
};

/** Bytes with the layout of a v2 symmetric blob; nothing opens them. `key` decides the fingerprint. */
export function madeUpBlob(key: string, plaintextBytes = 32): Uint8Array {
  return wrapped(key, randomBytes(plaintextBytes + 27));
}

/** The same around a given content. */
function wrapped(key: string, content: Uint8Array): Uint8Array {
  const algorithm = der(
    0x30,
    der(0x06, OID.aes256Gcm),
    der(0x30, der(0x04, randomBytes(12)), der(0x02, Buffer.from([16]))),
  );
  const info = der(0x30, der(0x06, OID.data), algorithm, der(0x80, Buffer.from(content)));
  const cms = der(
    0x30,
    der(0x06, OID.encryptedData),
    der(0xa0, der(0x30, der(0x02, Buffer.from([0])), info)),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32BE(cms.length);
  const fingerprint = createHash('sha256').update(key).digest();
  return Buffer.concat([
    Buffer.from([1, 2, 2, 0, 0x78]),
    fingerprint,
    Buffer.from([1]),
    randomBytes(16),
    length,
    cms,
  ]);
}

export const KEY = 'arn:aws:kms:us-east-1:111122223333:key/dddddddd-0000-4000-8000-00000000000d';
export const OLD_KEY = 'arn:aws:kms:us-east-1:111122223333:key/eeeeeeee-0000-4000-8000-00000000000e';

/** A KMS for tests: answers as its handlers say, and keeps what it was asked. */
export class FakeKms implements Kms {
  readonly choice = { kind: 'practice' } as const;
  readonly region = 'us-east-1';
  readonly endpoint = null;
  readonly asked: ReEncryptInput[] = [];
  readonly triedOut: ReEncryptInput[] = [];
  readonly rights: RightsInput[] = [];
  onRights: (input: RightsInput, nth: number) => DryRunOutput | Promise<DryRunOutput> = () => ({
    outcome: 'would-succeed',
    requestId: 'req-rights',
  });
  described = 0;
  underWay = 0;
  most = 0;
  onReEncrypt: (
    input: ReEncryptInput,
    nth: number,
  ) => Partial<ReEncryptOutput> | Promise<Partial<ReEncryptOutput>> = () => ({});
  onDryRun: (input: ReEncryptInput, nth: number) => DryRunOutput | Promise<DryRunOutput> = () => ({
    outcome: 'would-succeed',
    requestId: 'req-dry',
  });
  onDescribe: () => Partial<KeyInfo> = () => ({});

  async reEncrypt(input: ReEncryptInput): Promise<ReEncryptOutput> {
    this.asked.push(input);
    this.most = Math.max(this.most, ++this.underWay);
    try {
      const reply = await this.onReEncrypt(input, this.asked.length);
      const symmetric = input.destinationAlgorithm === 'SYMMETRIC_DEFAULT';
      return {
        blob: symmetric ? madeUpBlob(KEY, input.blob.length - 152) : randomBytes(512),
        sourceKeyArn: OLD_KEY,
        destinationKeyArn: KEY,
        sourceAlgorithm: input.sourceAlgorithm,
        destinationAlgorithm: input.destinationAlgorithm,
        sourceKeyMaterialId: 'a'.repeat(64),
        destinationKeyMaterialId: 'b'.repeat(64),
        requestId: `req-${this.asked.length}`,
        ...reply,
      };
    } finally {
      this.underWay--;
    }
  }

  async dryRun(input: ReEncryptInput): Promise<DryRunOutput> {
    this.triedOut.push(input);
    return this.onDryRun(input, this.triedOut.length);
  }

  async mayReEncrypt(input: RightsInput): Promise<DryRunOutput> {
    this.rights.push(input);
    return this.onRights(input, this.rights.length);
  }

  async whoAmI() {
    return { account: '111122223333', arn: 'arn:aws:iam::111122223333:user/me', userId: 'U' };
  }

  async listKeys() {
    return { keys: [], gaps: [] };
  }

  async describeKey(keyId: string): Promise<KeyInfo> {
    this.described++;
    return {
      keyId,
      arn: KEY,
      aliases: [],
      description: '',
      spec: 'SYMMETRIC_DEFAULT',
      usage: 'ENCRYPT_DECRYPT',
      state: 'Enabled',
      manager: 'CUSTOMER',
      origin: 'AWS_KMS',
      multiRegion: false,
      createdAt: null,
      deletionDate: null,
      algorithms: [],
      currentKeyMaterialId: null,
      multiRegionKey: null,
      rotation: null,
      lastUse: null,
      tags: null,
      unfitAsDestination: null,
      unfitAsSource: null,
      gaps: [],
      ...this.onDescribe(),
    };
  }

  describeOnce(keyId: string): Promise<KeyInfo> {
    return this.describeKey(keyId);
  }

  close(): void {}
}

const NONCE = 11;
const TAG = 16;
/** Length of every sealed plaintext, bytes. */
export const PLAINTEXT_BYTES = 32;
const CONTENT = NONCE + PLAINTEXT_BYTES + TAG;

function keyStream(key: string, nonce: Uint8Array, length: number): Uint8Array {
  const parts: Buffer[] = [];
  for (let i = 0; i * 32 < length; i++)
    parts.push(createHash('sha256').update(`${key} ${i}`).update(nonce).digest());
  return Buffer.concat(parts).subarray(0, length);
}

/** A blob of KMS's layout; {@link openSealed} with the same key gives its content back. Not secure. */
export function seal(key: string, plaintext: Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE);
  const pad = keyStream(key, nonce, plaintext.length);
  const hidden = plaintext.map((byte, i) => byte ^ (pad[i] ?? 0));
  const tag = createHash('sha256').update(key).update(nonce).update(plaintext).digest().subarray(0, TAG);
  return wrapped(key, Buffer.concat([nonce, hidden, tag]));
}

/** The plaintext; null when the key is another one or the blob is damaged. */
export function openSealed(key: string, blob: Uint8Array): Uint8Array | null {
  const content = blob.subarray(blob.length - CONTENT);
  const nonce = content.subarray(0, NONCE);
  const hidden = content.subarray(NONCE, content.length - TAG);
  const pad = keyStream(key, nonce, hidden.length);
  const plaintext = hidden.map((byte, i) => byte ^ (pad[i] ?? 0));
  const tag = createHash('sha256').update(key).update(nonce).update(plaintext).digest().subarray(0, TAG);
  return tag.equals(content.subarray(content.length - TAG)) ? plaintext : null;
}

/**
 * A KMS that really moves {@link seal}ed blobs from {@link OLD_KEY} to {@link KEY}. `failures`: part of the requests that
 * fail in passing, 0 to 1.
 */
export function sealingKms(failures = 0): FakeKms {
  const kms = new FakeKms();
  const maybeFail = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    if (Math.random() < failures) throw kmsFault(Math.random() < 0.5 ? 'ThrottlingException' : 'ECONNRESET');
  };
  const opened = ({ sourceKeyId, blob }: ReEncryptInput): Uint8Array => {
    const plaintext = openSealed(sourceKeyId === KEY ? KEY : OLD_KEY, blob);
    if (plaintext === null) throw kmsFault('InvalidCiphertextException');
    return plaintext;
  };
  kms.onReEncrypt = async (input) => {
    await maybeFail();
    const plaintext = opened(input);
    const requestId = randomBytes(8).toString('hex');
    return input.destinationAlgorithm === 'SYMMETRIC_DEFAULT'
      ? { blob: seal(KEY, plaintext), requestId }
      : { requestId };
  };
  kms.onDryRun = async (input) => {
    await maybeFail();
    if (input.sourceAlgorithm === 'SYMMETRIC_DEFAULT') opened(input);
    return { outcome: 'would-succeed', requestId: randomBytes(8).toString('hex') };
  };
  kms.onDescribe = () => ({ spec: 'RSA_4096' });
  return kms;
}
