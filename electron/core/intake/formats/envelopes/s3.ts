import { finding } from '#shared/finding.ts';
import type { Finding } from '#shared/model/blob.ts';
import type { EncryptionContext } from '#shared/model/context.ts';
import { Group, Leaf, readHeaders } from '../../structure/index.ts';
import type { TextView } from '../../text/text-view.ts';
import {
  type Collected,
  contextLinkedValue,
  contextOf,
  contextOfGroup,
  envelopeBlob,
  type GroupFormat,
  isString,
} from './shared.ts';

const PREFIX = 'x-amz-meta-';
const KEY_PAIR = 'kms_cmk_id';
/** Members that hold the context. */
const MATERIALS = /^(?:x-amz-meta-)?x-amz-(?:matdesc|t)$/i;

/**
 * Metadata of the S3 Encryption Client as JSON: the `Metadata` of `head-object`, a plain map with or without the
 * `x-amz-meta-` prefix, or an instruction file. Formats 1 to 3 (aws-encryption-sdk-specification,
 * s3-encryption/data-format/content-metadata.md).
 */
export const s3Metadata: GroupFormat = {
  names: /x-amz-(?:key|3\b)|X-Amz-Meta-X-Amz-/,
  read(group, out) {
    if (!group.members.some(({ key }) => typeof key === 'string' && /^x-amz-/i.test(key))) return;
    const named = metadataOf(group);
    const v2 = named.get('x-amz-key-v2');
    const v3 = named.get('x-amz-3');
    const alg = (named.get(v3 === undefined ? 'x-amz-wrap-alg' : 'x-amz-w') ?? null)?.value();
    const key = v3 ?? v2;
    if (key === undefined) {
      if (named.has('x-amz-key') && named.has('x-amz-iv'))
        out.findings.push(
          notKms(group, 'Format 1 (x-amz-key) wraps its data key with a key that the client holds'),
        );
      return;
    }
    const withContext = v3 === undefined ? alg === 'kms+context' : alg === '12' || alg === 'kms+context';
    if (alg !== 'kms' && !withContext) {
      if (alg !== undefined)
        out.findings.push(
          notKms(group, `Its data key is wrapped with ${wrapName(alg)}, by a key that the client holds`),
        );
      return;
    }
    const written = named.get(v3 === undefined ? 'x-amz-matdesc' : 'x-amz-t');
    // Without quotes, JSON is a map of YAML's own.
    const inline = group.members.find(
      (one): one is Group => one instanceof Group && MATERIALS.test(String(one.key)),
    );
    const context =
      written !== undefined ? contextOf(written.value()) : inline === undefined ? {} : contextOfGroup(inline);
    const blob = envelopeBlob(key, true, {
      container: 's3-encryption-metadata',
      declared: {
        keyArn: context?.[KEY_PAIR] ?? null,
        encryptionContext: context,
        algorithm: 'SYMMETRIC_DEFAULT',
      },
      linkedValues:
        written === undefined || context === null
          ? []
          : [contextLinkedValue(String(written.key), written, context)],
      ...(alg === 'kms' && context !== null && KEY_PAIR in context ? { contextKeyPairs: [KEY_PAIR] } : {}),
      ...(context === null || inline !== undefined
        ? { notPutBack: unreadable(String(written?.key ?? inline?.key)) }
        : {}),
      findings: [putBackToS3(withContext, context)],
    });
    if (blob !== null) out.blobs.push(blob);
  },
};

/** The same as HTTP headers: `curl -I`, `curl -v`, a browser's list. */
export function s3Headers(view: TextView, out: Collected): void {
  if (!HEADERS.test(view.text)) return;
  for (const group of readHeaders(view, HEADER)) s3Metadata.read(group, out);
}

const HEADERS = /x-amz-meta-x-amz-(?:key|3)/i;
const HEADER = /^x-amz-meta-x-amz-(?:key|3)/i;

/** Members that are text, by their names without prefix and in lower case (S3 gives them back in lower case). */
function metadataOf(group: Group): Map<string, Leaf> {
  const named = new Map<string, Leaf>();
  for (const member of group.members) {
    if (!(member instanceof Leaf) || typeof member.key !== 'string') continue;
    const name = member.key.toLowerCase();
    // "12" is a string in JSON; elsewhere it is written like a number, and words like "kms" without quotes.
    if (isString(member) || /^(?:\d\d|kms|kms\+context|AESWrap|RSA[\w/-]*)$/.test(member.raw))
      named.set(name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name, member);
  }
  return named;
}

function wrapName(alg: string): string {
  if (alg === '02') return 'AES/GCM';
  return alg === '22' ? 'RSA-OAEP' : alg.slice(0, 60);
}

function notKms(group: Group, why: string): Finding {
  return finding('s3-key-not-kms', {
    evidence: [`${why}.`],
    values: { where: group.place === '' ? 'this metadata' : group.place },
  });
}

function unreadable(name: string): string {
  return (
    `The context in ${name} is not JSON text: S3 encodes metadata that is not ASCII in a way of its own, and Rewrap could ` +
    'not write it back. Copy the object with its metadata decoded first.'
  );
}

function putBackToS3(withContext: boolean, context: EncryptionContext | null): Finding {
  const pair =
    withContext && context !== null && 'aws:x-amz-cek-alg' in context
      ? ' The client refuses an object without aws:x-amz-cek-alg in its context: keep that pair.'
      : '';
  return finding('also-change', {
    evidence: [],
    values: {
      what: 'The object in S3 gets its new metadata from you.',
      reason: `This file is a copy of the object’s metadata.${pair}`,
      remedy:
        'Metadata of an object is replaced by copying the object onto itself with --metadata-directive REPLACE (a new version); an instruction file is simply uploaded again.',
    },
  });
}
