import { afterAll, vi } from 'vitest';

/**
 * Set-up of the tests that change what a process shares (environment, clock, globals, stores, a page): after each file
 * all of it is as before, and modules are evaluated anew for the next one. A process of its own for each file does the
 * same for twice the work: it loads React, the page's imitation and the AWS SDK each time.
 */
const environment = { ...process.env };
const cwd = process.cwd();
const { setTimeout: startTimer } = globalThis;
const timers = new Set<ReturnType<typeof setTimeout>>();
// Stores of a page gather changes for a moment: what they still want to send would reach the host of the next file.
if ('document' in globalThis)
  globalThis.setTimeout = Object.assign((...args: Parameters<typeof setTimeout>) => {
    const timer = startTimer(...args);
    timers.add(timer);
    return timer;
  }, startTimer);

afterAll(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  globalThis.setTimeout = startTimer;
  for (const timer of timers) clearTimeout(timer);
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
  process.chdir(cwd);
  vi.resetModules();
});
