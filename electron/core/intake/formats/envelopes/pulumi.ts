import { type EncryptionContext, sameContext } from '#shared/model/context.ts';
import type { NewBlob } from '../../types.ts';
import {
  alsoChange,
  envelopeBlob,
  envelopeLinkedValue,
  type GroupFormat,
  keyReference,
  keyRegion,
  textOf,
} from './shared.ts';

/**
 * Pulumi: `secretsprovider` and `encryptedkey` of a stack file, and `url` and `encryptedkey` of the copy in the
 * stack's state (pulumi/pulumi, pkg/secrets/cloud/manager.go). The key and its context stand in the URL, as the Go
 * Cloud Development Kit reads it (google/go-cloud, secrets/awskms/kms.go).
 */
export const pulumi: GroupFormat = {
  names: /encryptedkey/,
  read(group, out) {
    const key = textOf(group, 'encryptedkey');
    if (key === null) return;
    const inStack = textOf(group, 'secretsprovider');
    const url = inStack ?? textOf(group, 'url');
    const parsed = url === null ? null : parseAwskms(url.value());
    if (url === null || parsed === null) return;
    const blob = envelopeBlob(key, true, {
      container: 'pulumi',
      declared: { keyArn: parsed.key, encryptionContext: parsed.context },
      linkedValues: [envelopeLinkedValue(String(url.key), url, (next, old) => rewriteAwskms(old, next))],
      findings: [
        alsoChange(
          inStack !== null
            ? 'The state of the stack holds a copy of this key and its provider.'
            : 'The stack’s settings file (Pulumi.<stack>.yaml) holds a copy of this key and its provider.',
          inStack !== null
            ? 'Replace it there too: pulumi stack export gives it, pulumi stack import takes it back.'
            : 'Replace it there too.',
        ),
      ],
    });
    if (blob !== null) out.blobs.push(blob);
  },
};

interface Awskms {
  /** Key id, alias or ARN. */
  readonly key: string;
  readonly context: EncryptionContext;
}

const CONTEXT = 'context_';

/** `awskms://KEY?region=…&context_NAME=VALUE`; null for another scheme or no key. */
function parseAwskms(url: string): Awskms | null {
  const match = /^awskms:\/\/([^?#]+)(?:\?([^#]*))?$/.exec(url);
  const key = decoded((match?.[1] ?? '').replace(/^\/+/, ''));
  if (key === null || key === '') return null;
  const context: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(match?.[2] ?? ''))
    if (name.startsWith(CONTEXT)) context[name.slice(CONTEXT.length)] = value;
  return { key, context };
}

/** The URL with the new key, its Region where one is given, and its context; other parameters as they are. */
function rewriteAwskms(url: string, next: NewBlob): string {
  const old = parseAwskms(url);
  if (old === null) return url;
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  const key = keyReference(old.key, next);
  // An ARN holds colons, which the host part of a URL may not: it stands in the path.
  const place = key === old.key ? path : `awskms:///${key}`;
  const written = mark === -1 ? [] : url.slice(mark + 1).split('&');
  const context = next.context ?? {};
  const same = sameContext(old.context, context);
  const parameters = written
    .filter((one) => same || !decodedName(one).startsWith(CONTEXT))
    .map((one) => {
      if (decodedName(one) !== 'region') return one;
      const region = decoded(one.slice('region='.length)) ?? '';
      const now = keyRegion(region, next);
      return now === region ? one : `region=${encodeURIComponent(now)}`;
    });
  if (!same)
    for (const [name, value] of Object.entries(context))
      parameters.push(`${CONTEXT}${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  return parameters.length === 0 && (mark === -1 || !same) ? place : `${place}?${parameters.join('&')}`;
}

function decodedName(parameter: string): string {
  return decoded(parameter.split('=')[0] ?? '') ?? '';
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
