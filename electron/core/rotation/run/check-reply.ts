import { explainOwn } from '#shared/kms/errors.ts';
import { MAX_CIPHERTEXT_BYTES, takesEncryptionContext } from '#shared/kms/facts.ts';
import type { Fault } from '#shared/model/fault.ts';
import type { FoundBlob } from '../../intake/index.ts';
import type { ReEncryptInput, ReEncryptOutput } from '../../kms/index.ts';

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
  old: FoundBlob,
  now: FoundBlob,
  input: Pick<ReEncryptInput, 'destinationAlgorithm'>,
): Fault | null {
  if (!takesEncryptionContext(input.destinationAlgorithm)) return null;
  const { kind, plaintextBytes } = now.identification;
  // Blobs of an external key store or of China Regions may have a layout that is not known here: 'kms-like'.
  if (kind !== 'kms-symmetric' && kind !== 'kms-like')
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
