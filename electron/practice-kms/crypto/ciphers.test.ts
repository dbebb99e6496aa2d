import { createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { manyRuns } from '../../../tools/many-runs.ts';
import { flipped } from '../testing/test-kit.ts';
import { KIND, readBlob } from './blob-layout.ts';
import { type Context, canonicalContext, open, seal } from './ciphers.ts';

const material = createSecretKey(randomBytes(32));
const fingerprint = randomBytes(32);

function opened(blob: Buffer, context: Context, key = material): Buffer | null {
  const parts = readBlob(blob);
  return parts && open(key, parts, context);
}

/** Contexts of all sorts of Unicode, `__proto__` among the keys; well-formed, as the wire demands. */
const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const contexts = fc
  .uniqueArray(fc.tuple(fc.oneof(text, fc.constantFrom('__proto__', 'constructor', '')), text), {
    selector: ([key]) => key,
    maxLength: 6,
  })
  .map((pairs) => Object.fromEntries(pairs));

describe('symmetric blobs', () => {
  it('open to what was sealed, at every size and with every context', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 4096, size: 'max' }),
        contexts,
        (plaintext, context) => {
          const blob = seal(material, fingerprint, KIND.Encrypt, plaintext, context);
          const reordered = Object.fromEntries(Object.entries(context).reverse());
          expect(opened(blob, reordered)?.equals(plaintext)).toBe(true);
        },
      ),
      { numRuns: manyRuns(200) },
    );
  });

  it('open under no other context', () => {
    fc.assert(
      fc.property(contexts, contexts, (one, other) => {
        const same = canonicalContext(one).equals(canonicalContext(other));
        const blob = seal(material, fingerprint, KIND.Encrypt, Buffer.from('p'), one);
        expect(opened(blob, other) !== null).toBe(same);
      }),
      { numRuns: manyRuns(200) },
    );
    // Pairs that a careless joining would confuse.
    const blob = seal(material, fingerprint, KIND.Encrypt, Buffer.from('p'), { ab: 'c', d: '' });
    for (const other of [
      { a: 'bc', d: '' },
      { ab: 'cd' },
      { ab: 'c' },
      { AB: 'c', d: '' },
      { abc: '', d: '' },
    ])
      expect(opened(blob, other)).toBeNull();
  });

  it('have one canonical context per set of pairs', () => {
    fc.assert(
      fc.property(contexts, contexts, (one, other) => {
        const sameSet =
          JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());
        expect(canonicalContext(one).equals(canonicalContext(other))).toBe(sameSet);
      }),
      { numRuns: manyRuns(200) },
    );
  });

  it('never open after a change of any single bit', () => {
    const blob = seal(material, fingerprint, KIND.Encrypt, randomBytes(40), { app: 'x' });
    for (let at = 0; at < blob.length; at += 1) {
      // The fingerprint says which key to look for; here the right key is tried all the same.
      for (let bit = 0; bit < 8; bit += 1) expect(opened(flipped(blob, at, bit), { app: 'x' })).toBeNull();
    }
    expect(opened(blob, { app: 'x' })).not.toBeNull();
  });

  it('do not open under another key, and never repeat', () => {
    const blobs = Array.from({ length: 2000 }, () =>
      seal(material, fingerprint, KIND.Encrypt, Buffer.from('p'), {}),
    );
    const first = blobs[0] ?? Buffer.alloc(0);
    expect(opened(first, {}, createSecretKey(randomBytes(32)))).toBeNull();
    const salts = new Set(blobs.map((blob) => blob.subarray(38, 54).toString('hex')));
    const nonces = new Set(blobs.map((blob) => readBlob(blob)?.nonce.toString('hex')));
    expect(salts.size).toBe(2000);
    expect(nonces.size).toBe(2000);
    expect(salts.has('00'.repeat(16))).toBe(false);
  });
});
