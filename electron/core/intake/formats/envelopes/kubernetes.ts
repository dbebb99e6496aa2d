import { identify } from '../../../inspect/index.ts';
import type { FoundBlob } from '../../types.ts';
import { fieldOf, protoFields } from './protobuf.ts';
import { type BytesReader, bytesBlob } from './shared.ts';

const MARK = Buffer.from('k8s:enc:kms:v');
/** Where the value may begin in a dump that has its key before it. */
const MAX_KEY_BYTES = 1024;
/** First byte of what the AWS Encryption Provider puts before a blob: its storage version. */
const PLUGIN_VERSION = 0x31;

const NOT_BY_HAND =
  'Every object of a provider shares its data key with others, and the API server keeps them in step: give the KMS plugin ' +
  'its new key and rewrite the objects (kubectl get secrets -A -o json | kubectl replace -f -).';

/**
 * A value in etcd that Kubernetes encrypted through a KMS plugin, version 1 or 2, with the AWS Encryption Provider: the
 * data key is "1" and the blob (kubernetes-sigs/aws-encryption-provider, pkg/plugin). Its context is in the plugin's flags.
 */
export const kubernetes: BytesReader = (bytes) => {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, MAX_KEY_BYTES));
  const mark = head.indexOf(MARK);
  if (mark === -1 || (mark > 0 && bytes[mark - 1] !== 0x0a)) return null;
  const version = bytes[mark + MARK.length];
  const colon = head.indexOf(':', mark + MARK.length + 2);
  if (colon === -1 || bytes[mark + MARK.length + 1] !== 0x3a) return null;
  const blob =
    version === 0x31 ? readV1(bytes, colon + 1) : version === 0x32 ? readV2(bytes, colon + 1) : null;
  return blob === null ? null : [blob];
};

/** The data key after its length in two bytes, then the data. */
function readV1(bytes: Uint8Array, at: number): FoundBlob | null {
  const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  return at + 2 + length > bytes.length ? null : dataKey(bytes, at + 2, at + 2 + length, null);
}

/** Protobuf `EncryptedObject`: encryptedData = 1, keyID = 2, encryptedDEKSource = 3 (apiserver, kmsv2/v2/api.proto). */
function readV2(bytes: Uint8Array, at: number): FoundBlob | null {
  const end = bytes.at(-1) === 0x0a ? bytes.length - 1 : bytes.length;
  const fields = protoFields(bytes, at, bytes.length) ?? protoFields(bytes, at, end);
  const source = fields === null ? null : fieldOf(fields, 3, 2);
  const id = fields === null ? null : fieldOf(fields, 2, 2);
  if (source === null) return null;
  const key = id === null ? null : Buffer.from(bytes.subarray(id.start, id.end)).toString('utf8');
  return dataKey(bytes, source.start, source.end, key);
}

function dataKey(bytes: Uint8Array, from: number, end: number, keyArn: string | null): FoundBlob | null {
  const start = bytes[from] === PLUGIN_VERSION ? from + 1 : from;
  if (identify(bytes.subarray(start, end)).kind !== 'kms-symmetric') return null;
  return bytesBlob(
    bytes,
    'encrypted data key',
    { start, end },
    {
      container: 'kubernetes',
      declared: { keyArn },
      notPutBack: NOT_BY_HAND,
    },
  );
}
