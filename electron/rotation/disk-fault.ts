import { explainOwn, type OwnCode, scrub } from '#shared/kms/errors.ts';
import { type Fault, FaultError } from '#shared/model/fault.ts';

const WRITE: Readonly<Record<string, OwnCode>> = {
  ENOSPC: 'DiskFull',
  EDQUOT: 'DiskFull',
  EROFS: 'ReadOnlyDisk',
  EACCES: 'NotWritable',
  EPERM: 'NotWritable',
  EBUSY: 'NotWritable',
  ENOENT: 'FileMissing',
};

const READ: Readonly<Record<string, OwnCode>> = {
  ENOENT: 'FileMissing',
  ENOTDIR: 'FileMissing',
  EACCES: 'NotReadable',
  EPERM: 'NotReadable',
};

/** The fault of anything thrown while a file was read or written; a FaultError speaks for itself. */
export function diskFault(error: unknown, doing: 'read' | 'write'): Fault {
  if (error instanceof FaultError) return error.fault;
  const code = error instanceof Error && 'code' in error ? String(error.code) : null;
  if (code === null || !/^E[A-Z0-9]+$/.test(code)) return internalFault(error);
  const own = (doing === 'read' ? READ : WRITE)[code] ?? (doing === 'read' ? 'NotReadable' : 'WriteFailed');
  const { detail } = explainOwn(own);
  return explainOwn(own, { detail: `The system says ${code}. ${detail}` });
}

/** A defect of ours, in words without a stack. */
export function internalFault(error: unknown): Fault {
  const said = error instanceof Error ? scrub(error.message) : 'no message';
  return explainOwn('Internal', { detail: `A defect of Rewrap: ${said}` });
}
