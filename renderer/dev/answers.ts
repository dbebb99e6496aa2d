import type { Reply } from '#shared/contract/api.ts';
import type { Fault } from '#shared/model/fault.ts';

/** A fault where the page only needs one. */
export const BROKEN: Fault = {
  code: 'AccessDeniedException',
  message: 'This identity may not list keys.',
  detail: 'No policy allows kms:ListKeys for user/alice in account 111122223333.',
  remedy: 'Allow kms:ListKeys, or give a key by its ARN where one is asked for.',
  raw: {
    name: 'AccessDeniedException',
    message: 'User is not authorized to perform: kms:ListKeys',
    requestId: 'c0ffee00-1111-4222-8333-444455556666',
  },
  retryable: false,
};

/** After `ms` milliseconds. */
export const ok = <T>(value: T, ms = 5): Promise<Reply<T>> =>
  new Promise((resolve) => setTimeout(() => resolve({ ok: true, value: structuredClone(value) }), ms));
export const no = <T>(fault: Fault): Promise<Reply<T>> => Promise.resolve({ ok: false, fault });
export const never = <T>(): Promise<Reply<T>> => new Promise(() => {});
