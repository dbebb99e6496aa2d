/** Where a policy statement belongs. */
export const POLICY_PLACES = [
  'identity',
  'key',
  'boundary',
  'session',
  'endpoint',
  'trust',
  'service-control',
  'resource-control',
] as const;
export type PolicyPlace = (typeof POLICY_PLACES)[number];

/** The members of the schema `Fault`, which describes them; for what throws without loading what validates. */
export interface PlainFault {
  code: string;
  message: string;
  detail: string;
  remedy: string;
  raw: { name: string; message: string; requestId: string | null; by?: string | undefined } | null;
  retryable: boolean;
  policies?: { place: PolicyPlace; title: string; statement: string }[] | undefined;
}

/**
 * An error that carries a fault; what every service throws on purpose. Apart from the schema, so that a thread
 * that only throws does not load what validates.
 */
export class FaultError extends Error {
  override name = 'FaultError';
  readonly fault: PlainFault;
  constructor(fault: PlainFault) {
    super(fault.message);
    this.fault = fault;
  }
}

/** A Fault of Rewrap's own (no service spoke). */
export function fault(
  code: string,
  message: string,
  detail: string,
  remedy: string,
  retryable = false,
): PlainFault {
  return { code, message, detail, remedy, raw: null, retryable };
}
