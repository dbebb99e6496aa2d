import { letterRuns, V0_BASE64 } from '../../beginnings.ts';
import { Group, readStructure, type Structure } from '../../structure/index.ts';
import type { Scan } from '../../types.ts';
import { apart } from '../../without-overlaps.ts';
import { awsCliJson } from '../aws-cli-json.ts';
import type { Format } from '../format.ts';
import { structuredText } from '../structured/index.ts';
import { withOthers } from '../with-others.ts';
import { cognitoSender, ecrToken, lambdaFunction, rdsActivity, ssmParameter } from './aws-services.ts';
import { branchKey } from './branch-key.ts';
import { readBytes } from './bytes.ts';
import { credstash } from './credstash.ts';
import { databaseItem, dynamodbClient } from './dynamodb-client.ts';
import { ecrAuthorization, encodedWhole, insideValue, storedBytes } from './encoded.ts';
import { mongodb } from './mongodb.ts';
import { opentofu } from './opentofu.ts';
import { pulumi } from './pulumi.ts';
import { s3Headers, s3Metadata } from './s3.ts';
import { secretStrings } from './secret-strings.ts';
import type { Collected, GroupFormat } from './shared.ts';
import { confluentDeks, ejsonKms, serverlessSecrets } from './shared-key.ts';
import { terraform } from './terraform.ts';
import { tinkKeysetJson } from './tink.ts';

export { dataKeysIn, viaBranchKey } from './sdk-message.ts';

/** Binary files that are an envelope. Asked before anything that knows a file by its first bytes alone. */
export const binaryEnvelope: Format = {
  container: 'encryption-sdk-message',
  read({ bytes }) {
    const blobs = readBytes(bytes);
    return blobs === null ? null : { blobs, findings: [], plaintext: [] };
  },
};

/** A new one is a file and a line here. */
export const GROUP_FORMATS: readonly GroupFormat[] = [
  pulumi,
  opentofu,
  terraform,
  s3Metadata,
  mongodb,
  credstash,
  dynamodbClient,
  databaseItem,
  branchKey,
  tinkKeysetJson,
  ssmParameter,
  rdsActivity,
  cognitoSender,
  lambdaFunction,
  confluentDeks,
  serverlessSecrets,
  ejsonKms,
  ecrToken,
  ecrAuthorization,
  storedBytes,
];

const NAMES = new RegExp(GROUP_FORMATS.map(({ names }) => names.source).join('|'));

/** Base64 that is long enough to hold a blob inside, and does not begin like one itself. */
const LONG_BASE64 = new RegExp(`(?<![A-Za-z0-9+/])(?!AQ[EI][A-D]AH|${V0_BASE64})[A-Za-z0-9+/]{180}`);
const LONG = 180;
/** A blob alone: {@link LONG_BASE64} would be tried at each of its letters, and match nowhere. */
const BLOB_ALONE = new RegExp(`^(?=[A-Za-z0-9+/]*$)(?:AQ[EI][A-D]AH|${V0_BASE64})`);

function hasLongBase64(text: string): boolean {
  for (const { start, end } of letterRuns(text, LONG)) {
    const letters = text.slice(start, end);
    if (!BLOB_ALONE.test(letters) && LONG_BASE64.test(letters)) return true;
  }
  return false;
}

/** Text files that are an envelope or hold some: whole, among the values of a structure, or marked in free text. */
export const textEnvelopes: Format = {
  container: 'secret-string',
  read(input) {
    const { text: view, name } = input;
    if (view === null) return null;
    const whole = encodedWhole(view);
    if (whole.length > 0) return { blobs: whole, findings: [], plaintext: [] };
    const out: Collected = { blobs: [], findings: [], plaintext: [] };
    s3Headers(view, out);
    if (out.blobs.length + out.findings.length > 0)
      return withOthers({ ...out, blobs: apart(out.blobs) }, structuredText.read(input));
    const isNamed = NAMES.test(view.text);
    const structure = isNamed || hasLongBase64(view.text) ? readStructure(view, name) : null;
    if (structure !== null) {
      if (isNamed) visitGroups(structure, (group) => readGroup(group, out));
      for (const leaf of structure.leaves) out.blobs.push(...insideValue(leaf));
    }
    const taken = new Set(out.blobs.map(({ range }) => range.start));
    for (const blob of secretStrings(view)) if (!taken.has(blob.range.start)) out.blobs.push(blob);
    if (out.blobs.length + out.findings.length === 0) return null;
    const known: Scan = { ...out, blobs: apart(out.blobs) };
    return [awsCliJson, structuredText].reduce((scan, format) => withOthers(scan, format.read(input)), known);
  },
};

function readGroup(group: Group, out: Collected): void {
  for (const format of GROUP_FORMATS) format.read(group, out);
}

function visitGroups({ roots }: Structure, visit: (group: Group) => void): void {
  const waiting: Group[] = [...roots];
  for (let group = waiting.pop(); group !== undefined; group = waiting.pop()) {
    if (group.kind === 'map') visit(group);
    for (const member of group.members) if (member instanceof Group) waiting.push(member);
  }
}
