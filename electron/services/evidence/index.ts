export { EvidenceService } from './bundle.ts';
export { type BundleVerdict, verifyBundle } from './verify.ts';
