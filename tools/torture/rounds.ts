import { seeded } from './seeded.test-help.ts';

/** One of `values`, drawn at random. */
export const drawOf =
  (random: () => number) =>
  <T>(values: readonly T[]): T =>
    values[Math.floor(random() * values.length)] as T;

interface Round {
  /** What was drawn. */
  readonly drawn: string;
  /** Does it: what was done, and what was not survived. A round that throws was not survived. */
  readonly go: () => Promise<{ readonly did: string; readonly faults: readonly string[] }>;
}

/**
 * So many rounds, each drawn from a seed of its own that its line names, and a line over all of them: `total` says what
 * was done in it. Sets the exit code where one was not survived.
 */
export async function tortureRounds(
  rounds: number,
  seed: number,
  draw: (random: () => number) => Round,
  total: () => string,
): Promise<void> {
  const before = performance.now();
  let lost = 0;
  for (let round = 0; round < rounds; round++) {
    const { drawn, go } = draw(seeded(seed + round));
    const { did, faults } = await go().catch((error: unknown) => ({
      did: 'not ended',
      faults: [error instanceof Error ? error.message : String(error)],
    }));
    if (faults.length > 0) lost += 1;
    const end = faults.length === 0 ? 'survived' : faults.join('; ');
    console.log(`round ${round} (seed ${seed + round}): ${drawn}: ${did}: ${end}`);
  }
  const seconds = ((performance.now() - before) / 1000).toFixed(0);
  console.log(`${rounds - lost} of ${rounds} rounds survived: ${total()}, in ${seconds} s`);
  if (lost > 0) process.exitCode = 1;
}
