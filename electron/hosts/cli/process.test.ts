import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';

/** MiB of V8's space for new objects in a process of its own, in the end: after it made many that live for a while. */
function youngSpace(...calls: string[]): number {
  const module = pathToFileURL(join(import.meta.dirname, 'process.ts'));
  const script = `
    import { getHeapSpaceStatistics } from 'node:v8';
    import * as own from ${JSON.stringify(module)};
    const load = () => { for (let i = 0; i < 3; i++) Array.from({ length: 400_000 }, (_, at) => ({ at })); };
    for (const call of ${JSON.stringify(calls)}) {
      own[call]();
      load();
    }
    load();
    console.log(getHeapSpaceStatistics().find((one) => one.space_name === 'new_space').space_size / 2 ** 21);`;
  const options = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', script];
  return Number(execFileSync(process.execPath, options, { encoding: 'utf8' }));
}

test('the space for new objects is as large as a run needs, whatever it makes', () => {
  expect(youngSpace()).toBeGreaterThan(4);
  expect(youngSpace('keepYoungSpace')).toBeLessThanOrEqual(1);
  expect(youngSpace('keepYoungSpace', 'growYoungSpaceOnce')).toBe(4);
});
