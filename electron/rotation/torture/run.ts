import { parseArgs } from 'node:util';
import { bundleChild, torture } from './torture.ts';

/** `npm run torture` (`-- --kills 100`): prints how many kills were survived. */
const { values } = parseArgs({ options: { kills: { type: 'string', default: '1000' } } });
const { child, remove } = await bundleChild();
const before = performance.now();
let last = 0;
try {
  const survived = await torture(Number(values.kills), child, Math.random, (now) => {
    if (now.kills - last < 50) return;
    last = now.kills;
    console.log(`${now.kills} kills survived, ${now.scenarios} folders`);
  });
  const { kills, atRandom, scenarios, completed, undone } = survived;
  console.log(
    `${kills} kills survived (${atRandom} at random instants, the others at a step) over ${scenarios} folders of ` +
      `mixed files: ${completed} runs completed, ${undone} undone, in ${((performance.now() - before) / 1000).toFixed(0)} s`,
  );
} finally {
  remove();
}
