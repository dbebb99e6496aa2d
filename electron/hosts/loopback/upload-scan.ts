import { FaultError, fault } from '#shared/model/fault.ts';
import { scan, withoutPlaintext } from '../../core/intake/index.ts';

/** What may be written of an uploaded file. */
export interface Examined {
  /** The bytes to write; the same memory as what was given where nothing was left out. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What was left out, in words; null where nothing was. */
  readonly leftOut: 'the plaintext data key' | 'decrypted plaintext' | null;
}

/**
 * Looks through an uploaded file for plaintext that it declares, and leaves that out. What is left out is overwritten in
 * `bytes`, too. Takes about 0.15 s for a megabyte that looks like base64 throughout.
 * Throws FaultError `HoldsPlaintext` where it cannot be left out.
 */
export function examineUpload(path: string, bytes: Uint8Array<ArrayBuffer>): Examined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = scan(buffer, path);
  if (found.plaintext.length === 0) {
    const understood = found.blobs.some(({ container }) => container === 'aws-cli-json');
    if (!understood && namesPlaintext(buffer)) throw holdsPlaintext(path);
    return { bytes, leftOut: null };
  }
  // A copy, whatever it gives: the next step wipes what it may be a view of.
  const kept = Uint8Array.from(withoutPlaintext(buffer, found));
  bytes.fill(0);
  if (scan(kept, path).plaintext.length > 0) throw holdsPlaintext(path);
  // With a ciphertext beside it, it is what `generate-data-key` printed; alone, what `decrypt` printed.
  return { bytes: kept, leftOut: found.blobs.length > 0 ? 'the plaintext data key' : 'decrypted plaintext' };
}

/**
 * Whether a file that was not read as AWS CLI JSON has a member named `Plaintext` all the same: JSON cut short or
 * amid other text, where its range cannot be found. Zero bytes are passed over, so that UTF-16 reads like UTF-8.
 */
function namesPlaintext(bytes: Buffer): boolean {
  if (!bytes.includes('Plaintext') && !bytes.includes('Plaintext', 0, 'utf16le')) return false;
  return /Plaintext\\*"\s*:/.test(bytes.toString('latin1').replaceAll('\0', ''));
}

function holdsPlaintext(path: string): FaultError {
  return new FaultError(
    fault(
      'HoldsPlaintext',
      `${path} names a Plaintext member that could not be left out, so nothing of it was written.`,
      'It looks like AWS CLI output, but is cut short, edited, or stands within other text.',
      'Remove its Plaintext member, or make it valid JSON, and add it again.',
    ),
  );
}
