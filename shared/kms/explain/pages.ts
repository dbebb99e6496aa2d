import { entryOf, FINDINGS, type FindingCode } from '../../findings.ts';
import type { PolicyAdvice } from '../../model/fault.ts';
import { APPLICATION } from './application.ts';
import { CATALOGUE } from './catalogue.ts';
import type { CatalogueEntry } from './entry.ts';
import { FILES } from './files.ts';
import { OWN } from './own.ts';
import { PLANS } from './plans.ts';
import { assumeAdvice, identityAdvice, keyAdvice, trustAdvice } from './policy.ts';

/** What a code means, for the shell (`rewrap explain CODE`) and the window. */
export interface ErrorPage {
  readonly code: string;
  readonly kind: 'error' | 'finding';
  /** What happened, in one sentence. */
  readonly what: string;
  /** Who refuses, or where a finding comes from. */
  readonly who: string;
  /** Likely causes of an error, most likely first; what a finding means. May be empty. */
  readonly causes: readonly string[];
  /** What to do. */
  readonly remedy: string;
  /** Whether trying again unchanged may succeed, and what the error does to a run; '' where neither is to be said. */
  readonly run: string;
  /** Policy statements to copy, with placeholders in angle brackets. */
  readonly copy: readonly PolicyAdvice[];
}

/** Who says a code of the services' catalogue, where it is not KMS. */
const WHO: readonly (readonly [pattern: RegExp, who: string])[] = [
  [/^(?:Role|WebIdentity|Sts)/, 'AWS STS, when a role is to be assumed'],
  [/^Sso/, 'IAM Identity Center'],
  [/^(?:Container|Instance)/, 'the endpoint of the container or instance'],
  [/^(?:E[A-Z]{3,}|ENOTFOUND|EAI_AGAIN)/, 'the network, or this machine'],
  [/^Tls/, 'this machine, on checking the certificate'],
  [
    /^(?:CredentialsProviderError|ProfileUnusable|MfaNeeded)$/,
    'Rewrap and the AWS SDK, on reading the configuration',
  ],
  [/^CredentialProcessFailed$/, 'the command of credential_process'],
  [/^(?:ExpiredToken|UnrecognizedClient|InvalidSignature|ClockSkew|Subscription)/, 'AWS (KMS or STS)'],
  [/^UnreadableReply$/, 'what answers at the endpoint'],
  [/^Aborted$/, 'Rewrap'],
];

const OWN_WHO: readonly (readonly [pattern: RegExp, who: string])[] = [
  [/^Proxy/, 'the proxy of the environment'],
  [/^Sso/, 'IAM Identity Center'],
];

const who = (table: typeof WHO, code: string, otherwise: string): string =>
  table.find(([pattern]) => pattern.test(code))?.[1] ?? otherwise;

const wanted = (action: string, side: string | null) => ({ action, keyArn: null, principal: null, side });
const ROLE = '<ARN of the role>';

/** Statements that a page offers for copying. */
const COPY: Readonly<Record<string, readonly PolicyAdvice[]>> = {
  AccessDeniedException: [
    identityAdvice(wanted('kms:ReEncryptFrom', 'source')),
    identityAdvice(wanted('kms:ReEncryptTo', 'destination')),
    keyAdvice(wanted('kms:ReEncryptFrom', 'source')),
    keyAdvice(wanted('kms:ReEncryptTo', 'destination')),
  ],
  RoleNotAssumable: [trustAdvice(ROLE, null, true), assumeAdvice(ROLE, null)],
  VerifyNotPermitted: [
    identityAdvice(wanted('kms:ReEncryptFrom', 'destination')),
    keyAdvice(wanted('kms:ReEncryptFrom', 'destination')),
  ],
  DestinationArnUnknown: [
    identityAdvice(wanted('kms:DescribeKey', 'destination')),
    keyAdvice(wanted('kms:DescribeKey', 'destination')),
  ],
  KeyMaterialMismatch: [identityAdvice(wanted('kms:DescribeKey', 'destination'))],
  // A key store is no resource of a policy: the action takes "*" alone.
  CustomKeyStoreInvalidStateException: [
    identityAdvice({ ...wanted('kms:ConnectCustomKeyStore', null), keyArn: '*' }),
  ],
  DisabledException: [identityAdvice(wanted('kms:EnableKey', null))],
};

/** A run sends requests again by itself; what is wrong with a file, a host or a command is tried again by you. */
function againWords({ causes, retryable }: CatalogueEntry, ofService: boolean): string {
  if (!ofService) return retryable ? 'The same may succeed when you try it again.' : '';
  if (retryable) return 'The same request may succeed if it is sent again; a run does so by itself.';
  return causes.length === 0 ? '' : 'The same request fails again until the cause is removed.';
}

function ofEntry(code: string, says: string, found: CatalogueEntry, ofService = false): ErrorPage {
  const { meaning, causes, remedy, stopsRun } = found;
  const stops = 'Every other request would meet it: a run stops, keeps its place and can be resumed.';
  const run = [againWords(found, ofService), stopsRun ? stops : ''].filter(Boolean).join(' ');
  return { code, kind: 'error', what: meaning, who: says, causes, remedy, run, copy: COPY[code] ?? [] };
}

const SOURCES = {
  files: 'a finding, from the bytes of the files',
  kms: 'a finding, from what KMS says',
  conclusion: 'a finding, concluded from files and KMS',
  rules: 'a finding, from the rules file',
} as const;

/** What is filled in for a case at hand is left out here. */
const general = (text: string): string =>
  text
    .replace(/\s*\{\w+\}/g, '')
    .replace(/\s+([.,;])/g, '$1')
    .trim();

function ofFinding(code: FindingCode): ErrorPage {
  const { about, reason, remedy, advice, source } = entryOf(code);
  return {
    code,
    kind: 'finding',
    what: about,
    who: SOURCES[source],
    causes: reason === undefined || general(reason) === '' ? [] : [general(reason)],
    remedy: advice ?? general(remedy ?? ''),
    run: '',
    copy: [],
  };
}

/** Every code that has a page, sorted. */
export function pageCodes(): string[] {
  return [CATALOGUE, OWN, FILES, APPLICATION, PLANS, FINDINGS].flatMap((table) => Object.keys(table)).sort();
}

/** The page of a code, in upper or lower case; null where there is none. */
export function pageOf(named: string): ErrorPage | null {
  const code = pageCodes().find((one) => one.toLowerCase() === named.trim().toLowerCase());
  if (code === undefined) return null;
  const of = <T extends object>(table: T): CatalogueEntry | null =>
    Object.hasOwn(table, code) ? (table[code as keyof T] as CatalogueEntry) : null;
  const service = of(CATALOGUE);
  if (service !== null) return ofEntry(code, who(WHO, code, 'AWS KMS'), service, true);
  const own = of(OWN);
  if (own !== null) return ofEntry(code, who(OWN_WHO, code, 'Rewrap'), own);
  const other = of(FILES) ?? of(APPLICATION) ?? of(PLANS);
  return other === null ? ofFinding(code as FindingCode) : ofEntry(code, 'Rewrap', other);
}
