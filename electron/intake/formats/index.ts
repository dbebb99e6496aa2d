import { awsCliJson } from './aws-cli-json.ts';
import type { Format } from './format.ts';
import { nothingKnown, rawBlob } from './raw.ts';
import { encodedText } from './text.ts';

/** All formats, in the order in which they are asked; the last one knows every file. */
export const FORMATS: readonly Format[] = [rawBlob, awsCliJson, encodedText, nothingKnown];
