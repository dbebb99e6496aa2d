import type { Field } from '#shared/model/blob.ts';
import { documented } from '../field.ts';
import type { DatabaseHead } from './database-message.ts';
import { encryptedKeyFields, pairFields } from './sdk-message-fields.ts';

/** Fields of an `aws_dbe_head`, together covering all its bytes (specification: structured-encryption/header.md). */
export function databaseFields(bytes: Uint8Array, head: DatabaseHead): Field[] {
  const doc = documented(bytes);
  const legend = Buffer.from(bytes.subarray(head.legend.start, head.legend.end)).toString('latin1');
  const encrypted = legend.replaceAll(/[^e]/g, '').length;
  return [
    doc('format version', 0, 1, 'Version of the header.', String(head.version)),
    doc('format flavor', 1, 2, 'Whether items carry a signature.', head.signed ? 'signed' : 'not signed'),
    doc('message id', head.messageId.start, head.messageId.end, 'Random, and unique to this item.'),
    doc(
      'encrypt legend',
      head.legend.start - 2,
      head.legend.end,
      'One letter per authenticated attribute: e encrypted, s signed only, c signed and in the context.',
      `${legend.slice(0, 200)} (${encrypted} encrypted)`,
    ),
    doc(
      'encryption context',
      head.context.start,
      head.context.end,
      'Pairs that are authenticated with the item; they stand here in clear.',
      `${head.pairs.length} ${head.pairs.length === 1 ? 'pair' : 'pairs'}`,
      pairFields(bytes, head.pairs),
    ),
    doc(
      'encrypted data key count',
      head.keyCountAt,
      head.keyCountAt + 1,
      'How many encrypted copies follow.',
    ),
    ...encryptedKeyFields(bytes, head.keys),
    doc(
      'header commitment',
      head.commitment.start,
      head.commitment.end,
      'Authenticates the header, encrypted data keys included, under the data key.',
    ),
  ];
}
