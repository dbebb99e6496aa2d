import { mount } from '../mount.tsx';
import { makeFake } from './fake.ts';
import type { FakeOptions } from './options.ts';

const query = new URLSearchParams(location.search);
const pick = <T extends string>(name: string, values: readonly T[], otherwise: T): T =>
  values.find((value) => value === query.get(name)) ?? otherwise;

const options: FakeOptions = {
  n: Number(query.get('n') ?? 40),
  conn: pick('conn', ['practice', 'aws', 'failed', 'connecting'], 'practice'),
  host: pick('host', ['desktop', 'loopback'], 'desktop'),
  failing: query.has('failing'),
  slow: query.has('slow'),
  hang: query.has('hang'),
  keys: pick('keys', ['ready', 'failed', 'gaps', 'loading'], 'ready'),
  odd: query.has('odd'),
  states: query.has('states'),
};
Object.defineProperty(window, 'rewrap', { value: makeFake(options) });
mount();
