/**
 * The one buffer that plaintext may be in. Blobs are moved several at a time, so it is divided into places; a place
 * belongs to one request and is zeroed when that request is over, whatever came of it.
 */

/** Blobs in hand at a time: as many as a run sends at once. */
export const PLACES = 16;

/** Longest reply of Decrypt: 6,144 bytes in base64 are 8,192, and the other members are short. Bytes. */
const REPLY_BYTES = 16 * 1024;
/** Longest plaintext of any KMS key. Bytes. */
const PLAIN_BYTES = 8 * 1024;
const PLACE_BYTES = 2 * REPLY_BYTES + 2 * PLAIN_BYTES;

/** What one request may use of the buffer. */
export interface Place {
  /** Decrypt's reply, with the plaintext in base64. */
  readonly decrypted: Uint8Array;
  /** The same plaintext as bytes, to search what leaves for it. */
  readonly plain: Uint8Array;
  /** Of a second blob, where two are compared. */
  readonly other: Uint8Array;
  /** Encrypt's reply, or that of a second Decrypt. */
  readonly encrypted: Uint8Array;
}

export class BufferPlaces {
  readonly #buffer = new Uint8Array(PLACES * PLACE_BYTES);
  readonly #free = Array.from({ length: PLACES }, (_, i) => i);
  readonly #waiting: ((at: number) => void)[] = [];

  /** Gives `work` a place of its own, waiting for one where all are taken; zeroes it afterwards. */
  async use<T>(work: (place: Place) => Promise<T>): Promise<T> {
    const at = this.#free.pop() ?? (await new Promise<number>((resolve) => this.#waiting.push(resolve)));
    const whole = this.#buffer.subarray(at * PLACE_BYTES, (at + 1) * PLACE_BYTES);
    try {
      return await work({
        decrypted: whole.subarray(0, REPLY_BYTES),
        encrypted: whole.subarray(REPLY_BYTES, 2 * REPLY_BYTES),
        plain: whole.subarray(2 * REPLY_BYTES, 2 * REPLY_BYTES + PLAIN_BYTES),
        other: whole.subarray(2 * REPLY_BYTES + PLAIN_BYTES),
      });
    } finally {
      whole.fill(0);
      const next = this.#waiting.shift();
      if (next === undefined) this.#free.push(at);
      else next(at);
    }
  }

  wipe(): void {
    this.#buffer.fill(0);
  }

  /** Whether nothing but zeros is in it. */
  get isZero(): boolean {
    return this.#buffer.every((byte) => byte === 0);
  }
}
