import type { BlobKind } from '#shared/model/blob.ts';
import type { EncryptionContext } from '#shared/model/context.ts';
import type { PlanBlobState, PlanView } from '#shared/model/plan-view.ts';
import type { ContextChoice, RunMode } from '#shared/model/run.ts';
import { bytes, count, moment, plural } from './format.ts';
import { ALGORITHM_WORDS, kindWords, type Tone } from './words.ts';

export const MODE_WORDS: Record<RunMode, { readonly word: string; readonly detail: string }> = {
  'change-key': { word: 'Change key', detail: 'to another key' },
  'change-context': {
    word: 'Change context',
    detail: 'the same key, another encryption context',
  },
  refresh: {
    word: 'Refresh to current key material',
    detail: 'the same key, its current material',
  },
  'change-algorithm': {
    word: 'Change algorithm',
    detail: 'another encryption algorithm',
  },
};

interface StateWords {
  readonly tone: Tone;
  readonly word: string;
  /** What becomes of such blobs in a run. */
  readonly inRun: string;
}

export const PLAN_STATE: Record<PlanBlobState, StateWords> = {
  ready: { tone: 'done', word: 'As planned', inRun: 'sent' },
  done: { tone: 'done', word: 'Re-encrypted by an earlier run of this plan', inRun: 'left as it is' },
  there: { tone: 'neutral', word: 'Already at the destination', inRun: 'left as it is' },
  'file-changed': { tone: 'attention', word: 'File changed around it', inRun: 'left as it is' },
  'blob-changed': { tone: 'attention', word: 'Another blob in its place', inRun: 'left as it is' },
  gone: { tone: 'attention', word: 'No blob in its place', inRun: 'left out' },
  missing: { tone: 'danger', word: 'File missing', inRun: 'left out' },
  unreadable: { tone: 'danger', word: 'File not readable', inRun: 'left out' },
  unknown: { tone: 'attention', word: 'File not in the list', inRun: 'left out' },
};

const pairs = (context: EncryptionContext): string =>
  Object.keys(context).length === 0
    ? 'None'
    : Object.entries(context)
        .map(([key, value]) => `${key} = ${value}`)
        .join(', ');

/** A choice of context in words. */
export function contextWords(choice: ContextChoice): string {
  switch (choice.mode) {
    case 'declared':
      return 'As each container declares; none where it declares none';
    case 'given':
      return pairs(choice.context);
    case 'same':
      return 'Kept';
    case 'changed':
      return [
        'Each blob’s own',
        ...(Object.keys(choice.add).length > 0 ? [`with ${pairs(choice.add)}`] : []),
        ...(choice.remove.length > 0 ? [`without ${choice.remove.join(', ')}`] : []),
      ].join(', ');
  }
}

const algorithmWords = (algorithm: string): string => ALGORITHM_WORDS[algorithm] ?? algorithm;

function outputWords({ output }: PlanView): string {
  if (output.mode === 'folder') return `New files into ${output.folder}; originals stay`;
  return output.backup
    ? 'Replaces each file in place and keeps a backup beside it'
    : 'Replaces each file in place and keeps no backup';
}

function paceWords({ pace: { concurrency, perSecond, processes = 1 } }: PlanView): string {
  const parts = [
    perSecond === null ? null : `at most ${plural(perSecond, 'request')} a second`,
    concurrency === null ? null : `${count(concurrency)} at a time`,
    processes === 1 ? null : `by ${count(processes)} processes`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? 'No rate limit' : parts.join(', ').replace(/^./, (c) => c.toUpperCase());
}

export interface PlanFact {
  readonly name: string;
  readonly value: string;
  /** In full, where `value` is short for it. */
  readonly title?: string;
}

interface PlanFacts {
  readonly what: readonly PlanFact[];
  readonly from: readonly PlanFact[];
  readonly to: readonly PlanFact[];
  readonly how: readonly PlanFact[];
}

/** Everything that a plan says, in words. `keyWords`: a key's alias where it is known. */
export function planFacts(view: PlanView, keyWords: (keyId: string) => string): PlanFacts {
  const { source, destination, touches } = view;
  return {
    what: [
      { name: 'Purpose', value: MODE_WORDS[view.mode].word },
      {
        name: 'Blobs',
        value: `${plural(touches.blobs, 'blob')} in ${plural(touches.files, 'file')}, ${bytes(view.bytes)} of ciphertext`,
      },
      {
        name: 'Kinds',
        value: view.kinds
          .map(({ kind, blobs }) => `${kindWords(kind as BlobKind)} (${count(blobs)})`)
          .join(', '),
      },
      { name: 'Folder', value: view.root ?? 'Not named: files are matched with the list' },
      { name: 'Made', value: moment(view.createdAt, true) },
    ],
    from: [
      {
        name: 'Source key',
        value: source.keyId === null ? 'Detected by KMS from the blob' : keyWords(source.keyId),
        ...(source.keyId === null ? {} : { title: source.keyId }),
      },
      { name: 'Source algorithm', value: algorithmWords(source.algorithm) },
      { name: 'Source context', value: contextWords(source.context) },
    ],
    to: [
      { name: 'Destination key', value: keyWords(destination.keyId), title: destination.keyId },
      { name: 'Destination algorithm', value: algorithmWords(destination.algorithm) },
      { name: 'Destination context', value: contextWords(destination.context) },
    ],
    how: [
      { name: 'Output', value: outputWords(view) },
      {
        name: 'Verify',
        value: view.verify
          ? 'Each new blob, by a dry run, before its file is written: KMS says that it opens'
          : 'No',
      },
      {
        name: 'When a blob fails',
        value: view.onFailure === 'hold-back' ? 'Its file stays as it was' : 'Its file takes the others',
      },
      {
        name: 'Already at the destination',
        value: view.evenIfThere ? 'Sent all the same' : 'Skipped',
      },
      { name: 'Rate', value: paceWords(view) },
    ],
  };
}

interface Difference {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** The settings in which two plans differ, in the order of the page. When they were made is no setting. */
export function differences(a: PlanFacts, b: PlanFacts): Difference[] {
  const list = ({ what, from, to, how }: PlanFacts) => [...what, ...from, ...to, ...how];
  const others = new Map(list(b).map((fact) => [fact.name, fact]));
  return list(a).flatMap(({ name, value, title }) => {
    const other = others.get(name);
    if (other === undefined || name === 'Made') return [];
    return (title ?? value) === (other.title ?? other.value)
      ? []
      : [{ name, before: value, after: other.value }];
  });
}
