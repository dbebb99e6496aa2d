import type { PolicyPlace } from '../../model/fault-error.ts';

interface PolicyFacts {
  /** The caller, in words. */
  readonly who: string;
  /** Account of the key or role. */
  readonly owner: string | null;
  /** Who was asked: its VPC endpoint has the policy. */
  readonly service: string;
  readonly resource: 'key' | 'role';
}

/**
 * The types of policy that IAM names in an AccessDenied message, and who changes each. Source: IAM user guide,
 * "Troubleshoot access denied error messages" ("with an explicit deny in a …", "because no … allows …").
 */
export interface PolicyType {
  readonly place: PolicyPlace;
  /** How the message names it. */
  readonly pattern: RegExp;
  /** In a sentence, with its article: "a service control policy". */
  readonly words: string;
  /** Where it is changed and by which administrator. */
  readonly where: (facts: PolicyFacts) => string;
  /** What a person who only changes the other policies should know; '' where there is nothing. */
  readonly note: string;
}

const ofAccount = (owner: string | null): string => (owner === null ? '' : ` ${owner}`);

const POLICY_TYPES: readonly PolicyType[] = [
  {
    place: 'service-control',
    pattern: /service control polic/i,
    words: 'a service control policy (SCP) of the AWS organization',
    where: ({ who }) =>
      `in the service control policies (SCP) above the account of ${who}: in AWS Organizations, by an administrator of the organization's management account`,
    note: 'No policy inside the account can allow it then.',
  },
  {
    place: 'resource-control',
    pattern: /resource control polic/i,
    words: 'a resource control policy (RCP) of the AWS organization',
    where: ({ owner, resource }) =>
      `in the resource control policies (RCP) above the account${ofAccount(owner)} that owns the ${resource}: in AWS Organizations, by an administrator of that organization's management account`,
    note: 'No key policy and no policy of yours can allow it then.',
  },
  {
    place: 'boundary',
    pattern: /permissions? boundar/i,
    words: 'the permissions boundary of your user or role',
    where: ({ who }) =>
      `in the permissions boundary that is attached to ${who} (IAM, "Permissions boundary"), by the administrator who set it`,
    note: 'A boundary limits what the other policies can allow; a further Allow in them does not help.',
  },
  {
    place: 'session',
    pattern: /session polic/i,
    words: 'the session policy that was given when the session began',
    where: () =>
      'in the session policy: it is given when the role is assumed (AssumeRole with Policy or PolicyArns, a permission set, a credential tool), so start a session without it or with a wider one',
    note: 'A session policy limits what the role allows; a further Allow in the role does not help.',
  },
  {
    place: 'endpoint',
    pattern: /VPC endpoint polic/i,
    words: 'the policy of the VPC endpoint that the request went through',
    where: ({ service }) =>
      `in the policy of the VPC endpoint for ${service} (VPC, "Endpoints"), by the administrator of the network, or connect past that endpoint`,
    note: 'The identity and key policies play no part in it.',
  },
  {
    place: 'trust',
    pattern: /trust polic/i,
    words: 'the trust policy of the role',
    where: () => 'in the trust policy of the role (IAM, "Trust relationships"), in the account of the role',
    note: '',
  },
  {
    place: 'identity',
    pattern: /identity-based polic/i,
    words: 'an identity-based policy',
    where: ({ who }) => `in the policies of ${who} (IAM)`,
    note: '',
  },
  {
    place: 'key',
    pattern: /resource-based polic|key polic/i,
    words: 'the key policy',
    where: ({ owner }) => `in the key policy${owner === null ? '' : ` (account ${owner})`}`,
    note: '',
  },
];

/** The type that these words of a message name; null where it is none that is known. */
export const policyTypeOf = (words: string): PolicyType | null =>
  POLICY_TYPES.find(({ pattern }) => pattern.test(words)) ?? null;
