export { CrossBlobFindings, type IndexedRow } from './cross-blob-findings.ts';
export { declaredDate, oldLimit } from './dates.ts';
export { EvidenceModel, isKms, type KeyEvidence, type Under } from './evidence.ts';
export { findKey, type KeySearchResult } from './find-key.ts';
export type { EvidenceRow } from './groups.ts';
export { type AliasTie, KeyNames, type KmsKeyFacts } from './key-identity.ts';
export { KeyMaterialStore, type KeyObservation } from './key-material-store.ts';
export { isKeyId, isKeyName, readKeyName } from './key-names.ts';
export { timelines } from './timelines.ts';
