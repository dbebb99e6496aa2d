import {
  ConnectionChoice,
  ConnectionState,
  MfaQuestion,
  ProfileInfo,
  Side,
  SignInCode,
} from '../../model/connection.ts';
import { Fault } from '../../model/fault.ts';
import { KeyInfo, KeyList, KeyPage } from '../../model/key.ts';
import * as z from '../../schema.ts';
import { event, IntakeResult, nothing, request } from '../define.ts';

const profile = z.string().min(1).max(512);
const Destination = z.object({ destination: ConnectionState.nullable() });

export const connectionRequests = {
  profiles: request(nothing, z.object({ profiles: z.array(ProfileInfo), problems: z.array(z.string()) })),
  use: request(ConnectionChoice, ConnectionState),
  state: request(nothing, ConnectionState),
  /** Asks again who we are, with fresh credentials, on the connection as it stands: work that waits on it goes on. */
  renew: request(z.object({ side: Side.default('source') }), ConnectionState),
  /** The connection where the destination key lives, when it needs another principal or Region; null: the first one. */
  useDestination: request(z.object({ choice: ConnectionChoice.nullable() }), Destination),
  destination: request(nothing, Destination),
  /**
   * Signs in to the IAM Identity Center session of a profile (null: the SDK's default one). Answers when the person
   * has signed in, or with the fault that ended it; `signInCode` brings what to show meanwhile. The token stays in
   * the AWS CLI's cache. A sign-in under way is cancelled by the next.
   */
  signIn: request(
    z.object({ profile: profile.nullable() }),
    z.object({ profile: z.string(), expiresAt: z.string(), renewable: z.boolean() }),
  ),
  cancelSignIn: request(nothing, nothing),
  /** Opens the address of the sign-in under way in the system's browser, where the host can. */
  openSignIn: request(nothing, nothing),
  /** Null: the person has no code; the connection then fails with `MfaNeeded`. */
  answerMfa: request(z.object({ id: z.string().max(64), code: z.string().max(32).nullable() }), nothing),
  /** What waits for a person, for a page that was loaded meanwhile. */
  waiting: request(nothing, z.object({ signIn: SignInCode.nullable(), mfa: z.array(MfaQuestion) })),
} as const;

export const connectionEvents = {
  connectionChanged: event(ConnectionState),
  destinationChanged: event(Destination),
  /** The shared AWS files were written: ask for the profiles again. */
  profilesChanged: event(nothing),
  signInCode: event(SignInCode),
  /** A sign-in ended: well (no fault), refused, too late or cancelled. */
  signInEnded: event(z.object({ profile: z.string(), fault: Fault.nullable() })),
  mfaAsked: event(MfaQuestion),
  mfaSettled: event(z.object({ id: z.string() })),
} as const;

/** Keys a page asks for in one go; more would make a reply of many megabytes. */
const MOST_KEYS = 100_000;

const side = Side.default('source');
const oneKey = z.object({ keyId: z.string().min(1).max(2048), side });

export const keysRequests = {
  /**
   * A part of the keys, sorted; answers when every key is listed and described. `keysPage` brings them while they
   * load, and afterwards their rotation and tags. `side` 'destination' is the first connection where there is no other.
   */
  list: request(
    z.object({
      refresh: z.boolean(),
      side,
      offset: z.int().min(0).default(0),
      limit: z.int().min(1).max(MOST_KEYS).default(MOST_KEYS),
    }),
    KeyList.extend({
      total: z.int(),
      /** ISO 8601: when the listing ended. */
      listedAt: z.string(),
    }),
  ),
  /** A key by id, ARN, alias or alias ARN, of this or another account. */
  describe: request(oneKey, KeyInfo),
  /** The same with rotation (past ones, too), tags and last use: four more requests to KMS. */
  detail: request(oneKey, KeyInfo),
} as const;

export const keysEvents = {
  keysPage: event(KeyPage.extend({ side: Side })),
} as const;

export const practiceRequests = {
  /** Makes the sample vault anew and takes it in. Only while connected to the practice KMS. */
  restoreVault: request(nothing, IntakeResult),
} as const;
