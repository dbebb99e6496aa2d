import { expect, test } from 'vitest';
import { screenTexts } from './screen-words.ts';

const texts = screenTexts();

/** Words that a better one has replaced on screen: what it is now, and what it was. */
const REPLACED: readonly (readonly [instead: string, was: RegExp])[] = [
  ['Runs', /\bActivity\b(?! [Ss]tream)/],
  ['Confirmed by KMS', /\bKMS said(?: whose)?\b/],
  ['Same key, not yet identified', /grouped, key not known/],
  ['Yes', /speaks against/],
  ['No permission to read', /\bnot told\b/],
  ['Separate destination', /Destination apart/],
  ['Current connection', /\bIn force\b/],
  ['Connection', /\bWork(?:s)? against\b|^Against$/],
  ['Assume a rate of', /Reckon with|As fast as KMS answers/],
  ['Available after the run starts', /Known once it runs/],
  ['Require this key', /Pin a key/],
  ['None of these keys can decrypt this blob.', /was found to open it/],
  ['skipped', /not taken in\b/],
  ['Resume', /\b[Gg]o on\b|\bgone on with\b/],
  ['Running', /\bUnder way\b/],
  ['System default', /built-in authorities/],
  ['AWS CLI JSON', /JSON of the AWS CLI/],
  ['Choose its source key', /Need their source key named/],
  ['Detect automatically', /Let KMS find it/],
  ['Unsupported', /Not offered/],
  ['Cancel', /Keep as it is/],
  ['Reported as', /Told as/],
  ['Select a field', /keep it lit/],
  ['Key identification', /How much is known of/],
  ['Generated', /Stated at/],
];

test('the sources are read: texts of elements, attributes and templates', () => {
  const all = texts.map(({ text }) => text);
  expect(all.length).toBeGreaterThan(1500);
  for (const text of ['Verify the chain', 'Search the history', 'Nothing was found.', 'Command palette'])
    expect(all).toContain(text);
});

test.each(REPLACED)('%s is what the screen says', (_instead, was) => {
  expect(texts.filter(({ text }) => was.test(text))).toEqual([]);
});

test('no sentence ends with two marks, or with an exclamation', () => {
  expect(texts.filter(({ text }) => /[a-z](?:!|\.\.)$/.test(text))).toEqual([]);
});

test('a button of one word and more: three dots are one character', () => {
  expect(texts.filter(({ text }) => /\w\.\.\./.test(text))).toEqual([]);
});
