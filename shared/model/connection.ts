import { z } from 'zod';
import { Fault } from './fault.ts';

/** A profile of the shared AWS config, by name; never its secrets. */
export const ProfileInfo = z.object({
  name: z.string(),
  region: z.string().nullable(),
  /** How it gets credentials, for people: "SSO", "Access key", "Assumes a role", … */
  method: z.string(),
});
export type ProfileInfo = z.infer<typeof ProfileInfo>;

export const ConnectionChoice = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('practice') }),
  z.object({
    kind: z.literal('aws'),
    /** Null: the SDK's default chain (environment, default profile, instance role). */
    profile: z.string().nullable(),
    region: z.string().nullable(),
    endpointUrl: z.url().nullable(),
  }),
]);
export type ConnectionChoice = z.infer<typeof ConnectionChoice>;

export const Identity = z.object({ account: z.string(), arn: z.string(), userId: z.string() });
export type Identity = z.infer<typeof Identity>;

export const ConnectionState = z.object({
  choice: ConnectionChoice,
  status: z.enum(['connecting', 'ready', 'failed']),
  region: z.string().nullable(),
  endpoint: z.string().nullable(),
  /** Null until STS said who we are. */
  identity: Identity.nullable(),
  fault: Fault.nullable(),
});
export type ConnectionState = z.infer<typeof ConnectionState>;
