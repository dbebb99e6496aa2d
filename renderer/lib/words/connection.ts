import { kindOf } from '#shared/connection-kind.ts';
import { ofCredentials } from '#shared/kms/errors.ts';
import type { ConnectionState, Side } from '#shared/model/connection.ts';
import type { Fault } from '#shared/model/fault.ts';

/** The telling end of an identity's ARN: "user/alice", "assumed-role/Admin/alice". */
export const who = (arn: string): string => arn.split(':').slice(5).join(':') || arn;

/** Whether a connection leads to the practice KMS. */
export const isPractice = (state: ConnectionState | null | undefined): boolean =>
  state !== null && state !== undefined && kindOf(state.choice).practice;

/** The whole of a connection in words, for those who cannot see the parts. */
export function connectionWords({ choice, status, region, identity, waitingFor }: ConnectionState): string {
  const parts = [kindOf(choice).title().replace(' · ', ', profile ')];
  if (status === 'connecting')
    parts.push(waitingFor === undefined ? 'connecting' : `waiting for ${waitingFor}`);
  if (status === 'failed') parts.push('not connected');
  if (region !== null) parts.push(region);
  if (identity !== null) parts.push(identity.account, who(identity.arn));
  return parts.join(', ');
}

/** How a fault of the credentials is fixed here; null: it is not of the credentials. */
export function remedyOf(fault: Fault): 'sign-in' | 'code' | 'again' | null {
  if (fault.code === 'SsoSignInNeeded') return 'sign-in';
  if (fault.code === 'MfaNeeded') return 'code';
  return ofCredentials(fault) ? 'again' : null;
}

/** The side of the session that ended with that fault; the first where neither says so. */
export function lapsedSide(
  fault: Fault,
  connection: ConnectionState | null,
  destination: ConnectionState | null,
): Side {
  const has = (state: ConnectionState | null): boolean => state?.fault?.code === fault.code;
  return !has(connection) && has(destination) ? 'destination' : 'source';
}

/** Time left of a code: "9:41"; "0:00" when it is over. */
export function countdown(expiresAt: string, now: number): string {
  const left = Math.max(0, Math.ceil((new Date(expiresAt).getTime() - now) / 1000));
  return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
}

/** An address as its host, for people: where a link leads. */
export const hostWords = (address: string): string => URL.parse(address)?.host ?? address;
