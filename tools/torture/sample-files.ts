import {
  KEY,
  OLD_KEY,
  openSealed,
  PLAINTEXT_BYTES,
  seal,
} from '../../electron/core/rotation/testing/fake-kms.ts';

/** Makes ciphertext for the folders of the torture, and checks new ciphertext. */
export interface Vault {
  readonly oldKey: string;
  readonly newKey: string;
  /** Length of the nth plaintext, in bytes. */
  length(nth: number): number;
  /** A blob under the old key. */
  seal(plaintext: Uint8Array): Promise<Uint8Array>;
  /** What a blob holds under the new key; null where it does not open. */
  open(blob: Uint8Array): Promise<Uint8Array | null>;
}

export const sealedVault: Vault = {
  oldKey: OLD_KEY,
  newKey: KEY,
  length: () => PLAINTEXT_BYTES,
  seal: async (plaintext) => seal(OLD_KEY, plaintext),
  open: async (blob) => openSealed(KEY, blob),
};

type Call = (operation: string, members: Record<string, unknown>) => Promise<Record<string, unknown>>;

/**
 * The practice KMS, asked without HTTP and so without its faults. Plaintexts differ in length, by which a reply to another
 * request is recognised.
 */
export async function practiceVault(practice: { readonly call: Call }): Promise<Vault> {
  const key = async (): Promise<string> => {
    const { KeyMetadata } = await practice.call('CreateKey', {});
    return (KeyMetadata as { Arn: string }).Arn;
  };
  const [oldKey, newKey] = [await key(), await key()];
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  const bytes = (text: unknown) => Buffer.from(String(text), 'base64');
  return {
    oldKey,
    newKey,
    length: (nth) => 16 + nth,
    seal: async (plaintext) => {
      const sealed = await practice.call('Encrypt', { KeyId: oldKey, Plaintext: base64(plaintext) });
      return bytes(sealed.CiphertextBlob);
    },
    open: async (blob) => {
      try {
        const opened = await practice.call('Decrypt', { KeyId: newKey, CiphertextBlob: base64(blob) });
        return bytes(opened.Plaintext);
      } catch {
        return null;
      }
    },
  };
}
