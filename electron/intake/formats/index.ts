import { awsCliJson } from './aws-cli-json.ts';
import { binaryEnvelope, textEnvelopes } from './envelopes/index.ts';
import type { Format } from './format.ts';
import { nothingKnown, rawBlob } from './raw.ts';
import { sopsFile } from './sops/index.ts';
import { structuredText } from './structured/index.ts';
import { encodedText } from './text.ts';
import { withOthers } from './with-others.ts';

/** CLI output, and whatever other blobs stand in the same JSON. */
const awsCliFile: Format = {
  container: 'aws-cli-json',
  read(input) {
    const found = awsCliJson.read(input);
    return found === null ? null : withOthers(found, structuredText.read(input));
  },
};

/** All formats, in the order in which they are asked; the last one knows every file. */
export const FORMATS: readonly Format[] = [
  binaryEnvelope,
  rawBlob,
  sopsFile,
  textEnvelopes,
  awsCliFile,
  encodedText,
  structuredText,
  nothingKnown,
];
