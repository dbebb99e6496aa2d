import * as z from '../schema.ts';
import { Fault } from './fault.ts';

/** A profile of the shared AWS config, by name; never its secrets. */
export const ProfileInfo = z.object({
  name: z.string(),
  region: z.string().nullable(),
  /** How it gets credentials, for people: "SSO", "Access key", "Assumes a role", … */
  method: z.string(),
  /** Whether it, or the profile its role comes from, gets a session through IAM Identity Center. */
  sso: z.boolean(),
  /** Whether a code of a multi-factor device will be asked for. */
  mfa: z.boolean(),
});
export type ProfileInfo = z.infer<typeof ProfileInfo>;

/** Null: as the environment and the profile say. */
const switchable = z.boolean().nullable().default(null);

export const ConnectionChoice = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('practice') }),
  z.object({
    kind: z.literal('aws'),
    /** Null: the SDK's default chain (environment, default profile, instance role). */
    profile: z.string().max(512).nullable(),
    region: z.string().max(64).nullable(),
    endpointUrl: z.url().max(2048).nullable(),
    fips: switchable,
    dualStack: switchable,
  }),
]);
export type ConnectionChoice = z.infer<typeof ConnectionChoice>;
/** A choice that uses credentials of AWS configuration or environment. */
export type AwsChoice = Extract<ConnectionChoice, { kind: 'aws' }>;

export const Identity = z.object({ account: z.string(), arn: z.string(), userId: z.string() });
export type Identity = z.infer<typeof Identity>;

/** Where requests really go, as resolved from choice, environment and profile. */
export const EndpointInfo = z.object({
  region: z.string(),
  /** Null: the Region's own endpoint. */
  endpoint: z.string().nullable(),
  /** "aws", "aws-cn", "aws-us-gov", … */
  partition: z.string(),
  fips: z.boolean(),
  dualStack: z.boolean(),
  /** The variable that names the proxy and the proxy's host and port: "HTTPS_PROXY: proxy.corp:3128". Null: none. */
  proxy: z.string().nullable(),
  /** What names the file of certificate authorities ("AWS_CA_BUNDLE"), never its path. Null: the built-in ones. */
  caBundle: z.string().nullable(),
});
export type EndpointInfo = z.infer<typeof EndpointInfo>;

export const ConnectionState = z.object({
  choice: ConnectionChoice,
  status: z.enum(['connecting', 'ready', 'failed']),
  region: z.string().nullable(),
  endpoint: z.string().nullable(),
  /** Null until it is known where requests go. */
  endpointInfo: EndpointInfo.nullable(),
  /** Null until STS said who we are. Kept while a connection that had it has failed: who must sign in again. */
  identity: Identity.nullable(),
  fault: Fault.nullable(),
  /** Where its credentials come from, for people: "the role … of the profile "prod", assumed with …". */
  credentials: z.string().optional(),
  /** What to know of the configuration: another source of credentials passed over, a file that cannot be read. */
  warnings: z.array(z.string()).optional(),
  /** What has been waited for, for two seconds: "STS in us-east-1 (30 s at most)". Absent when nothing is. */
  waitingFor: z.string().optional(),
});
export type ConnectionState = z.infer<typeof ConnectionState>;

/** Which of the two connections: the one that reads the blobs, or the one where the destination key lives. */
export const Side = z.enum(['source', 'destination']);
export type Side = z.infer<typeof Side>;

/** What a person needs to sign in: type the code at the address. Neither is a secret. */
export const SignInCode = z.object({
  profile: z.string(),
  userCode: z.string(),
  verificationUri: z.string(),
  /** The address with the code in it. */
  verificationUriComplete: z.string(),
  /** The profile's own `sso_start_url`: its host is one that the person configured. */
  startUrl: z.string(),
  /** ISO 8601. */
  expiresAt: z.string(),
});
export type SignInCode = z.infer<typeof SignInCode>;

/** A code of a multi-factor device is wanted. */
export const MfaQuestion = z.object({
  id: z.string(),
  /** Null: the SDK's default profile. */
  profile: z.string().nullable(),
  /** ARN or serial number of the device. */
  serial: z.string(),
});
export type MfaQuestion = z.infer<typeof MfaQuestion>;
