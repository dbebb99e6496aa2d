import { isKeyId, readKeyName } from '../../key-material/index.ts';
import type { Audit } from '../model.ts';
import type { AskedKey } from './touched-blobs.ts';

/**
 * Why it is not known which key the name that was asked about stands for: sentences, none where it is known. No blob is
 * under a name that is misspelt, which says nothing of the key that was meant.
 *
 * An ARN or id says by itself which key it is, so that no connection is needed. An alias does not: KMS or a file has to say.
 */
export function nameGaps(question: AskedKey, audit: Audit): string[] {
  const { asked, key } = question;
  const { input } = audit;
  const { names } = input.evidence;
  const { alias, id } = readKeyName(asked);
  const gaps: string[] = [];
  const elsewhere = names.sameIdElsewhere(key?.arn ?? asked);
  if (elsewhere.length > 0)
    gaps.push(
      `Files name a key of the same id in another account or Region (${elsewhere.slice(0, 3).join(', ')}${elsewhere.length > 3 ? ', …' : ''}): check which of them is meant.`,
    );
  if (key !== null) return gaps;
  if (!alias && !isKeyId(id)) {
    gaps.push(`${asked} is no key id, ARN or alias: check the spelling. An alias begins with alias/.`);
    return gaps;
  }
  if (input.caller !== null) {
    const undescribed = ofConnection(question, audit);
    if (undescribed !== null) gaps.push(undescribed);
  } else if (alias && names.targetsOf(asked).length === 0)
    gaps.push(
      `No file says which key ${asked} names, and KMS was not asked (--profile, --region): ask by the key\u2019s ARN, or with a connection.`,
    );
  return gaps;
}

/** Why KMS did not describe the key on the connection that there is; null where it knows the key by another Region's ARN. */
function ofConnection({ asked }: AskedKey, { input: { book, caller, evidence } }: Audit): string | null {
  const { region, multiRegion } = readKeyName(asked);
  if (book(asked) === 'gone')
    return `KMS knows no key ${asked} on this connection: check the name, the account and the Region.`;
  if (region === null || region === caller?.region)
    return `KMS did not describe ${asked} on this connection: check the name, the account and permission to kms:DescribeKey.`;
  // KMS lists the Regions of a multi-Region key beside each of its replicas.
  const listed =
    multiRegion &&
    evidence.names
      .keysOf(asked)
      .flatMap((each) => evidence.names.arnsOf(each))
      .map(book)
      .some((known) => known !== null && known !== 'gone' && known.otherRegions.includes(region));
  return listed
    ? null
    : `KMS was not asked about ${asked}: this connection is to ${caller?.region}. Ask with a connection to ${region}.`;
}
