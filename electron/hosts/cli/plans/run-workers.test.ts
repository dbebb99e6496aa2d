import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../program/program.ts';
import { commandsOf } from '../program/shape.ts';
import { workerWords } from './run-workers.ts';

/** The options as the command of a worker reads them. */
async function readBack(words: readonly string[]): Promise<Record<string, unknown>> {
  const program = createProgram();
  let read: Record<string, unknown> = {};
  const run = commandsOf(program).get('run');
  run?.action(() => {
    read = run.optsWithGlobals();
  });
  await program.parseAsync(words, { from: 'user' });
  return read;
}

describe('a worker', () => {
  it('is given all that shapes the result, as the command for all workers was', async () => {
    const flags = {
      root: 'data',
      evenIfThere: true,
      grantToken: ['AQpA', '-begins-with-a-dash'],
      profile: 'prod',
      region: 'eu-west-1',
      endpointUrl: 'https://kms.example.org',
      fips: true,
      dualStack: true,
    } as const;
    expect(
      await readBack(workerWords('/shards', 3, { ...flags, grantToken: [...flags.grantToken] }, 2_500)),
    ).toMatchObject({
      ...flags,
      root: resolve('data'),
      index: 3,
      timeout: 2_500,
      progress: 'jsonl',
    });
  });

  it('is given nothing that the command was not', async () => {
    const read = await readBack(workerWords('/shards', 0, {}, undefined));
    expect(Object.keys(read).sort()).toEqual(['index', 'progress']);
  });
});
