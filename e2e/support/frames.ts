import type { Page } from '@playwright/test';

interface FrameTimes {
  readonly frames: number;
  /** Milliseconds between two frames. */
  readonly median: number;
  readonly p95: number;
  readonly longest: number;
}

/** Times the frames of a page for so many milliseconds. */
export async function frameTimes(page: Page, ms: number): Promise<FrameTimes> {
  const gaps = await page.evaluate(
    (length) =>
      new Promise<number[]>((resolve) => {
        const found: number[] = [];
        let last = performance.now();
        const end = last + length;
        const tick = (): void => {
          const now = performance.now();
          found.push(now - last);
          last = now;
          if (now < end) requestAnimationFrame(tick);
          else resolve(found);
        };
        requestAnimationFrame(tick);
      }),
    ms,
  );
  const sorted = gaps.toSorted((a, b) => a - b);
  const at = (part: number): number => Math.round(sorted[Math.floor((sorted.length - 1) * part)] ?? 0);
  return { frames: gaps.length, median: at(0.5), p95: at(0.95), longest: at(1) };
}
