import type { Facet } from './model/audit.ts';

/** What an audit counts by, for people: the same on screen and in reports. */
export const FACET_WORDS: Record<Facet, string> = {
  key: 'Key',
  alias: 'Alias',
  account: 'Account',
  region: 'Region',
  state: 'Key state',
  spec: 'Key spec',
  origin: 'Key origin',
  manager: 'Key manager',
  rotation: 'Rotation of the key',
  lastUse: 'Last use of the key',
  age: 'Age of the blob',
  kind: 'Kind of ciphertext',
  container: 'Container',
  coverage: 'How the key is known',
};
