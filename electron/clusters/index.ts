export { Across, type Placed } from './across.ts';
export { clusters, timelines } from './cluster.ts';
export { declaredDate } from './dates.ts';
export { type FindKeyInput, type FindKeyResult, findKey } from './find-key.ts';
export { mayBeAlias, readKeyName } from './key-names.ts';
export { LearnedKeys, type Lesson } from './learned.ts';
