import { awsCliJson } from './aws-cli-json.ts';
import { binaryEnvelope, textEnvelopes } from './envelopes/index.ts';
import type { Format } from './format.ts';
import { nothingKnown, rawBlob } from './raw.ts';
import { sopsFile } from './sops/index.ts';
import { structuredText } from './structured/index.ts';
import { encodedText } from './text.ts';

/** All formats, in the order in which they are asked; the last one knows every file. */
export const FORMATS: readonly Format[] = [
  binaryEnvelope,
  rawBlob,
  sopsFile,
  textEnvelopes,
  awsCliJson,
  encodedText,
  structuredText,
  nothingKnown,
];
