import { Leaf, readJson } from '../../structure/index.ts';
import { viewText } from '../../text/text-view.ts';
import type { FoundBlob } from '../../types.ts';
import {
  alsoChange,
  decodedLeaf,
  envelopeBlob,
  type GroupFormat,
  isString,
  mapOf,
  nested,
  textOf,
} from './shared.ts';

/**
 * An encrypted OpenTofu state or plan: each member of `meta` is base64 of JSON, that of the `aws_kms` key provider
 * with a `ciphertext_blob` (opentofu/opentofu, internal/encryption/base.go and keyprovider/aws_kms/provider.go). The
 * member is named after the provider ("key_provider.aws_kms.main") unless the configuration gives it an alias.
 */
export const opentofu: GroupFormat = {
  names: /encrypted_data/,
  read(group, out) {
    const meta = mapOf(group, 'meta');
    if (meta === null || textOf(group, 'encrypted_data') === null) return;
    if (textOf(group, 'encryption_version') === null) return;
    for (const member of meta.members) {
      const blob = member instanceof Leaf && isString(member) ? readMeta(member) : null;
      if (blob !== null) out.blobs.push(blob);
    }
  },
};

function readMeta(leaf: Leaf): FoundBlob | null {
  const value = decodedLeaf(leaf, true);
  const view = value === null ? null : viewText(value.decoded.bytes);
  const root = view === null ? undefined : readJson(view)?.roots[0];
  const inner = root === undefined ? null : textOf(root, 'ciphertext_blob');
  if (value === null || inner === null || value.decoded.encoding.inner !== null) return null;
  const blob = envelopeBlob(inner, true, {
    container: 'opentofu',
    // The provider sends no context, and keeps its key in the configuration alone.
    declared: { encryptionContext: {} },
    findings: [
      alsoChange(
        'OpenTofu passes the kms_key_id of its configuration to Decrypt. It makes a new data key at its next write anyway.',
        'Name the new key in the configuration before the next plan.',
      ),
    ],
  });
  if (blob === null) return null;
  return nested({ ...value.decoded, range: value.range }, leaf.place, blob);
}
