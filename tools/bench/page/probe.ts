/**
 * Runs inside the measured page. Nothing of the application is called: it watches the screen as a person does, from
 * the input event to the frame that shows its effect.
 */
interface FrameProbe {
  /** Waits for the next key or pointer release, then for the first frame that looks different. */
  arm(): void;
  /** Milliseconds from the input event until the changed frame was handed to the compositor. */
  readonly settled: Promise<number>;
  /** Begins to note the time between frames. */
  watchFrames(): void;
  frames(): Frames;
}

export interface Frames {
  readonly longest: number;
  readonly count: number;
  /** Frames that took more than 50 ms. */
  readonly long: number;
  /** Longest stretch in which the main thread was busy with one frame; 0 where none lasted 50 ms. */
  readonly busiest: number;
}

declare global {
  interface Window {
    probe: FrameProbe;
  }
}

/** Puts `window.probe` into a page. `selectors`: what makes up the picture. */
export function installProbe(selectors: readonly string[]): void {
  const picture = (): string =>
    selectors
      .map((selector) => {
        const found = [...document.querySelectorAll(selector)].slice(0, 9);
        return found
          .map(
            (e) =>
              `${e.getAttribute('aria-rowcount')}|${e.getAttribute('aria-checked')}|${e.getAttribute('aria-sort')}|${e.matches('[role=grid]') ? '' : e.textContent}`,
          )
          .join(';');
      })
      .join('\n');
  let settled: Promise<number> = Promise.resolve(0);
  let times: number[] = [];
  let watching = false;
  let busiest = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) busiest = Math.max(busiest, entry.duration);
  }).observe({ type: 'long-animation-frame' });
  window.probe = {
    arm() {
      const before = picture();
      settled = new Promise((resolve) => {
        let start: number | null = null;
        const heard = (event: Event): void => {
          if (start !== null) return;
          start = event.timeStamp;
        };
        for (const type of ['keydown', 'pointerup'])
          addEventListener(type, heard, { capture: true, once: true });
        const look = (): void => {
          if (start === null || picture() === before) {
            requestAnimationFrame(look);
            return;
          }
          const begun = start;
          // A message posted before a frame is painted is delivered after it.
          const channel = new MessageChannel();
          channel.port1.onmessage = () => resolve(performance.now() - begun);
          channel.port2.postMessage(0);
        };
        requestAnimationFrame(look);
      });
    },
    get settled() {
      return settled;
    },
    watchFrames() {
      times = [];
      busiest = 0;
      watching = true;
      const tick = (now: number): void => {
        times.push(now);
        if (watching) requestAnimationFrame(tick);
      };
      requestAnimationFrame(tick);
    },
    frames() {
      watching = false;
      const gaps = times.slice(1).map((time, i) => time - (times[i] ?? time));
      return {
        longest: Math.max(0, ...gaps),
        count: gaps.length,
        long: gaps.filter((gap) => gap > 50).length,
        busiest,
      };
    },
  };
}
