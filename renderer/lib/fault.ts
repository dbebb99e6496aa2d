import type { Fault } from '#shared/model/fault.ts';

/** A fault that the page itself states. (The maker in shared/ would bring its schema library into the page.) */
export const fault = (code: string, message: string, detail: string, remedy: string): Fault => ({
  code,
  message,
  detail,
  remedy,
  raw: null,
  retryable: false,
});
