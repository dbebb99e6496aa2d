import { expect, test } from 'vitest';
import { CATALOGUE, explainKms, OWN } from '#shared/kms/errors.ts';
import { fault } from '#shared/model/fault.ts';
import type { RunItem } from '#shared/model/run.ts';
import { cannotOpen, fixesOf, fixWords } from './fixes.ts';

const SENT: NonNullable<RunItem['sent']> = {
  sourceKeyId: null,
  sourceAlgorithm: 'SYMMETRIC_DEFAULT',
  sourceContext: null,
  destinationKeyId: 'alias/x',
  destinationAlgorithm: 'SYMMETRIC_DEFAULT',
  destinationContext: null,
};
const RSA = { ...SENT, sourceAlgorithm: 'RSAES_OAEP_SHA_256' as const };
const of = (code: string, message = '', sent: RunItem['sent'] = SENT) =>
  fixesOf({ fault: fault(code, message, '', ''), sent });

test.each([
  ['InvalidCiphertextException', '', SENT, ['context']],
  ['InvalidCiphertextException', '', RSA, ['source-key']],
  ['IncorrectKeyException', '', SENT, ['any-source', 'source-key']],
  ['SourceKeyNeeded', '', RSA, ['source-key']],
  ['SopsNeedsSymmetricKey', '', SENT, ['destination-key']],
  ['PossiblePlaintextInFile', '', SENT, ['output']],
  ['InvalidGrantTokenException', '', SENT, ['grant-tokens']],
  ['DisabledException', 'The source key arn:x is disabled.', SENT, ['again']],
  ['DisabledException', 'The destination key arn:x is disabled.', SENT, ['destination-key', 'again']],
  ['NotFoundException', 'KMS does not know the destination key x.', SENT, ['destination-key']],
  ['NotFoundException', 'KMS does not know the source key x.', SENT, ['source-key']],
  ['FileChanged', '', SENT, ['read-again']],
  ['FileHeldBack', '', SENT, []],
] as const)('%s (%s) is fixed where its cause is', (code, message, sent, fixes) => {
  expect(of(code, message, sent)).toEqual(fixes);
});

test('the right that a refused destination lacks can be gained, or another destination chosen', () => {
  const denied = explainKms(
    'AccessDeniedException',
    'User: arn:aws:iam::1:user/a is not authorized to perform: kms:ReEncryptTo on resource: arn:aws:kms:us-east-1:1:key/b',
    null,
    { operation: 'ReEncrypt', destinationKeyId: 'arn:aws:kms:us-east-1:1:key/b' },
  );
  expect(fixesOf({ fault: denied, sent: SENT })).toEqual(['destination-key', 'again']);
});

test('every fault either passes, or has an action or words that say what to do', () => {
  for (const [code, { retryable: passes, remedy, stopsRun }] of Object.entries({ ...CATALOGUE, ...OWN }))
    expect(passes || stopsRun || of(code).length > 0 || remedy !== '', code).toBe(true);
});

test('first answers that all refuse to open say so of the rest; others do not', () => {
  const item = (code: string) => ({ state: 'failed', fault: fault(code, '', '', '') }) as RunItem;
  expect(cannotOpen([item('AccessDeniedException'), item('AccessDeniedException')])?.code).toBe(
    'AccessDeniedException',
  );
  expect(cannotOpen([item('AccessDeniedException'), item('DisabledException')])).toBeNull();
  expect(cannotOpen([item('ThrottlingException')])).toBeNull();
  expect(cannotOpen([])).toBeNull();
});

test('an action says how many blobs it is for', () => {
  expect(fixWords('context', 5)).toBe('Set context for these 5…');
  expect(fixWords('source-key', 1)).toBe('Choose source key for this blob…');
  expect(fixWords('again', 2000)).toBe('Try these 2,000 again…');
});
