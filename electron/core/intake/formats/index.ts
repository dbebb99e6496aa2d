import { byteTextsOf } from '../bytewise/index.ts';
import type { TextView } from '../text/text-view.ts';
import { awsCliJson } from './aws-cli-json.ts';
import { embeddedBlobs } from './embedded.ts';
import { binaryEnvelope, textEnvelopes } from './envelopes/index.ts';
import type { Format } from './format.ts';
import { nothingKnown, rawBlob } from './raw.ts';
import { sopsFile } from './sops/index.ts';
import { sopsRules } from './sops/rules.ts';
import { mayHoldOther, structuredText } from './structured/index.ts';
import { encodedText } from './text.ts';
import { withOthers } from './with-others.ts';

export { embeddedBlobs, withEmbedded } from './embedded.ts';
export { dataKeysIn, viaBranchKey } from './envelopes/index.ts';

/** CLI output, and whatever other blobs stand in the same JSON. */
const awsCliFile: Format = {
  container: 'aws-cli-json',
  read(input) {
    const found = awsCliJson.read(input);
    if (found === null || input.text === null || !hasOthers(input.text, found.blobs.length)) return found;
    return withOthers(found, structuredText.read(input));
  },
};

/** How blobs begin in text, and ciphertext of other tools. */
const BEGINNINGS =
  /AQ[EI][A-D]AH[g-j]|Ci[A-D][A-Za-z0-9+/_-]{28}|QVF[FJ]|010[12]0[1-9]0078|AYA[A-D]|Ag[RV]4/g;

/** Whether a text may hold more blobs than were found in it: cheap, so that one alone is not looked for twice. */
function hasOthers(view: TextView, found: number): boolean {
  const { text } = view;
  if (mayHoldOther(text) || byteTextsOf(view).length > 0) return true;
  let met = 0;
  for (const _ of text.matchAll(BEGINNINGS)) if (++met > found) return true;
  return false;
}

/** All formats, in the order in which they are asked; the last one knows every file. */
export const FORMATS: readonly Format[] = [
  binaryEnvelope,
  rawBlob,
  sopsFile,
  sopsRules,
  textEnvelopes,
  awsCliFile,
  encodedText,
  structuredText,
  embeddedBlobs,
  nothingKnown,
];

/** Formats of a text that stands inside another. */
export const TEXT_FORMATS: readonly Format[] = [sopsFile, textEnvelopes, awsCliFile, structuredText];
