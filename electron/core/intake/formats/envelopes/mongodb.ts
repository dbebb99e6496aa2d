import { Group, Leaf } from '../../structure/index.ts';
import type { LinkedValue } from '../../types.ts';
import {
  envelopeBlob,
  envelopeLinkedValue,
  type GroupFormat,
  keyReference,
  keyRegion,
  mapOf,
  textOf,
} from './shared.ts';

/**
 * A document of a MongoDB key vault as Extended JSON, canonical, relaxed or legacy (mongodb/specifications,
 * client-side-encryption). The driver sends no encryption context with its AWS keys.
 */
export const mongodb: GroupFormat = {
  names: /keyMaterial/,
  read(document, out) {
    const masterKey = mapOf(document, 'masterKey');
    const material = masterKey === null ? null : materialOf(document);
    if (masterKey === null || material === null) return;
    if (!isAwsProvider(masterKey.member('provider'))) return;
    const key = textOf(masterKey, 'key');
    const region = textOf(masterKey, 'region');
    const updated = dateOf(document, 'updateDate');
    const linkedValues: LinkedValue[] = [];
    if (key !== null)
      linkedValues.push(envelopeLinkedValue('masterKey.key', key, (next, old) => keyReference(old, next)));
    if (region !== null)
      linkedValues.push(envelopeLinkedValue('masterKey.region', region, (next, old) => keyRegion(old, next)));
    if (updated !== null)
      linkedValues.push(
        envelopeLinkedValue(
          'updateDate',
          updated.leaf,
          (next, old) => {
            const at = Date.parse(next.at);
            if (at === updated.time) return old;
            return updated.isNumber ? String(at) : next.at;
          },
          updated.leaf.style === 'plain' && updated.isNumber ? 'number' : 'text',
        ),
      );
    const blob = envelopeBlob(material, true, {
      container: 'mongodb-key-vault',
      declared: {
        keyArn: key?.value() ?? null,
        encryptionContext: {},
        createdAt: updated === null ? null : new Date(updated.time).toISOString(),
      },
      linkedValues,
    });
    if (blob !== null) out.blobs.push(blob);
  },
};

/** `{"$binary": {"base64": …}}`, or `{"$binary": …, "$type": "00"}` as older tools write it. */
function materialOf(document: Group): Leaf | null {
  const wrapped = mapOf(document, 'keyMaterial');
  if (wrapped === null) return null;
  const binary = mapOf(wrapped, '$binary');
  return binary === null ? textOf(wrapped, '$binary') : textOf(binary, 'base64');
}

/** "aws", or one of several of them: "aws:name". */
function isAwsProvider(provider: Group | Leaf | null): boolean {
  return provider instanceof Leaf && /^aws(?::.*)?$/.test(provider.value());
}

/** `{"$date": "2026-…"}`, `{"$date": 1552949630483}` or `{"$date": {"$numberLong": "1552949630483"}}`. */
function dateOf(document: Group, name: string) {
  const wrapped = mapOf(document, name);
  const date = wrapped?.member('$date') ?? null;
  const leaf = date instanceof Group ? date.member('$numberLong') : date;
  if (!(leaf instanceof Leaf)) return null;
  const text = leaf.value();
  const isNumber = /^-?\d{1,15}$/.test(text);
  const time = isNumber ? Number(text) : Date.parse(text);
  return Math.abs(time) <= 8.64e15 ? { leaf, time, isNumber } : null;
}
