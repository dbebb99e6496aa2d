import { EVIDENCE_WORDS } from '#shared/evidence.ts';
import { finding } from '#shared/finding.ts';
import type { AuditKey } from '#shared/model/audit.ts';
import type { BlobRow } from '#shared/model/blob.ts';
import type { EvidenceModel } from '../../key-material/index.ts';
import { draftOf } from '../findings/key-findings.ts';
import type { KeySubject } from '../model.ts';
import { ofKms, placeIn, type RowRule, type RuleVerdict, subjectWords } from './judged.ts';
import { matchKey } from './key-rules.ts';
import type { AuditRules } from './rules.ts';

const DAY = 86_400_000;

/** Rules with time in them, and the one about how well a key is known: cryptoperiods, evidence, campaigns. */
export function periodChecks(rules: AuditRules, model: EvidenceModel, now: number): [string, RowRule][] {
  const { cryptoperiods, evidence, campaigns = [] } = rules;
  return [
    ...(cryptoperiods === undefined
      ? []
      : [
          ['cryptoperiods', ofKms((subject) => withinPeriod(cryptoperiods, subject, now))] as [
            string,
            RowRule,
          ],
        ]),
    ...(evidence === undefined
      ? []
      : [['evidence', ofKms((subject) => wellKnown(evidence, subject))] as [string, RowRule]]),
    ...campaigns.map((campaign): [string, RowRule] => [
      `campaigns ${campaign.name}`,
      ofKms((subject, row) => {
        const over = now >= Date.parse(campaign.deadline) + DAY;
        if (!over) return { holds: `its deadline ${campaign.deadline} has not passed` };
        return whatIsLeft(campaign, subject, row, model);
      }),
    ]),
  ];
}

type Period = keyof NonNullable<AuditRules['cryptoperiods']>;

/** Types of keys in the words of NIST SP 800-57 part 1, section 5.3.6. KMS's symmetric keys wrap data keys. */
const PERIOD_WORDS: Readonly<Record<Period, string>> = {
  symmetricKeyWrapping: 'symmetric key-wrapping keys',
  privateKeyTransport: 'private key-transport keys',
};

function periodOf({ spec, usage }: AuditKey): Period | null {
  if (spec === 'SYMMETRIC_DEFAULT') return 'symmetricKeyWrapping';
  return usage === 'ENCRYPT_DECRYPT' && (spec === 'SM2' || spec?.startsWith('RSA_') === true)
    ? 'privateKeyTransport'
    : null;
}

/** Whether the key material that encrypts now is younger than its originator-usage period. */
function withinPeriod(
  periods: NonNullable<AuditRules['cryptoperiods']>,
  subject: KeySubject,
  now: number,
): RuleVerdict {
  const { key, viaAlias, label } = subject;
  if (key === null)
    return { why: 'its cryptoperiod began when its key was made or rotated, which KMS alone says' };
  if (viaAlias) return { why: 'its file names an alias, which may have named another key when it was made' };
  const type = periodOf(key);
  const days = type === null ? undefined : periods[type];
  if (type === null || days === undefined) return null;
  const since = beganAt(key);
  if (since === null) return { why: 'KMS did not say when its key was made and last rotated' };
  const began = since.slice(0, 10);
  if (now - Date.parse(since) <= days * DAY)
    return {
      holds: `${subjectWords(subject)}: ${PERIOD_WORDS[type]} ${days} days, current key material since ${began}`,
    };
  return {
    about: label ?? '',
    broken: draftOf(
      finding('rule-cryptoperiod', {
        evidence: [`current key material since ${began}`, `allowed for ${PERIOD_WORDS[type]}: ${days} days`],
        values: { key: subjectWords(subject), days },
      }),
    ),
  };
}

/** When the key material that encrypts now came; null where that is not known. RSA and SM2 keys do not rotate. */
function beganAt({ spec, rotation, materials, createdAt }: AuditKey): string | null {
  if (spec !== 'SYMMETRIC_DEFAULT') return createdAt;
  if (rotation === null) return null;
  return rotation.lastAt ?? (materials === 1 ? createdAt : null);
}

function wellKnown(
  allowed: NonNullable<AuditRules['evidence']>,
  { by, viaAlias, fingerprint }: KeySubject,
): RuleVerdict {
  const how = viaAlias && by !== 'kms' ? 'alias' : by;
  const words = how === 'alias' ? 'named by an alias, which can be moved' : EVIDENCE_WORDS[how];
  if ((allowed as readonly string[]).includes(how)) return { holds: `its key is ${words}` };
  return {
    about: `${how} ${how === 'contradicted' ? fingerprint : ''}`,
    broken: draftOf(
      finding('rule-evidence', { evidence: [`allowed: ${allowed.join(', ')}`], values: { how: words } }),
    ),
  };
}

type CampaignRule = NonNullable<AuditRules['campaigns']>[number];

/** Of a campaign that should be over: whether a blob is still where it must not be. */
function whatIsLeft(
  { name, leaveKey, leaveAccount, deadline }: CampaignRule,
  subject: KeySubject,
  row: BlobRow,
  model: EvidenceModel,
): RuleVerdict {
  const of = model.of(row);
  const broken = (what: string): RuleVerdict => ({
    about: name,
    broken: draftOf(
      finding('rule-campaign', {
        evidence: [`still under ${what}`, `deadline ${deadline}`],
        values: { name, date: deadline },
      }),
    ),
  });
  const unknown: RuleVerdict = {
    why: `whether it was moved for ${name} is not known: its key is not known for sure`,
  };
  if (leaveAccount !== undefined) {
    const account = placeIn(subject, of, 'account');
    if (account === leaveAccount) return broken(`account ${leaveAccount}`);
    if (account === null) return unknown;
  }
  if (leaveKey !== undefined) {
    if (of.by === 'unknown' || of.by === 'grouped') return unknown;
    const matched = matchKey(model, of, leaveKey);
    if (matched === 'yes' || matched === 'contradicted') return broken(leaveKey);
    if (matched === 'maybe') return unknown;
  }
  return { holds: `${subjectWords(subject)} is none that ${name} leaves` };
}
