import { createCipheriv } from 'node:crypto';

/**
 * Bytes that look random and are the same at every run: with fresh ones a test that asks "never, for any random
 * bytes" would fail once in a great while, as such a question must.
 */
export function randomLooking(seed: string): (size: number) => Buffer {
  const stream = createCipheriv('aes-256-ctr', Buffer.alloc(32, seed), Buffer.alloc(16));
  return (size) => stream.update(Buffer.alloc(size));
}
